package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// weekly is a cluster whose pods and nodes come at eight and go at six, for ten days.
type weekly struct {
	pods, nodes [24]int
	types       []string
	zones       []string
	gib         []int
	untold      bool // no series tells of nodes
	plain       bool // nothing on the nodes tells of an autoscaler
}

func newWeekly() *weekly {
	w := &weekly{
		types: []string{"m6i.2xlarge", "c6i.2xlarge", "m6i.2xlarge", "c6i.2xlarge"}, gib: []int{32, 16, 32, 16},
		zones: []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1a"},
	}
	for h := range 24 {
		w.pods[h], w.nodes[h] = 2, 1
		if h >= 8 && h < 18 {
			w.pods[h], w.nodes[h] = 12, 4
		}
	}
	return w
}

// write gives the cluster's objects and its dump at a moment.
func (w *weekly) write(t *testing.T, name string, end time.Time) {
	t.Helper()
	var o strings.Builder
	pods, nodes := w.pods[end.Hour()], w.nodes[end.Hour()]
	for i := range nodes {
		fmt.Fprintf(&o, `
---
apiVersion: v1
kind: Node
metadata: {name: n%d, labels: {node.kubernetes.io/instance-type: %s, topology.kubernetes.io/zone: %s, topology.kubernetes.io/region: us-east-1, kubernetes.io/arch: amd64, kubernetes.io/os: linux, karpenter.sh/nodepool: default, karpenter.sh/capacity-type: on-demand}}
spec: {providerID: "aws:///%s/i-%d"}
status: {capacity: {cpu: "8", memory: %dGi, pods: "58"}, allocatable: {cpu: 7910m, memory: %dGi, pods: "58"}, conditions: [{type: Ready, status: "True"}]}
`, i, w.types[i], w.zones[i], w.zones[i], i, w.gib[i], w.gib[i]-2)
	}
	fmt.Fprintf(&o, `---
{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: web, name: shop}, spec: {replicas: %d, selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: app, image: "a:1", resources: {requests: {cpu: "2", memory: 3Gi}}}]}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {namespace: web, name: shop}, spec: {minReplicas: 2, maxReplicas: 15, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: web, name: shop-7d9f8b6c4, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: shop, uid: u, controller: true}]}, spec: {replicas: %d, selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: app, image: "a:1"}]}}}}
`, pods, pods)
	for i := range pods {
		fmt.Fprintf(&o, `---
{apiVersion: v1, kind: Pod, metadata: {namespace: web, name: %s, labels: {app: shop}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: shop-7d9f8b6c4, uid: v, controller: true}]}, spec: {nodeName: n%d, containers: [{name: app, image: "a:1", resources: {requests: {cpu: "2", memory: 3Gi}}}]}, status: {phase: Running}}
`, podName(i), i%nodes)
	}
	text := o.String()
	if w.plain {
		text = strings.ReplaceAll(text, ", karpenter.sh/nodepool: default, karpenter.sh/capacity-type: on-demand", "")
	}
	write(t, name+".yaml", text)
	write(t, name+".om", w.dump(end))
}

func podName(i int) string {
	return fmt.Sprintf("shop-7d9f8b6c4-%c%cxzz", 'b'+byte(i%5), 'f'+byte(i/5))
}

