//go:build e2e

package autoscaler_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// A pod is Pending for a while, then runs and is not ready; no multiple of the sync period, for the
// reason given there.
const (
	pending  = 1300 * time.Millisecond
	starting = 6100 * time.Millisecond
)

// podRuns is a stage of kwok between Pending and ready.
const podRuns = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-runs}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.phase, operator: In, values: [Pending]}
  delay: {durationMilliseconds: %d}
  next:
    statusTemplate: |
      {{ $now := Now }}
      conditions:
      - {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
      - {type: Ready, status: "False", lastTransitionTime: {{ $now | Quote }}}
      - {type: ContainersReady, status: "False", lastTransitionTime: {{ $now | Quote }}}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: false
        restartCount: 0
        state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
      phase: Running
      startTime: {{ $now | Quote }}
`

// slowStart has kwok's pods start in two steps, where its own stage makes them ready at once.
func slowStart(t *testing.T, b bed) {
	t.Helper()
	client, err := dynamic.NewForConfig(b.config)
	if err != nil {
		t.Fatal(err)
	}
	stages := client.Resource(schema.GroupVersionResource{Group: "kwok.x-k8s.io", Version: "v1alpha1", Resource: "stages"})
	ready := fmt.Appendf(nil, `[{"op":"add","path":"/spec/delay","value":{"durationMilliseconds":%d}},
		{"op":"replace","path":"/spec/selector/matchExpressions/1/values","value":["Running"]}]`, starting.Milliseconds())
	if _, err := stages.Patch(context.Background(), "pod-ready", types.JSONPatchType, ready, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	runs := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(fmt.Appendf(nil, podRuns, pending.Milliseconds()), &runs.Object); err != nil {
		t.Fatal(err)
	}
	if _, err := stages.Create(context.Background(), runs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
