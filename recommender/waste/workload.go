package waste

import (
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// workloadKinds are the kinds of waste that workloads and their pods are.
var workloadKinds = []Kind{
	{advice.Kind{
		Code: "idle-workload", One: "idle workload", Many: "idle workloads", Severity: advice.SeverityNote, Lever: advice.LeverRightsize,
		Found:   "7 days' worth of usage or more, and two witnesses: a pod's CPU stays below 5 millicores and at its own quiet level, and its traffic at what probes and scrapes make",
		Besides: "its share of the bill",
	}, each(idleWorkload)},
	{advice.Kind{
		Code: "quiet-workload", One: "quiet workload", Many: "quiet workloads", Severity: advice.SeverityNote,
		Found:   "CPU as of an idle one, but it waits by its nature, or its traffic is not known; nothing is advised",
		Besides: "0",
	}, each(quietWorkload)},
	{advice.Kind{
		Code: "unused-requests", One: "container with unused requests", Many: "containers with unused requests", Severity: advice.SeverityWarning, Lever: advice.LeverRightsize,
		Found:   "nine tenths of a request lie above the CPU p99 or the memory peak, worth 5 USD a month or more",
		Besides: "the unused part",
	}, busy(unusedRequests)},
	{advice.Kind{
		Code: "hpa-at-min", One: "HPA stuck at its minimum", Many: "HPAs stuck at their minimum", Severity: advice.SeverityNote, Lever: advice.LeverHorizontal,
		Found:   "an HPA on CPU utilization alone never left its minimum in 7 days, and fewer pods (two at least, and one more than the busiest hour needs at the target) would do",
		Besides: "the pods above that",
	}, busy(hpaAtMin)},
	{advice.Kind{
		Code: "pods-not-ready", One: "workload with pods not ready", Many: "workloads with pods not ready", Severity: advice.SeverityWarning, Lever: advice.LeverNodes,
		Found:   "pods on a node that were not ready when read and started more than 24 hours before",
		Besides: "what they request",
	}, each(podsNotReady)},
	{advice.Kind{
		Code: "ended-pods", One: "heap of ended pods", Many: "heaps of ended pods", Severity: advice.SeverityNote,
		Found:   "10 or more ended pods of one workload; they hold no requests",
		Besides: "0",
	}, each(endedPods)},
}

// The thresholds of the kinds above.
const (
	// notReadyHours is how long a pod must have been up to be called stuck.
	notReadyHours = 24
	// mostEnded is the number of ended pods of one workload worth a line.
	mostEnded = 10
	// unusedShare is the share of a request that stays unused to be called so,
	// and unusedMonthly the USD a month from which it is worth a line.
	unusedShare, unusedMonthly = 0.9, 5
)

func idleWorkload(l *look, w *analyzer.WorkloadFacts) {
	if l.quiet[w.Namespace] > 0 || !l.Cluster.Idle(w.Ref) {
		return
	}
	r := advice.Advice{Workload: w.Ref, Title: "idle for the whole window: scale it down or remove it", Confidence: 0.5}
	if !w.Scalable {
		r.Title = "idle for the whole window: remove it"
	}
	r.Show("cpu p99 of a pod", advice.PodCPU(w, 0.99), "millicores")
	r.Show("traffic of a pod a second, in its busiest hour", w.Network.Max(), "bytes")
	r.Show("replicas", float64(w.Replicas), "count")
	r.Show("history", l.windowDays(), "days")
	l.file(r, Finding{
		Monthly: l.Costs.MonthlyOf(w.Ref),
		Loss:    "whatever it waits for: a standby without a sign of it and a forgotten service look the same by their usage",
	})
}

// quietWorkload names what would be called idle by its CPU alone.
func quietWorkload(l *look, w *analyzer.WorkloadFacts) {
	why := l.Cluster.Quiet(w.Ref)
	if why == "" {
		return
	}
	r := advice.Advice{Workload: w.Ref, Title: "quiet, and left as it is: " + why, Confidence: 0.5}
	r.Show("cpu p99 of a pod", advice.PodCPU(w, 0.99), "millicores")
	if l.Costs != nil {
		r.Show("its share of the bill", l.Costs.MonthlyOf(w.Ref), "usd")
	}
	l.file(r, Finding{Loss: "what it waits for"})
}

// unusedRequests finds requests of which nearly nothing is used. Right-sizing
// counts their savings; this line only says where they are.
func unusedRequests(l *look, w *analyzer.WorkloadFacts) {
	if l.Costs == nil || w.Batch() || l.providers(w) || w.ClusterDNS() { // its formula holds, and not its usage
		return
	}
	// Requests may ask for more than there is, may have been smaller before, and nodes may have
	// been there for some hours alone: no more is unused than was paid for and not used.
	unit, slack, byRole := l.Costs.UnitOf(w.Ref), l.Costs.Workloads[w.Ref].Slack, l.Costs.PodsByRole(w)
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit || c.SeenSlots < advice.IdleDays*advice.SlotsADay {
			continue
		}
		cpu := unused(c.Requests.CPU, c.CPU.Samples.Quantile(0.99))
		memory := unused(c.Requests.Memory, c.Memory.Samples.Max())
		pods := podsWith(w, byRole, c.Role)
		usd := pods * pricing.HoursPerMonth * (cpu/1000*unit.CoreHour + memory/(1<<30)*unit.GiBHour)
		usd = min(usd, slack[c.Name])
		if usd < unusedMonthly {
			continue
		}
		r := advice.Advice{Workload: w.Ref, Container: c.Name, Title: "almost none of its requests is used", Confidence: 0.9}
		if cpu > 0 {
			r.Show("cpu requested and above its p99", cpu, "millicores")
		}
		if memory > 0 {
			r.Show("memory requested and above its peak", memory, "bytes")
		}
		r.Show("replicas", pods, "count")
		l.file(r, Finding{Monthly: usd, Loss: "the margin for peaks that the window did not have"})
	}
}

