package change_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

const day = 24 * time.Hour

// window is one of so many days.
func window(days int) document.Metadata {
	end := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	return document.Metadata{GeneratedFrom: document.Window{Start: end.Add(-time.Duration(days) * day), End: end}}
}

// of is a workload of one container, named as the difference that is wanted.
func of(name string, cost document.USD, kills int64, cpu, advised document.CPU, throttled float64) document.Workload {
	return document.Workload{Name: name, MonthlyCost: &cost, Containers: []document.Container{{
		Name: "app", Coverage: 1, OOMKills: kills, ThrottledShare: &throttled, Current: document.Setting{Requests: document.Resources{CPU: cpu}},
		Recommended: &document.Setting{Requests: document.Resources{CPU: advised}},
	}}}
}

// TestCompare has one workload of each kind of difference, by each of its
// reasons, and some of none. The second window is half as long.
func TestCompare(t *testing.T) {
	before := &document.Report{Metadata: window(14), Workloads: []document.Workload{
		of("gone", 100, 0, 1, 1, 0), of("applied", 900, 0, 9, 5, 0),
		of("better", 100, 3, 1, 1, 0), of("worse", 100, 3, 1, 1, 0), of("", 100, 4, 1, 1, 0),
	}}
	after := &document.Report{Metadata: window(7), Workloads: []document.Workload{
		of("new", 100, 0, 1, 1, 0), of("applied", 500, 0, 5, 5, 0),
		of("better", 900, 1, 1, 1, 0), of("worse", 10, 2, 1, 1, 0), of("", 100, 2, 1, 1, 0),
	}}
	got := change.Compare(before, after)
	if len(got.Workloads) != 5 {
		t.Fatalf("got %+v, want five differences", got.Workloads)
	}
	for _, d := range got.Workloads {
		if d.What != d.Name {
			t.Errorf("%s: got %s", d.Name, d.What)
		}
	}
}

func TestCompareReasons(t *testing.T) {
	for _, c := range []struct {
		what                  string
		before, after         document.Workload
		daysBefore, daysAfter int
	}{
		{"worse", of("w", 100, 0, 1, 1, 0.1), of("w", 10, 0, 1, 1, 0.2), 14, 14},
		{"", of("w", 100, 0, 1, 1, 0.1), of("w", 100, 0, 1, 1, 0.14), 14, 14},
		{"better", of("w", 10_000, 0, 2, 2, 0), of("w", 9_000, 0, 1, 2, 0), 14, 14},
		{"worse", of("w", 9_000, 0, 1, 3, 0), of("w", 10_000, 0, 2, 1, 0), 14, 14},
		{"moved", of("w", 10_000, 0, 1, 1, 0), of("w", 9_000, 0, 1, 1, 0), 14, 14},
		{"moved", of("w", 9_000, 0, 1, 1, 0), of("w", 10_000, 0, 1, 2, 0), 14, 14},
		{"", of("w", 100_000, 0, 1, 1, 0), of("w", 100_900, 0, 1, 1, 0), 14, 14},
		{"", of("w", 100, 0, 1, 1, 0), of("w", 150, 0, 1, 1, 0), 14, 14},
		{"worse", of("w", 100, 1, 1, 1, 0), of("w", 100, 1, 1, 1, 0), 14, 7},
	} {
		a := &document.Report{Metadata: window(c.daysBefore), Workloads: []document.Workload{c.before}}
		b := &document.Report{Metadata: window(c.daysAfter), Workloads: []document.Workload{c.after}}
		got := ""
		if all := change.Compare(a, b).Workloads; len(all) > 0 {
			got = all[0].What
		}
		if got != c.what {
			t.Errorf("%+v\nthen %+v: got %q, want %q", c.before, c.after, got, c.what)
		}
	}
}

