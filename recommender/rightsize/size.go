package rightsize

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Facts is what is known of one container.
type Facts struct {
	*analyzer.ContainerFacts
	Batch  bool // its pods run to an end
	Moment bool // one reading and no history
	// HoldCPU and HoldMemory are the reasons for which a resource stays as it
	// is; empty where it may change.
	HoldCPU, HoldMemory string
	// LeastMemory is the bytes below which no request goes, by LeastRule; 0 for none.
	LeastMemory int64
	LeastRule   string
	// Releases are when the workload's template changed, oldest first; nil where it is not known.
	Releases []analyzer.Release
	// Guaranteed says that the pod has that QoS class.
	Guaranteed bool
}

// Sizing is what a container should request, and what that rests on.
type Sizing struct {
	// Requests and Limits are complete: what is to stay is repeated.
	Requests, Limits analyzer.Amounts
	Risk             Risk
	Doubt            advice.Doubt
	Evidence         []advice.Evidence
	Withheld         []advice.Withheld // by resource, or of "all"
	Warnings         []analyzer.Warning
	// Short is what shows that today's amounts, where they are to rise, are too little.
	Short Short
	// Others is what the other profiles would advise; nil from Size alone.
	Others []Profiled
	// Passed is the risk of several memory sizes, the smallest first; nil is not known, or not asked for.
	Passed []SizeRisk
}

// Risk is what may go wrong if the advice is followed; nil is not known.
type Risk struct {
	// OOMProbability is the probability of an OOM kill of the container within
	// a week.
	OOMProbability *float64
	// CPUOverRequest is the share of time in which CPU usage is above the
	// request.
	CPUOverRequest *float64
}

// Withheld reports whether nothing at all could be sized.
func (s *Sizing) withheld() bool {
	return len(s.Withheld) == 2 || len(s.Withheld) == 1 && s.Withheld[0].Resource == "all"
}

// Size sizes one container by a policy. It needs nothing but its usage, so that
// it can be scored on any part of a history.
func Size(f Facts, p Policy) Sizing {
	s := Sizing{Requests: f.Requests, Limits: f.Limits, Doubt: advice.Weigh(f.Moment, f.Batch, f.ContainerFacts)}
	if reason := f.abstain(); reason != "" {
		s.Doubt.Confidence = 0
		s.Withheld = []advice.Withheld{{Resource: "all", Reason: reason}}
		return s
	}
	s.sizeResource("cpu", f.HoldCPU, f.CPU.Samples.Count(), func() {
		before := s
		s.sizeCPU(f, p)
		s.leaveUnlike(&before, "cpu", f.CPU.Samples.Quantile(1-p.Promise.CPU), [3]int64{f.Least.CPU, s.Requests.CPU, f.Most.CPU})
	})
	s.sizeResource("memory", f.HoldMemory, f.Memory.Samples.Count(), func() {
		before := s
		s.sizeMemory(f, p)
		if f.OOMKills == 0 { // a kill shows that some pod has too little
			s.leaveUnlike(&before, "memory", f.Memory.Samples.Max(), [3]int64{f.Least.Memory, s.Requests.Memory, f.Most.Memory})
		}
	})
	return s
}

// sizeResource sizes one resource, or says why it stays.
func (s *Sizing) sizeResource(name, hold string, samples uint64, size func()) {
	what := map[string]string{"cpu": "CPU"}[name]
	switch {
	case hold != "":
		s.Withheld = append(s.Withheld, advice.Withheld{Resource: name, Reason: hold})
	case samples == 0:
		s.Withheld = append(s.Withheld, advice.Withheld{Resource: name, Reason: fmt.Sprintf("no %s usage was seen in the window", cmp.Or(what, name))})
	default:
		size()
	}
}

// abstain gives the reason for which nothing at all can be said, or "".
func (c *Facts) abstain() string {
	switch {
	case c.CPU.Samples.Count() == 0 && c.Memory.Samples.Count() == 0:
		if c.Type == analyzer.TypeInit {
			return "no usage was seen: an init container that ends between two scrapes leaves none"
		}
		return "no usage was seen in the window"
	case c.Moment:
		return ""
	case c.Batch || c.Type == analyzer.TypeInit:
		if c.PodDays < leastRuns {
			return fmt.Sprintf("too little data: %d of at least %d runs", c.PodDays, leastRuns)
		}
	case c.SeenSlots < leastSlots:
		return fmt.Sprintf("too little data: %.1f of at least %d hours", float64(c.SeenSlots)/12, leastSlots/12)
	}
	return ""
}

