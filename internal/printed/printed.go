// Package printed reads the settings of autoscalers off what is printed of them, the screen
// and the manifest, for tests that hold them to their promise as printed.
package printed

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// hpa is the line of an advised HPA on CPU as the screen has it.
var (
	hpa     = regexp.MustCompile(`HPA on cpu(?: of (\S+))? (\d+)( %|m a pod), (\d+) to (\d+) pods`)
	window  = regexp.MustCompile(`\b(up|down) window (\d+) (min|s)`)
	own     = regexp.MustCompile(`\b(up|down) tolerance ([0-9.]+) %`)
	policy  = regexp.MustCompile(`\b(up|down) at most (\d+)( pods| %) in (\d+) (min|s)`)
	choice  = regexp.MustCompile(`\b(up|down) select (\w+)`)
	request = regexp.MustCompile(`(\S+) requests (\S+) of CPU`)
)

// Screen reads a setting off the screen, and off nothing else.
func Screen(t *testing.T, line string) horizontal.Scaling {
	t.Helper()
	m := hpa.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no HPA in %q", line)
	}
	number := func(s string) int64 {
		v, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	metric := analyzer.HPAMetric{Type: "Resource", Name: "cpu", Container: m[1], TargetType: "Utilization", Target: number(m[2])}
	if m[1] != "" {
		metric.Type = "ContainerResource"
	}
	if m[3] != " %" {
		metric.TargetType = "AverageValue"
	}
	s := horizontal.Scaling{Kind: horizontal.ScalingHPA, Min: int32(number(m[4])), Max: int32(number(m[5])), Metrics: []analyzer.HPAMetric{metric}}
	rules := map[string]*analyzer.HPAScaling{"up": {}, "down": {}}
	for _, w := range window.FindAllStringSubmatch(line, -1) {
		seconds := int32(number(w[2]))
		if w[3] == "min" {
			seconds *= 60
		}
		rules[w[1]].StabilizationSeconds = &seconds
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, w := range own.FindAllStringSubmatch(line, -1) {
		percent, err := strconv.ParseFloat(w[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		rules[w[1]].ToleranceMilli = new(int64(percent*10 + 0.5))
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, w := range policy.FindAllStringSubmatch(line, -1) {
		p := analyzer.HPAPolicy{Type: "Pods", Value: int32(number(w[2])), PeriodSeconds: int32(number(w[4]))}
		if w[3] == " %" {
			p.Type = "Percent"
		}
		if w[5] == "min" {
			p.PeriodSeconds *= 60
		}
		rules[w[1]].Policies = append(rules[w[1]].Policies, p)
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, w := range choice.FindAllStringSubmatch(line, -1) {
		rules[w[1]].Select = w[2]
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, r := range request.FindAllStringSubmatch(line, -1) {
		q := resource.MustParse(r[2])
		if s.RequestCPU == nil {
			s.RequestCPU = map[string]int64{}
		}
		s.RequestCPU[r[1]] = q.MilliValue()
	}
	return s
}

// manifest is the head over an HPA that explain prints: a part of one, or a new one whole.
var manifest = regexp.MustCompile(`(?m)^(?:to paste into the HorizontalPodAutoscaler \(autoscaling/v2\)|a HorizontalPodAutoscaler to apply)\n`)

// YAML reads the setting off the manifest that explain prints.
func YAML(t *testing.T, text string) (autoscalingv2.HorizontalPodAutoscalerSpec, bool) {
	t.Helper()
	head := manifest.FindStringIndex(text)
	if head == nil {
		return autoscalingv2.HorizontalPodAutoscalerSpec{}, false
	}
	var lines []string
	for line := range strings.SplitSeq(text[head[1]:], "\n") {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		lines = append(lines, line)
	}
	var h autoscalingv2.HorizontalPodAutoscaler
	if err := yaml.UnmarshalStrict([]byte(strings.Join(lines, "\n")), &h); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	return h.Spec, true
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
// for word the same, by its manifest; false where no HPA on CPU is to change.
func Advised(t *testing.T, page string) (horizontal.Scaling, bool) {
	t.Helper()
	spec, advised := YAML(t, page)
	if !advised {
		return horizontal.Scaling{}, false
	}
	_, pods, _ := strings.Cut(strings.Join(strings.Fields(page), " "), " number of pods ")
	_, line, _ := strings.Cut(pods, " advice ")
	line, _, _ = strings.Cut(line, " or at ")
	line, _, _ = strings.Cut(line, " doubt ")
	line, _, _ = strings.Cut(line, " figure ")
	s := Screen(t, line)
	if diff := Differs(s, spec); diff != "" {
		t.Errorf("the screen says %q, the manifest %s", line, diff)
	}
	return s, true
}

// Breaks replays a setting as it is printed, and with a target half as high again: whether
// it keeps its promise, and whether the other would.
func Breaks(t *testing.T, p *advice.Pass, ref analyzer.Ref, s horizontal.Scaling) (as, otherwise bool) {
	t.Helper()
	i := slices.IndexFunc(p.Facts.Workloads, func(w analyzer.WorkloadFacts) bool { return w.Ref == ref })
	if i < 0 {
		t.Fatalf("%s is in no snapshot", ref)
	}
	facts := &p.Facts.Workloads[i]
	score, err := horizontal.ReplayAs(p, facts, s)
	if err != nil {
		t.Fatalf("%s: %v", ref, err)
	}
	as = score.Slow > p.Options.RiskUnserved || score.Unserved > p.Options.RiskUnserved
	if as {
		t.Errorf("%s: %+v is slow for %.2f %% of the time, unserved for %.2f %%", ref, s, 100*score.Slow, 100*score.Unserved)
	}
	s.Metrics[0].Target = s.Metrics[0].Target * 3 / 2
	score, err = horizontal.ReplayAs(p, facts, s)
	return as, err == nil && score.Slow > p.Options.RiskUnserved
}
