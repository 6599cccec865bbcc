package hpadiff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// tallies count what the compared decisions were like, since agreeing on nothing proves nothing.
type tallies map[string]int

func (t tallies) add(d replay.Decision) {
	t["reason "+string(d.Reason)]++
	t["AbleToScale "+d.Conditions.AbleToScale.Reason]++
	t["ScalingActive "+d.Conditions.ScalingActive.Reason]++
	t["ScalingLimited "+d.Conditions.ScalingLimited.Reason]++
	t["ScaledToZero "+d.Conditions.ScaledToZero.Reason]++
	if d.Rescaled {
		t["rescaled"]++
	}
	if d.Err != nil && d.Metric >= 0 {
		t["scaled on part of the metrics"]++
	}
	for _, p := range d.Proposals {
		if p.Err == nil {
			t["valid proposals"]++
		} else {
			t["invalid proposals"]++
		}
	}
}

func (t tallies) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&b, "%9d %s\n", t[k], k)
	}
	return b.String()
}

// check fails when a run left out a kind of decision that it has to cover.
func (t tallies) check(test *testing.T) {
	test.Helper()
	for _, want := range []string{
		"reason steady", "reason above target", "reason below target", "reason above max", "reason below min", "reason disabled", "reason no metrics", "reason scale unknown", "reason pods unknown",
		"AbleToScale ReadyForNewScale", "AbleToScale ScaleUpStabilized", "AbleToScale ScaleDownStabilized", "AbleToScale SucceededRescale", "AbleToScale FailedGetScale",
		"ScalingActive ValidMetricFound", "ScalingActive FailedGetResourceMetric", "ScalingActive FailedGetContainerResourceMetric", "ScalingActive FailedGetPodsMetric", "ScalingActive FailedGetObjectMetric", "ScalingActive FailedGetExternalMetric", "ScalingActive AmbiguousSelector", "ScalingActive InvalidSelector",
		"ScalingLimited ScaleUpLimit", "ScalingLimited ScaleDownLimit", "ScalingLimited TooManyReplicas", "ScalingLimited TooFewReplicas", "ScalingLimited DesiredWithinRange",
		"scaled on part of the metrics",
	} {
		if t[want] < 50 {
			test.Errorf("%q: %d decisions, want at least 50", want, t[want])
		}
	}
}
