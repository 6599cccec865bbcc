package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestPodLevelDefaults: what a pod requests as a whole is as the API server defaults it, and
// the pod's requests, which its cost and its room follow, agree with it.
func TestPodLevelDefaults(t *testing.T) {
	for _, c := range []struct {
		name, whole, container string
		level, pod             analyzer.Amounts
	}{
		{"requests", "requests: {cpu: 2}", "requests: {cpu: 1}", analyzer.Amounts{CPU: 2000}, analyzer.Amounts{CPU: 2000}},
		{"limits alone", "limits: {cpu: 2, memory: 4Gi}", "", analyzer.Amounts{CPU: 2000, Memory: 4 << 30}, analyzer.Amounts{CPU: 2000, Memory: 4 << 30}},
		{"limits, and containers that request", "limits: {cpu: 2}", "requests: {cpu: 1}", analyzer.Amounts{}, analyzer.Amounts{CPU: 1000}},
		{"another resource", "requests: {memory: 1Gi}", "requests: {cpu: 1}", analyzer.Amounts{Memory: 1 << 30}, analyzer.Amounts{CPU: 1000, Memory: 1 << 30}},
		{"a request of none", "requests: {cpu: 0}, limits: {cpu: 2}", "", analyzer.Amounts{}, analyzer.Amounts{}},
		{"none", "", "requests: {cpu: 1}", analyzer.Amounts{}, analyzer.Amounts{CPU: 1000}},
	} {
		pod := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {resources: {%s}, containers: [{name: main, image: a, resources: {%s}}]}\nstatus: {phase: Running}\n", c.whole, c.container)
		v, err := object.ReadFiles([]string{"-"}, strings.NewReader(pod), openFile)
		if err != nil {
			t.Fatal(err)
		}
		snap := &analyzer.Snapshot{}
		v.Fill(snap, object.Selection{})
		w := &snap.Workloads[0]
		if w.PodLevel != c.level || w.Pods[0].Requests != c.pod {
			t.Errorf("%s: got %+v as a whole and %+v of the pod, want %+v and %+v", c.name, w.PodLevel, w.Pods[0].Requests, c.level, c.pod)
		}
	}
}
