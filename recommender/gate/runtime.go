package gate

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// A runtime needs memory beside its heap: stacks, code, buffers. heapShares is
// the largest part of the limit that the flag may take, by flag. Go's limit
// counts nearly all of the process.
var heapShares = map[string]float64{
	"GOMEMLIMIT": 0.95, "-Xmx": 0.85, "-XX:MaxRAMPercentage": 0.85, "--max-old-space-size": 0.85,
}

// leastHeapShare is the part of the limit below which most of it can never be
// used.
const leastHeapShare = 0.4

var runtimeFlag = Rule{
	Name: "runtime-flag", Severity: verdict.SeverityWarning,
	Doc: "The heap that a runtime is told to use does not fit the container's memory limit.",
	Run: func(p *Pass) error {
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			limit, _ := p.views(w, c)[1].effectiveLimit()
			if limit == 0 && w.Limits.Memory.Set() {
				limit = w.Limits.Memory.Value
			}
			for _, f := range c.Flags {
				p.judgeFlag(w, c, f, limit)
			}
		})
		return nil
	},
}

func (p *Pass) judgeFlag(w *manifest.Workload, c *manifest.Container, f manifest.Flag, limit int64) {
	out := verdict.Finding{Container: c.Name, Field: f.Name}
	most := heapShares[f.Name]
	if limit == 0 {
		if f.Percent > 0 {
			out.Message = fmt.Sprintf("%s=%g without a memory limit takes its share of the whole node", f.Name, f.Percent)
			out.Reason = "the JVM reads the container's limit, and where there is none, the node's memory"
			p.reportAt(w.Document, f.Node, out)
		}
		return
	}
	heap := float64(f.Bytes)
	if f.Percent > 0 {
		heap = f.Percent / 100 * float64(limit)
	}
	share := heap / float64(limit)
	switch {
	case share > most:
		out.Measure = share
		out.Message = fmt.Sprintf("%s is %s, %.0f %% of the memory limit %s", f.Name, short(int64(heap)), 100*share, short(limit))
		out.Reason = fmt.Sprintf("the runtime needs memory beside it: above %.0f %% the container is OOM-killed before the runtime collects", 100*most)
		if e := p.evidence.LookUp(p.ref(w)).Container(c.Name); e != nil && len(e.Memory) > 0 {
			out.Reason += fmt.Sprintf("; its peak over %.0f days was %s", p.evidence.Days, short(int64(e.Memory.Max())))
		}
	case share < leastHeapShare && f.Percent == 0:
		out.Message = fmt.Sprintf("%s is %s, only %.0f %% of the memory limit %s", f.Name, short(int64(heap)), 100*share, short(limit))
		out.Reason = "the runtime will never use most of what is reserved for it"
	default:
		return
	}
	p.reportAt(w.Document, f.Node, out)
}
