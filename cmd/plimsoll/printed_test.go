package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// printedHPA is the line of an advised HPA on CPU as the screen has it.
var (
	printedHPA     = regexp.MustCompile(`HPA on cpu(?: of (\S+))? (\d+)( %|m a pod), (\d+) to (\d+) pods`)
	printedWindow  = regexp.MustCompile(`\b(up|down) window (\d+) (min|s)`)
	printedOwn     = regexp.MustCompile(`\b(up|down) tolerance ([0-9.]+) %`)
	printedRequest = regexp.MustCompile(`(\S+) requests (\S+) of CPU`)
)

// readScreen reads a setting off the screen, and off nothing else.
func readScreen(t *testing.T, line string) horizontal.Scaling {
	t.Helper()
	m := printedHPA.FindStringSubmatch(line)
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
	for _, w := range printedWindow.FindAllStringSubmatch(line, -1) {
		seconds := int32(number(w[2]))
		if w[3] == "min" {
			seconds *= 60
		}
		rules[w[1]].StabilizationSeconds = &seconds
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, w := range printedOwn.FindAllStringSubmatch(line, -1) {
		percent, err := strconv.ParseFloat(w[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		rules[w[1]].ToleranceMilli = new(int64(percent*10 + 0.5))
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
	for _, r := range printedRequest.FindAllStringSubmatch(line, -1) {
		q := resource.MustParse(r[2])
		if s.RequestCPU == nil {
			s.RequestCPU = map[string]int64{}
		}
		s.RequestCPU[r[1]] = q.MilliValue()
	}
	return s
}

// readYAML reads the setting off the manifest that explain prints.
func readYAML(t *testing.T, text string) (autoscalingv2.HorizontalPodAutoscalerSpec, bool) {
	t.Helper()
	_, after, found := strings.Cut(text, "(autoscaling/v2)\n")
	if !found {
		return autoscalingv2.HorizontalPodAutoscalerSpec{}, false
	}
	var lines []string
	for line := range strings.SplitSeq(after, "\n") {
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

// sameAsYAML says where the manifest is another setting than the screen's.
func sameAsYAML(s horizontal.Scaling, h autoscalingv2.HorizontalPodAutoscalerSpec) string {
	if *h.MinReplicas != s.Min || h.MaxReplicas != s.Max || len(h.Metrics) != 1 {
		return fmt.Sprintf("%d to %d on %d metrics", *h.MinReplicas, h.MaxReplicas, len(h.Metrics))
	}
	target := autoscalingv2.MetricTarget{}
	switch m := h.Metrics[0]; {
	case m.Resource != nil:
		target = m.Resource.Target
	case m.ContainerResource != nil && m.ContainerResource.Container == s.Metrics[0].Container:
		target = m.ContainerResource.Target
	}
	got := int64(-1)
	switch {
	case target.AverageUtilization != nil && s.Metrics[0].TargetType == "Utilization":
		got = int64(*target.AverageUtilization)
	case target.AverageValue != nil && s.Metrics[0].TargetType == "AverageValue":
		got = target.AverageValue.MilliValue()
	}
	if got != s.Metrics[0].Target {
		return fmt.Sprintf("target %+v", target)
	}
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
		if !same(rules.StabilizationWindowSeconds, d.text.StabilizationSeconds) || !same(milli, d.text.ToleranceMilli) {
			return fmt.Sprintf("rules %+v", *rules)
		}
	}
	return ""
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// TestHPAsKeepTheirPromiseAsPrinted takes every HPA on CPU that the demo is
// advised off the screen, wants the manifest that explain prints to be the same
// one, and replays it: no field that is not printed makes it safe.
func TestHPAsKeepTheirPromiseAsPrinted(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "-q", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(snap)
	p := advice.NewPass(context.Background(), facts, &cost.Costs{}, advice.Options{Minor: snap.Minor()})
	if err := rightsize.Rule.Run(p); err != nil {
		t.Fatal(err)
	}
	report := savedReport(t, "report.json")
	checked, wouldBreak := 0, 0
	for i := range report.Workloads {
		w := &report.Workloads[i]
		h := w.Horizontal
		if h == nil || h.Recommended == nil || h.Recommended.Kind != "HorizontalPodAutoscaler" || len(h.Recommended.Triggers) > 0 {
			continue
		}
		ref := analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
		code, out, errs := plimsoll("explain", ref.String())
		if code != 0 {
			t.Fatal(errs)
		}
		manifest, advised := readYAML(t, out)
		if !advised {
			continue // today's stays
		}
		_, pods, _ := strings.Cut(strings.Join(strings.Fields(out), " "), " number of pods ")
		_, line, _ := strings.Cut(pods, " advice ")
		line, _, _ = strings.Cut(line, " or at ")
		line, _, _ = strings.Cut(line, " figure ")
		s := readScreen(t, line)
		if diff := sameAsYAML(s, manifest); diff != "" {
			t.Errorf("%s: the screen says %q, the manifest %s", ref, line, diff)
		}
		facts := workloadFacts(facts, ref)
		score, err := horizontal.ReplayAs(p, facts, s)
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		checked++
		if score.Slow > advice.DefaultRiskUnserved || score.Unserved > advice.DefaultRiskUnserved {
			t.Errorf("%s: %q is slow for %.2f %% of the time, unserved for %.2f %%", ref, line, 100*score.Slow, 100*score.Unserved)
		}
		s.Metrics[0].Target = s.Metrics[0].Target * 3 / 2
		if score, err = horizontal.ReplayAs(p, facts, s); err == nil && score.Slow > advice.DefaultRiskUnserved {
			wouldBreak++
		}
	}
	if checked < 5 || wouldBreak < checked/2 {
		t.Errorf("%d HPAs were replayed, of which %d would break with another target: too few to tell", checked, wouldBreak)
	}
}

func workloadFacts(a *analyzer.Analysis, ref analyzer.Ref) *analyzer.WorkloadFacts {
	for i := range a.Workloads {
		if a.Workloads[i].Ref == ref {
			return &a.Workloads[i]
		}
	}
	return nil
}