func (s *Sizing) sizeCPU(f Facts, p Policy) {
	q := 1 - p.Promise.CPU
	used := f.CPU.Samples.Quantile(q)
	if f.Moment {
		s.momentCPU(used, f.Guaranteed && !p.ChangeQoS)
		s.Short.CPU = shortCPU(&f, &p, &Need{})
		return
	}
	need := p.Fleet.CPU(f.ContainerFacts, f.Batch, p.Promise)
	amount, hot := HoldPods(f.Days, need.Amount)
	why := boundIf(need.HourRules(), advice.Bound{}, by("the busiest hour of the day"))
	why = boundIf(amount > need.Amount, why, by("the pods that need most"))
	if most := f.CPU.Samples.Max(); f.Guaranteed && !p.ChangeQoS && most > amount { // it is the limit too, and throttles
		amount, why = most, limitRules("the limit equals the request and would throttle the highest sample")
	}
	want := RoundCPU(amount)
	why = boundIf(want == FloorCPU && amount <= FloorCPU-1, why, by("the least request"))
	s.show(fmt.Sprintf("cpu p%g of all samples", 100*q), used, "millicores")
	base, rule := need.Base()
	s.made("cpu", "cpu base, "+rule, base, need.MarginPercent())
	if at, mean := need.Hour(); need.HourRules() {
		s.show(fmt.Sprintf("cpu in the busiest hour of the day, %02d:00 UTC", at), mean, "millicores")
	}
	if Unchanged(s.Requests.CPU, want) {
		want, why = s.Requests.CPU, boundIf(want != s.Requests.CPU, why, nearEnough)
	}
	s.Requests.CPU = want
	s.bound("cpu", why, float64(want), "millicores")
	s.riskCPU(&need)
	s.warnCPU(f, &need, hot)
	s.limitCPU(f, p)
	if s.Requests.CPU > f.Requests.CPU || s.Limits.CPU > f.Limits.CPU {
		s.Short.CPU = shortCPU(&f, &p, &need)
	}
}

// momentCPU sizes by one reading. It does not lower a request that is the limit too.
func (s *Sizing) momentCPU(used float64, guaranteed bool) {
	s.made("cpu", "cpu reading", used, momentHeadroomCPU)
	want := RoundCPU(cost.AddPercent(used, momentHeadroomCPU))
	if guaranteed && want < s.Limits.CPU {
		want = s.Limits.CPU
		s.bound("cpu", limitRules(momentLimit), float64(want), "millicores")
	}
	if !Unchanged(s.Requests.CPU, want) {
		s.Requests.CPU = want
	}
	if s.Limits.CPU > 0 {
		s.Limits.CPU = max(s.Limits.CPU, s.Requests.CPU)
	}
}

// riskCPU states what the request, as it came out, risks.
func (s *Sizing) riskCPU(need *Need) {
	over := need.Over(float64(s.Requests.CPU))
	if !over.Known {
		s.warnMissing(need)
		return
	}
	s.Risk.CPUOverRequest = &over.Value
	s.part(advice.PartRisk, "cpu", "time above the cpu request, "+need.Horizon(), over.Value, "share")
	s.part(advice.PartRisk, "cpu", "time above the cpu request, low", over.Low, "share")
	s.part(advice.PartRisk, "cpu", "time above the cpu request, high", over.High, "share")
}

// warnCPU says for which pods and hours the promise does not hold.
func (s *Sizing) warnCPU(f Facts, need *Need, hot []analyzer.PodNeed) {
	request := float64(s.Requests.CPU)
	if len(hot) > 0 {
		s.warn(analyzer.WarnHotPods, HotPods(hot, request))
		return // a peak would be of these pods
	}
	if at, mean := need.Hour(); mean > request {
		s.warn(analyzer.WarnDailyPeak, fmt.Sprintf("from %02d:00 to %02d:00 UTC usage is %.0fm in the mean of most days, above the request of %.0fm", at, (at+1)%24, mean, request))
	} else if at, peak := DailyPeak(f.Days, request); at >= 0 {
		s.warn(analyzer.WarnDailyPeak, fmt.Sprintf("usage reaches %.0fm for some minutes about %02d:00 UTC on most days, as at a start-up or a daily task: more than the request of %.0fm is there only where the node has room", peak, at, request))
	}
	if peak, n := StartPeak(f.Days); n > 0 && peak > startNeed*request && !f.Batch && f.Type != analyzer.TypeInit {
		s.warn(analyzer.WarnStartUp, fmt.Sprintf("pods use up to %.0fm in their first ten minutes, more than the request of %.0fm: start-up takes longer where the node is full; a CPU start-up boost or a higher request provides for it", peak, request))
	}
}

