package rightsize

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// WhatIf is what would become of requests by other usage.
type WhatIf struct {
	// Twice is what base and margin make of a base that is twice as high: millicores and
	// bytes, 0 where something else sets the request.
	Twice analyzer.Amounts
	// OOMKill is the memory request after an OOM kill at the limit, in bytes; 0 without a
	// limit, and where there was a kill.
	OOMKill int64
}

// WhatIf answers for a container that was sized.
func (s *Sizing) WhatIf(c *analyzer.ContainerFacts) WhatIf {
	out := WhatIf{Twice: analyzer.Amounts{CPU: s.twice("cpu", RoundCPU), Memory: s.twice("memory", RoundMemory)}}
	if c.Limits.Memory > 0 && c.OOMKills == 0 {
		out.OOMKill = RoundMemory(cost.AddPercent(float64(c.Limits.Memory), OOMHeadroom))
	}
	return out
}

func (s *Sizing) twice(resource string, round func(float64) int64) int64 {
	base, margin := 0.0, 0.0
	for _, e := range s.Evidence {
		switch {
		case e.Part.Resource != resource:
		case e.Part.Kind == advice.PartBound:
			return 0
		case e.Part.Kind == advice.PartBase:
			base = e.Value
		case e.Part.Kind == advice.PartMargin:
			margin = e.Value
		}
	}
	if base <= 0 {
		return 0
	}
	return round(cost.AddPercent(2*base, margin))
}
