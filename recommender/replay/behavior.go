package replay

import (
	"math"
	"time"
)

// normalized is a proposal after stabilization and limits.
type normalized struct {
	replicas   int32
	stabilized int32
	able       Condition
	limited    Condition
}

// normalize applies stabilization windows and rate limits to the wanted replicas.
func (s *State) normalize(sp *spec, current, wanted int32, now time.Duration) normalized {
	if !sp.behaved {
		stabilized := s.stabilize(wanted, sp.downscaleWindow, now)
		replicas, reason := limitLegacy(current, stabilized, sp.min, sp.max)
		return normalizedOf(wanted, stabilized, replicas, "ScaleDownStabilized", reason)
	}
	lowest, highest := s.stabilizeBoth(wanted, sp.up.window, sp.down.window, now)
	stabilized := between(current, lowest, highest)
	held := "ScaleDownStabilized"
	if wanted >= current {
		held = "ScaleUpStabilized"
	}
	replicas, reason := s.limit(sp, current, stabilized, now)
	return normalizedOf(wanted, stabilized, replicas, held, reason)
}

// between moves current into lowest..highest; highest wins where they cross.
func between(current, lowest, highest int32) int32 {
	return min(max(current, lowest), highest)
}

func normalizedOf(wanted, stabilized, replicas int32, held, reason string) normalized {
	n := normalized{replicas: replicas, stabilized: stabilized, able: isTrue("ReadyForNewScale"), limited: isFalse(reason)}
	if stabilized != wanted {
		n.able = isTrue(held)
	}
	if replicas != stabilized {
		n.limited = isTrue(reason)
	}
	return n
}

// limitLegacy bounds replicas without spec.behavior: one sync may double them, or reach 4.
func limitLegacy(current, wanted, minReplicas, maxReplicas int32) (int32, string) {
	upper, reason := maxReplicas, "TooManyReplicas"
	if limit := int32(math.Max(2.0*float64(current), 4.0)); maxReplicas > limit {
		upper, reason = limit, "ScaleUpLimit"
	}
	switch {
	case wanted < minReplicas:
		return minReplicas, "TooFewReplicas"
	case wanted > upper:
		return upper, reason
	default:
		return wanted, "DesiredWithinRange"
	}
}

// limit bounds replicas by min, max and the policies of spec.behavior.
func (s *State) limit(sp *spec, current, wanted int32, now time.Duration) (int32, string) {
	switch {
	case wanted > current:
		upper, reason := sp.max, "TooManyReplicas"
		if limit := max(s.upLimit(&sp.up, current, now), current); sp.max > limit {
			upper, reason = limit, "ScaleUpLimit"
		}
		if wanted > upper {
			return upper, reason
		}
	case wanted < current:
		lower, reason := sp.min, "TooFewReplicas"
		if limit := min(s.downLimit(&sp.down, current, now), current); sp.min < limit {
			lower, reason = limit, "ScaleDownLimit"
		}
		if wanted < lower {
			return lower, reason
		}
	}
	return wanted, "DesiredWithinRange"
}
