package reports_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// one builds a report of one container, changed as the test wants it.
func one(change func(*cluster)) (*document.Report, *document.Container) {
	c := newCluster()
	c.node("m6i.large", "on-demand", 0.1, 1)
	c.add("ns", "Deployment", "web", 4, container{name: "app", cpu: 1500, mem: gi, used: 100, usedMem: 200e6, toCPU: 250, toMem: 412 * mi, savings: 10.005, cost: 20, risk: 0.25, confidence: 0.9})
	change(c)
	r := c.report()
	return r, &r.Workloads[0].Containers[0]
}

// TestUsage compares with quantiles worked out from the samples themselves.
func TestUsage(t *testing.T) {
	_, k := one(func(c *cluster) {
		f := &c.facts.Workloads[0].Containers[0]
		f.CPU, f.Memory = analyzer.ResourceUsage{}, analyzer.ResourceUsage{}
		for i := range 1000 {
			f.CPU.Samples.Add(float64(i+1) / 10)
			f.Memory.Samples.Add(float64(i+1) * float64(mi))
		}
	})
	for _, tt := range []struct {
		name      string
		got, want float64
		within    float64
	}{
		{"cpu mean", float64(k.Usage.CPU.Mean), 50_050, 0},
		{"cpu p50", float64(k.Usage.CPU.P50), 50_000, 0.01},
		{"cpu p95", float64(k.Usage.CPU.P95), 95_000, 0.01},
		{"cpu p99", float64(k.Usage.CPU.P99), 99_000, 0.01},
		{"cpu max", float64(k.Usage.CPU.Max), 100_000, 0},
		{"memory mean", float64(k.Usage.Memory.Mean), 500.5 * float64(mi), 0},
		{"memory p50", float64(k.Usage.Memory.P50), 500 * float64(mi), 0.01},
		{"memory p95", float64(k.Usage.Memory.P95), 950 * float64(mi), 0.01},
		{"memory p99", float64(k.Usage.Memory.P99), 990 * float64(mi), 0.01},
		{"memory max", float64(k.Usage.Memory.Max), 1000 * float64(mi), 0},
	} {
		if math.Abs(tt.got-tt.want) > tt.within*tt.want {
			t.Errorf("%s: got %v, want %v within %v", tt.name, tt.got, tt.want, tt.within)
		}
	}
}

