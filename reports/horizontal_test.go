package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// scaled is a workload whose HPA gets another target together with another
// CPU request, a finding on it and one on a workload that does not exist.
func scaled(c *cluster) {
	web := analyzer.Ref{Namespace: "ns", Kind: "Deployment", Name: "web"}
	gone := analyzer.Ref{Namespace: "ns", Kind: "Deployment", Name: "gone"}
	cpu := func(target int64) []analyzer.HPAMetric {
		return []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: target}}
	}
	c.recs = append(c.recs,
		advice.Advice{
			Rule: "horizontal", Lever: advice.LeverHorizontal, Workload: web, Title: "set the HPA", MonthlySavings: 5,
			Changes: []advice.Change{
				{Field: "hpa.cpu.averageUtilization", From: 50, To: 80}, {Field: "containers.app.requests.cpu", From: 1500, To: 500},
			},
			Detail: &horizontal.Advice{
				Current:     horizontal.Scaling{Kind: horizontal.ScalingHPA, Name: "web", Replicas: 4, Min: 2, Max: 9, Metrics: cpu(50)},
				Recommended: &horizontal.Scaling{Kind: horizontal.ScalingHPA, Name: "web", Min: 0, Max: 9, Metrics: cpu(80), RequestCPU: map[string]int64{"app": 500}},
				ReplicasNow: 4.2, ReplicasAdvised: 2.6,
				TradeOff: []horizontal.TradeOff{{Slow: 0.01, Unserved: 0.0042, ReplicaHours: 1898, Min: 2, Target: 80}},
			},
			Evidence: []advice.Evidence{{Name: "demand max", Value: 900, Unit: "millicores"}},
		},
		advice.Advice{
			Rule: "autoscaler-findings", Lever: advice.LeverHorizontal, Workload: web, Title: "two HPAs", Detail: &finding.Finding{Kind: advice.Kind{Code: "hpa-overlap", Severity: advice.SeverityError}, Fix: "keep one"},
		},
		advice.Advice{
			Rule: "autoscaler-findings", Lever: advice.LeverHorizontal, Workload: gone, Title: "no such workload", Detail: &finding.Finding{Kind: advice.Kind{Code: "hpa-missing-target"}, Fix: "delete it"},
		},
		advice.Advice{
			Rule: "vpa", Lever: advice.LeverHorizontal, Workload: web, Title: "VPA", Detail: &horizontal.VPA{
				Name: "web", Mode: "Initial", Why: "it is alone", Containers: []horizontal.VPAContainer{{Container: "app", Mode: "Auto", Resources: []string{"memory"}}},
			},
		},
	)
}

func TestHorizontal(t *testing.T) {
	r, _ := one(scaled)
	w := r.Workloads[0]
	switch h := w.Horizontal; {
	case h == nil || h.Recommended == nil:
		t.Fatalf("got %+v, want advice", h)
	case *h.Recommended.MinReplicas != 0 || *h.Recommended.MaxReplicas != 9 || h.Recommended.Metrics[0].Target != 80:
		t.Errorf("got %+v, want 0 to 9 replicas at 80", *h.Recommended)
	case len(h.Recommended.Requests) != 1 || h.Recommended.Requests[0].CPU.String() != "500m":
		t.Errorf("got %+v, want the request of app", h.Recommended.Requests)
	case h.Current.MeanReplicas != 4.2 || h.MonthlySavings.String() != "$5.00" || len(h.TradeOff) != 1 || h.TradeOff[0].UnservedPercent != 0.42:
		t.Errorf("got %+v", *h)
	}
	if len(w.Findings) != 1 || w.Findings[0].Fix != "keep one" || !w.Findings[0].Severe {
		t.Errorf("got findings %+v, want one", w.Findings)
	}
	if w.VPA == nil || w.VPA.UpdateMode != "Initial" || w.VPA.Containers[0].ControlledResources[0] != "memory" {
		t.Errorf("got VPA %+v", w.VPA)
	}
	if s := r.Summary.Waterfall; len(s) != 2 || s[1].Lever != "horizontal" || s[1].FreedRoom != 500 || s[1].MonthlyAfter != s[0].MonthlyBefore {
		t.Errorf("got waterfall %+v, want room worth 5 dollars and the bill as it is", s)
	}
	if got := r.Summary.Recommended.CPU.String(); got != "1500m" {
		t.Errorf("recommended requests: got %s of CPU, want 3 pods of 500m", got)
	}
	fixes := map[string]string{}
	for _, x := range r.Recommendations {
		fixes[x.Target] += x.Fix
	}
	if fixes["ns/Deployment/web"] != "keep one" || fixes["ns/Deployment/gone"] != "delete it" {
		t.Errorf("got fixes %v, want those of both findings", fixes)
	}
}