// startNeed is how many times the request a start is that is told of.
const startNeed = 2

// limitCPU: a CPU limit frees nothing and only throttles, so it is never lowered, but for
// a pod that is to stay Guaranteed, and raised where it is in the way.
func (s *Sizing) limitCPU(f Facts, p Policy) {
	if s.Limits.CPU == 0 {
		return
	}
	if f.Guaranteed && !p.ChangeQoS {
		s.Limits.CPU = s.Requests.CPU
	}
	s.Limits.CPU = max(s.Limits.CPU, s.Requests.CPU)
	if f.ThrottledShare > p.Promise.CPU {
		s.Limits.CPU = max(s.Limits.CPU, RoundCPU(cost.AddPercent(f.CPU.Samples.Max(), throttledHeadroom)))
		if f.Guaranteed && !p.ChangeQoS {
			s.Requests.CPU = s.Limits.CPU
			s.bound("cpu", limitRules("the limit throttles and equals the request"), float64(s.Requests.CPU), "millicores")
		}
		s.show("cpu periods throttled", 100*f.ThrottledShare, "percent")
		s.warn("throttled", fmt.Sprintf("%.0f %% of CPU periods were throttled: what it would use without its limit is not known", 100*f.ThrottledShare))
	}
}

func (s *Sizing) sizeMemory(f Facts, p Policy) {
	peak := f.Memory.Samples.Max()
	amount, margin := cost.AddPercent(peak, momentHeadroomMemory), float64(momentHeadroomMemory)
	var need Need
	if !f.Moment {
		need = p.Fleet.Memory(f.ContainerFacts, f.Batch, p.Promise)
		amount, margin = need.Amount, need.MarginPercent()
	}
	why := advice.Bound{}
	s.made("memory", "memory peak", peak, margin)
	if f.OOMKills > 0 {
		killedAt := max(float64(f.OOMLimit), peak)
		s.show("OOM kills", float64(f.OOMKills), "count")
		s.show("memory at OOM kill", killedAt, "bytes")
		if held := cost.AddPercent(killedAt, OOMHeadroom); held > amount {
			amount, why = held, by(fmt.Sprintf("the memory at its OOM kill and %d %%", OOMHeadroom))
		}
		s.warn("oom", fmt.Sprintf("OOM-killed %s: its real need is above %s and not known", times(f.OOMKills), mebibytes(killedAt)))
	}
	want := RoundMemory(amount)
	why = boundIf(want == FloorMemory && amount <= FloorMemory-mib, why, by("the least request"))
	if least := RoundMemory(float64(f.LeastMemory)); f.LeastMemory > 0 && least > want {
		want, why = least, by(f.LeastRule)
	}
	if rises(f.Memory.DayPeaks) {
		// What climbs will need what it has, and more.
		want, why = max(want, s.Requests.Memory), boundIf(s.Requests.Memory > want, why, by("memory rises from day to day"))
		s.warn("rising", leak(f.Memory.DayPeaks, s.Limits.Memory))
	}
	grown := s.releaseGrowth(&f, peak)
	if grown > want {
		want, why = grown, by("memory grows with its releases")
	}
	if Unchanged(s.Requests.Memory, want) && f.OOMKills == 0 && s.Requests.Memory >= f.LeastMemory {
		want, why = s.Requests.Memory, boundIf(want != s.Requests.Memory, why, nearEnough)
	}
	s.Requests.Memory = want
	s.bound("memory", why, float64(want), "bytes")
	s.limitMemory(f, p)
	s.holdPromise(f, &need, p)
	if s.Requests.Memory > f.Requests.Memory || s.Limits.Memory > f.Limits.Memory {
		s.Short.Memory = shortMemory(&f, &p, &need, grown)
	}
	if f.Moment || f.OOMKills > 0 {
		return
	}
	s.riskMemory(&f, &need, p.Sizes)
}

// warnMissing says once, of both resources, what a replay lacks.
func (s *Sizing) warnMissing(need *Need) {
	has := slices.ContainsFunc(s.Warnings, func(w analyzer.Warning) bool { return w.Code == "no-replay" })
	if missing := need.Missing(); missing != "" && !has {
		s.warn("no-replay", missing)
	}
}