// dump has a reading every half hour of what there was.
func (w *weekly) dump(end time.Time) string {
	var b strings.Builder
	const every = 1800
	start := end.Add(-10 * 24 * time.Hour)
	eachAt := func(there func(hour int) bool, line string, value func(n int) float64) {
		n := 0
		for at := start; !at.After(end); at = at.Add(every * time.Second) {
			if n++; there(at.Add(-time.Second).Hour()) {
				fmt.Fprintf(&b, "%s %g %d\n", line, value(n), at.Unix())
			}
		}
	}
	for i := range slices.Max(w.pods[:]) {
		there := func(hour int) bool { return i < w.pods[hour] }
		eachAt(there, fmt.Sprintf(`kube_pod_owner{namespace="web",pod=%q,owner_kind="ReplicaSet",owner_name="shop-7d9f8b6c4",owner_is_controller="true"}`, podName(i)), func(int) float64 { return 1 })
		of := fmt.Sprintf(`{namespace="web",pod=%q,container="app"}`, podName(i))
		eachAt(there, "container_cpu_usage_seconds_total"+of, func(n int) float64 { return 1.15 * every * float64(n) })
		eachAt(there, "container_memory_working_set_bytes"+of, func(n int) float64 { return 2e9 + 1e6*float64(n%7) })
	}
	for i := range slices.Max(w.nodes[:]) {
		if w.untold {
			break
		}
		there := func(hour int) bool { return i < w.nodes[hour] }
		one := func(int) float64 { return 1 }
		node := fmt.Sprintf("node=\"n%d\"", i)
		eachAt(there, fmt.Sprintf("kube_node_info{%s,provider_id=\"aws:///%s/i-%d\"}", node, w.zones[i], i), one)
		eachAt(there, fmt.Sprintf("kube_node_labels{%s,label_node_kubernetes_io_instance_type=%q,label_karpenter_sh_nodepool=\"default\",label_karpenter_sh_capacity_type=\"on-demand\"}", node, w.types[i]), one)
		for resource, v := range map[string]float64{"cpu": 8, "memory": float64(w.gib[i]) * (1 << 30)} {
			eachAt(there, fmt.Sprintf("kube_node_status_capacity{%s,resource=%q}", node, resource), func(int) float64 { return v })
		}
		for resource, v := range map[string]float64{"cpu": 7.91, "memory": float64(w.gib[i]-2) * (1 << 30), "pods": 58} {
			eachAt(there, fmt.Sprintf("kube_node_status_allocatable{%s,resource=%q}", node, resource), func(int) float64 { return v })
		}
	}
	eachAt(func(int) bool { return true }, `kube_replicaset_owner{namespace="web",replicaset="shop-7d9f8b6c4",owner_kind="Deployment",owner_name="shop",owner_is_controller="true"}`, func(int) float64 { return 1 })
	return b.String() + "# EOF\n"
}

// weekReport is what must not turn on the hour of the audit.
type weekReport struct {
	Summary struct {
		MonthlyCost, MonthlySavings, IdleMonthly, OverheadMonthly float64
		FreedRoom                                                 struct{ Monthly float64 }
		Waterfall                                                 []struct{ MonthlyBefore, MonthlyAfter float64 }
	}
	Workloads []struct {
		Namespace, Kind, Name string
		MonthlyCost           float64
	}
	Nodes struct {
		Current struct {
			MonthlyCost float64
			Pools       []struct{ MonthlyCost float64 }
		}
		Plan struct {
			MonthlyCost, BusiestMonthlyCost, LowerBoundMonthly float64
			ByHour                                             struct{ MonthlyCost float64 }
			Pools                                              []struct{ MonthlyCost float64 }
			Groups                                             []struct {
				Zones  []string
				Limits struct{ CPU, Memory string }
			}
		}
	}
	Purchase struct {
		Commitments []struct{ Amount float64 }
	}
}

// TestPlanIsForTheWeek audits one cluster by night, when three of its four nodes are
// gone, and by day: the plan, its limits and what to commit to are the same.
func TestPlanIsForTheWeek(t *testing.T) {
	isolate(t)
	got := map[string]*weekReport{}
	for name, hour := range map[string]int{"night": 3, "day": 14} {
		w := newWeekly()
		w.write(t, name, time.Date(2026, 9, 21, hour, 0, 0, 0, time.UTC))
		code, out, errs := plimsoll("audit", "--objects", name+".yaml", "--openmetrics", name+".om", "--only", "nodes,purchase", "-o", "json", "-q", "--no-cache")
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		got[name] = &weekReport{}
		if err := json.Unmarshal([]byte(out), got[name]); err != nil {
			t.Fatal(err)
		}
	}
	night, day := got["night"], got["day"]
	near := func(what string, a, b float64) {
		t.Helper()
		if !(a > 0) || math.Abs(a/b-1) > 0.03 {
			t.Errorf("%s: %v by night, %v by day", what, a, b)
		}
	}
	near("today", night.Summary.MonthlyCost, day.Summary.MonthlyCost)
	near("what is possible", night.Summary.MonthlyCost-night.Summary.MonthlySavings, day.Summary.MonthlyCost-day.Summary.MonthlySavings)
	near("the plan", night.Nodes.Plan.MonthlyCost, day.Nodes.Plan.MonthlyCost)
	if len(night.Nodes.Plan.Groups) == 0 || len(night.Nodes.Plan.Groups) != len(day.Nodes.Plan.Groups) || len(night.Purchase.Commitments) != len(day.Purchase.Commitments) {
		t.Fatalf("got %+v by night and %+v by day", night, day)
	}
	for i, g := range night.Nodes.Plan.Groups {
		if len(g.Zones) != 3 {
			t.Errorf("by night the plan has zones %v, want the window's three", g.Zones)
		}
		if other := day.Nodes.Plan.Groups[i]; g.Limits != other.Limits || !slices.Equal(g.Zones, other.Zones) {
			t.Errorf("got %+v by night and %+v by day", g, other)
		}
	}
	for i, c := range night.Purchase.Commitments {
		near("a commitment", c.Amount, day.Purchase.Commitments[i].Amount)
	}
}

