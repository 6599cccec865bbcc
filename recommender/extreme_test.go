package recommender_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// leaf is a number in a JSON document, and how it is set.
type leaf struct {
	path string
	set  func(v any)
	old  any
}

// leaves finds all numbers below v: JSON's own, and quantities.
func leaves(path string, v any, out *[]leaf) {
	each := func(path string, v any, set func(any)) {
		switch x := v.(type) {
		case float64:
			*out = append(*out, leaf{path, set, v})
		case string:
			if _, err := resource.ParseQuantity(x); err == nil {
				*out = append(*out, leaf{path, set, v})
			}
		default:
			leaves(path, v, out)
		}
	}
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			each(path+"."+k, x[k], func(v any) { x[k] = v })
		}
	case []any:
		for i := range x {
			each(fmt.Sprintf("%s[%d]", path, i), x[i], func(v any) { x[i] = v })
		}
	}
}

// extremes are what a number may be set to by whoever may write an object.
func extremes(old any) []any {
	if _, number := old.(float64); number {
		return []any{math.MinInt32, -1, 0, math.MaxInt32, json.Number("9223372036854775807"), json.Number("-9223372036854775808")}
	}
	return []any{"0", "-1", "-4666793963832Mi", "9223372036854775807", "9E", "8Ei", "1e300", "1n"}
}

// Whoever may write an object may set any number of it. No rule fails, hangs or
// gives figures that cannot be, whatever the number is. TestExtremeFields has the
// kinds with a Go type, this one the others.
func TestExtremeNumbers(t *testing.T) {
	raw, err := os.ReadFile("testdata/extreme.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var all []leaf
	for _, item := range doc.(map[string]any)["items"].([]any) {
		o := item.(map[string]any)
		if version := o["apiVersion"].(string); !scheme.Scheme.IsVersionRegistered(schema.FromAPIVersionAndKind(version, "").GroupVersion()) {
			leaves(o["kind"].(string), o, &all)
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d numbers found in the objects", len(all))
	}
	catalog := pricing.New(pricing.Config{})
	for _, l := range all {
		for _, v := range extremes(l.old) {
			l.set(v)
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			tryExtreme(t, catalog, fmt.Sprintf("%s = %v", l.path, v), string(text))
		}
		l.set(l.old)
	}
}

func tryExtreme(t *testing.T, catalog *pricing.Catalog, what, text string) {
	t.Helper()
	inv := &object.Inventory{}
	if err := object.Read(inv, strings.NewReader(text), "objects"); err != nil {
		return // a number that the type does not take: said, and not used
	}
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.Add(-48 * time.Hour), End: end, Step: 5 * time.Minute}}
	inv.Fill(s, object.Selection{})
	runExtreme(t, catalog, what, s)
}

// runExtreme runs every rule on a snapshot, with usage.
func runExtreme(t *testing.T, catalog *pricing.Catalog, what string, s *analyzer.Snapshot) {
	t.Helper()
	s.Usage = extremeUsage(s)
	facts := analyzer.Analyze(s)
	for i := range s.Nodes {
		checkDevices(t, what, s.Nodes[i].Allocatable)
	}
	for i := range s.Workloads {
		for _, p := range s.Workloads[i].Pods {
			checkDevices(t, what, p.Requests)
		}
	}
	costs := cost.Of(facts, catalog)
	recs, err := recommender.Run(context.Background(), facts, costs, advice.Options{})
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	bill := 0.0
	for _, n := range costs.Nodes {
		bill += n.Hourly * pricing.HoursPerMonth
	}
	for _, r := range recs {
		checkFigures(t, what, bill, r)
	}
}

// checkDevices wants no more devices than can be.
func checkDevices(t *testing.T, what string, a analyzer.Amounts) {
	t.Helper()
	if a.GPU > 100*analyzer.MostDevices { // of a pod's containers
		t.Errorf("%s: %d devices", what, a.GPU)
	}
}

// checkFigures wants amounts and money that can be.
func checkFigures(t *testing.T, what string, bill float64, r advice.Advice) {
	t.Helper()
	if math.IsNaN(r.MonthlySavings) || math.IsInf(r.MonthlySavings, 0) || r.MonthlySavings > 1.01*bill+100 {
		t.Errorf("%s: %s of %s saves %g USD a month of a bill of %g", what, r.Rule, r.Workload, r.MonthlySavings, bill)
	}
	if s := advice.As[rightsize.Sizing](r.Detail); s != nil {
		for _, a := range []analyzer.Amounts{s.Requests, s.Limits} {
			if a.CPU < 0 || a.Memory < 0 || a.GPU < 0 {
				t.Errorf("%s: %s of %s advises %+v", what, r.Rule, r.Workload, a)
			}
		}
	}
	for _, c := range r.Changes {
		if c.To < 0 {
			t.Errorf("%s: %s of %s sets %s to %d", what, r.Rule, r.Workload, c.Field, c.To)
		}
	}
	if h := advice.As[horizontal.Advice](r.Detail); h != nil && h.Recommended != nil && (h.Recommended.Min < 0 || h.Recommended.Max < 0 || h.Recommended.Replicas < 0) {
		t.Errorf("%s: %s of %s advises %+v", what, r.Rule, r.Workload, *h.Recommended)
	}
}

// extremeUsage is two days of a daily wave for each container that runs.
func extremeUsage(s *analyzer.Snapshot) []analyzer.ContainerUsage {
	rec := analyzer.NewRecorder(s.Window)
	for _, w := range s.Workloads {
		for range w.Pods {
			for _, c := range w.Containers {
				series := rec.Pod(w.Ref, c.Name)
				for at := s.Window.Start; at.Before(s.Window.End); at = at.Add(5 * time.Minute) {
					series.CPU(at.UnixMilli(), 100+60*math.Sin(float64(at.Hour())))
					series.Memory(at.UnixMilli(), 100<<20)
				}
				series.Close()
			}
		}
	}
	return rec.Usage()
}
