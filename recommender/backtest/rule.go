package backtest

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// Rule sizes a fleet from what was known of it: a setting for each member.
type Rule struct {
	Name string
	Size func([]member) []Setting
}

// Rules lists ours by profile, the requests as they are, and the rules of other tools as
// their sources and manuals have them. What those read at a finer step than five minutes
// is read off our five-minute means.
func Rules() []Rule {
	out := make([]Rule, 0, 12)
	for _, p := range rightsize.Profiles() {
		out = append(out, Rule{"plimsoll " + string(p), ours(p.Promise())})
	}
	return append(out,
		Rule{AsItIs, each(asItIs)},
		Rule{"krr simple", each(krrSimple)},
		Rule{"krr simple_limit", each(krrLimit)},
		Rule{"vpa target", inPods(vpaTarget)},
		Rule{"goldilocks burstable", inPods(goldilocks)},
		Rule{"crane", each(crane)},
		Rule{"kubecost max/0.7", each(kubecost)},
		Rule{"autopilot moving window", each(autopilot)},
	)
}

// AsItIs is the rule that leaves the requests as they are.
const AsItIs = "as it is"

// Asked lists the rules with that of a promise among them, and names it: the profile's
// where the promise is one's, else "plimsoll as asked".
func Asked(p rightsize.Promise) (rules []Rule, advised string) {
	rules = Rules()
	for _, x := range rightsize.Profiles() {
		if x.Promise() == p {
			return rules, "plimsoll " + string(x)
		}
	}
	const own = "plimsoll as asked"
	return slices.Insert(rules, 0, Rule{own, ours(p)}), own
}

// Named picks rules by name.
func Named(rules []Rule, names ...string) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !slices.Contains(names, r.Name) })
}

// ours learns the fleet's margins from the same past.
func ours(p rightsize.Promise) func([]member) []Setting {
	return func(all []member) []Setting {
		members := make([]*rightsize.Member, len(all))
		for i := range all {
			members[i] = &rightsize.Member{Facts: &all[i].past}
		}
		policy := rightsize.Policy{Promise: p, Fleet: rightsize.Learn(members, p)}
		out := make([]Setting, len(all))
		for i := range all {
			c := all[i].past
			c.Requests, c.Limits = analyzer.Amounts{}, analyzer.Amounts{} // nothing stays for being near
			s := rightsize.Size(rightsize.Facts{ContainerFacts: &c}, policy)
			out[i] = Setting{float64(s.Requests.CPU), float64(s.Requests.Memory)}
		}
		return out
	}
}

func each(size func(*analyzer.ContainerFacts) Setting) func([]member) []Setting {
	return inPods(func(c *analyzer.ContainerFacts, _ int) Setting { return size(c) })
}

// inPods is each for rules that ask how many containers a pod has.
func inPods(size func(*analyzer.ContainerFacts, int) Setting) func([]member) []Setting {
	return func(all []member) []Setting {
		out := make([]Setting, len(all))
		for i := range all {
			out[i] = size(&all[i].past, all[i].inPod)
		}
		return out
	}
}

// Peer is what another tool's rule would ask for.
type Peer struct {
	Rule string
	Setting
}

// Peers sizes one container, of so many in its pod, by the rules that most people know:
// KRR's simple strategy, the VPA's target, and Goldilocks' burstable requests.
func Peers(c *analyzer.ContainerFacts, inPod int) []Peer {
	if len(c.Days) == 0 || c.CPU.Samples.Count() == 0 && c.Memory.Samples.Count() == 0 {
		return nil
	}
	return []Peer{{"KRR", krrSimple(c)}, {"VPA", vpaTarget(c, inPod)}, {"Goldilocks", goldilocks(c, inPod)}}
}

const (
	mib = 1 << 20
	mb  = 1e6
)

func asItIs(c *analyzer.ContainerFacts) Setting {
	memory := c.Limits.Memory
	if memory == 0 {
		memory = c.Requests.Memory
	}
	return Setting{float64(c.Requests.CPU), float64(memory)}
}

// podP95 is the highest 95th percentile of a pod: of its days, where there were several.
func podP95(c *analyzer.ContainerFacts) float64 {
	most := 0.0
	for i := range c.Days {
		most = max(most, c.Days[i].PodNeed.Max())
	}
	if most == 0 {
		return c.CPU.Samples.Quantile(0.95)
	}
	return most
}

