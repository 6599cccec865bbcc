package openmetrics_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestConformance tells the suite's stories as dumps, in both orders.
func TestConformance(t *testing.T) {
	for name, dump := range map[string]func(sourcetest.Scenario) string{"series-major": seriesMajor, "time-major": timeMajor} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T, s sourcetest.Scenario) ([]analyzer.ContainerUsage, []analyzer.Warning) {
				o := openmetrics.Options{Window: s.Window.End.Sub(s.Window.Start), End: s.Window.End, Step: s.Window.Step, Owners: &analyzer.Owners{}}
				for i := range s.Workloads {
					o.Owners.AddWorkload(&s.Workloads[i])
				}
				if s.Cluster != "" {
					o.Matchers = []openmetrics.Matcher{{Name: "cluster", Value: s.Cluster}}
				}
				r := collect(t, o, map[string]string{"d": dump(s)})
				return r.Usage, r.Warnings
			})
		})
	}
}

func seriesMajor(s sourcetest.Scenario) string {
	var b []byte
	for _, x := range s.Series {
		name := seriesText(x)
		for i := range x.Values {
			b = appendLine(b, s, x, name, i)
		}
	}
	return string(b) + "# EOF\n"
}

// timeMajor steps through time as the densest series does.
func timeMajor(s sourcetest.Scenario) string {
	const tick = 30 * time.Second
	var b []byte
	var names []string
	for _, x := range s.Series {
		names = append(names, seriesText(x))
	}
	for at := time.Duration(0); at <= s.Window.End.Sub(s.Window.Start); at += tick {
		for j, x := range s.Series {
			if since := at - x.From; since >= 0 && since%x.Every == 0 && int(since/x.Every) < len(x.Values) {
				b = appendLine(b, s, x, names[j], int(since/x.Every))
			}
		}
	}
	return string(b) + "# EOF\n"
}

func seriesText(x sourcetest.Series) string {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(x.Labels)) {
		labels = append(labels, fmt.Sprintf("%s=%q", name, x.Labels[name]))
	}
	return x.Metric + "{" + strings.Join(labels, ",") + "} "
}

func appendLine(b []byte, s sourcetest.Scenario, x sourcetest.Series, name string, i int) []byte {
	if math.IsNaN(x.Values[i]) {
		return b
	}
	at := s.Window.Start.Add(x.From + time.Duration(i)*x.Every)
	b = append(strconv.AppendFloat(append(b, name...), x.Values[i], 'g', -1, 64), ' ')
	return append(strconv.AppendFloat(b, float64(at.UnixMilli())/1000, 'f', 3, 64), '\n')
}