// TestBillOfTheWeek works the bill of the window's hours out by plain code, to the cent,
// and wants one number for one thing: the headline, the sum of its parts, the nodes' and
// the waterfall's, on both sides.
func TestBillOfTheWeek(t *testing.T) {
	isolate(t)
	prices := map[string]float64{"m6i.2xlarge": 0.384, "c6i.2xlarge": 0.34}
	for name, hour := range map[string]int{"night": 3, "day": 14} {
		w, end := newWeekly(), time.Date(2026, 9, 21, hour, 0, 0, 0, time.UTC)
		w.write(t, name, end)
		want, hours := 0.0, 0.0
		for at := end.Add(-241 * time.Hour); at.Before(end); at = at.Add(time.Hour) { // the first reading is of the hour before
			for i := range w.nodes[at.Hour()] {
				want += prices[w.types[i]]
			}
			hours++
		}
		want *= 730 / hours
		code, out, errs := plimsoll("audit", "--objects", name+".yaml", "--openmetrics", name+".om", "-o", "json", "-q", "--no-cache")
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		var r weekReport
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		same := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 0.0051 {
				t.Errorf("%s, %s: got %.2f, want %.2f", name, what, got, want)
			}
		}
		s, plan := &r.Summary, &r.Nodes.Plan
		same("the headline", s.MonthlyCost, want)
		parts, pools, planned := s.IdleMonthly+s.OverheadMonthly, 0.0, 0.0
		for _, one := range r.Workloads {
			parts += one.MonthlyCost
			if s.FreedRoom.Monthly > one.MonthlyCost {
				t.Errorf("%s: %.2f are freed of a workload that costs %.2f", name, s.FreedRoom.Monthly, one.MonthlyCost)
			}
		}
		for _, p := range r.Nodes.Current.Pools {
			pools += p.MonthlyCost
		}
		for _, p := range plan.Pools {
			planned += p.MonthlyCost
		}
		same("workloads, idle and overhead", parts, s.MonthlyCost)
		same("today's nodes", r.Nodes.Current.MonthlyCost, s.MonthlyCost)
		same("today's pools", pools, s.MonthlyCost)
		same("the plan's pools", planned, plan.MonthlyCost)
		same("the plan by hour", plan.ByHour.MonthlyCost, plan.MonthlyCost)
		if plan.BusiestMonthlyCost <= plan.MonthlyCost || plan.BusiestMonthlyCost < plan.LowerBoundMonthly {
			t.Errorf("%s: the busiest hour's nodes cost %.2f, on the mean %.2f, at the least %.2f", name, plan.BusiestMonthlyCost, plan.MonthlyCost, plan.LowerBoundMonthly)
		}
		last := s.Waterfall[len(s.Waterfall)-1]
		same("the waterfall's start", s.Waterfall[0].MonthlyBefore, s.MonthlyCost)
		same("the waterfall's end", last.MonthlyAfter, s.MonthlyCost-s.MonthlySavings)
	}
}

