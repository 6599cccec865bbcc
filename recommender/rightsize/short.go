package rightsize

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Short says of each resource what of the container's own past shows that today's request or
// limit is too little; empty where nothing does, whatever the advice is.
type Short struct{ CPU, Memory string }

// shortCPU is what shows that today's CPU is too little for the promise.
func shortCPU(f *Facts, p *Policy, need *Need) string {
	now := float64(f.Requests.CPU)
	if f.Requests.CPU == 0 {
		return "requests.cpu is not set"
	}
	if f.ThrottledShare > p.Promise.CPU {
		return fmt.Sprintf("%.0f %% of CPU periods were throttled", 100*f.ThrottledShare)
	}
	over, how := f.CPU.Samples.ShareAbove(now), "seen"
	if need.model != nil {
		if _, hour := need.Hour(); hour > now {
			return "usage is above the CPU request in the mean of the busiest hour"
		}
		if replayed := need.Over(now); replayed.Known {
			over, how = replayed.Value, "replayed"
		}
	}
	if over > p.Promise.CPU {
		return fmt.Sprintf("CPU above its request in %.2g %% of the time, %s", 100*over, how)
	}
	if !f.Moment && len(hotPods(f.Days, now)) > 0 {
		return "some pods need more CPU than they request"
	}
	return ""
}

// shortMemory is what shows that today's memory is too little for the promise; grown is what
// the growth of releases asks for, in bytes.
func shortMemory(f *Facts, p *Policy, need *Need, grown int64) string {
	now := f.Requests.Memory
	switch {
	case now == 0:
		return "requests.memory is not set"
	case f.OOMKills > 0:
		return "OOM-killed " + times(f.OOMKills)
	case f.Memory.Samples.Max() > float64(now):
		return "memory was above its request"
	case f.LeastMemory > now:
		return f.LeastRule
	case grown > now:
		return "memory grows with its releases"
	case need.model == nil:
		return ""
	}
	if fails := need.Fails(float64(now))[0]; fails.Known && fails.Value > p.Promise.OOM {
		return fmt.Sprintf("memory above its request in %.2g %% of weeks, replayed", 100*fails.Value)
	}
	return ""
}

// short says why what advice raises is too little today; empty where the container's past does
// not show it.
func short(r *advice.Advice) string {
	s := advice.As[Sizing](r.Detail)
	if s == nil {
		return ""
	}
	var why []string
	for _, resource := range []string{"cpu", "memory"} {
		shown := map[string]string{"cpu": s.Short.CPU, "memory": s.Short.Memory}[resource]
		for _, c := range r.Changes {
			if c.To > c.From && shown != "" && strings.HasSuffix(c.Field, resource) {
				why = append(why, shown)
				break
			}
		}
	}
	return strings.Join(why, "; ")
}

// admits notes that today's requests are below the least that a LimitRange admits.
func (s *Sizing) admits(lr *analyzer.LimitRange, now analyzer.Amounts) {
	why := "less than LimitRange " + lr.Name + " admits"
	if now.CPU > 0 && now.CPU < lr.Min.CPU {
		s.Short.CPU = cmp.Or(s.Short.CPU, why)
	}
	if now.Memory > 0 && now.Memory < lr.Min.Memory {
		s.Short.Memory = cmp.Or(s.Short.Memory, why)
	}
}
