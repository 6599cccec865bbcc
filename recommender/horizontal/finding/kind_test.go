package finding_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
)

var update = flag.Bool("update", false, "rewrite the table of the manual")

// TestManualListsKinds keeps the table of docs/rules/autoscaler-findings.md as the
// kinds are.
func TestManualListsKinds(t *testing.T) {
	var want strings.Builder
	for _, k := range finding.Kinds() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", k.Code, k.Severity, k.Found, k.Besides)
	}
	casetest.Table(t, filepath.Join("..", "..", "..", "docs", "rules", "autoscaler-findings.md"), "| code | severity | found when | fix |\n|---|---|---|---|\n", want.String(), *update)
}

// TestKindsAreWhole: every kind has its words and a case in which it is found; no
// two share a code.
func TestKindsAreWhole(t *testing.T) {
	var cases strings.Builder
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "rules", "autoscaler-findings", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(text)
	}
	seen := map[string]bool{}
	for _, k := range finding.Kinds() {
		if k.Code == "" || seen[k.Code] || k.One == "" || k.Many == "" || k.Severity == "" || k.Lever == "" || k.Found == "" || k.Besides == "" {
			t.Errorf("kind %+v lacks something, or is there twice", k.Kind)
		}
		seen[k.Code] = true
		if !strings.Contains(cases.String(), "  finding "+k.Code+",") {
			t.Errorf("kind %s is found in no case of testdata/rules/autoscaler-findings", k.Code)
		}
	}
}
