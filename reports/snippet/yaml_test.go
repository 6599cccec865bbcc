package snippet_test

import (
	"fmt"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/snippet"
)

func of[T any](v T) *T { return &v }

// folded is a manifest as a terminal of 80 columns shows it.
func folded(t *testing.T, m snippet.Manifest) string {
	t.Helper()
	var out []string
	for _, l := range m.Lines {
		for _, x := range snippet.Fold(l, 80) {
			if len([]rune(x)) > 80 {
				t.Errorf("a line of %d: %s", len([]rune(x)), x)
			}
			out = append(out, x)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// TestHPAYAML: what is to be copied is an object that the API server's types take
// strictly, with the setting that was advised.
func TestHPAYAML(t *testing.T) {
	w := &document.Workload{Namespace: "123", Kind: "Deployment", Name: "on", Horizontal: &document.Horizontal{
		Current: document.Scaling{Kind: "fixed", Replicas: 6},
		Recommended: &document.Scaling{Kind: "HorizontalPodAutoscaler", MinReplicas: of(int32(3)), MaxReplicas: of(int32(28)),
			Metrics:  []analyzer.HPAMetric{{Type: "Pods", Name: "requests_per_second", TargetType: "AverageValue", Target: 45700}, {Type: "ContainerResource", Name: "cpu", Container: "app", TargetType: "Utilization", Target: 88}},
			Triggers: []document.RequestTrigger{{Counter: "requests_total", Query: `sum(rate(requests_total{namespace="123",pod=~"on-[a-z0-9]+-[a-z0-9]{5}",code=~"2..,3.."}[5m]))`, Threshold: 45.7}},
			Behavior: &analyzer.HPABehavior{Down: &analyzer.HPAScaling{StabilizationSeconds: of(int32(600)), Policies: []analyzer.HPAPolicy{{Type: "Pods", Value: 2, PeriodSeconds: 60}}}},
		},
	}}
	text := folded(t, snippet.Scaler(&document.Report{}, w))
	var got autoscalingv2.HorizontalPodAutoscaler
	if err := yaml.UnmarshalStrict([]byte(text), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if got.Namespace != "123" || got.Name != "on" || got.Kind != "HorizontalPodAutoscaler" || got.APIVersion != "autoscaling/v2" || *got.Spec.MinReplicas != 3 || got.Spec.MaxReplicas != 28 {
		t.Errorf("got %+v", got)
	}
	if ref := got.Spec.ScaleTargetRef; ref.APIVersion != "apps/v1" || ref.Kind != "Deployment" || ref.Name != "on" {
		t.Errorf("it scales %+v", ref)
	}
	m := got.Spec.Metrics
	if len(m) != 2 || m[0].Pods.Target.AverageValue.String() != "45700m" || *m[1].ContainerResource.Target.AverageUtilization != 88 {
		t.Errorf("got metrics %+v", m)
	}
	if b := got.Spec.Behavior; *b.ScaleDown.StabilizationWindowSeconds != 600 || b.ScaleDown.Policies[0].Value != 2 {
		t.Errorf("got behavior %+v", b)
	}
	w.Horizontal.Recommended.Name = "on"
	if got := snippet.Scaler(&document.Report{}, w); got.Lines[0] != "  spec:" {
		t.Errorf("the spec of what is there is %v", got)
	}
}

// TestBehaviorTakenOut: a behavior that the advice does without is taken out by what is pasted.
func TestBehaviorTakenOut(t *testing.T) {
	w := &document.Workload{Namespace: "shop", Kind: "Deployment", Name: "web", Horizontal: &document.Horizontal{
		Current: document.Scaling{Kind: "HorizontalPodAutoscaler", Name: "web", MinReplicas: of(int32(2)), MaxReplicas: of(int32(9)),
			Behavior: &analyzer.HPABehavior{Up: &analyzer.HPAScaling{Select: "Disabled"}}},
		Recommended: &document.Scaling{Kind: "HorizontalPodAutoscaler", Name: "web", MinReplicas: of(int32(3)), MaxReplicas: of(int32(9))},
	}}
	text := folded(t, snippet.Scaler(&document.Report{}, w))
	if !strings.Contains(text, "behavior: null #") {
		t.Errorf("got\n%s", text)
	}
	w.Horizontal.Current.Behavior = nil
	if text := folded(t, snippet.Scaler(&document.Report{}, w)); strings.Contains(text, "behavior") {
		t.Errorf("nothing is there to take out, and yet\n%s", text)
	}
}

// TestReplicasYAML: another fixed number of pods is a line to paste, and no change none.
func TestReplicasYAML(t *testing.T) {
	w := &document.Workload{Namespace: "shop", Kind: "Deployment", Name: "web", Horizontal: &document.Horizontal{
		Current: document.Scaling{Kind: "fixed", Replicas: 3}, Recommended: &document.Scaling{Kind: "fixed", Replicas: 4},
	}}
	got := snippet.Scaler(&document.Report{}, w)
	if want := "[  spec:     replicas: 4]"; fmt.Sprint(got.Lines) != want || got.Title != "to paste into the Deployment" {
		t.Errorf("got %v, want %s", got, want)
	}
	w.Horizontal.Recommended.Replicas = 3
	if got := snippet.Scaler(&document.Report{}, w); got.Lines != nil {
		t.Errorf("nothing changes, and yet %v", got)
	}
}

// TestPodYAML: sidecars and init containers stand where a template has them, a container
// that a webhook injects is named and not pasted, and a target's CPU request is in it.
func TestPodYAML(t *testing.T) {
	set := func(cpu, mem int64) document.Setting {
		return document.Setting{Requests: document.Resources{CPU: document.CPU(cpu * document.MicroPerMilli), Memory: document.Bytes(mem << 20)}}
	}
	to := set(100, 64)
	w := &document.Workload{Kind: "Deployment", Containers: []document.Container{
		{Name: "1", Type: "container", Current: set(500, 512), Recommended: of(set(200, 256))},
		{Name: "proxy", Type: "sidecar", Current: set(500, 512), Recommended: &to},
		{Name: "setup", Type: "init", Current: set(500, 512), Recommended: &to},
		{Name: "mesh", Type: "container", Current: set(500, 512), Recommended: &to, Warnings: []analyzer.Warning{{Code: "injected", Message: "its requests are set by an annotation"}}},
	}, Horizontal: &document.Horizontal{Recommended: &document.Scaling{Requests: []document.ContainerRequest{{Container: "1", CPU: 300 * document.MicroPerMilli}}}}}
	text := strings.Join(snippet.Pod(w), "\n")
	var got corev1.PodSpec
	if err := yaml.UnmarshalStrict([]byte(text), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(got.InitContainers) != 2 || len(got.Containers) != 1 || got.Containers[0].Name != "1" {
		t.Fatalf("got %+v of\n%s", got, text)
	}
	if cpu := got.Containers[0].Resources.Requests.Cpu().String(); cpu != "300m" {
		t.Errorf("the target's CPU request is %s in\n%s", cpu, text)
	}
	if !strings.Contains(text, "# mesh: its requests are set by an annotation") {
		t.Errorf("the injected container is not named in\n%s", text)
	}
}

// TestFoldYAML: what is broken reads as it did, for whatever stands in it.
func TestFoldYAML(t *testing.T) {
	for _, value := range []string{strings.Repeat("a", 200), strings.Repeat("a b", 60), strings.Repeat(`\"`, 90), strings.Repeat("  ,", 70) + `"x"`, strings.Repeat("ünï ", 60)} {
		line := fmt.Sprintf("        query: %q", value)
		var got struct{ Query string }
		text := strings.Join(snippet.Fold(line, 80), "\n")
		if err := yaml.Unmarshal([]byte(text), &got); err != nil || got.Query != value {
			t.Errorf("%v: got %q, want %q of\n%s", err, got.Query, value, text)
		}
	}
	long := strings.Repeat("very-long-name-", 12)
	var got struct{ Name string }
	if err := yaml.Unmarshal([]byte(strings.Join(snippet.Fold("    name: "+long, 80), "\n")), &got); err != nil || got.Name != long {
		t.Errorf("%v: got %q", err, got.Name)
	}
}
