package gate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

// TestManifestsAreJudgedAsObjects: of the mistakes that settings alone tell, the gate
// finds in the manifests of a case what the audit finds in them as objects.
func TestManifestsAreJudgedAsObjects(t *testing.T) {
	files, err := filepath.Glob("../../testdata/rules/autoscaler-findings/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs, problems := manifest.Parse("objects.yaml", []byte(casetest.Section(a, "objects.yaml")))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", file, problems)
		}
		docs = slices.DeleteFunc(docs, func(d *manifest.Document) bool { return d.Kind == "Pod" }) // a repository has none of a controller's
		r, err := gate.Judge(gate.Input{Today: "2026-11-24", Documents: docs, Paths: []gate.Path{{Name: "objects.yaml"}}})
		if err != nil {
			t.Fatal(err)
		}
		var audit, manifests []string
		for _, k := range check.Kinds() {
			if strings.Contains(casetest.Section(a, "want"), "finding "+k.Code+",") {
				audit = append(audit, k.Code)
				seen[k.Code] = true
			}
			for _, f := range r.Findings {
				if f.Rule == k.Code && string(f.Severity) == k.Severity && !slices.Contains(manifests, k.Code) {
					manifests = append(manifests, k.Code)
				}
			}
		}
		if !slices.Equal(audit, manifests) {
			t.Errorf("%s: the audit finds %q, the gate %q", filepath.Base(file), audit, manifests)
		}
	}
	for _, k := range check.Kinds() {
		if !seen[k.Code] {
			t.Errorf("no case has %s", k.Code)
		}
	}
}