func TestQuantities(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{document.CPU(120_000).String(), "120m"},
		{document.CPU(1_500_000).String(), "1500m"},
		{document.CPU(2_000_000).String(), "2"},
		{document.CPU(340).String(), "340u"},
		{document.CPU(-500_000).String(), "-500m"},
		{document.CPU(0).String(), "0"},
		{document.Bytes(412 * mi).String(), "412Mi"},
		{document.Bytes(gi).String(), "1Gi"},
		{document.Bytes(1536).String(), "1536"},
		{document.Devices(2).String(), "2"},
		{document.USD(123450).String(), "$1,234.50"},
		{document.USD(-7).String(), "-$0.07"},
		{document.USD(123456789012).String(), "$1,234,567,890.12"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// TestSummary checks the sums of one workload of four pods by hand.
func TestSummary(t *testing.T) {
	r, _ := one(func(*cluster) {})
	s := r.Summary
	for _, tt := range []struct{ name, got, want string }{
		{"requested CPU", s.Requests.CPU.String(), "6"},
		{"requested memory", s.Requests.Memory.String(), "4Gi"},
		{"recommended CPU", s.Recommended.CPU.String(), "1"},
		{"recommended memory", s.Recommended.Memory.String(), "1648Mi"},
		{"freed CPU", s.FreedRoom.CPU.String(), "5"},
		{"freed memory", s.FreedRoom.Memory.String(), "2448Mi"},
		{"cost", s.MonthlyCost.String(), "$20.00"},
		{"change", r.Recommendations[0].Changes[0].Field + " " + *r.Recommendations[0].Changes[0].From + " " + *r.Recommendations[0].Changes[0].To, "requests.cpu 1500m 250m"},
		{"target", r.Recommendations[0].Target, "ns/Deployment/web"},
		{"risk", r.Recommendations[0].Risk, "OOM kill within a week: 25 %; CPU above request: 3.12 % of the time"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

// TestSummaryInitContainer: an init container below the others' sum reserves
// nothing, above it the pod reserves what it asks for.
func TestSummaryInitContainer(t *testing.T) {
	for _, tt := range []struct {
		cpu  int64
		want string
	}{{1000, "6"}, {2000, "8"}} {
		r, _ := one(func(c *cluster) {
			w := &c.facts.Workloads[0]
			first := container{name: "init", kind: analyzer.TypeInit, cpu: tt.cpu, mem: mi}.facts()
			w.Containers = append(w.Containers, first)
			w.Workload.Containers = append(w.Workload.Containers, first.Container)
		})
		if got := r.Summary.Requests.CPU.String(); got != tt.want {
			t.Errorf("init container of %dm: got %s requested, want %s", tt.cpu, got, tt.want)
		}
	}
}

func TestWithheld(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*cluster)
		null   bool
		want   []document.Withheld
	}{
		{"all", func(c *cluster) {
			c.recs[0] = advice.Advice{Rule: "rightsize", Lever: advice.LeverRightsize, Workload: c.recs[0].Workload, Container: "app", Withheld: withhold("all", "no usage")}
		}, true, []document.Withheld{{Resource: "all", Reason: "no usage"}}},
		{"one resource", func(c *cluster) { c.recs[0].Withheld = withhold("cpu", "HPA web scales on it") }, false, []document.Withheld{{Resource: "cpu", Reason: "HPA web scales on it"}}},
		{"no rule", func(c *cluster) { c.recs = nil }, true, nil},
		{"no reason", func(c *cluster) { c.recs[0].Detail = nil }, true, []document.Withheld{{Resource: "all", Reason: "rule rightsize gave no amounts and no reason"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, k := one(tt.change)
			if got := k.Recommended == nil; got != tt.null {
				t.Errorf("got recommended null %v, want %v", got, tt.null)
			}
			if !slices.Equal(k.Withheld, tt.want) {
				t.Errorf("got withheld %v, want %v", k.Withheld, tt.want)
			}
			if notJudged := len(k.Warnings) == 1 && k.Warnings[0].Code == document.WarnNotJudged; notJudged != (tt.want == nil) {
				t.Errorf("got warnings %v", k.Warnings)
			}
		})
	}
}

func TestUnknownIsAbsent(t *testing.T) {
	r, k := one(func(c *cluster) {
		advice.As[rightsize.Sizing](c.recs[0].Detail).Risk = rightsize.Risk{}
		c.facts.Workloads[0].Containers[0].ThrottledShare = -1
		c.recs[0].Changes[0].From = 0
	})
	if k.Risk.OOMProbability != nil || k.Risk.CPUOverRequest != nil || k.ThrottledShare != nil {
		t.Errorf("got risk %v and throttled %v, want nothing", k.Risk, k.ThrottledShare)
	}
	if got := r.Recommendations[0].Risk; got != "not known" {
		t.Errorf("got risk %q, want not known", got)
	}
	if got := r.Recommendations[0].Changes[0].From; got != nil {
		t.Errorf("got a change from %q, want null", *got)
	}
}

// TestUnknownFreesNothing: of requests that no source told nothing is freed, and nothing is
// added to what is known.
func TestUnknownFreesNothing(t *testing.T) {
	r, _ := one(func(c *cluster) {
		for _, k := range []*analyzer.Container{&c.facts.Workloads[0].Workload.Containers[0], &c.facts.Workloads[0].Containers[0].Container} {
			k.Unknown, k.Requests = true, analyzer.Amounts{}
		}
	})
	if s := r.Summary; s.FreedRoom.Resources != (document.Resources{}) || s.Rightsize.Resources != (document.Resources{}) || s.Recommended.CPU == 0 {
		t.Errorf("frees %v, by right-sizing %v, of %v advised; want nothing", s.FreedRoom.Resources, s.Rightsize.Resources, s.Recommended)
	}
}

// TestUnlistedWorkloads: the cost of workloads that the analysis does not list
// stays in the bill.
func TestUnlistedWorkloads(t *testing.T) {
	r, _ := one(func(c *cluster) {
		c.costs.Workloads[analyzer.Ref{Namespace: "gone", Kind: "Pod", Name: "x"}] = cost.WorkloadCost{Monthly: 3}
		c.costs.Idle = c.costs.Bill - 23
	})
	if got := r.Summary.UnattributedMonthly; got == nil || *got != 300 {
		t.Errorf("got unattributed %v, want $3.00", got)
	}
	if got, want := r.Summary.MonthlyCost.String(), "$73.00"; got != want {
		t.Errorf("got a bill of %s, want %s", got, want)
	}
}

func TestSteps(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * time.Second: "30s", 5 * time.Minute: "5m", time.Hour: "1h", 90 * time.Second: "1m30s", 90 * time.Minute: "1h30m", 0: "0s",
	} {
		r, _ := one(func(c *cluster) { c.facts.Snapshot.Window.Step = d })
		if got := r.Metadata.GeneratedFrom.Step; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
