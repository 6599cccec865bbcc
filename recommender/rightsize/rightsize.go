package rightsize

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Rule sets requests and limits from usage: to the least that keeps the promise on the
// fleet's own past, with memory above every limit at which the container was OOM-killed. Its Detail is
// a *Sizing. See docs/rules/rightsize.md.
var Rule = advice.Rule{
	Name:  "rightsize",
	Doc:   "Sets CPU and memory requests and limits from the usage of all pods over the window.",
	Lever: advice.LeverRightsize,
	Run:   run,
}

func run(p *advice.Pass) error {
	asked, promises := PolicyOf(p.Options), promisesOf(p.Facts, p.Options)
	asked.nodes = roomsOf(p.Facts)
	if !p.Facts.Snapshot.Window.Moment {
		asked.Fleet = Learn(members(p.Facts), unique(append(profilePromises(), promises...))...)
	}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		policy := asked
		policy.Promise, policy.Sizes = promises[i], true
		all := adviseWorkload(p, policy, w)
		byProfile(p, policy, w, all)
		if name := unknownProfile(p.Facts, w); name != "" {
			for j := range all {
				all[j].Warn("profile", fmt.Sprintf("the annotation %s says %q, which is no profile (saving, balanced, careful): it counts for nothing", ProfileAnnotation, name))
			}
		}
		for j := range all {
			if s := advice.As[Sizing](all[j].Detail); s != nil {
				p.Cluster.SetRequests(analyzer.ContainerRef{Ref: w.Ref, Container: w.Containers[j].Name}, s.Requests, all[j].Confidence)
			}
			p.Report(all[j])
		}
	}
	return nil
}

// adviseWorkload advises on each container of a workload, by its index.
func adviseWorkload(p *advice.Pass, policy Policy, w *analyzer.WorkloadFacts) []advice.Advice {
	all := make([]advice.Advice, 0, len(w.Containers))
	for j := range w.Containers {
		all = append(all, adviseContainer(p, policy, w, &w.Containers[j]))
	}
	Price(p.Costs, w, all)
	leavePennies(p, w, all)
	return all
}

// FactsOf gathers what is known of a container, and what holds its requests.
func FactsOf(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, moment bool) Facts {
	return Facts{
		ContainerFacts: c, Batch: w.Batch(), Moment: moment,
		HoldCPU: cmp.Or(heldAsDNS(w), HeldByHPA(w, c.Name, "cpu"), heldByPod(w, c, "cpu")), HoldMemory: cmp.Or(heldAsDNS(w), HeldByHPA(w, c.Name, "memory"), heldByPod(w, c, "memory")),
		Releases:   w.Releases,
		Guaranteed: Guaranteed(w.Workload.Containers),
	}
}

// adviseContainer advises on one container.
func adviseContainer(p *advice.Pass, policy Policy, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) advice.Advice {
	if w.AddOn() && !p.Options.IncludeSystem {
		r := advice.Advice{Rule: "rightsize", Lever: advice.LeverRightsize, Workload: w.Ref, Container: c.Name}
		r.Abstain("the provider installs and sizes this add-on; --include-system advises on it all the same")
		return r
	}
	moment := p.Facts.Snapshot.Window.Moment
	f := FactsOf(w, c, moment)
	f.boundDNS(p.Facts, w)
	s := Size(f, policy)
	r := advice.Advice{
		Rule: "rightsize", Lever: advice.LeverRightsize, Workload: w.Ref, Container: c.Name,
		Confidence: s.Doubt.Confidence, Evidence: s.Evidence, Withheld: s.Withheld,
	}
	running(&r, w, c, p.Facts.Snapshot.LimitRanges)
	for _, warning := range s.Warnings {
		r.Warn(warning.Code, warning.Message)
	}
	if len(s.Withheld) == 1 && s.withheld() {
		r.Title = "no recommendation: " + s.Withheld[0].Reason
		return r
	}
	if p.Facts.Snapshot.UnreadUsage() { // a lost day may have been the busiest
		before := s.Requests
		s.Requests, s.Limits = s.Requests.Max(c.Requests), s.Limits.Max(c.Limits)
		s.boundBy("a source broke off, so nothing is lowered", before)
		r.Warn(analyzer.WarnUnread, "a source broke off, so nothing is lowered")
	}
	fitLimitRanges(&r, &s, c.Requests, p.Facts.Snapshot.LimitRanges)
	policy.nodes.fit(&r, &s, w, c, f.Guaranteed && !policy.ChangeQoS)
	policy.nodes.protects(&r, cmp.Or(s.Limits.Memory, c.Limits.Memory))
	if s.withheld() {
		r.Title = "no recommendation: " + s.Withheld[0].Reason
		return r
	}
	finish(&r, &s, w, c)
	if moment {
		r.Warn(analyzer.WarnNoHistory, "rests on one reading and no history: check before use")
	}
	return r
}