// TestHorizontalTrigger: a query, its thresholds and the rest without pods come
// through, and fit the schema.
func TestHorizontalTrigger(t *testing.T) {
	r, _ := one(func(c *cluster) {
		scaled(c)
		for i := range c.recs {
			if h := advice.As[horizontal.Advice](c.recs[i].Detail); h != nil {
				h.Recommended.Kind, h.Recommended.IdleAtZero, h.Recommended.Cooldown = horizontal.ScalingScaledObject, true, 5*time.Minute
				h.Recommended.Triggers = []horizontal.RequestTrigger{{Counter: "http_requests_total", Query: "sum(rate(http_requests_total[2m]))", Threshold: 57.5}}
			}
		}
	})
	to := r.Workloads[0].Horizontal.Recommended
	want := document.RequestTrigger{Counter: "http_requests_total", Query: "sum(rate(http_requests_total[2m]))", Threshold: 57.5}
	if len(to.Triggers) != 1 || to.Triggers[0] != want || to.IdleReplicas == nil || *to.IdleReplicas != 0 || to.CooldownPeriod != 300 {
		t.Errorf("got %+v with triggers %+v, want %+v at rest without pods", to, to.Triggers, want)
	}
	if err := compile(t)(output(t, "json", r, reports.Options{})); err != nil {
		t.Errorf("the report does not fit the schema: %v", err)
	}
}

// TestScalingLines wants the terminal to say how a workload should be scaled,
// and every finding with its fix.
func TestScalingLines(t *testing.T) {
	r, _ := one(scaled)
	line := "Scaling: ns/deploy/web: HPA on cpu 80 %, 0 to 9 pods, app requests 500m of CPU, now HPA on cpu 50 %, 2 to 9 pods; saves $5 a month."
	for format, want := range map[string][]string{
		"table": {line, "Finding: ns/Deployment/gone: no such workload; delete it."},
		"wide":  {line, "Finding: ns/Deployment/web: two HPAs; keep one.", "Finding: ns/Deployment/gone: no such workload; delete it."},
	} {
		got := output(t, format, r, reports.Options{Width: 200})
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no line %q in\n%s", format, w, got)
			}
		}
	}
}

func TestHorizontalWithheld(t *testing.T) {
	r, _ := one(func(c *cluster) {
		c.recs = append(c.recs, advice.Advice{
			Rule: "horizontal", Lever: advice.LeverHorizontal, Workload: analyzer.Ref{Namespace: "ns", Kind: "Deployment", Name: "web"},
			Title: "no recommendation: one replica", Withheld: []advice.Withheld{{Resource: "all", Reason: "one replica"}},
			Detail: &horizontal.Advice{Current: horizontal.Scaling{Kind: horizontal.ScalingFixed, Replicas: 4}},
		})
	})
	h := r.Workloads[0].Horizontal
	if h == nil || h.Recommended != nil || len(h.Withheld) != 1 || h.Withheld[0].Reason != "one replica" {
		t.Errorf("got %+v, want null and the reason", h)
	}
}

// TestHorizontalFollowsTheSchema: every format takes it, and JSON is valid.
func TestHorizontalFollowsTheSchema(t *testing.T) {
	r, _ := one(scaled)
	for _, f := range reports.Formats() {
		if text := output(t, f.Name, r, reports.Options{}); text == "" {
			t.Errorf("%s: nothing was printed", f.Name)
		} else if f.Name == "json" {
			if err := compile(t)(text); err != nil {
				t.Errorf("the report does not fit the schema: %v", err)
			}
		}
	}
}
