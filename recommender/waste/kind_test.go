package waste_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

var update = flag.Bool("update", false, "rewrite the table of the manual")

// TestManualListsKinds keeps the table of docs/rules/waste.md as the kinds are.
func TestManualListsKinds(t *testing.T) {
	var want strings.Builder
	for _, k := range waste.Kinds() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s | %s |\n", k.Code, k.Severity, k.Found, k.Besides, cmp.Or(string(k.Lever), "-"))
	}
	casetest.Table(t, filepath.Join("..", "..", "docs", "rules", "waste.md"), "| kind | severity | found when | monthly USD | counted by |\n|---|---|---|---|---|\n", want.String(), *update)
}

// TestKindsAreWhole: every kind has its words, its severity, its line and a case
// in which it is found; no two share a code.
func TestKindsAreWhole(t *testing.T) {
	var cases strings.Builder
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "rules", "waste", "*.txtar"))
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
	for _, k := range waste.Kinds() {
		if k.Code == "" || seen[k.Code] || k.One == "" || k.Many == "" || k.Found == "" || k.Besides == "" ||
			k.Severity != advice.SeverityNote && k.Severity != advice.SeverityWarning && k.Severity != advice.SeverityError {
			t.Errorf("kind %+v lacks something, or is there twice", k.Kind)
		}
		seen[k.Code] = true
		if !strings.Contains(cases.String(), "  waste "+k.Code+":") {
			t.Errorf("kind %s is found in no case of testdata/rules/waste", k.Code)
		}
	}
}
