package prometheus_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestTraffic asks a real engine what pods received and sent.
func TestTraffic(t *testing.T) {
	s := sourcetest.Traffic()
	url := engine(t, s.Window.Start, s.Series).URL
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: s.Window, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.CheckTraffic(t, got.Network)
}

// TestOTelTraffic asks it by OpenTelemetry's names: as Prometheus' OTLP ingestion
// writes them, without suffixes, and kept as they are.
func TestOTelTraffic(t *testing.T) {
	bare := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, "_total"), "_bytes") }
	for what, name := range map[string]func(string) string{
		"translated":       func(name string) string { return name },
		"without suffixes": func(name string) string { return strings.TrimSuffix(bare(name), "_seconds") },
		"UTF-8": func(name string) string {
			if name == "interface" || name == "job" {
				return name
			}
			name = strings.TrimSuffix(bare(name), "_seconds")
			return strings.ReplaceAll(strings.ReplaceAll(name, "_", "."), "working.set", "working_set")
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := sourcetest.OTelTraffic(name)
			url := engine(t, s.Window.Start, s.Series).URL
			got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: s.Window, Owners: &analyzer.Owners{}})
			if err != nil {
				t.Fatal(err)
			}
			sourcetest.CheckTraffic(t, got.Network)
		})
	}
}

// TestNoTraffic: an engine without such series gives none, and no warning.
func TestNoTraffic(t *testing.T) {
	w := options("").Window
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, usageOf(t, "shop", "db-0", "StatefulSet/db")).URL, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Network) > 0 {
		t.Errorf("got traffic: %v", got.Network)
	}
}

// TestNodes asks a real engine how many nodes there were; one without such series gives
// none and no warning.
func TestNodes(t *testing.T) {
	s := sourcetest.Nodes()
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, s.Window.Start, s.Series).URL, Window: s.Window, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.CheckNodes(t, s, got.Nodes)
	s = sourcetest.Traffic()
	if got, err = prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, s.Window.Start, s.Series).URL, Window: s.Window, Owners: &analyzer.Owners{}}); err != nil {
		t.Fatal(err)
	}
	if h := got.Nodes.History(s.Window, nil); h != nil {
		t.Errorf("got nodes out of nothing: %+v", h)
	}
}
