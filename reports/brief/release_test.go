package brief_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestReleases: what is known of releases is said, and so is what is not.
func TestReleases(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 5, d, 0, 0, 0, 0, time.UTC) }
	r := &document.Report{}
	r.Metadata.GeneratedFrom.Start, r.Metadata.GeneratedFrom.End = day(5), day(19)
	w := &document.Workload{Kind: "Deployment", Releases: []document.Release{{At: day(1), Images: []string{"app:1"}}, {At: day(12), Revision: 7, Images: []string{"app:2"}}}}
	c := &document.Container{Image: "app:2"}
	h := &document.ContainerHistory{Settings: []document.HistorySetting{{Date: "2026-05-05"}, {Date: "2026-05-12"}}}
	want := "2 revisions are kept, 1 made in the window, the newest (revision 7) on 12 May 2026, before it app:1; it runs app:2; requests or limits changed 1x, last on 2026-05-12"
	if got := brief.Releases(r, w, c, h); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, x := range []struct{ kind, want string }{
		{"Deployment", "no ReplicaSet of it was read; its image is not known; changes of requests are not kept in this report"},
		{"StatefulSet", "no ControllerRevision of it was read; its image is not known"},
		{"Job", "its kind keeps none; its image is not known"},
	} {
		if got := brief.Releases(r, &document.Workload{Kind: x.kind}, &document.Container{}, nil); !strings.Contains(got, x.want) {
			t.Errorf("%s: got %s, want %s", x.kind, got, x.want)
		}
	}
}

// TestStartUps: time to ready, CPU while starting and what the advice makes of both.
func TestStartUps(t *testing.T) {
	milli := func(n int64) document.CPU { return document.CPU(n * document.MicroPerMilli) }
	c := &document.Container{Recommended: &document.Setting{Requests: document.Resources{CPU: milli(200)}}}
	w := &document.Workload{ReadySeconds: 45, Horizontal: &document.Horizontal{Evidence: []document.Evidence{{Name: "pod start-up assumed", Value: 165, Part: &document.EvidencePart{Kind: document.PartStart}}}}}
	got := brief.StartUps(w, c, &document.ContainerHistory{Starts: 12, StartCPU: milli(700)})
	for _, want := range []string{"ready 45 s after its start", "up to 700m in the first ten minutes of pods, by 12 samples", "500m of the highest is above it", "waits 165 s for a new pod"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %q in it", got, want)
		}
	}
	for _, x := range []struct {
		h    *document.ContainerHistory
		want string
	}{{nil, "CPU of starts is not kept in this report"}, {&document.ContainerHistory{}, "no start was seen in the CPU of the window"}} {
		got := brief.StartUps(&document.Workload{}, c, x.h)
		if !strings.Contains(got, "time to ready is not known") || !strings.Contains(got, x.want) {
			t.Errorf("got %s, want %q in it", got, x.want)
		}
	}
}

// TestHeldBy: a bound has its name, what holds without it, and the usage from which on it
// holds no more.
func TestHeldBy(t *testing.T) {
	at := func(cpu int64, by document.EvidencePart, base, makes float64) *document.Container {
		part := func(kind string) *document.EvidencePart {
			return &document.EvidencePart{Kind: kind, Resource: "cpu", Makes: int64(makes)}
		}
		by.Kind, by.Resource = document.PartBound, "cpu"
		return &document.Container{
			Recommended: &document.Setting{Requests: document.Resources{CPU: document.CPU(cpu * document.MicroPerMilli)}},
			Evidence:    []document.Evidence{{Name: "cpu base, p95", Value: base, Part: part(document.PartBase)}, {Name: "cpu margin", Value: 10, Part: part(document.PartMargin)}, {Name: "cpu bound", Value: float64(cpu), Part: &by}},
		}
	}
	for _, x := range []struct {
		of   *document.Container
		want string
	}{
		{at(55, document.EvidencePart{Reason: "LimitRange least", Above: 50}, 20, 22), "CPU is set to 55m by a bound (LimitRange least); usage and margin alone make it 22m, and set it again once the CPU base is above 50m (now 20m)"},
		{at(110, document.EvidencePart{Reason: "LimitRange most", Below: 100}, 400, 440), "CPU is set to 110m by a bound (LimitRange most); usage and margin alone make it 440m, and set it again once the CPU base is below 100m (now 400m)"},
		{at(110, document.EvidencePart{Reason: "a change of up to 5 % is not worth a rollout", NearPercent: 5, Below: 95, Above: 105}, 98, 108), "CPU is set to 110m by a bound (a change of up to 5 % is not worth a rollout); it changes once the CPU base is below 95m or above 105m (now 98m)"},
		{at(55, document.EvidencePart{Reason: "the limit would throttle the highest sample", Flag: "--qos change"}, 20, 22), "; --qos change lifts it"},
		{&document.Container{Recommended: &document.Setting{}}, ""},
	} {
		if got := brief.HeldBy(x.of, "cpu"); !strings.HasSuffix(got, x.want) || x.want == "" && got != "" {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	got := brief.Withheld(&document.Container{
		Current: document.Setting{Requests: document.Resources{CPU: 500 * document.MicroPerMilli}}, Usage: document.Usage{CPU: &document.CPUUsage{P95: 80 * document.MicroPerMilli}},
		Withheld: []document.Withheld{{Resource: "cpu", Reason: "HPA web scales on cpu utilization"}},
	})
	if want := "CPU stays at 500m (p95 80m) while this holds: HPA web scales on cpu utilization"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
