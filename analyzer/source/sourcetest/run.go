package sourcetest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Scenario is a cluster's series over a window and what a source must make of them.
type Scenario struct {
	Name   string
	Window analyzer.Window
	Series []Series
	// Cluster, if set, is to be given as an extra matcher cluster=Cluster.
	Cluster string
	// Workloads are those that exist now.
	Workloads []analyzer.Workload
	Want      []Want
	// Only says that nothing but Want may come out.
	Only bool
	// Warnings are the "code subject" pairs that must come, in any order.
	Warnings []string
	// NoWarnings says that no warning at all may come.
	NoWarnings bool
}

// Want is what one container must have used on one day.
type Want struct {
	Ref       string // namespace/kind/name
	Container string
	Day       int // counted from the window's start
	// CPU (millicores) and Memory (bytes) map quantiles to values; nil is not
	// compared, an empty map must have no samples.
	CPU, Memory map[float64]float64
	// Slots is the number of five-minute slots seen, give or take two; 0 is
	// not compared.
	Slots int
	// Pods is the number of pods with CPU, 0 is not compared.
	Pods int
	// OOMKills and Restarts must be exact.
	OOMKills, Restarts int64
	// ThrottledShare in [0, 1], 0 is not compared.
	ThrottledShare   float64
	Requests, Limits analyzer.Amounts // zero is not compared
}

// Collect runs a source over a scenario.
type Collect func(t *testing.T, s Scenario) ([]analyzer.ContainerUsage, []analyzer.Warning)

// tolerance is what a source may be off by beside the digest's own error: the
// edges of a rate's range, mostly.
const tolerance = 0.005

// Run puts a source through all scenarios.
func Run(t *testing.T, collect Collect) {
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			usage, warnings := collect(t, s)
			Check(t, s, usage, warnings)
		})
	}
}

// Check fails the test for each of Problems.
func Check(t *testing.T, s Scenario, usage []analyzer.ContainerUsage, warnings []analyzer.Warning) {
	t.Helper()
	for _, p := range Problems(s, usage, warnings) {
		t.Error(p)
	}
}

// Problems compares what a source made of a scenario with what it must, and
// gives one line for each difference.
func Problems(s Scenario, usage []analyzer.ContainerUsage, warnings []analyzer.Warning) []string {
	var c checker
	allowed := map[string]bool{}
	for _, w := range s.Want {
		allowed[w.Ref+" "+w.Container] = true
		c.day(s, w, usage)
	}
	for _, u := range usage {
		if key := u.Ref.String() + " " + u.Container; s.Only && !allowed[key] {
			c.add("got usage of %s, want none", key)
		}
	}
	c.warnings(s, warnings)
	return c
}

// checker collects differences.
type checker []string

func (c *checker) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

func (c *checker) warnings(s Scenario, warnings []analyzer.Warning) {
	var got []string
	for _, w := range warnings {
		got = append(got, w.Code+" "+w.Subject)
		if strings.ContainsAny(w.Message, "\n\r") {
			c.add("warning of several lines: %q", w.Message)
		}
	}
	for _, want := range s.Warnings {
		if !slices.Contains(got, want) {
			c.add("got warnings %q, want %q among them", got, want)
		}
	}
	if s.NoWarnings && len(warnings) > 0 {
		c.add("got warnings %q, want none", warnings)
	}
}

func (c *checker) day(s Scenario, w Want, usage []analyzer.ContainerUsage) {
	date := analyzer.DayOf(s.Window.Start.UnixMilli()) + int32(w.Day)
	what := fmt.Sprintf("%s %s day %d", w.Ref, w.Container, w.Day)
	d := find(usage, w, date)
	if d == nil {
		c.add("%s: no usage, want some; got %s", what, list(usage))
		return
	}
	c.quantiles(what+" CPU", &d.CPU, w.CPU)
	c.quantiles(what+" memory", &d.Memory, w.Memory)
	if got := d.Seen.Count(); w.Slots > 0 && (got < w.Slots-2 || got > w.Slots+2) {
		c.add("%s: seen in %d slots, want %d", what, got, w.Slots)
	}
	if got := int(d.PodCPU.Count()); w.Pods > 0 && got != w.Pods {
		c.add("%s: %d pods, want %d", what, got, w.Pods)
	}
	c.facts(what, d, w)
}

// facts compares what is counted by the day.
func (c *checker) facts(what string, d *analyzer.Day, w Want) {
	if d.OOMKills != w.OOMKills {
		c.add("%s: %d OOM kills, want %d", what, d.OOMKills, w.OOMKills)
	}
	if d.Restarts != w.Restarts {
		c.add("%s: %d restarts, want %d", what, d.Restarts, w.Restarts)
	}
	if got := d.Throttled / d.Periods; w.ThrottledShare > 0 && !(math.Abs(got-w.ThrottledShare) < 0.01) {
		c.add("%s: throttled share %.3f, want %.3f", what, got, w.ThrottledShare)
	}
	if w.Requests != (analyzer.Amounts{}) && d.Requests != w.Requests {
		c.add("%s: requests %+v, want %+v", what, d.Requests, w.Requests)
	}
	if w.Limits != (analyzer.Amounts{}) && d.Limits != w.Limits {
		c.add("%s: limits %+v, want %+v", what, d.Limits, w.Limits)
	}
}

func (c *checker) quantiles(what string, h *digest.Histogram, want map[float64]float64) {
	if want != nil && len(want) == 0 && h.Count() > 0 {
		c.add("%s: %d samples, want none", what, h.Count())
	}
	for _, q := range slices.Sorted(maps.Keys(want)) {
		if got, v := h.Quantile(q), want[q]; math.Abs(got-v) > v*(digest.MaxRelativeError+tolerance) {
			c.add("%s: quantile %g is %g, want %g (%d samples)", what, q, got, v, h.Count())
		}
	}
}

func find(usage []analyzer.ContainerUsage, w Want, date int32) *analyzer.Day {
	for i := range usage {
		if usage[i].Ref.String() != w.Ref || usage[i].Container != w.Container {
			continue
		}
		for j := range usage[i].Days {
			if usage[i].Days[j].Date == date {
				return &usage[i].Days[j]
			}
		}
	}
	return nil
}

func list(usage []analyzer.ContainerUsage) string {
	var out []string
	for _, u := range usage {
		out = append(out, fmt.Sprintf("%s %s (%d days)", u.Ref, u.Container, len(u.Days)))
	}
	return strings.Join(out, ", ")
}

// start is a Monday, so that weeks begin with the window.
var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

func window(days int) analyzer.Window {
	return analyzer.Window{Start: start, End: start.AddDate(0, 0, days), Step: 5 * time.Minute}
}
