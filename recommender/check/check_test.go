package check_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
)

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range check.Kinds() {
		if seen[k.Code] || k.Severity != "error" && k.Severity != "warning" {
			t.Errorf("%+v: twice, or of no severity", k)
		}
		seen[k.Code] = true
	}
}

func TestReplicas(t *testing.T) {
	for _, c := range []struct {
		least, most int32
		want        string
	}{{1, 2, ""}, {0, 1, ""}, {3, 3, "hpa-range"}, {3, 2, "hpa-invalid"}, {-1, 2, "hpa-invalid"}, {0, 0, "hpa-invalid"}, {1, -1, "hpa-invalid"}} {
		if k, ok := check.Replicas(c.least, c.most); k.Code != c.want || ok != (c.want != "") {
			t.Errorf("%d to %d: got %q %v, want %q", c.least, c.most, k.Code, ok, c.want)
		}
	}
}

func TestMetric(t *testing.T) {
	bare, half, full := check.Part{Name: "bare"}, check.Part{Name: "half", Request: 100, Limit: 150}, check.Part{Name: "full", Request: 100}
	for _, c := range []struct {
		name    string
		metric  check.Metric
		parts   []check.Part
		without []string
		reach   string // needed of limit
	}{
		{name: "a share of a request that is not there", metric: check.Metric{Share: true, Target: 50}, parts: []check.Part{half, bare}, without: []string{"bare"}},
		{name: "an amount needs no request", metric: check.Metric{Target: 50}, parts: []check.Part{bare}},
		{name: "another container's request", metric: check.Metric{Share: true, Target: 50, Container: "half"}, parts: []check.Part{half, bare}},
		{name: "an unclear request", metric: check.Metric{Share: true, Target: 50}, parts: []check.Part{{Name: "x", Unclear: true}}},
		{name: "the limit is what is needed", metric: check.Metric{Share: true, Target: 150}, parts: []check.Part{half}, reach: "150 of 150"},
		{name: "just below", metric: check.Metric{Share: true, Target: 149}, parts: []check.Part{half}},
		{name: "an amount above the limit", metric: check.Metric{Target: 200}, parts: []check.Part{half}, reach: "200 of 150"},
		{name: "a container without a limit", metric: check.Metric{Share: true, Target: 900}, parts: []check.Part{half, full}},
		{name: "the pod's request as a whole", metric: check.Metric{Share: true, Target: 50, Whole: 400}, parts: []check.Part{half, {Name: "bounded", Limit: 40}}, reach: "200 of 190"},
		{name: "no target", metric: check.Metric{Share: true}, parts: []check.Part{half}},
		{name: "no container of the name", metric: check.Metric{Share: true, Target: 900, Container: "none"}, parts: []check.Part{half}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.metric.WithoutRequest(c.parts); !slices.Equal(got, c.without) {
				t.Errorf("without a request: got %q, want %q", got, c.without)
			}
			r, yes := c.metric.Unreachable(c.parts, 0)
			if got := fmt.Sprintf("%d of %d", r.Needed, r.Limit); yes != (c.reach != "") || yes && got != c.reach {
				t.Errorf("reach: got %s %v, want %q", got, yes, c.reach)
			}
		})
	}
}

// TestMostIsReachable: the most that is named can be passed, and one percent more can't.
func TestMostIsReachable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		part := check.Part{Request: 1 + r.Int64N(4000), Limit: 1 + r.Int64N(8000)}
		tolerance := []float64{0, 0.01, 0.1, 0.5}[r.IntN(4)]
		m := check.Metric{Share: true, Target: 1 + r.Int64N(400)}
		reach, yes := m.Unreachable([]check.Part{part}, tolerance)
		if yes != (m.Target > reach.Most) {
			t.Fatalf("%+v of %+v at %g: unreachable %v, most %d", m, part, tolerance, yes, reach.Most)
		}
	}
}

func TestAgainstVPA(t *testing.T) {
	parts := []check.Part{{Name: "a"}, {Name: "b", BySet: true}}
	for m, want := range map[check.Metric]bool{
		{Share: true}:                 true,
		{Share: true, Container: "a"}: false,
		{Share: true, Container: "b"}: true,
		{Share: false}:                false,
	} {
		if got := m.AgainstVPA(parts); got != want {
			t.Errorf("%+v: got %v, want %v", m, got, want)
		}
	}
	for mode, want := range map[string]bool{"": true, "Auto": true, "Initial": true, "Recreate": true, "InPlaceOrRecreate": true, "Off": false} {
		if got := check.VPASets(mode); got != want {
			t.Errorf("mode %q: got %v, want %v", mode, got, want)
		}
	}
}

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		budget check.Budget
		n      int32
		may    int32
		known  bool
		least  int32
	}{
		{check.Budget{MaxUnavailable: "1"}, 3, 1, true, 3},
		{check.Budget{MaxUnavailable: "0"}, 3, 0, true, 3},
		{check.Budget{MaxUnavailable: "10%"}, 3, 1, true, 3}, // rounds up
		{check.Budget{MaxUnavailable: "9"}, 3, 3, true, 3},
		{check.Budget{MinAvailable: "2"}, 2, 0, true, 3},
		{check.Budget{MinAvailable: "50%"}, 1, 0, true, 2},
		{check.Budget{MinAvailable: "100%"}, 4, 0, true, 4},
		{check.Budget{MinAvailable: "-1"}, 4, 4, false, 4},
		{check.Budget{MinAvailable: "1.5%"}, 4, 4, false, 4},
		{check.Budget{}, 4, 4, false, 4},
	} {
		may, known := c.budget.Allowed(c.n)
		if may != c.may || known != c.known || c.budget.Least(c.n) != c.least || c.budget.Stuck(c.n) != (known && may == 0) {
			t.Errorf("%+v of %d: got %d %v, least %d, stuck %v", c.budget, c.n, may, known, c.budget.Least(c.n), c.budget.Stuck(c.n))
		}
	}
	if got := check.BudgetOf(&analyzer.PDB{MinAvailable: "1", MaxUnavailable: "2"}); got != (check.Budget{MinAvailable: "1", MaxUnavailable: "2"}) {
		t.Errorf("of an object: %+v", got)
	}
}

// FuzzBudget: never more than all, never less than none.
func FuzzBudget(f *testing.F) {
	f.Add("50%", "", int32(5))
	f.Add("", "2147483647%", int32(2147483647))
	f.Fuzz(func(t *testing.T, least, most string, n int32) {
		if n < 0 {
			return
		}
		if may, _ := (check.Budget{MinAvailable: least, MaxUnavailable: most}).Allowed(n); may < 0 || may > n {
			t.Errorf("%d of %d", may, n)
		}
	})
}

func TestStopsTooLate(t *testing.T) {
	for _, c := range []struct {
		grace, notice int64
		want          bool
	}{{10, 25, false}, {25, 25, false}, {26, 25, true}, {30, 25, false}, {31, 30, true}, {120, 120, false}} {
		if got := check.StopsTooLate(c.grace, c.notice); got != c.want {
			t.Errorf("%d s of %d s: got %v", c.grace, c.notice, got)
		}
	}
}
