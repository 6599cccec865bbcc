package recommender

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Rightsize sets requests and limits from usage: CPU to a quantile of all
// pods' samples, memory to the highest daily peak, both with headroom, and
// memory above every limit at which the container was OOM-killed. See
// docs/rules/rightsize.md.
var Rightsize = Rule{
	Name:  "rightsize",
	Doc:   "Sets CPU and memory requests and limits from the usage of all pods over the window.",
	Lever: LeverRightsize,
	Run:   rightsize,
}

func rightsize(p *Pass) error {
	for i := range p.Analysis.Workloads {
		w := &p.Analysis.Workloads[i]
		recs := make([]Recommendation, 0, len(w.Containers))
		for j := range w.Containers {
			recs = append(recs, p.size(w, &w.Containers[j]))
		}
		p.priceSizing(w, recs)
		for _, r := range recs {
			p.Report(r)
		}
	}
	return nil
}

// size advises on one container.
func (p *Pass) size(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) Recommendation {
	r := Recommendation{
		Rule: "rightsize", Lever: LeverRightsize, Workload: w.Ref, Container: c.Name,
		Risk: Risk{OOMProbability: -1, CPUOverRequest: -1},
	}
	moment := p.Analysis.Snapshot.Window.Moment
	d := weigh(moment, w.Batch(), *c)
	r.Confidence = d.confidence
	if reason := abstain(w, c, moment); reason != "" {
		r.Confidence = 0
		r.Withheld = []Withheld{{"all", reason}}
		r.Title = "no recommendation: " + reason
		return r
	}
	requests, limits := c.Requests, c.Limits
	if reason := heldByHPA(w, c.Name, "cpu"); reason != "" {
		r.Withheld = append(r.Withheld, Withheld{"cpu", reason})
	} else {
		p.sizeCPU(&r, c, d, &requests, &limits)
	}
	if reason := heldByHPA(w, c.Name, "memory"); reason != "" {
		r.Withheld = append(r.Withheld, Withheld{"memory", reason})
	} else {
		p.sizeMemory(&r, c, d, &requests, &limits)
	}
	p.fitLimitRange(&r, &requests, &limits)
	p.finish(&r, w, c, requests, limits)
	return r
}

// abstain gives the reason for which nothing at all can be said, or "".
func abstain(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, moment bool) string {
	switch {
	case c.CPU.Samples.Count() == 0 && c.Memory.Samples.Count() == 0:
		if c.Type == analyzer.TypeInit {
			return "no usage was seen: an init container that ends between two scrapes leaves none"
		}
		return "no usage was seen in the window"
	case c.CPU.Samples.Count() == 0:
		return "no CPU usage was seen in the window"
	case c.Memory.Samples.Count() == 0:
		return "no memory usage was seen in the window"
	case moment:
		return ""
	case w.Batch() || c.Type == analyzer.TypeInit:
		if c.PodDays < leastRuns {
			return fmt.Sprintf("too little data: %d of at least %d runs", c.PodDays, leastRuns)
		}
	case c.SeenSlots < leastSlots:
		return fmt.Sprintf("too little data: %.1f of at least 24 hours", float64(c.SeenSlots)/12)
	}
	return ""
}

// heldByHPA gives the reason for which an HPA forbids a new request, or "".
// An HPA on utilization divides by the request: a new request without a new
// target moves its scale-out point, and a smaller one calls for more pods.
func heldByHPA(w *analyzer.WorkloadFacts, container, resource string) string {
	for _, h := range w.HPAs {
		if h.Scales(resource, container) {
			return fmt.Sprintf("HPA %s scales on %s utilization, which a new request would shift", h.Name, resource)
		}
	}
	return ""
}

