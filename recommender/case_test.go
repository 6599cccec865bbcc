package recommender_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
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

// TestOrderOfObjects: the plan of the nodes does not depend on the order in which objects
// come.
func TestOrderOfObjects(t *testing.T) {
	files, err := filepath.Glob("../testdata/rules/nodes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v", files, err)
	}
	for i, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for j := range a.Files {
			if f := &a.Files[j]; f.Name == "objects.yaml" {
				objects := strings.Split(string(f.Data), "\n---\n")
				rand.New(rand.NewPCG(uint64(i), 22)).Shuffle(len(objects), func(x, y int) { objects[x], objects[y] = objects[y], objects[x] })
				f.Data = []byte(strings.Join(objects, "\n---\n"))
			}
		}
		if got, want := adviseCase(t, "nodes", a), section(a, "want"); got != want {
			t.Errorf("%s, its objects in another order: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

// section gives a file of a case.
var section = casetest.Section

func adviseCase(t *testing.T, rule string, a *txtar.Archive) string {
	t.Helper()
	snap := casetest.Snapshot(t, a)
	facts := analyzer.Analyze(snap)
	held, err := pricing.ReadHeld(strings.NewReader(cmp.Or(section(a, "commitments"), "name,family,covers_usd_hour")), "commitments")
	if err != nil {
		t.Fatal(err)
	}
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(placeOf(a))), advice.Options{Levers: caseLevers(a), IncludeSystem: strings.Contains(section(a, "levers"), includeSystem), ScaleToZero: strings.Contains(section(a, "levers"), scaleToZero), Commitment: advice.CommitmentOptions{Held: held}})
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

// placeOf is the cloud and the region that the case names for what does not tell its own.
func placeOf(a *txtar.Archive) pricing.Config {
	provider, region, _ := strings.Cut(strings.TrimSpace(section(a, "place")), " ")
	return pricing.Config{Provider: provider, Region: region}
}

// includeSystem, among the levers, is the option of that name.
const includeSystem, scaleToZero = "include-system", "scale-to-zero"

// caseLevers are those that the case names, or none for all.
func caseLevers(a *txtar.Archive) (out []advice.Lever) {
	for _, name := range strings.Fields(section(a, "levers")) {
		if name != includeSystem && name != scaleToZero {
			out = append(out, advice.Lever(name))
		}
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
	if f := advice.As[finding.Finding](r.Detail); f != nil {
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
	if h := plan.Hours; h != nil {
		fmt.Fprintf(b, "  by the hours: plan %.2f, %.2f nodes, %.2f at 3 h, %.2f at 12 h\n", h.Monthly, h.Mean, h.Nodes[3], h.Nodes[12])
	}
	for _, p := range plan.Pools {
		fmt.Fprintf(b, "  pool %d %s %s in %s at %.4f\n", p.Count, p.InstanceType, p.CapacityType, p.Zone, p.Hourly)
	}
	if plan.Fresh != nil {
		fmt.Fprintf(b, "  fresh in %s %s, %d zones\n", plan.Fresh.Provider, plan.Fresh.Region, plan.Fresh.Zones)
		for _, at := range plan.Placement {
			fmt.Fprintf(b, "  on %s in %s: %s\n", at.Node, plan.Start(at.Node).Zone, strings.Join(at.Pods, " "))
		}
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
