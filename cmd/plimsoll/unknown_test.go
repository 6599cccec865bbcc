package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestUnknownRequests: what no source told is not called unset, and advice on it neither
// saves nor costs anything.
func TestUnknownRequests(t *testing.T) {
	isolate(t)
	t.Chdir(t.TempDir())
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	put(t, "nodes.yaml", `apiVersion: v1
kind: Node
metadata: {name: n1, labels: {node.kubernetes.io/instance-type: m6i.xlarge, topology.kubernetes.io/region: us-east-1}}
spec: {providerID: aws:///us-east-1a/i-1}
status: {capacity: {cpu: "4", memory: 16Gi, pods: "58"}, allocatable: {cpu: "4", memory: 16Gi, pods: "58"}}
`)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"plimsoll", "audit", "--objects", "nodes.yaml", "--openmetrics", "bare.om", "-o", "wide", "-o", "json=r.json"}, streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if out := stdout.String(); !strings.Contains(out, "unknown -> ") || strings.Contains(out, "none -> ") {
		t.Errorf("got\n%s\nwant requests that are unknown", out)
	}
	raw, err := os.ReadFile("r.json")
	if err != nil {
		t.Fatal(err)
	}
	var r document.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	advised := 0
	for _, w := range r.Workloads {
		for _, c := range w.Containers {
			if c.Recommended != nil {
				advised++
			}
			if !c.Unknown || c.MonthlySavings != nil && *c.MonthlySavings != 0 {
				t.Errorf("%s/%s: unknown %t, savings %v; want them unknown and no savings", w.Name, c.Name, c.Unknown, c.MonthlySavings)
			}
		}
	}
	if advised == 0 || r.Summary.Rightsize.Monthly == nil || *r.Summary.Rightsize.Monthly != 0 {
		t.Errorf("%d containers are advised on, and right-sizing is worth %v", advised, r.Summary.Rightsize.Monthly)
	}
}
