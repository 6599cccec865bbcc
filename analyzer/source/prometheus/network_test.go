package prometheus_test

import (
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