// HeldByHPA gives the reason for which an HPA forbids a new request, or "".
// An HPA on utilization divides by the request: a new request without a new
// target moves its scale-out point, and a smaller one calls for more pods.
func HeldByHPA(w *analyzer.WorkloadFacts, container, resource string) string {
	for _, h := range w.HPAs {
		if h.Scales(resource, container) {
			return fmt.Sprintf("HPA %s scales on %s utilization, which a new request would shift", h.Name, resource)
		}
	}
	return ""
}

// fitLimitRanges keeps the advice within what the namespace admits; now is what is requested today.
func fitLimitRanges(r *advice.Advice, s *Sizing, now analyzer.Amounts, all []analyzer.LimitRange) {
	for _, lr := range all {
		if lr.Namespace != r.Workload.Namespace {
			continue
		}
		s.admits(&lr, now)
		before := [2]analyzer.Amounts{s.Requests, s.Limits}
		s.Requests.CPU, s.Requests.Memory = clamp(s.Requests.CPU, lr.Min.CPU, lr.Max.CPU), clamp(s.Requests.Memory, lr.Min.Memory, lr.Max.Memory)
		s.Limits.CPU, s.Limits.Memory = clamp(s.Limits.CPU, lr.Min.CPU, lr.Max.CPU), clamp(s.Limits.Memory, lr.Min.Memory, lr.Max.Memory)
		if before != [2]analyzer.Amounts{s.Requests, s.Limits} {
			r.Warn("limitrange", fmt.Sprintf("held within LimitRange %s", lr.Name))
			s.boundBy("LimitRange "+lr.Name, before[0])
			s.unprove(before[0], before[1])
		}
	}
}

// boundBy names what moved the requests from what they were before.
func (s *Sizing) boundBy(why string, before analyzer.Amounts) {
	if s.Requests.CPU != before.CPU {
		s.bound("cpu", by(why), float64(s.Requests.CPU), "millicores")
	}
	if s.Requests.Memory != before.Memory {
		s.bound("memory", by(why), float64(s.Requests.Memory), "bytes")
	}
}

// unprove takes back the risks that were replayed for larger amounts than it now has.
func (s *Sizing) unprove(requests, limits analyzer.Amounts) {
	cpu := s.Requests.CPU < requests.CPU
	memory := s.Limits.Memory < limits.Memory || limits.Memory == 0 && s.Requests.Memory < requests.Memory
	if cpu {
		s.Risk.CPUOverRequest = nil
	}
	if memory {
		s.Risk.OOMProbability = nil
	}
	s.Evidence = slices.DeleteFunc(s.Evidence, func(e advice.Evidence) bool {
		return e.Part.Kind == advice.PartRisk && (cpu && e.Part.Resource == "cpu" || memory && e.Part.Resource == "memory")
	})
}

// clamp holds v within [low, high], where 0 means no bound, or not set.
func clamp(v, low, high int64) int64 {
	if v == 0 {
		return 0
	}
	if high > 0 {
		v = min(v, high)
	}
	return max(v, low)
}

// finish files what changes.
func finish(r *advice.Advice, s *Sizing, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) {
	r.Detail, r.Evidence = s, s.Evidence
	for _, ch := range []advice.Change{
		{Field: "requests.cpu", From: c.Requests.CPU, To: s.Requests.CPU},
		{Field: "requests.memory", From: c.Requests.Memory, To: s.Requests.Memory},
		{Field: "limits.cpu", From: c.Limits.CPU, To: s.Limits.CPU},
		{Field: "limits.memory", From: c.Limits.Memory, To: s.Limits.Memory},
	} {
		if ch.From != ch.To {
			r.Changes = append(r.Changes, ch)
		}
	}
	r.Title = sizingTitle(c, s.Requests)
	for _, v := range w.VPAs {
		if v.UpdateMode != "Off" && v.UpdateMode != "" {
			r.Warn("vpa", fmt.Sprintf("VPA %s (mode %s) sets this workload's requests and would undo a change made by hand", v.Name, v.UpdateMode))
		}
	}
	if lostGuaranteed(c, s.Requests, s.Limits) {
		r.Warn("qos", "the pod would be Burstable and no longer Guaranteed")
	}
}