// TestCompareApplied: advice that was followed is told of, also beside containers without
// any and where it was on scaling alone, and what it brought is said and judged.
func TestCompareApplied(t *testing.T) {
	sidecar := func(w document.Workload) document.Workload {
		w.Containers = append(w.Containers, document.Container{Name: "proxy", Coverage: 1})
		return w
	}
	scaled := func(now, advised int32) document.Workload {
		w := of("w", 100, 0, 1, 1, 0)
		w.Horizontal = &document.Horizontal{Current: document.Scaling{Kind: "HorizontalPodAutoscaler", Name: "mine", Replicas: now, MeanReplicas: 2.5, MinReplicas: &now}}
		w.Horizontal.Recommended = &document.Scaling{Kind: "HorizontalPodAutoscaler", MeanReplicas: 1.5, MinReplicas: &advised}
		return w
	}
	half := of("w", 100, 0, 9, 5, 0)
	half.Containers = append(half.Containers, document.Container{Name: "other", Recommended: &document.Setting{Requests: document.Resources{CPU: 7}}})
	for name, c := range map[string]struct {
		before, after document.Workload
		what, brought string
	}{
		"all":       {of("w", 100, 0, 9, 5, 0), of("w", 100, 0, 5, 5, 0), "applied", ""},
		"worse":     {of("w", 100, 0, 9, 5, 0), of("w", 100, 2, 5, 5, 0), "applied", "worse"},
		"better":    {of("w", 100, 2, 5, 9, 0), of("w", 100, 0, 9, 9, 0), "applied", "better"},
		"throttled": {of("w", 100, 0, 9, 5, 0), of("w", 100, 0, 5, 5, 0.4), "applied", "worse"},
		"sidecar":   {sidecar(of("w", 100, 0, 9, 5, 0)), sidecar(of("w", 100, 0, 5, 5, 0)), "applied", ""},
		"half":      {half, sidecar(of("w", 100, 0, 5, 5, 0)), "", ""},
		"scaled":    {scaled(2, 1), scaled(1, 1), "applied", ""},
		"not yet":   {scaled(2, 1), scaled(2, 1), "", ""},
		"as it was": {scaled(1, 1), scaled(1, 1), "", ""},
	} {
		a := &document.Report{Metadata: window(14), Workloads: []document.Workload{c.before}}
		b := &document.Report{Metadata: window(14), Workloads: []document.Workload{c.after}}
		what, brought := "", ""
		d := change.Compare(a, b)
		if len(d.Workloads) > 0 {
			what, brought = d.Workloads[0].What, d.Workloads[0].Brought
		}
		if what != c.what || brought != c.brought {
			t.Errorf("%s: got %q that brought %q, want %q and %q", name, what, brought, c.what, c.brought)
		}
	}
}

// TestCompareAppliedSum: what applied advice came to is added up, and of its share of the
// bill no more is gone than the nodes' bill fell by.
func TestCompareAppliedSum(t *testing.T) {
	for _, c := range []struct{ before, after, gone document.USD }{
		{5000, 4900, 100}, {5000, 4000, 600}, {5000, 5000, 0}, {5000, 6000, 0},
	} {
		a := &document.Report{Metadata: window(14), Workloads: []document.Workload{of("one", 900, 4, 5, 9, 0), of("two", 500, 0, 9, 5, 0), of("none", 70, 2, 1, 1, 0)}}
		b := &document.Report{Metadata: window(14), Workloads: []document.Workload{of("one", 500, 0, 9, 9, 0), of("two", 300, 1, 5, 5, 0), of("none", 70, 9, 1, 1, 0)}}
		a.Summary.MonthlyCost, b.Summary.MonthlyCost = &c.before, &c.after
		got := change.Compare(a, b).Applied
		if got == nil || got.Workloads != 2 || *got.MonthlyBefore != 1400 || *got.MonthlyAfter != 800 || got.OOMKillsWeeklyBefore != 2 || got.OOMKillsWeeklyAfter != 0.5 {
			t.Fatalf("got %+v", got)
		}
		if *got.MonthlyGone != c.gone {
			t.Errorf("nodes cost %d, then %d: %d of it gone, want %d", c.before, c.after, *got.MonthlyGone, c.gone)
		}
		b.Workloads[0].MonthlyCost = nil
		if got := change.Compare(a, b).Applied; got.MonthlyBefore != nil || got.MonthlyGone != nil {
			t.Errorf("without a price got %+v", got)
		}
		if got := change.Compare(a, a).Applied; got != nil {
			t.Errorf("nothing is applied, and yet %+v", got)
		}
	}
}

