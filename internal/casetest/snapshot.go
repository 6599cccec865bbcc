package casetest

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// Snapshot reads the objects.yaml of a rule's case and replays its series.
// testdata/rules/README.md has the notation.
func Snapshot(t *testing.T, a *txtar.Archive) *analyzer.Snapshot {
	t.Helper()
	objects, series := Section(a, "objects.yaml"), Section(a, "series")
	inventory := &object.Inventory{}
	if err := object.Read(inventory, strings.NewReader(objects), "objects.yaml"); err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	snap := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -14), End: end, Step: 5 * time.Minute}}
	inventory.Fill(snap, object.Selection{})
	lines := strings.Split(strings.TrimSpace(series), "\n")
	if lines[0] == "moment" {
		snap.Window = analyzer.Window{Start: end, End: end, Moment: true, Step: 5 * time.Minute}
		lines = lines[1:]
	}
	var owners analyzer.Owners
	for i := range snap.Workloads {
		owners.AddWorkload(&snap.Workloads[i])
	}
	rec, requests := analyzer.NewRecorder(snap.Window), analyzer.NewRequestRecorder(snap.Window)
	var network analyzer.NetworkRecorder
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if name, values, ok := strings.Cut(line, " volume "); ok {
			fillVolume(t, snap, name, values)
		} else if name, values, ok := strings.Cut(line, " network "); ok {
			fillNetwork(t, &network, &owners, name, values)
		} else if line != "" && !strings.HasPrefix(line, "#") {
			replay(t, rec, requests, &owners, snap.Window, line)
		}
	}
	snap.NodeHistory = history(t, snap.Window, Section(a, "node-history"))
	snap.Usage, snap.Requests, snap.Network = rec.Usage(), counted(requests), network.Network()
	snap.Sort()
	return snap
}

// counted gives the request rates as an engine's source does.
func counted(rec *analyzer.RequestRecorder) []analyzer.RequestRate {
	out := rec.Requests()
	for i := range out {
		q := &out[i]
		q.By, q.RangeSeconds = analyzer.CountedByPod, 120
		if strings.HasPrefix(q.Counter, "nginx_") {
			q.By = analyzer.CountedByService
		}
		q.Query = "sum(rate(" + q.Counter + "[2m]))"
	}
	return out
}

// fillVolume notes what a claim's volume held: NAMESPACE/CLAIM volume VALUES.
func fillVolume(t *testing.T, snap *analyzer.Snapshot, name, values string) {
	t.Helper()
	namespace, claim, _ := strings.Cut(name, "/")
	most := slices.Max(expand(t, strings.Fields(strings.NewReplacer("(", " ( ", ")x", " )x").Replace(values))))
	snap.SetVolumeUsage([]analyzer.VolumeUsage{{Namespace: namespace, Claim: claim, Bytes: int64(most)}})
}

// fillNetwork notes what a pod received and sent by the hour: NAMESPACE/POD network
// VALUES, in bytes a second.
func fillNetwork(t *testing.T, rec *analyzer.NetworkRecorder, owners *analyzer.Owners, name, values string) {
	t.Helper()
	namespace, pod, _ := strings.Cut(name, "/")
	ref, _ := owners.Resolve(namespace, pod)
	for _, v := range expand(t, strings.Fields(strings.NewReplacer("(", " ( ", ")x", " )x").Replace(values))) {
		if !math.IsNaN(v) && !rec.Add(ref, v) {
			t.Fatalf("traffic of %s: %v", name, v)
		}
	}
}

// replay records one line: NAMESPACE/POD/CONTAINER METRIC VALUES. The values
// end at the window's end.
func replay(t *testing.T, rec *analyzer.Recorder, requests *analyzer.RequestRecorder, owners *analyzer.Owners, w analyzer.Window, line string) {
	t.Helper()
	f := strings.SplitN(line, " ", 3)
	names := strings.Split(f[0], "/")
	if len(f) != 3 || len(names) != 3 {
		t.Fatalf("series %q: want NAMESPACE/POD/CONTAINER METRIC VALUES", line)
	}
	ref, _ := owners.Resolve(names[0], names[1])
	values := expand(t, strings.Fields(strings.NewReplacer("(", " ( ", ")x", " )x").Replace(f[2])))
	s := rec.Pod(ref, names[2])
	defer s.Close()
	for i, v := range values {
		ms := w.End.Add(-time.Duration(len(values)-1-i) * w.Step).UnixMilli()
		if math.IsNaN(v) {
			continue
		}
		switch f[1] {
		case "requests": // the container stands for the counter
			requests.Add(ref, names[2], ms, v)
		case "cpu":
			s.CPU(ms, v*1000)
		case "memory":
			s.Memory(ms, v)
		case "oomkills":
			if d := s.Day(ms); v > 0 {
				d.OOMKills += int64(v)
				d.Restarts += int64(v)
			}
		case "limit-memory":
			s.Day(ms).Limits.Memory = int64(v)
		case "request-cpu":
			s.Day(ms).Requests.CPU = int64(v * 1000)
		case "throttled": // percent of periods
			d := s.Day(ms)
			d.Periods, d.Throttled = d.Periods+3000, d.Throttled+30*v
		default:
			t.Fatalf("series %q: no metric %q", line, f[1])
		}
	}
}

// expand reads values: 250m, 250mx10 (ten times), 100Mi+1Mix5 (100Mi, then five
// steps up), _ (no sample), and ( ... )xN for the whole group N times.
func expand(t *testing.T, tokens []string) []float64 {
	t.Helper()
	var out []float64
	for i := 0; i < len(tokens); i++ {
		if tokens[i] != "(" {
			out = append(out, expandOne(t, tokens[i])...)
			continue
		}
		end := i + slices.IndexFunc(tokens[i:], func(s string) bool { return strings.HasPrefix(s, ")x") })
		n, err := strconv.Atoi(tokens[end][2:])
		if err != nil {
			t.Fatalf("group %q: %v", tokens[end], err)
		}
		group := expand(t, tokens[i+1:end])
		for range n {
			out = append(out, group...)
		}
		i = end
	}
	return out
}

func expandOne(t *testing.T, token string) []float64 {
	t.Helper()
	n := 1
	value, times, repeated := strings.Cut(token, "x")
	if repeated {
		var err error
		if n, err = strconv.Atoi(times); err != nil {
			t.Fatalf("value %q: %v", token, err)
		}
	}
	if value == "_" {
		return slices.Repeat([]float64{math.NaN()}, n)
	}
	first, step, climbs := strings.Cut(value, "+")
	v, by := parse(t, first), 0.0
	out := []float64{v}
	if climbs {
		by = parse(t, step)
	} else {
		n--
	}
	for range n {
		v += by
		out = append(out, v)
	}
	return out
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	q, err := resource.ParseQuantity(s)
	if err != nil {
		t.Fatalf("value %q: %v", s, err)
	}
	return q.AsApproximateFloat64()
}
