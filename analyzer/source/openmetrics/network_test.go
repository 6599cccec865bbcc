package openmetrics_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestTraffic reads the traffic of pods from a dump, in both orders and cut in two files.
func TestTraffic(t *testing.T) {
	s := sourcetest.Traffic()
	o := openmetrics.Options{Window: s.Window.End.Sub(s.Window.Start), End: s.Window.End, Step: s.Window.Step}
	for name, dump := range map[string]func(sourcetest.Scenario) string{"series-major": seriesMajor, "time-major": timeMajor} {
		t.Run(name, func(t *testing.T) {
			sourcetest.CheckTraffic(t, collect(t, o, map[string]string{"d": dump(s)}).Network)
		})
	}
	t.Run("two files", func(t *testing.T) {
		first, second := s, s
		first.Series, second.Series = nil, nil
		for _, x := range s.Series {
			a, b := x, x
			a.Values, b.Values = x.Values[:1000], x.Values[1000:]
			b.From += 1000 * x.Every
			first.Series, second.Series = append(first.Series, a), append(second.Series, b)
		}
		sourcetest.CheckTraffic(t, collect(t, o, map[string]string{"a": seriesMajor(first), "b": seriesMajor(second)}).Network)
	})
}

// TestOTelTraffic reads the same traffic by OpenTelemetry's names.
func TestOTelTraffic(t *testing.T) {
	s := sourcetest.OTelTraffic(func(name string) string { return name })
	o := openmetrics.Options{Window: s.Window.End.Sub(s.Window.Start), End: s.Window.End, Step: s.Window.Step}
	sourcetest.CheckTraffic(t, collect(t, o, map[string]string{"d": seriesMajor(s)}).Network)
}

// TestOddTraffic: what cannot be is left out with a warning, as of volumes.
func TestOddTraffic(t *testing.T) {
	s := sourcetest.Traffic()
	s.Series[3].Values[40] = -1
	r := collect(t, openmetrics.Options{Window: s.Window.End.Sub(s.Window.Start), End: s.Window.End, Step: s.Window.Step}, map[string]string{"d": seriesMajor(s)})
	for _, w := range r.Warnings {
		if w.Subject == "container_network_transmit_bytes_total" {
			return
		}
	}
	t.Errorf("no warning of traffic below zero: %v", r.Warnings)
}

// TestNodes reads how many nodes there were from a dump, in both orders.
func TestNodes(t *testing.T) {
	s := sourcetest.Nodes()
	o := openmetrics.Options{Window: s.Window.End.Sub(s.Window.Start), End: s.Window.End, Step: s.Window.Step}
	for name, dump := range map[string]func(sourcetest.Scenario) string{"series-major": seriesMajor, "time-major": timeMajor} {
		t.Run(name, func(t *testing.T) {
			sourcetest.CheckNodes(t, s, collect(t, o, map[string]string{"d": dump(s)}).Nodes)
		})
	}
}