func (p *Pass) sizeCPU(r *Recommendation, c *analyzer.ContainerFacts, d doubt, requests, limits *analyzer.Amounts) {
	q := 1 - p.Options.RiskCPU
	used := c.CPU.Samples.Quantile(q)
	want := roundCPU(addPercent(used, d.cpu))
	r.evidence(fmt.Sprintf("cpu p%g of all samples", 100*q), used, "millicores")
	r.evidence("cpu headroom", d.cpu, "percent")
	if !unchanged(requests.CPU, want) {
		requests.CPU = want
	}
	r.Risk.CPUOverRequest = c.CPU.Samples.ShareAbove(float64(requests.CPU))
	if limits.CPU == 0 {
		return
	}
	// A CPU limit frees nothing and only throttles: it is never lowered, and
	// raised where it is in the way.
	limits.CPU = max(limits.CPU, requests.CPU)
	if c.ThrottledShare > p.Options.RiskCPU {
		limits.CPU = max(limits.CPU, roundCPU(addPercent(c.CPU.Samples.Max(), 2*d.cpu)))
		r.evidence("cpu periods throttled", 100*c.ThrottledShare, "percent")
		r.warn("throttled", fmt.Sprintf("%.0f %% of CPU periods were throttled: what it would use without its limit is not known", 100*c.ThrottledShare))
	}
}

func (p *Pass) sizeMemory(r *Recommendation, c *analyzer.ContainerFacts, d doubt, requests, limits *analyzer.Amounts) {
	peak := c.Memory.Samples.Max()
	need := addPercent(peak, d.memory)
	r.evidence("memory peak", peak, "bytes")
	r.evidence("memory headroom", d.memory, "percent")
	tail, fitted := fitGumbel(c.Memory.DayPeaks)
	if fitted {
		// The tail may ask for more than the margin, but a fit to a fortnight
		// of peaks is not trusted beyond twice what was ever seen.
		week := min(tail.level(p.Options.RiskOOM, 7), 2*peak)
		r.evidence("memory peak expected in a week at the stated risk", week, "bytes")
		need = max(need, week)
	}
	if c.OOMKills > 0 {
		killedAt := max(float64(c.OOMLimit), peak)
		r.evidence("OOM kills", float64(c.OOMKills), "count")
		r.evidence("memory at OOM kill", killedAt, "bytes")
		need = max(need, addPercent(killedAt, oomHeadroom))
		r.warn("oom", fmt.Sprintf("OOM-killed %s: its real need is above %s and not known", times(c.OOMKills), mebibytes(killedAt)))
	}
	want := roundMemory(need)
	if rises(c.Memory.DayPeaks) {
		// What climbs will need what it has, and more.
		want = max(want, requests.Memory)
		r.warn("rising", "memory rises from day to day: it may leak, and then no request is enough for long")
	}
	if !unchanged(requests.Memory, want) || c.OOMKills > 0 {
		requests.Memory = want
	}
	if limits.Memory > 0 {
		limits.Memory = requests.Memory
	}
	if fitted && c.OOMKills == 0 && limits.Memory > 0 {
		r.Risk.OOMProbability = tail.exceeds(float64(limits.Memory), 7)
	}
}

// rises reports whether daily peaks climb nearly all the time and by a fifth
// or more.
func rises(peaks []float64) bool {
	up := 0
	for i := 1; i < len(peaks); i++ {
		if peaks[i] > peaks[i-1] {
			up++
		}
	}
	n := len(peaks)
	return n >= 5 && up*10 >= (n-1)*8 && peaks[n-1] >= 1.2*peaks[0]
}

