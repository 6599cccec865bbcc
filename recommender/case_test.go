package recommender_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
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
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

var update = flag.Bool("update", false, "rewrite the want sections of the rule cases")

// TestRuleCases runs testdata/rules/RULE/*.txtar: objects.yaml and series in,
// the recommendations of that rule out. testdata/rules/README.md has the
// notation.
func TestRuleCases(t *testing.T) {
	casetest.Run(t, "../testdata/rules", *update, func(t *testing.T, folder string, a *txtar.Archive) string { return adviseCase(t, folder, a) })
}

// section gives a file of a case.
var section = casetest.Section

func adviseCase(t *testing.T, rule string, a *txtar.Archive) string {
	t.Helper()
	snap := caseSnapshot(t, section(a, "objects.yaml"), section(a, "series"))
	facts := analyzer.Analyze(snap)
	held, err := pricing.ReadHeld(strings.NewReader(cmp.Or(section(a, "commitments"), "name,family,covers_usd_hour")), "commitments")
	if err != nil {
		t.Fatal(err)
	}
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})), advice.Options{Levers: caseLevers(a), Commitment: advice.CommitmentOptions{Held: held}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range recs {
		if r.Rule == rule {
			describe(&b, r)
		}
	}
	return b.String()
}

// caseLevers are those that the case names, or none for all.
func caseLevers(a *txtar.Archive) (out []advice.Lever) {
	for _, name := range strings.Fields(section(a, "levers")) {
		out = append(out, advice.Lever(name))
	}
	return out
}

// describe prints a recommendation the way the cases state it.
func describe(b *strings.Builder, r advice.Advice) {
	fmt.Fprintf(b, "%s %s: %s\n", target(r), r.Container, r.Title)
	for _, c := range r.Changes {
		fmt.Fprintf(b, "  %s %s -> %s\n", c.Field, quantity(c.Field, c.From), quantity(c.Field, c.To))
	}
	if advice.As[nodes.Plan](r.Detail) != nil {
		describePlan(b, advice.As[nodes.Plan](r.Detail))
	}
	for _, w := range r.Withheld {
		fmt.Fprintf(b, "  withheld %s: %s\n", w.Resource, w.Reason)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(b, "  warning %s: %s\n", w.Code, w.Message)
	}
	if f := advice.As[horizontal.Finding](r.Detail); f != nil {
		fmt.Fprintf(b, "  finding %s, severe %v: %s\n", f.Kind.Code, f.Kind.Severity == advice.SeverityError, f.Fix)
	}
	if advice.As[horizontal.VPA](r.Detail) != nil {
		for _, c := range advice.As[horizontal.VPA](r.Detail).Containers {
			fmt.Fprintf(b, "  vpa %s %s %v from %s/%s to %s/%s\n", c.Container, c.Mode, c.Resources, quantity(".cpu", c.MinAllowed.CPU),
				quantity("", c.MinAllowed.Memory), quantity(".cpu", c.MaxAllowed.CPU), quantity("", c.MaxAllowed.Memory))
		}
	}
	for _, e := range r.Evidence {
		fmt.Fprintf(b, "  evidence %s: %.4g %s\n", e.Name, e.Value, e.Unit)
	}
	describeMoney(b, r)
	fmt.Fprintf(b, "  confidence %.2f", r.Confidence)
	if s := advice.As[rightsize.Sizing](r.Detail); s != nil {
		describeRisk(b, s.Risk)
	}
	fmt.Fprintf(b, ", savings %.2f\n", r.MonthlySavings)
}

// describeRisk prints what is known of it.
func describeRisk(b *strings.Builder, r rightsize.Risk) {
	if r.CPUOverRequest != nil {
		fmt.Fprintf(b, ", cpu over request %.3f", *r.CPUOverRequest)
	}
	if r.OOMProbability != nil {
		fmt.Fprintf(b, ", oom %.3f", *r.OOMProbability)
	}
}

func describePlan(b *strings.Builder, plan *nodes.Plan) {
	fmt.Fprintf(b, "  plan %.2f, today %.2f\n", plan.Monthly, plan.MonthlyNow)
	if h := plan.Held; h != nil {
		fmt.Fprintf(b, "  with commitments of %.2f: plan %.2f, today %.2f, cheapest at list prices %.2f, of their families %.2f, bound %.2f\n",
			h.Commitments, h.Monthly, h.MonthlyNow, h.MonthlyFree, h.MonthlyUsed, h.LowerBound)
	}
	for _, p := range plan.Pools {
		fmt.Fprintf(b, "  pool %d %s %s in %s at %.4f\n", p.Count, p.InstanceType, p.CapacityType, p.Zone, p.Hourly)
	}
	for _, m := range plan.Moves {
		fmt.Fprintf(b, "  move %s stays=%v", m.Node, m.Keep)
		for _, e := range m.Evictions {
			fmt.Fprintf(b, ", %s to %s", e.Pod, e.To)
		}
		fmt.Fprintf(b, ", rounds %d\n", m.Waves)
	}
}

func quantity(field string, v int64) string {
	switch {
	case v == 0:
		return "-"
	case strings.HasSuffix(field, ".cpu"):
		return resource.NewMilliQuantity(v, resource.DecimalSI).String()
	case strings.HasPrefix(field, "hpa.") || strings.HasPrefix(field, "scaledObject.") || field == "replicas":
		return strconv.FormatInt(v, 10)
	}
	return resource.NewQuantity(v, resource.BinarySI).String()
}

// caseSnapshot reads a case's objects and replays its series.
func caseSnapshot(t *testing.T, objects, series string) *analyzer.Snapshot {
	t.Helper()
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
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if name, values, ok := strings.Cut(line, " volume "); ok {
			fillVolume(t, snap, name, values)
		} else if line != "" && !strings.HasPrefix(line, "#") {
			replay(t, rec, requests, &owners, snap.Window, line)
		}
	}
	snap.Usage, snap.Requests = rec.Usage(), counted(requests)
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