// TestQuietHour audits by night where nobody told how many nodes there were: no saving
// is claimed, nor a negative one, by any writer, and the gate of savings can't be checked.
func TestQuietHour(t *testing.T) {
	isolate(t)
	for name, plain := range map[string]bool{"karpenter": false, "unseen": true} {
		w := newWeekly()
		w.untold, w.plain = true, plain
		w.write(t, name, time.Date(2026, 9, 21, 3, 0, 0, 0, time.UTC))
		audit := func(more ...string) (int, string, string) {
			return plimsoll(append([]string{"audit", "--objects", name + ".yaml", "--openmetrics", name + ".om", "-q", "--no-cache"}, more...)...)
		}
		code, out, errs := audit("-o", "json")
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		var r struct {
			Summary struct {
				QuietHour      bool
				MonthlyCost    float64
				MonthlySavings *float64
				Waterfall      []struct {
					Lever                       string
					MonthlyBefore, MonthlyAfter float64
				}
			}
			Recommendations []struct {
				Lever          string
				MonthlySavings *float64
			}
			Nodes    struct{ Plan struct{ MonthlyCost float64 } }
			Warnings []struct{ Code string }
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		s := r.Summary
		if !s.QuietHour || s.MonthlySavings != nil || r.Nodes.Plan.MonthlyCost <= s.MonthlyCost || len(s.Waterfall) == 0 || s.Waterfall[0].MonthlyBefore != r.Nodes.Plan.MonthlyCost {
			t.Errorf("%s: got %+v and a plan of %v", name, s, r.Nodes.Plan.MonthlyCost)
		}
		for _, step := range s.Waterfall {
			if step.Lever == "nodes" && step.MonthlyBefore != step.MonthlyAfter {
				t.Errorf("%s: the plan takes %+v", name, step)
			}
		}
		for _, rec := range r.Recommendations {
			if rec.Lever == "nodes" && rec.MonthlySavings != nil {
				t.Errorf("%s: the plan is said to save %v", name, *rec.MonthlySavings)
			}
		}
		for _, want := range []string{"quiet-hour", "no-node-history"} {
			if !slices.ContainsFunc(r.Warnings, func(w struct{ Code string }) bool { return w.Code == want }) {
				t.Errorf("%s: no warning %s in %+v", name, want, r.Warnings)
			}
		}
		if code, _, errs := audit("--fail-on", "savings=1%"); code == 0 || !strings.Contains(errs, "few pods run at this hour") {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
		for format, want := range map[string]string{"table": "Few pods run at this hour", "markdown": "Few pods run at this hour", "html": "Few pods run at this hour"} {
			_, out, _ := audit("-o", format)
			text := strings.Join(strings.Fields(out), " ")
			if !strings.Contains(text, want) || strings.Contains(text, "for what is short today") || format != "html" && strings.Contains(text, "saves $") {
				t.Errorf("%s: %s lacks %q, or claims a saving:\n%.3000s", name, format, want, text)
			}
		}
		if _, out, _ := audit("-o", "openmetrics"); strings.Contains(out, "plimsoll_monthly_savings_usd{") || strings.Contains(out, `lever="nodes"`) {
			t.Errorf("%s: the metrics tell of savings by the plan", name)
		}
	}
}

// TestMomentWhereHeld: commitments cover the moment's nodes, so that the whole report is
// of them, and says so.
func TestMomentWhereHeld(t *testing.T) {
	isolate(t)
	newWeekly().write(t, "day", time.Date(2026, 9, 21, 14, 0, 0, 0, time.UTC))
	write(t, "held.csv", "name,family,covers_usd_hour,usd_hour,vcpus,memory_gib,end\nri,m6i,0.384,0.25,,,\n")
	const moment = (2*0.384 + 2*0.34) * 730
	for _, more := range [][]string{{"--commitments", "held.csv"}, {"--commitments", "held.csv", "--aggregate", "node"}} {
		r := auditWeek(t, "day", more...)
		same := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 0.0051 {
				t.Errorf("%v, %s: got %.2f, want %.2f", more, what, got, want)
			}
		}
		same("the headline", r.Summary.MonthlyCost, moment)
		same("today's nodes", r.Nodes.Current.MonthlyCost, moment)
		same("the waterfall's start", r.Summary.Waterfall[0].MonthlyBefore, moment)
		if a := r.Allocation; a != nil {
			if a.NodesByHour {
				t.Errorf("%v: the bill that is shared out is said to be of the window's hours", more)
			}
			same("the bill that is shared out", a.MonthlyBill.Nodes+a.MonthlyBill.UnusedCommitments, moment-(0.384-0.25)*730)
		}
		if !slices.ContainsFunc(r.Warnings, func(w struct{ Code string }) bool { return w.Code == "bill-of-the-moment" }) {
			t.Errorf("%v: nothing says that the bill is the moment's", more)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