// riskMemory states the risk at the limit, or without one that of passing the request,
// and that of other sizes.
func (s *Sizing) riskMemory(f *Facts, need *Need, others bool) {
	at, name := s.Limits.Memory, "weeks with memory at its limit, "
	if at == 0 {
		at, name = s.Requests.Memory, "weeks with memory above the request, "
	}
	var sizes []int64
	if others {
		sizes = s.memorySizes(f)
	}
	amounts := []float64{float64(at)}
	for _, v := range sizes {
		amounts = append(amounts, float64(v))
	}
	all := need.Fails(amounts...)
	fails := all[0]
	if !fails.Known {
		s.warnMissing(need)
		return
	}
	for i, v := range sizes {
		s.Passed = append(s.Passed, SizeRisk{v, all[i+1].Value})
	}
	s.part(advice.PartRisk, "memory", name+need.Horizon(), fails.Value, "share")
	s.part(advice.PartRisk, "memory", name+"high", fails.High, "share")
	if s.Limits.Memory > 0 {
		s.Risk.OOMProbability = &fails.Value
	}
}

func (s *Sizing) show(name string, value float64, unit string) {
	s.Evidence = append(s.Evidence, advice.Evidence{Name: name, Value: value, Unit: unit})
}

// part files a figure of a resource's request.
func (s *Sizing) part(kind advice.PartKind, resource, name string, value float64, unit string) {
	s.Evidence = append(s.Evidence, advice.Evidence{Name: name, Value: value, Unit: unit, Part: advice.Part{Kind: kind, Resource: resource}})
}

// made files what a request is made of: the usage that name tells of, and a margin in
// percent.
func (s *Sizing) made(resource, name string, base, margin float64) {
	unit, makes := "millicores", ceilCPU(cost.AddPercent(base, margin))
	if resource == "memory" {
		unit, makes = "bytes", ceilMemory(cost.AddPercent(base, margin))
	}
	s.part(advice.PartBase, resource, name, base, unit)
	s.part(advice.PartMargin, resource, resource+" margin", margin, "percent")
	s.Evidence[len(s.Evidence)-1].Part.Makes = makes
}

// nearEnough is the bound of what stays as it is.
var nearEnough = advice.Bound{Reason: fmt.Sprintf("a change of up to %g %% is not worth a rollout", 100*SameEnough), Near: 100 * SameEnough}

// by is a bound that no flag lifts.
func by(why string) advice.Bound { return advice.Bound{Reason: why} }

// limitRules is the bound of a pod that is to stay Guaranteed.
func limitRules(why string) advice.Bound { return advice.Bound{Reason: why, Flag: "--qos change"} }

// bound names what set the request in place of usage and margin. Of several the last
// counts.
func (s *Sizing) bound(resource string, why advice.Bound, value float64, unit string) {
	if why.Reason != "" {
		s.part(advice.PartBound, resource, resource+" bound: "+why.Reason, value, unit)
		s.Evidence[len(s.Evidence)-1].Part.Bound = why
	}
}

// boundIf gives the bound that holds: the new one where it does, else the one before.
func boundIf(holds bool, before, why advice.Bound) advice.Bound {
	if holds {
		return why
	}
	return before
}

// warn files a doubt. The rule says of which container it is.
func (s *Sizing) warn(code, message string) {
	s.Warnings = append(s.Warnings, analyzer.Warning{Code: code, Message: message})
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

// leak says how fast memory grows, and until when the limit (0: none) lasts. The growth of
// a day is the median day's: a release that starts it anew is no part of it.
func leak(peaks []float64, limit int64) string {
	n := len(peaks)
	days := make([]float64, n-1)
	for i := range days {
		days[i] = peaks[i+1] - peaks[i]
	}
	slices.Sort(days)
	perDay := days[len(days)/2]
	grows := fmt.Sprintf("memory rises from day to day, by %s", mebibytes(perDay))
	if room := float64(limit) - peaks[n-1]; limit > 0 && room > 0 {
		return fmt.Sprintf("%s: killed in about %s unless a release mends it, whatever the request", grows, plural(int(math.Ceil(room/perDay)), "day"))
	}
	return grows + ": it may leak, and then no request is enough for long"
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func mebibytes(bytes float64) string { return fmt.Sprintf("%.0f MiB", bytes/(1<<20)) }