// TestCompareRenamed: findings that an older version called otherwise are the same.
func TestCompareRenamed(t *testing.T) {
	read := func(code string) *document.Report {
		text := `{"apiVersion":"` + document.APIVersion + `","kind":"Report","workloads":[{"namespace":"a","kind":"Deployment","name":"b","findings":[{"code":"` + code + `","severe":true}]}]}`
		r, err := document.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for old, now := range map[string]string{"hpa-min-above-max": "hpa-invalid", "pdb-blocks-drain": "pdb-deadlock", "pdb-overlap": "pdb-overlap", "own": "own"} {
		a, b := read(old), read(now)
		if got := a.Workloads[0].Findings[0].Code; got != now {
			t.Errorf("%s is read as %s, want %s", old, got, now)
		}
		if got := change.Compare(a, b).Workloads; len(got) != 0 {
			t.Errorf("%s and %s differ: %+v", old, now, got)
		}
	}
}

// TestCompareTurned: what is better one way is worse the other.
func TestCompareTurned(t *testing.T) {
	a := &document.Report{Metadata: window(14), Workloads: []document.Workload{of("w", 100, 2, 1, 1, 0)}}
	b := &document.Report{Metadata: window(14), Workloads: []document.Workload{of("w", 100, 1, 1, 1, 0)}}
	there, back := change.Compare(a, b).Workloads[0], change.Compare(b, a).Workloads[0]
	if there.What != change.DiffBetter || back.What != change.DiffWorse {
		t.Errorf("got %s there and %s back", there.What, back.What)
	}
	if n := len(change.Compare(a, a).Workloads); n != 0 {
		t.Errorf("a report differs %d times from itself", n)
	}
}

// TestCompareBlind: kills that one of the two reports does not know of are no
// difference, in either direction.
func TestCompareBlind(t *testing.T) {
	known := &document.Report{Metadata: window(7), Workloads: []document.Workload{of("w", 100, 10, 1, 1, 0)}}
	blind := &document.Report{Metadata: window(7), Workloads: []document.Workload{of("w", 100, 0, 1, 1, 0)}}
	blind.Warnings = []analyzer.Warning{{Code: analyzer.WarnMissing, Subject: "kube_pod_container_status_restarts_total", Message: "not there"}}
	for _, pair := range [][2]*document.Report{{known, blind}, {blind, known}} {
		if got := change.Compare(pair[0], pair[1]).Workloads; len(got) != 0 {
			t.Errorf("got %+v, want no difference", got)
		}
	}
}

// TestCompareChanged tells what somebody set from what the load did and from advice.
func TestCompareChanged(t *testing.T) {
	scaled := func(kind string, replicas int32) document.Workload {
		w := of("w", 100, 2, 1, 1, 0)
		w.Kind, w.Replicas = "Deployment", replicas
		w.Horizontal = &document.Horizontal{Current: document.Scaling{Kind: kind, Replicas: replicas, MeanReplicas: float64(replicas)}}
		w.MonthlyCost = new(document.USD(1000 * int64(replicas)))
		return w
	}
	for _, c := range []struct {
		before, after document.Workload
		what          string
		changed       []string
	}{
		{of("w", 100, 2, 1, 1, 0), of("w", 100, 4, 1, 1, 0), "worse", []string{"use"}},
		{of("w", 100, 2, 1, 1, 0), of("w", 100, 4, 2, 9, 0), "worse", []string{"setting", "use", "advice"}},
		{scaled("HorizontalPodAutoscaler", 2), scaled("HorizontalPodAutoscaler", 6), "moved", []string{"use"}},
		{scaled("fixed", 2), scaled("fixed", 6), "worse", []string{"setting", "use"}},
	} {
		a := &document.Report{Metadata: window(14), Workloads: []document.Workload{c.before}}
		b := &document.Report{Metadata: window(14), Workloads: []document.Workload{c.after}}
		all := change.Compare(a, b).Workloads
		if len(all) != 1 || all[0].What != c.what || !slices.Equal(all[0].Changed, c.changed) {
			t.Errorf("got %+v, want %s by %v", all, c.what, c.changed)
		}
	}
}

// TestCompareUnchecked: what one of two reports lost is named, with its side. Kills have to
// be known of both.
func TestCompareUnchecked(t *testing.T) {
	report := func(change func(*document.Report)) *document.Report {
		r := &document.Report{Metadata: window(7), Workloads: []document.Workload{of("w", 100, 10, 1, 1, 0)}}
		r.Summary.MonthlyCost = new(document.USD(100))
		r.Nodes.Plan = &document.NodePlan{}
		r.Workloads[0].Horizontal = &document.Horizontal{}
		change(r)
		return r
	}
	whole := func(*document.Report) {}
	lost := map[string]func(*document.Report){
		"oom-killed": func(r *document.Report) {
			r.Warnings = []analyzer.Warning{{Code: analyzer.WarnMissing, Subject: "kube_pod_container_status_restarts_total", Message: "not there"}}
		},
		"throttling": func(r *document.Report) { r.Workloads[0].Containers[0].ThrottledShare = nil },
		"cost":       func(r *document.Report) { r.Summary.MonthlyCost = nil },
		"pending":    func(r *document.Report) { r.Nodes.Plan = nil },
		"blocked":    func(r *document.Report) { r.Workloads[0].Horizontal = nil },
	}
	if got := change.Compare(report(whole), report(whole)).Unchecked; len(got) != 0 {
		t.Errorf("nothing is lost, and yet %v", got)
	}
	for what, lose := range lost {
		for side, pair := range map[string][2]*document.Report{"before": {report(lose), report(whole)}, "after": {report(whole), report(lose)}} {
			got := change.Compare(pair[0], pair[1]).Unchecked
			if len(got) != 1 || got[0].What != what || got[0].Side != side || got[0].Reason == "" || !strings.Contains(got[0].String(), " not known of the ") {
				t.Errorf("%s %s: got %+v", what, side, got)
			}
		}
		if got, want := len(change.Compare(report(lose), report(lose)).Unchecked), map[string]int{"oom-killed": 2}[what]; got != want {
			t.Errorf("%s of neither: got %d, want %d", what, got, want)
		}
	}
}
