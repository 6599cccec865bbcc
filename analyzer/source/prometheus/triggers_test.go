package prometheus_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestTriggers reads what a ScaledObject's prometheus trigger reads, from a real
// engine. A query of several series or one that is no PromQL has no values, and
// a warning.
func TestTriggers(t *testing.T) {
	w := options("").Window
	all := append(usageOf(t, "shop", "web-0", "StatefulSet/web"), []sourcetest.Series{
		series(t, `queue_length{queue="a"}`, "7x2880"), series(t, `queue_length{queue="b"}`, "5x2880"),
	}...)
	e, err := prometheus.Open(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	ref := analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "web"}
	so := func(queries ...string) []analyzer.ScaledObject {
		out := analyzer.ScaledObject{Namespace: "shop", Name: "web", HPA: "keda-hpa-web"}
		for _, q := range queries {
			out.Triggers = append(out.Triggers, analyzer.ScaleTrigger{Type: "prometheus", Query: q, Threshold: 1000})
		}
		return []analyzer.ScaledObject{out}
	}
	rates, warnings := e.Triggers(t.Context(), so("sum(queue_length)", "queue_length", "sum(", "sum(absent_one)"), []analyzer.Ref{ref})
	got := map[string]analyzer.RequestRate{}
	for _, r := range rates {
		got[r.Counter] = r
	}
	if len(got) != 2 || got["scaledobject/web/0"].By != analyzer.CountedByTrigger || got["scaledobject/web/0"].Query != "sum(queue_length)" {
		t.Fatalf("got %+v, want the first trigger and the last", rates)
	}
	if v := perSecond(t, got["scaledobject/web/0"])[100]; math.Abs(v-12) > 0.1 {
		t.Errorf("got %v, want 12", v)
	}
	if v := perSecond(t, got["scaledobject/web/3"])[100]; v != 0 {
		t.Errorf("a query without values: got %v, want 0 as KEDA takes it", v)
	}
	if len(warnings) != 2 || !strings.Contains(warnings[0].Message, "2 series") {
		t.Errorf("got warnings %+v, want one for each query that cannot be read", warnings)
	}
}