// krrSimple: the highest pod's 95th percentile; the highest memory and 15 %; at least 10m
// and 100Mi.
func krrSimple(c *analyzer.ContainerFacts) Setting {
	return Setting{max(podP95(c), 10), max(1.15*c.Memory.Samples.Max(), 100*mib)}
}

// krrLimit: the 66th percentile of all samples; memory as in krrSimple.
func krrLimit(c *analyzer.ContainerFacts) Setting {
	return Setting{max(c.CPU.Samples.Quantile(0.66), 10), max(1.15*c.Memory.Samples.Max(), 100*mib)}
}

// vpaTarget: the 90th percentile by weight, half of it gone in a day, in buckets each 5 %
// larger, and 15 %; memory likewise of the peaks of days; at least 25m and 250 MiB for a
// pod, in equal parts. testbed/vpadiff holds it against the VPA.
func vpaTarget(c *analyzer.ContainerFacts, inPod int) Setting { return vpa(c, 0.90, 1, inPod) }

// goldilocks takes the VPA's lower bound as request, the 50th percentile and 15 %, and its
// upper bound as limit: the 95th, 15 %, and for each day of history so much less of it again.
func goldilocks(c *analyzer.ContainerFacts, inPod int) Setting {
	return Setting{vpa(c, 0.50, 1, inPod).CPU, vpa(c, 0.95, 1+1/lengthOf(c), inPod).Memory}
}

// lengthOf is the days that a history was seen for.
func lengthOf(c *analyzer.ContainerFacts) float64 {
	return max(float64(c.SeenSlots), 1) / digest.SlotsPerDay
}

// vpa is a quantile with the VPA's margin, times what it does not trust a short history by.
func vpa(c *analyzer.ContainerFacts, q, doubt float64, inPod int) Setting {
	margin := 1.15 * doubt
	cpu := bucketEnd(decayed(c.Days, 1, cpuOf).quantile(q), 10, 1.05)
	memory := bucketEnd(decayed(c.Days, 1, peakOf).quantile(q), 10*mb, 1.05)
	part := 1 / float64(max(inPod, 1))
	return Setting{max(margin*cpu, 25*part), max(margin*memory, 250*mib*part)}
}

// crane: the 99th percentile, half of it gone in one day (CPU) or two (memory), in buckets
// of 0.1 core and 100 MiB, and 15 %.
func crane(c *analyzer.ContainerFacts) Setting {
	up := func(v, step float64) float64 { return math.Ceil(v/step) * step }
	return Setting{1.15 * up(decayed(c.Days, 1, cpuOf).quantile(0.99), 100), 1.15 * up(decayed(c.Days, 2, memoryOf).quantile(0.99), 100*mib)}
}

// kubecost: the highest sample at a target utilization of 0.7; at least 10m and 20 MiB.
func kubecost(c *analyzer.ContainerFacts) Setting {
	return Setting{max(c.CPU.Samples.Max()/0.7, 10), max(c.Memory.Samples.Max()/0.7, 20*mib)}
}

// autopilot: the 95th percentile, half of it gone in half a day, and 10 %; the highest peak
// with a half-life of two days, and 10 %.
func autopilot(c *analyzer.ContainerFacts) Setting {
	return Setting{1.10 * decayed(c.Days, 0.5, cpuOf).quantile(0.95), 1.10 * decayed(c.Days, 2, peakOf).quantile(0.98)}
}

// bucketEnd is the end of the bucket of v, where each is larger than the one before.
func bucketEnd(v, first, ratio float64) float64 {
	end, width := first, first
	for end < v {
		width *= ratio
		end += width
	}
	return end
}

type weighted struct{ digest.Weighted }

func (w *weighted) quantile(q float64) float64 {
	var out [1]float64
	w.Quantiles([]float64{q}, out[:])
	return out[0]
}

// decayed adds up what is kept of each day, older days weighing less.
func decayed(days []analyzer.Day, halfLife float64, of func(*analyzer.Day) *digest.Histogram) *weighted {
	w := &weighted{}
	for i := range days {
		w.Scale(math.Exp2(-1 / halfLife))
		w.Add(of(&days[i]))
	}
	return w
}

func cpuOf(d *analyzer.Day) *digest.Histogram    { return &d.CPU }
func memoryOf(d *analyzer.Day) *digest.Histogram { return &d.Memory }
func peakOf(d *analyzer.Day) *digest.Histogram   { return &d.PodMemory }
