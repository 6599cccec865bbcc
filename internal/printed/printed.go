// Package printed reads the settings of autoscalers off what is printed of them, the screen
// and the manifest, for tests that hold them to their promise as printed.
package printed

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// The heads over the manifests that explain prints: a part of an HPA, or a new object whole.
var (
	hpaHead    = regexp.MustCompile(`(?m)^(?:to paste into the HorizontalPodAutoscaler \(autoscaling/v2\)|a HorizontalPodAutoscaler to apply)\n`)
	objectHead = regexp.MustCompile(`(?m)^a ScaledObject to apply\n`)
)

// manifest is the lines under a head; "" where it is not there.
func manifest(head *regexp.Regexp, text string) string {
	at := head.FindStringIndex(text)
	if at == nil {
		return ""
	}
	var lines []string
	for line := range strings.SplitSeq(text[at[1]:], "\n") {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		lines = append(lines, strings.TrimPrefix(line, "  "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// YAML reads the setting off the HPA that explain prints.
func YAML(t *testing.T, text string) (autoscalingv2.HorizontalPodAutoscalerSpec, bool) {
	t.Helper()
	lines := manifest(hpaHead, text)
	var h autoscalingv2.HorizontalPodAutoscaler
	if err := yaml.UnmarshalStrict([]byte(lines), &h); err != nil {
		t.Fatalf("%v\n%s", err, lines)
	}
	return h.Spec, lines != ""
}

// targetOf gives the manifest's target and, where it is of the same kind as the screen's,
// its amount; -1 where not.
func targetOf(m autoscalingv2.MetricSpec, of analyzer.HPAMetric) (autoscalingv2.MetricTarget, int64) {
	target := autoscalingv2.MetricTarget{}
	switch {
	case m.Resource != nil:
		target = m.Resource.Target
	case m.ContainerResource != nil && m.ContainerResource.Container == of.Container:
		target = m.ContainerResource.Target
	case m.Pods != nil && m.Pods.Metric.Name == of.Name:
		target = m.Pods.Target
	case m.External != nil && m.External.Metric.Name == of.Name:
		target = m.External.Target
	}
	got := int64(-1)
	switch {
	case target.AverageUtilization != nil && of.TargetType == "Utilization":
		got = int64(*target.AverageUtilization)
	case target.AverageValue != nil && of.TargetType == "AverageValue":
		got = target.AverageValue.MilliValue()
	}
	return target, got
}

// Differs says where the manifest is another setting than the screen's.
func Differs(s horizontal.Scaling, h autoscalingv2.HorizontalPodAutoscalerSpec) string {
	if *h.MinReplicas != s.Min || h.MaxReplicas != s.Max || len(h.Metrics) != 1 {
		return fmt.Sprintf("%d to %d on %d metrics", *h.MinReplicas, h.MaxReplicas, len(h.Metrics))
	}
	if target, got := targetOf(h.Metrics[0], s.Metrics[0]); got != s.Metrics[0].Target {
		return fmt.Sprintf("target %+v", target)
	}
	return rulesDiffer(s, h)
}

// rulesDiffer says where the behavior is another one.
func rulesDiffer(s horizontal.Scaling, h autoscalingv2.HorizontalPodAutoscalerSpec) string {
	if (h.Behavior == nil) != (s.Behavior == nil) {
		return "behavior on one side alone"
	}
	if h.Behavior == nil {
		return ""
	}
	for _, d := range []struct {
		yaml *autoscalingv2.HPAScalingRules
		text *analyzer.HPAScaling
	}{{h.Behavior.ScaleUp, s.Behavior.Up}, {h.Behavior.ScaleDown, s.Behavior.Down}} {
		rules := d.yaml
		if rules == nil {
			rules = &autoscalingv2.HPAScalingRules{}
		}
		var milli *int64
		if rules.Tolerance != nil {
			milli = new(rules.Tolerance.MilliValue())
		}
		if !same(rules.StabilizationWindowSeconds, d.text.StabilizationSeconds) || !same(milli, d.text.ToleranceMilli) || policiesDiffer(rules, d.text) {
			return fmt.Sprintf("rules %+v", *rules)
		}
	}
	return ""
}

// policiesDiffer reports whether other steps are allowed.
func policiesDiffer(rules *autoscalingv2.HPAScalingRules, s *analyzer.HPAScaling) bool {
	choice := ""
	if rules.SelectPolicy != nil && *rules.SelectPolicy != autoscalingv2.MaxChangePolicySelect {
		choice = string(*rules.SelectPolicy)
	}
	return choice != s.Select || !slices.EqualFunc(rules.Policies, s.Policies, func(a autoscalingv2.HPAScalingPolicy, b analyzer.HPAPolicy) bool {
		return string(a.Type) == b.Type && a.Value == b.Value && a.PeriodSeconds == b.PeriodSeconds
	})
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Advised gives the setting that the page of a workload advises, by its screen and, word
// for word the same, by its manifest; false where no autoscaler is to change.
func Advised(t *testing.T, page string) (horizontal.Scaling, bool) {
	t.Helper()
	spec, isHPA := YAML(t, page)
	object, isObject := Object(t, page)
	if !isHPA && !isObject {
		return horizontal.Scaling{}, false
	}
	_, pods, _ := strings.Cut(strings.Join(strings.Fields(page), " "), " number of pods ")
	_, line, _ := strings.Cut(pods, " advice ")
	line, _, _ = strings.Cut(line, " or at ")
	line, _, _ = strings.Cut(line, " doubt ")
	line, _, _ = strings.Cut(line, " figure ")
	s, diff := Screen(t, line), ""
	if isObject {
		if diff = objectDiffers(s, object); diff == "" {
			for i := range s.Triggers {
				s.Triggers[i].Query = object.Triggers[i].Query
			}
		}
	} else {
		for i := range s.Metrics { // the screen does not say of what a rate is
			if s.Metrics[i].Type == "Pods" {
				s.Metrics[i].Type = string(spec.Metrics[0].Type)
			}
		}
		diff = Differs(s, spec)
	}
	if diff != "" {
		t.Errorf("the screen says %q, the manifest %s", line, diff)
	}
	return s, true
}

// Breaks replays a setting as it is printed, and a worse one: whether it keeps its promise,
// and whether the other would. A ScaledObject may add what the promise allows to what is
// slow of today's number of pods.
func Breaks(t *testing.T, p *advice.Pass, ref analyzer.Ref, s horizontal.Scaling) (as, otherwise bool) {
	t.Helper()
	i := slices.IndexFunc(p.Facts.Workloads, func(w analyzer.WorkloadFacts) bool { return w.Ref == ref })
	if i < 0 {
		t.Fatalf("%s is in no snapshot", ref)
	}
	facts := &p.Facts.Workloads[i]
	allowed := p.Options.RiskUnserved
	if s.Kind == horizontal.ScalingScaledObject {
		today, err := horizontal.ReplayAs(p, facts, horizontal.Scaling{Kind: horizontal.ScalingFixed, Replicas: facts.Replicas})
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		allowed += today.Slow
	}
	score, err := horizontal.ReplayAs(p, facts, s)
	if err != nil {
		t.Fatalf("%s: %v", ref, err)
	}
	as = score.Slow > allowed || score.Unserved > allowed
	if as {
		t.Errorf("%s: %+v is slow for %.2f %% of the time, unserved for %.2f %%", ref, s, 100*score.Slow, 100*score.Unserved)
	}
	score, err = horizontal.ReplayAs(p, facts, worse(s))
	return as, err == nil && score.Slow > allowed
}

// worse has targets half as high again, thresholds three times as high, and rests while
// there is work.
func worse(s horizontal.Scaling) horizontal.Scaling {
	s.Metrics, s.Triggers, s.Schedules = slices.Clone(s.Metrics), slices.Clone(s.Triggers), slices.Clone(s.Schedules)
	for i := range s.Metrics {
		s.Metrics[i].Target = s.Metrics[i].Target * 3 / 2
	}
	for i := range s.Triggers {
		s.Triggers[i].Threshold *= 3
	}
	for i := range s.Schedules {
		s.Schedules[i].Start, s.Schedules[i].End = s.Schedules[i].End, s.Schedules[i].Start
	}
	return s
}
