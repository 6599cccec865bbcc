package waste

import (
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Rule lists what costs money and does nothing: idle workloads and
// namespaces, nodes that could be drained, requests that nobody uses, and more.
// See docs/rules/waste.md.
var Rule = advice.Rule{
	Name:  "waste",
	Doc:   "Lists what costs money and does nothing, with evidence and what would be lost without it.",
	Lever: advice.LeverWaste,
	Run:   run,
}

// Finding is one thing that costs money and does nothing.
type Finding struct {
	Kind string // one of the Waste... constants
	// Monthly is its cost in USD a month. It is never part of the savings of
	// the recommendation: see Within.
	Monthly float64
	// Within names the lever whose savings already hold the USD, wholly or in
	// part; empty for costs that no other lever touches.
	Within advice.Lever
	// Loss says what would be lost.
	Loss string
	// Blocked says what stands in the way; empty where nothing does.
	Blocked []string
}

// The kinds of waste.
const (
	IdleWorkload  = "idle-workload"
	NotReady      = "pods-not-ready"
	EndedPods     = "ended-pods"
	IdleNamespace = "idle-namespace"
	NoPods        = "empty-namespace"
	UnusedRequest = "unused-requests"
	HPAAtMin      = "hpa-at-min"
	Drainable     = "drainable-node"
	Underused     = "underused-node"
	GPUNode       = "gpu-node-without-gpu-pods"
	OldGeneration = "old-generation"
)

// The thresholds of the rule; docs/rules/waste.md explains each.
const (
	// notReadyHours is how long a pod must have been up to be called stuck.
	notReadyHours = 24
	// endedPods is the number of ended pods of one workload worth a line.
	endedPods = 10
	// unusedShare is the share of a request that stays unused to be called so,
	// and unusedMonthly the USD a month from which it is worth a line.
	unusedShare, unusedMonthly = 0.9, 5
)

func run(p *advice.Pass) error {
	idle := map[analyzer.Ref]bool{}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		idle[w.Ref] = p.Cluster.Idle(w.Ref)
	}
	quiet := wasteNamespaces(p, idle)
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		switch {
		case quiet[w.Namespace]: // the namespace stands for its workloads
		case idle[w.Ref]:
			wasteIdle(p, w)
		default:
			wasteRequests(p, w)
			wasteHPA(p, w)
		}
		wastePods(p, w)
	}
	wasteNodes(p)
	wasteGenerations(p)
	return wasteVolumes(p)
}

// wasted files a finding. USD are told by the finding alone, so that no total
// counts them beside the savings of the lever that takes them off the bill.
func wasted(p *advice.Pass, r advice.Advice, f Finding) {
	r.Rule, r.Lever, r.Detail = "waste", advice.LeverWaste, &f
	r.Show("cost", f.Monthly, "usd")
	p.Report(r)
}

func wasteIdle(p *advice.Pass, w *analyzer.WorkloadFacts) {
	r := advice.Advice{Workload: w.Ref, Title: "idle for the whole window: scale it down or remove it", Confidence: 0.5}
	r.Show("cpu p99 of a pod", advice.PodCPU(w, 0.99), "millicores")
	r.Show("replicas", float64(w.Replicas), "count")
	r.Show("history", windowDays(p), "days")
	wasted(p, r, Finding{
		Kind: IdleWorkload, Monthly: p.Costs.MonthlyOf(w.Ref), Within: advice.LeverRightsize,
		Loss: "whatever it waits for: a standby, an operator and a forgotten service look the same by their usage",
	})
}

// windowDays is the length of the window.
func windowDays(p *advice.Pass) float64 {
	return p.Facts.Snapshot.Window.End.Sub(p.Facts.Snapshot.Window.Start).Hours() / 24
}

