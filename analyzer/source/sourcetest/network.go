package sourcetest

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Traffic is a day of three pods' traffic: one that serves for six hours, one of two
// interfaces that two jobs scrape, and one of which only half is known.
func Traffic() Scenario {
	const day = 2880
	of := func(metric, ns, name, more, values string) Series {
		return must("container_network_"+metric+`_bytes_total{namespace="`+ns+`",pod="`+name+`",`+more+`}`, half, values)
	}
	s := Scenario{Name: "traffic of pods", Window: window(1)}
	s.Series = append(s.Series, one("shop", "web-0", "app", "0+7.5x2880", "104857600x2880")...)
	s.Series = append(s.Series,
		// 100 and 50 bytes a second; 1,000 in from 06:00 to 12:00
		of("receive", "shop", "web-0", `interface="eth0",container="POD"`, "0+3000x720 2160000+30000x719 23730000+3000x1440"),
		of("transmit", "shop", "web-0", `interface="eth0",container="POD"`, "0+1500x2880"),
		// 10 and 20 bytes a second on each of two interfaces, told twice
		of("receive", "shop", "db-0", `interface="eth0",job="a"`, "0+300x2880"),
		of("receive", "shop", "db-0", `interface="eth0",job="b"`, "0+300x2880"),
		of("receive", "shop", "db-0", `interface="eth1",job="a"`, "0+300x2880"),
		of("transmit", "shop", "db-0", `interface="eth0",job="a"`, "0+600x2880"),
		of("transmit", "shop", "db-0", `interface="eth1",job="a"`, "0+600x2880"),
		of("receive", "shop", "db-0", `interface="lo",job="a"`, "0+999999x2880"),
		of("receive", "shop", "half-0", `interface="eth0"`, "0+300x2880"),
	)
	if n := len(s.Series[2].Values); n < day {
		panic("the series ends before the day") // a mistake in this file
	}
	return s
}

// OTelTraffic is the same day as the kubeletstats receiver of OpenTelemetry tells it:
// one counter, with the direction as a label. name rewrites the names of metrics and
// labels, which engines keep in several ways.
func OTelTraffic(name func(string) string) Scenario {
	s := Traffic()
	s.Name = "traffic of pods, by OpenTelemetry"
	rename := map[string]string{"namespace": "k8s_namespace_name", "pod": "k8s_pod_name", "container": "k8s_container_name"}
	for i := range s.Series {
		x := &s.Series[i]
		labels := map[string]string{}
		for k, v := range x.Labels {
			if to, ok := rename[k]; ok {
				k = to
			}
			labels[name(k)] = v
		}
		switch x.Metric {
		case "container_network_receive_bytes_total":
			x.Metric, labels["direction"] = "k8s_pod_network_io_bytes_total", "receive"
		case "container_network_transmit_bytes_total":
			x.Metric, labels["direction"] = "k8s_pod_network_io_bytes_total", "transmit"
		case "container_cpu_usage_seconds_total":
			x.Metric = "container_cpu_time_seconds_total"
		}
		x.Metric, x.Labels = name(x.Metric), labels
	}
	return s
}

// CheckTraffic fails the test where a source made something else of Traffic.
func CheckTraffic(t *testing.T, got []analyzer.NetworkUsage) {
	t.Helper()
	want := map[string][2]float64{"web-0": {150, 1050}, "db-0": {60, 60}} // quietest decile, most
	if len(got) != len(want) {
		t.Fatalf("got traffic of %d workloads, want of %d: %v", len(got), len(want), got)
	}
	for i := range got {
		h, w := &got[i].Rate, want[got[i].Name]
		if got[i].Namespace != "shop" || got[i].Kind != "Pod" || h.Count() < 23 || h.Count() > 24 {
			t.Errorf("%s: got %d hours, want a day's of shop/Pod/...", got[i].Ref, h.Count())
		}
		if low := h.Quantile(0.1); math.Abs(low/w[0]-1) > 0.02 {
			t.Errorf("%s: got a level of %.1f bytes a second, want %.0f", got[i].Ref, low, w[0])
		}
		if math.Abs(h.Max()/w[1]-1) > 0.02 {
			t.Errorf("%s: got %.1f bytes a second at most, want %.0f", got[i].Ref, h.Max(), w[1])
		}
	}
}
