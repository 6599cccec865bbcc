package prometheus_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

const plenty = 50_000_000

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, s sourcetest.Scenario) ([]analyzer.ContainerUsage, []analyzer.Warning) {
		server := engine(t, s.Window.Start, s.Series, plenty)
		got := collect(t, s, server.URL)
		return got.Usage, got.Warnings
	})
}

func collect(t *testing.T, s sourcetest.Scenario, url string) prometheus.Result {
	t.Helper()
	o := prometheus.Options{URL: url, Window: s.Window, Owners: &analyzer.Owners{}}
	if s.Cluster != "" {
		o.Matchers = []prometheus.Matcher{{Name: "cluster", Value: s.Cluster}}
	}
	for i := range s.Workloads {
		o.Owners.AddWorkload(&s.Workloads[i])
	}
	got, err := prometheus.Collect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