// wasteNamespaces finds namespaces in which nothing lives, and gives those
// whose workloads are all idle.
func wasteNamespaces(p *advice.Pass, idle map[analyzer.Ref]bool) map[string]bool {
	count, idleCount, cost := map[string]int{}, map[string]int{}, map[string]float64{}
	for ref, is := range idle {
		count[ref.Namespace]++
		if is {
			idleCount[ref.Namespace]++
		}
	}
	for i := range p.Facts.Workloads { // in their order, so that the sum is the same every time
		w := &p.Facts.Workloads[i]
		cost[w.Namespace] += p.Costs.MonthlyOf(w.Ref)
	}
	quiet := map[string]bool{}
	for _, ns := range p.Facts.Snapshot.Namespaces {
		n := count[ns.Name]
		switch {
		case advice.SystemNamespace(ns.Name) || ns.Name == "default" || partial(p):
		case n == 0:
			emptyNamespace(p, ns.Name)
		case n > 1 && idleCount[ns.Name] == n:
			quiet[ns.Name] = true
			idleNamespace(p, ns.Name, n, cost[ns.Name])
		}
	}
	return quiet
}

func emptyNamespace(p *advice.Pass, name string) {
	r := advice.Advice{Subject: "Namespace/" + name, Title: "no workload and no pod is in it", Confidence: 0.5}
	wasted(p, r, Finding{Kind: NoPods, Loss: "its ConfigMaps, Secrets and volumes, which were not looked at"})
}

func idleNamespace(p *advice.Pass, name string, workloads int, cost float64) {
	r := advice.Advice{
		Subject: "Namespace/" + name, Confidence: 0.5,
		Title: fmt.Sprintf("all %d workloads were idle for the whole window", workloads),
	}
	r.Show("workloads", float64(workloads), "count")
	r.Show("history", windowDays(p), "days")
	wasted(p, r, Finding{
		Kind: IdleNamespace, Monthly: cost, Within: advice.LeverRightsize,
		Loss: "whatever it is kept for: a test bed between two tests looks the same",
	})
}

// partial reports whether what looks empty may not be.
func partial(p *advice.Pass) bool { return p.Facts.Snapshot.Partial() != "" }

// wasteRequests finds requests of which nearly nothing is used. Right-sizing
// counts their savings; this line only says where they are.
func wasteRequests(p *advice.Pass, w *analyzer.WorkloadFacts) {
	if p.Costs == nil || w.Batch() {
		return
	}
	unit, pods := p.Costs.UnitOf(w.Ref), float64(w.Replicas)
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit || c.SeenSlots < advice.IdleDays*advice.SlotsADay {
			continue
		}
		cpu := unused(c.Requests.CPU, c.CPU.Samples.Quantile(0.99))
		memory := unused(c.Requests.Memory, c.Memory.Samples.Max())
		usd := pods * pricing.HoursPerMonth * unit.Hourly(analyzer.Amounts{CPU: int64(cpu), Memory: int64(memory)})
		if usd < unusedMonthly {
			continue
		}
		r := advice.Advice{Workload: w.Ref, Container: c.Name, Title: "nearly nothing of its requests is used", Confidence: 0.9}
		r.Show("cpu requested and above its p99", cpu, "millicores")
		r.Show("memory requested and above its peak", memory, "bytes")
		r.Show("replicas", pods, "count")
		wasted(p, r, Finding{
			Kind: UnusedRequest, Monthly: usd, Within: advice.LeverRightsize,
			Loss: "the margin for peaks that the window did not have",
		})
	}
}

// unused is what of a request is never used, or 0 where enough is.
func unused(request int64, used float64) float64 {
	if free := float64(request) - used; free >= unusedShare*float64(request) {
		return free
	}
	return 0
}

