package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/advised"
)

// TestGateTakesTheAuditsAdvice runs the gate over every object as the audit of
// the demo would have it, by the evidence of that audit: it has no word against
// a number that the audit itself gives, whatever response the audit accepts.
func TestGateTakesTheAuditsAdvice(t *testing.T) {
	t.Run("default", func(t *testing.T) { takesTheAuditsAdvice(t, false) })
	t.Run("slow", func(t *testing.T) { takesTheAuditsAdvice(t, true, "--slowdown", "10") })
}

func takesTheAuditsAdvice(t *testing.T, slow bool, flags ...string) {
	t.Chdir(t.TempDir())
	if code, _, errs := call(t, "", append([]string{"audit", "--demo", "-q", "-o", "json=report.json"}, flags...)...); code != exitDone {
		t.Fatalf("got %d %s", code, errs)
	}
	data, err := os.ReadFile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	if says := bytes.Contains(data, []byte(`"slowdown":10,`)); says != slow {
		t.Errorf("the report carries the accepted slowdown: got %v, want %v", says, slow)
	}
	var report advised.Report
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	objects := advised.Objects(report)
	scalers := 0
	for _, o := range objects {
		if o["kind"] == "HorizontalPodAutoscaler" {
			scalers++
		}
	}
	if len(objects) < 60 || scalers < 3 {
		t.Fatalf("got %d objects, %d autoscalers among them: too few to tell", len(objects), scalers)
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		t.Fatal(err)
	}
	put(t, "advice.json", string(list))
	_, _, errs := call(t, "", "gate", "advice.json", "--report", "report.json", "-o", "json=gate.json")
	var judged struct {
		Summary  struct{ Documents, Judged int }
		Findings []struct{ Rule, Object, Container, Message, Reason string }
	}
	if data, err = os.ReadFile("gate.json"); err != nil {
		t.Fatal(err, errs)
	}
	if err := json.Unmarshal(data, &judged); err != nil {
		t.Fatal(err)
	}
	if judged.Summary.Judged != len(objects) {
		t.Errorf("judged %d of %d objects", judged.Summary.Judged, len(objects))
	}
	for _, f := range judged.Findings {
		if !slices.Contains(advised.Unspoken, f.Rule) {
			t.Errorf("%s %s/%s: %s (%s)", f.Rule, f.Object, f.Container, f.Message, f.Reason)
		}
	}
}