func sizingTitle(c *analyzer.ContainerFacts, to analyzer.Amounts) string {
	switch {
	case c.Unknown:
		return "request what was used: today's requests are not known"
	case c.Requests.CPU == 0 && to.CPU > 0 || c.Requests.Memory == 0 && to.Memory > 0:
		return "set the missing requests"
	case to == c.Requests:
		return "requests fit"
	case to.CPU <= c.Requests.CPU && to.Memory <= c.Requests.Memory:
		return "lower the requests"
	case to.CPU >= c.Requests.CPU && to.Memory >= c.Requests.Memory:
		return "raise the requests"
	default:
		return "shift the requests"
	}
}

func lostGuaranteed(c *analyzer.ContainerFacts, requests, limits analyzer.Amounts) bool {
	guaranteed := func(r, l analyzer.Amounts) bool {
		return r.CPU > 0 && r.Memory > 0 && r.CPU == l.CPU && r.Memory == l.Memory
	}
	return guaranteed(c.Requests, c.Limits) && !guaranteed(requests, limits)
}

// Price shares out what the workload's new pod size frees over the containers
// that change, in USD a month; nothing without costs. The pod's size, not a container's, is what the scheduler reserves:
// an init container below the others' sum frees nothing.
func Price(costs *cost.Costs, w *analyzer.WorkloadFacts, all []advice.Advice) {
	if costs == nil {
		return
	}
	unit := costs.UnitOf(w.Ref)
	byRole := costs.PodsByRole(w)
	asked := 0.0
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		now := slices.Clone(w.Workload.Containers)
		has := func() []analyzer.Container {
			return slices.DeleteFunc(slices.Clone(now), func(c analyzer.Container) bool { return c.Role != "" && c.Role != role })
		}
		asked += byRole[role] * pricing.HoursPerMonth * unit.Hourly(sold(w, analyzer.PodRequests(has(), analyzer.Amounts{})))
		for i := range all {
			s := advice.As[Sizing](all[i].Detail)
			if s == nil || now[i].Unknown || now[i].Role != "" && now[i].Role != role {
				continue // of requests that are not known nothing is freed, and nothing is added to them
			}
			before := sold(w, analyzer.PodRequests(has(), analyzer.Amounts{}))
			now[i].Requests = s.Requests
			after := sold(w, analyzer.PodRequests(has(), analyzer.Amounts{}))
			all[i].MonthlySavings += byRole[role] * pricing.HoursPerMonth * (unit.Hourly(before) - unit.Hourly(after))
		}
	}
	withinBill(all, asked, costs.MonthlyOf(w.Ref))
	withinContainers(all, costs.Workloads[w.Ref].Containers)
}

// sold is what a pod of such requests is paid for: Fargate sells sizes, so that a
// request that stays within one frees nothing.
func sold(w *analyzer.WorkloadFacts, requests analyzer.Amounts) analyzer.Amounts {
	if w.Fargate() {
		return analyzer.FargateSize(requests)
	}
	return requests
}

// withinBill holds what is saved within what the workload costs: requests may ask for
// more than there is, and nobody pays for that. Of what its requests would cost by the
// unit prices, asked, it then saves the share that they fall by.
func withinBill(all []advice.Advice, asked, bill float64) {
	var saved float64
	for i := range all {
		saved += all[i].MonthlySavings
	}
	if saved <= bill {
		return
	}
	for i := range all {
		all[i].MonthlySavings *= bill / max(asked, saved)
	}
}

// withinContainers holds what is saved of each container within its cost: a pod's size
// falls by the one container that was changed last, and by a container that asks for more
// of a full node than it gets. What is above goes to containers with room for it, those
// that are raised last; what the pod keeps beside them, such as its overhead, none frees.
func withinContainers(all []advice.Advice, cost map[string]float64) {
	var left float64
	for i := range all {
		if usd := max(cost[all[i].Container], 0); all[i].MonthlySavings > usd {
			left += all[i].MonthlySavings - usd
			all[i].MonthlySavings = usd
		}
	}
	for _, raised := range []bool{false, true} {
		for i := range all {
			if left > 0 && raised == (all[i].MonthlySavings < 0) {
				more := min(left, max(cost[all[i].Container]-all[i].MonthlySavings, 0))
				all[i].MonthlySavings += more
				left -= more
			}
		}
	}
}

// Left is what right-sizing leaves of what a workload costs now, in USD a month.
func Left(p *advice.Pass, w *analyzer.WorkloadFacts) float64 {
	unit, freed := p.Costs.UnitOf(w.Ref), 0.0
	pods := p.Costs.PodsByRole(w)
	for _, role := range w.Roles() {
		before, after := w.Reserves(w.ContainersOfRole(role)), p.Cluster.Pod(w, role)
		freed += pods[role] * (unit.Hourly(before) - unit.Hourly(after))
	}
	return max(p.Costs.MonthlyOf(w.Ref)-pricing.HoursPerMonth*freed, 0)
}
