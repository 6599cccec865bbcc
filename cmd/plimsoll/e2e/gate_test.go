//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

// finding is what the gate's JSON says, by the names of docs/gate.md.
type finding struct {
	Rule, Severity, State, Object, Container, Field, Message, Reason string
	MonthlyUSD                                                       float64
	Place                                                            struct{ Start struct{ Line int } }
}

// judged is a Deployment of the cluster whose container the report is sure of.
type judged struct {
	namespace, name, container string
	milli                      int64 // the recommended CPU request
	object                     *unstructured.Unstructured
}

// pick takes the Deployment with the largest recommended CPU request among
// those that the report is sure of and no autoscaler's target ties down.
func pick(t *testing.T, d document) judged {
	t.Helper()
	var best judged
	for _, w := range d.Workloads {
		if w.Kind != "Deployment" || w.Replicas < 2 {
			continue
		}
		for _, c := range w.Containers {
			if c.Recommended == nil || c.Type != "container" || c.Confidence < 0.8 || len(c.Warnings) > 0 || c.OOMKills > 0 {
				continue
			}
			q, err := resource.ParseQuantity(c.Recommended.Requests["cpu"])
			if err == nil && q.MilliValue() > best.milli {
				best = judged{namespace: w.Namespace, name: w.Name, container: c.Name, milli: q.MilliValue()}
			}
		}
	}
	if best.milli < 100 {
		t.Fatal("no Deployment of the testbed has sure advice on its CPU request")
	}
	return best
}

// fetch takes the live object, as kubectl get -o yaml has it.
func (j *judged) fetch(t *testing.T) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", live.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	deployments := client.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"})
	if j.object, err = deployments.Namespace(j.namespace).Get(context.Background(), j.name, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
}

// manifest is tomorrow's: the live object with another CPU request and, where
// until is given, a waiver up to that day.
func (j *judged) manifest(t *testing.T, milli int64, until string) string {
	t.Helper()
	o := j.object.DeepCopy()
	containers, _, err := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers {
		c := c.(map[string]any)
		if c["name"] != j.container {
			continue
		}
		unstructured.RemoveNestedField(c, "resources", "limits", "cpu")
		if err := unstructured.SetNestedField(c, fmt.Sprintf("%dm", milli), "resources", "requests", "cpu"); err != nil {
			t.Fatal(err)
		}
	}
	if err := unstructured.SetNestedSlice(o.Object, containers, "spec", "template", "spec", "containers"); err != nil {
		t.Fatal(err)
	}
	if until != "" {
		o.SetAnnotations(map[string]string{"waiver.plimsoll.dev/request-too-small": "owner=team, reason=new version, expires=" + until})
	}
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tomorrow.yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// gate judges a manifest by a report and gives what it found about the CPU
// request.
func (j *judged) gate(t *testing.T, file, report string) (result, []finding) {
	t.Helper()
	r := live.run(t, live.Kubeconfig, "gate", file, "--report", report, "-q", "-o", "json", "--show-all")
	var out struct{ Findings []finding }
	if err := json.Unmarshal([]byte(r.out), &out); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", r.code, err, r.out, r.err)
	}
	var cpu []finding
	for _, f := range out.Findings {
		if f.Container == j.container && strings.HasSuffix(f.Field, "requests.cpu") || strings.HasPrefix(f.Rule, "waiver") {
			cpu = append(cpu, f)
		}
	}
	return r, cpu
}

// TestE2EGate gates tomorrow's manifest by last night's report, which lies in
// an object store, as the CronJob puts it there.
func TestE2EGate(t *testing.T) {
	objectStore(t, "reports")
	const report = "s3://reports/report.json"
	audit := live.audit(t, live.Kubeconfig, "--end", live.end(), "-o", "json="+report)
	j := pick(t, audit.report)
	j.fetch(t)
	t.Logf("%s/%s, container %s: %dm is recommended", j.namespace, j.name, j.container, j.milli)
	object := j.namespace + "/Deployment/" + j.name
	tomorrow, yesterday := time.Now().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().AddDate(0, 0, -1).Format(time.DateOnly)
	tests := []struct {
		name  string
		milli int64
		until string
		code  int
		rules map[string]string // of what is found about the request: state by rule
		sign  float64           // of the money
	}{
		{"as recommended", j.milli, "", 0, nil, 0},
		{"cut", j.milli / 4, "", 1, map[string]string{"request-too-small": "new"}, -1},
		{"tenfold", 10 * j.milli, "", 1, map[string]string{"request-too-big": "new"}, 1},
		{"waived", j.milli / 4, tomorrow, 0, map[string]string{"request-too-small": "waived"}, -1},
		{"expired", j.milli / 4, yesterday, 1, map[string]string{"request-too-small": "new", "waiver-expired": "new"}, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, found := j.gate(t, j.manifest(t, tt.milli, tt.until), report)
			if r.code != tt.code || len(found) != len(tt.rules) {
				t.Errorf("got exit %d and %+v; want %d and %v", r.code, found, tt.code, tt.rules)
			}
			for _, f := range found {
				if f.State != tt.rules[f.Rule] || f.Object != object || f.Place.Start.Line < 2 || f.Reason == "" {
					t.Errorf("got %+v, want %v of %s with a reason and its line", f, tt.rules, object)
				}
				if strings.HasPrefix(f.Rule, "request") && (math.Abs(f.MonthlyUSD) < 0.01 || f.MonthlyUSD*tt.sign < 0) {
					t.Errorf("%s: got %.2f USD a month", f.Rule, f.MonthlyUSD)
				}
				t.Logf("%s: %s; %s", f.Rule, f.Message, f.Reason)
			}
		})
	}
}