// fitLimitRange keeps the advice within what the namespace admits.
func (p *Pass) fitLimitRange(r *Recommendation, requests, limits *analyzer.Amounts) {
	for _, lr := range p.Analysis.Snapshot.LimitRanges {
		if lr.Namespace != r.Workload.Namespace {
			continue
		}
		before := [2]analyzer.Amounts{*requests, *limits}
		requests.CPU, requests.Memory = clamp(requests.CPU, lr.Min.CPU, lr.Max.CPU), clamp(requests.Memory, lr.Min.Memory, lr.Max.Memory)
		limits.CPU, limits.Memory = clamp(limits.CPU, lr.Min.CPU, lr.Max.CPU), clamp(limits.Memory, lr.Min.Memory, lr.Max.Memory)
		if before != [2]analyzer.Amounts{*requests, *limits} {
			r.warn("limitrange", fmt.Sprintf("held within LimitRange %s", lr.Name))
		}
	}
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
func (p *Pass) finish(r *Recommendation, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, requests, limits analyzer.Amounts) {
	if len(r.Withheld) == 2 {
		r.Title = "no recommendation: " + r.Withheld[0].Reason
		return
	}
	r.Requests, r.Limits = &requests, &limits
	for _, ch := range []Change{
		{"requests.cpu", c.Requests.CPU, requests.CPU},
		{"requests.memory", c.Requests.Memory, requests.Memory},
		{"limits.cpu", c.Limits.CPU, limits.CPU},
		{"limits.memory", c.Limits.Memory, limits.Memory},
	} {
		if ch.From != ch.To {
			r.Changes = append(r.Changes, ch)
		}
	}
	r.Title = sizingTitle(c, requests)
	for _, v := range w.VPAs {
		if v.UpdateMode != "Off" && v.UpdateMode != "" {
			r.warn("vpa", fmt.Sprintf("VPA %s (mode %s) sets this workload's requests and would undo a change made by hand", v.Name, v.UpdateMode))
		}
	}
	if lostGuaranteed(c, requests, limits) {
		r.warn("qos", "the pod would be Burstable and no longer Guaranteed")
	}
	if p.Analysis.Snapshot.Window.Moment {
		r.warn(analyzer.WarnNoHistory, "rests on one reading and no history: check before use")
	}
}

func sizingTitle(c *analyzer.ContainerFacts, to analyzer.Amounts) string {
	switch {
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

func (r *Recommendation) evidence(name string, value float64, unit string) {
	r.Evidence = append(r.Evidence, Evidence{name, value, unit})
}

func (r *Recommendation) warn(code, message string) {
	w := analyzer.Warning{Code: code, Subject: r.Workload.String() + "/" + r.Container, Message: message}
	if !slices.Contains(r.Warnings, w) {
		r.Warnings = append(r.Warnings, w)
	}
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func mebibytes(bytes float64) string { return fmt.Sprintf("%.0f MiB", bytes/(1<<20)) }

// priceSizing shares out what the workload's new pod size frees over the
// containers that change. The pod's size, not a container's, is what the
// scheduler reserves: an init container below the others' sum frees nothing.
func (p *Pass) priceSizing(w *analyzer.WorkloadFacts, recs []Recommendation) {
	if p.Costs == nil {
		return
	}
	unit := p.Costs.UnitOf(w.Ref)
	byRole := rolePods(w, p.Analysis.Snapshot.Window)
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		now := slices.Clone(w.Workload.Containers)
		has := func() []analyzer.Container {
			return slices.DeleteFunc(slices.Clone(now), func(c analyzer.Container) bool { return c.Role != "" && c.Role != role })
		}
		for i := range recs {
			if recs[i].Requests == nil || now[i].Role != "" && now[i].Role != role {
				continue
			}
			before := analyzer.PodRequests(has(), analyzer.Amounts{})
			now[i].Requests = *recs[i].Requests
			after := analyzer.PodRequests(has(), analyzer.Amounts{})
			recs[i].MonthlySavings += byRole[role] * pricing.HoursPerMonth * (unit.Hourly(before) - unit.Hourly(after))
		}
	}
}

// rolePods is the number of pods that sizing is multiplied by, by their role.
func rolePods(w *analyzer.WorkloadFacts, window analyzer.Window) map[string]float64 {
	if !w.HasRoles() {
		return map[string]float64{"": meanPodsOver(w, window)}
	}
	out := map[string]float64{}
	for i := range w.Containers {
		c := &w.Containers[i]
		switch {
		case c.Role == "":
		case w.Batch():
			out[c.Role] = max(out[c.Role], podHours(c.Days)/max(window.End.Sub(window.Start).Hours(), 1))
		default:
			out[c.Role] = float64(w.PodsWith(&c.Container))
		}
	}
	return out
}

// podHours is the time that a container's pods were seen for, over all of them.
func podHours(days []analyzer.Day) float64 {
	var hours float64
	for _, d := range days {
		for _, h := range d.Hours {
			hours += float64(h.Pods)
		}
	}
	return hours
}

// meanPodsOver is the number of pods that a workload's sizing is multiplied
// by: those that run now, and for batch workloads, which mostly do not, the
// mean over the window.
func meanPodsOver(w *analyzer.WorkloadFacts, window analyzer.Window) float64 {
	if !w.Batch() {
		return float64(w.Replicas)
	}
	var most float64
	for _, c := range w.Containers {
		most = max(most, podHours(c.Days))
	}
	if span := window.End.Sub(window.Start).Hours(); span > 0 {
		return most / span
	}
	return 0
}
