package horizontal

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// ruleDefaults are what the API server fills in, up and down: no word of an owner's.
var ruleDefaults = []analyzer.HPAScaling{
	{StabilizationSeconds: new(int32), Select: "Max", Policies: []analyzer.HPAPolicy{{Type: "Pods", Value: 4, PeriodSeconds: 15}, {Type: "Percent", Value: 100, PeriodSeconds: 15}}},
	{Select: "Max", Policies: []analyzer.HPAPolicy{{Type: "Percent", Value: 100, PeriodSeconds: 15}}},
}

// keptBehavior is what a new setting keeps of today's: in what steps pods come and go, and
// how long load must last before they come. An owner says so for reasons that are in no
// load curve. nil where he says nothing of it.
func (c *scaleCase) keptBehavior() *analyzer.HPABehavior {
	if c.hpa == nil || c.hpa.Behavior == nil {
		return nil
	}
	kept := &analyzer.HPABehavior{Up: keptRules(c.hpa.Behavior.Up, true), Down: keptRules(c.hpa.Behavior.Down, false)}
	if *kept == (analyzer.HPABehavior{}) {
		return nil
	}
	return kept
}

// keptRules are those of one direction; nil where there are none that hold.
func keptRules(from *analyzer.HPAScaling, window bool) *analyzer.HPAScaling {
	if from == nil {
		return nil
	}
	kept := &analyzer.HPAScaling{Policies: from.Policies, Select: from.Select}
	if window {
		kept.StabilizationSeconds = from.StabilizationSeconds
	}
	if slices.ContainsFunc(ruleDefaults, func(d analyzer.HPAScaling) bool { return reflect.DeepEqual(d, *kept) }) {
		return nil
	}
	if len(kept.Policies) == 0 && kept.Select == "" && kept.StabilizationSeconds == nil || rulesOf(kept).Validate() != nil {
		return nil
	}
	return kept
}

// behavior is what the search tried: the defaults, another window downwards,
// or a tolerance of its own, over what is kept.
func (k *outcome) behavior(kept *analyzer.HPABehavior) *analyzer.HPABehavior {
	if k.DownWindow == 0 && k.Tolerance == (setting.Tolerance{}) {
		return kept
	}
	b := cmp.Or(kept, &analyzer.HPABehavior{})
	b.Down = cmp.Or(b.Down, &analyzer.HPAScaling{})
	if k.DownWindow > 0 {
		seconds := int32(k.DownWindow / time.Second)
		b.Down.StabilizationSeconds = &seconds
	}
	if t := k.Tolerance; t != (setting.Tolerance{}) {
		b.Up = cmp.Or(b.Up, &analyzer.HPAScaling{})
		b.Up.ToleranceMilli, b.Down.ToleranceMilli = &t.Up, &t.Down
	}
	return b
}
