package printed

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// What the screen says of an autoscaler.
var (
	head     = regexp.MustCompile(`(HPA|KEDA) on (.+?), (\d+) to (\d+) pods`)
	cpu      = regexp.MustCompile(`^cpu(?: of (\S+))? (\d+)( %|m a pod)$`)
	rate     = regexp.MustCompile(`^([0-9.]+) requests/s \((\S+)\)$`)
	schedule = regexp.MustCompile(`^(\d+) pods? from (.+) to (.+) UTC$`)
	window   = regexp.MustCompile(`\b(up|down) window (\d+) (min|s)`)
	own      = regexp.MustCompile(`\b(up|down) tolerance ([0-9.]+) %`)
	policy   = regexp.MustCompile(`\b(up|down) at most (\d+)( pods| %) in (\d+) (min|s)`)
	choice   = regexp.MustCompile(`\b(up|down) select (\w+)`)
	request  = regexp.MustCompile(`(\S+) requests (\S+) of CPU`)
	polled   = regexp.MustCompile(`polled every (\d+) (min|s)`)
	cooldown = regexp.MustCompile(`cooldown (\d+) (min|s)`)
	resting  = regexp.MustCompile(`\b0 while idle`)
)

// Screen reads a setting off the screen, and off nothing else.
func Screen(t *testing.T, line string) horizontal.Scaling {
	t.Helper()
	m := head.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no autoscaler in %q", line)
	}
	s := horizontal.Scaling{Kind: horizontal.ScalingHPA, Min: int32(number(t, m[3])), Max: int32(number(t, m[4])), IdleAtZero: resting.MatchString(line)}
	if m[1] == "KEDA" {
		s.Kind = horizontal.ScalingScaledObject
	}
	for part := range strings.SplitSeq(m[2], " and ") {
		followed(t, &s, part)
	}
	rulesOf(t, &s, line)
	if w := polled.FindStringSubmatch(line); w != nil {
		s.Polling = time.Duration(seconds(t, w[1], w[2])) * time.Second
	}
	if w := cooldown.FindStringSubmatch(line); w != nil {
		s.Cooldown = time.Duration(seconds(t, w[1], w[2])) * time.Second
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

func number(t *testing.T, s string) int64 {
	t.Helper()
	v, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func decimal(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seconds(t *testing.T, count, unit string) int32 {
	t.Helper()
	n := int32(number(t, count))
	if unit == "min" {
		n *= 60
	}
	return n
}

// followed adds what one part of "HPA on A and B" says.
func followed(t *testing.T, s *horizontal.Scaling, part string) {
	t.Helper()
	if m := cpu.FindStringSubmatch(part); m != nil {
		x := analyzer.HPAMetric{Type: "Resource", Name: "cpu", Container: m[1], TargetType: "Utilization", Target: number(t, m[2])}
		if m[1] != "" {
			x.Type = "ContainerResource"
		}
		if m[3] != " %" {
			x.TargetType = "AverageValue"
		}
		s.Metrics = append(s.Metrics, x)
		return
	}
	if m := schedule.FindStringSubmatch(part); m != nil {
		s.Schedules = append(s.Schedules, horizontal.Schedule{Start: m[2], End: m[3], Replicas: int32(number(t, m[1]))})
		return
	}
	m := rate.FindStringSubmatch(part)
	if m == nil { // the metric that an adapter makes of a rate
		s.Metrics = append(s.Metrics, analyzer.HPAMetric{Type: "Pods", Name: part, TargetType: "AverageValue"})
		return
	}
	s.Triggers = append(s.Triggers, horizontal.RequestTrigger{Counter: m[2], Threshold: decimal(t, m[1])})
	if n := len(s.Metrics); s.Kind == horizontal.ScalingHPA && n > 0 && s.Metrics[n-1].Type == "Pods" {
		s.Metrics[n-1].Target = int64(math.Round(1000 * s.Triggers[0].Threshold))
	}
}

// rulesOf adds the fields of spec.behavior.
func rulesOf(t *testing.T, s *horizontal.Scaling, line string) {
	t.Helper()
	rules := map[string]*analyzer.HPAScaling{"up": {}, "down": {}}
	said := false
	for _, w := range window.FindAllStringSubmatch(line, -1) {
		rules[w[1]].StabilizationSeconds, said = new(seconds(t, w[2], w[3])), true
	}
	for _, w := range own.FindAllStringSubmatch(line, -1) {
		rules[w[1]].ToleranceMilli, said = new(int64(decimal(t, w[2])*10+0.5)), true
	}
	for _, w := range policy.FindAllStringSubmatch(line, -1) {
		p := analyzer.HPAPolicy{Type: "Pods", Value: int32(number(t, w[2])), PeriodSeconds: seconds(t, w[4], w[5])}
		if w[3] == " %" {
			p.Type = "Percent"
		}
		rules[w[1]].Policies, said = append(rules[w[1]].Policies, p), true
	}
	for _, w := range choice.FindAllStringSubmatch(line, -1) {
		rules[w[1]].Select, said = w[2], true
	}
	if said {
		s.Behavior = &analyzer.HPABehavior{Up: rules["up"], Down: rules["down"]}
	}
}