// podsWith is how many pods of a workload have a container of a role.
func podsWith(w *analyzer.WorkloadFacts, byRole map[string]float64, role string) float64 {
	if role != "" {
		return byRole[role]
	}
	sum := 0.0
	for _, role := range w.Roles() {
		sum += byRole[role]
	}
	return sum
}

// unused is what of a request is never used, or 0 where enough is.
func unused(request int64, used float64) float64 {
	if free := float64(request) - used; free >= unusedShare*float64(request) {
		return free
	}
	return 0
}

// podsNotReady finds pods that hold requests without being ready.
func podsNotReady(l *look, w *analyzer.WorkloadFacts) {
	stuck := 0
	var held analyzer.Amounts
	end := l.Facts.Snapshot.Window.End
	for _, pod := range w.Pods {
		if !pod.Ended() && pod.Node != "" && !pod.Ready && !pod.Started.IsZero() && end.Sub(pod.Started).Hours() >= notReadyHours {
			stuck++
			held = held.Plus(pod.Requests)
		}
	}
	if stuck == 0 || l.Costs == nil {
		return
	}
	r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("%d of %d pods hold requests and are not ready", stuck, len(w.Pods)), Confidence: 0.8}
	r.Show("pods not ready", float64(stuck), "count")
	r.Show("cpu held", float64(held.CPU), "millicores")
	r.Show("memory held", float64(held.Memory), "bytes")
	usd := min(pricing.HoursPerMonth*l.Costs.UnitOf(w.Ref).Hourly(held), l.Costs.MonthlyOf(w.Ref))
	l.file(r, Finding{Monthly: usd, Loss: "nothing that is served now; mend or remove them"})
}

// endedPods finds heaps of pods that have ended.
func endedPods(l *look, w *analyzer.WorkloadFacts) {
	ended := 0
	for _, pod := range w.Pods {
		if pod.Ended() {
			ended++
		}
	}
	if ended >= mostEnded {
		r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("%d pods have ended and are still kept", ended), Confidence: 1}
		r.Show("ended pods", float64(ended), "count")
		l.file(r, Finding{Loss: "their logs and exit codes; they hold no requests, only room in etcd"})
	}
}

// hpaAtMin finds an autoscaler that never leaves its minimum and whose load
// would do with fewer pods.
func hpaAtMin(l *look, w *analyzer.WorkloadFacts) {
	if l.providers(w) || w.Replicas == 0 { // at zero an HPA scales nothing
		return
	}
	for _, h := range w.HPAs {
		need, peak, ok := neededPods(w, h)
		if !ok || need >= h.Min {
			continue
		}
		usd := l.Costs.MonthlyOf(w.Ref) * float64(h.Min-need) / float64(max(w.Replicas, h.Min))
		r := advice.Advice{Workload: w.Ref, Title: fmt.Sprintf("HPA %s never leaves its minimum of %d; %d would carry the load", h.Name, h.Min, need), Confidence: 0.7}
		r.Show("minimum", float64(h.Min), "count")
		r.Show("pods that carry the busiest hour at the target, and one more", float64(need), "count")
		r.Show("cpu of all pods in the busiest hour", peak, "millicores")
		l.file(r, Finding{Monthly: usd, Loss: "spare replicas: the minimum may be there for availability or sudden load"})
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