// wastePods finds pods that hold requests without being ready, and heaps of
// pods that have ended.
func wastePods(p *advice.Pass, w *analyzer.WorkloadFacts) {
	ended, stuck := 0, 0
	var held analyzer.Amounts
	end := p.Facts.Snapshot.Window.End
	for _, pod := range w.Pods {
		switch {
		case pod.Ended():
			ended++
		case pod.Node != "" && !pod.Ready && !pod.Started.IsZero() && end.Sub(pod.Started).Hours() >= notReadyHours:
			stuck++
			held = held.Plus(pod.Requests)
		}
	}
	if stuck > 0 && p.Costs != nil {
		r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("%d of %d pods hold requests and are not ready", stuck, len(w.Pods)), Confidence: 0.8}
		r.Show("pods not ready", float64(stuck), "count")
		r.Show("cpu held", float64(held.CPU), "millicores")
		r.Show("memory held", float64(held.Memory), "bytes")
		usd := pricing.HoursPerMonth * p.Costs.UnitOf(w.Ref).Hourly(held)
		wasted(p, r, Finding{Kind: NotReady, Monthly: usd, Within: advice.LeverNodes, Loss: "nothing that is served now; mend or remove them"})
	}
	if ended >= endedPods {
		r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("%d pods have ended and are still kept", ended), Confidence: 1}
		r.Show("ended pods", float64(ended), "count")
		wasted(p, r, Finding{Kind: EndedPods, Loss: "their logs and exit codes; they hold no requests, only room in etcd"})
	}
}

// wasteHPA finds an autoscaler that never leaves its minimum and whose load
// would do with fewer pods.
func wasteHPA(p *advice.Pass, w *analyzer.WorkloadFacts) {
	for _, h := range w.HPAs {
		need, peak, ok := neededPods(w, h)
		if !ok || need >= h.Min {
			continue
		}
		usd := p.Costs.MonthlyOf(w.Ref) * float64(h.Min-need) / float64(max(w.Replicas, 1))
		r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("HPA %s never leaves its minimum of %d; %d would carry the load", h.Name, h.Min, need), Confidence: 0.7}
		r.Show("minimum", float64(h.Min), "count")
		r.Show("pods that carry the busiest hour at the target, and one more", float64(need), "count")
		r.Show("cpu of all pods in the busiest hour", peak, "millicores")
		wasted(p, r, Finding{
			Kind: HPAAtMin, Monthly: usd, Within: advice.LeverHorizontal,
			Loss: "spare replicas: the minimum may be there for availability or sudden load",
		})
	}
}

// leastReplicas is how many pods are left to a workload in any advice that
// takes some away: one alone is gone with its node.
const leastReplicas = 2

// neededPods gives the pods that the busiest hour calls for at an HPA's CPU
// target, where the workload stayed at the minimum for the whole window.
func neededPods(w *analyzer.WorkloadFacts, h analyzer.HPA) (need int32, peak float64, ok bool) {
	at := slices.IndexFunc(h.Metrics, func(m analyzer.HPAMetric) bool {
		return m.Type == "Resource" && m.Name == "cpu" && m.TargetType == "Utilization" && m.Target > 0
	})
	if at < 0 || len(h.Metrics) != 1 || h.Min <= leastReplicas {
		return 0, 0, false
	}
	var request int64
	hours, most := map[int64]float64{}, float32(0)
	seen := 0
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit {
			continue
		}
		request += c.Requests.CPU
		seen = max(seen, c.SeenSlots)
		for _, d := range c.Days {
			for i, hour := range d.Hours {
				hours[int64(d.Date)*24+int64(i)] += float64(hour.CPU)
				most = max(most, hour.Pods)
			}
		}
	}
	if request == 0 || seen < advice.IdleDays*advice.SlotsADay || float64(most) > float64(h.Min)+0.5 {
		return 0, 0, false
	}
	for _, v := range hours {
		peak = max(peak, v)
	}
	perPod := float64(request) * float64(h.Metrics[at].Target) / 100
	need = int32(math.Ceil(peak/perPod)) + 1 // an hour's mean hides its peaks
	return max(need, leastReplicas), peak, true
}
