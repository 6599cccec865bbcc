package allocation_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

func TestParseKeys(t *testing.T) {
	for text, want := range map[string]string{
		"": "no such key", "workloads": "no such key", "workload,controller": "stands twice", "label:": "names no label", "namespace,namespace": "stands twice", "pods": "no such key",
	} {
		if _, err := allocation.ParseKeys(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	if keys, err := allocation.ParseKeys("namespace, label:app.kubernetes.io/name"); err != nil || len(keys) != 2 {
		t.Errorf("keys %v, %v", keys, err)
	}
}
