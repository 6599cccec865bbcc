package brief_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func TestNear(t *testing.T) {
	names := []string{"fares/deploy/fare-engine", "staging/deploy/fare-engine", "fares/deploy/fare-rules", "web/deploy/static-files", "shop/deploy/cart"}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"fares/deploy/fare-engin", []string{"fares/deploy/fare-engine", "staging/deploy/fare-engine"}},
		{"fares/sts/fare-engine", []string{"fares/deploy/fare-engine", "staging/deploy/fare-engine"}},
		{"FARES/deploy/FARE-RULES", []string{"fares/deploy/fare-rules"}},
		{"static", []string{"web/deploy/static-files"}},
		{"crat", nil},
		{"cart2", []string{"shop/deploy/cart"}},
		{"nothing-like-it", nil},
		{"", nil},
	} {
		if got := brief.Near(c.name, names); !slices.Equal(got, c.want) {
			t.Errorf("Near(%q): got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestNamed: a workload is found by every name that is printed of it, and by
// the words that kubectl knows its kind by.
func TestNamed(t *testing.T) {
	w := &document.Workload{Namespace: "ci", Kind: "Deployment", Name: "runner", Containers: []document.Container{{Name: "docker"}, {Name: "runner"}}}
	for name, want := range map[string]bool{
		"ci/Deployment/runner": true, "ci/deploy/runner": true, "ci/deployments/runner": true, "ci/runner": true, "runner": true, "deployment/runner": true,
		"ci/runner:docker": true, "runner:docker": true, "ci/deploy/runner:runner": true,
		"ci/runner:none": false, "ci/sts/runner": false, "ci/run": false, "": false, "a/ci/deploy/runner": false, ":docker": false,
	} {
		if got := brief.Named(w, name); got != want {
			t.Errorf("Named(%q): got %t, want %t", name, got, want)
		}
	}
}
