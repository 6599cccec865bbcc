package gate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

// TestManualListsRules keeps the table of docs/gate.md as the rules are.
func TestManualListsRules(t *testing.T) {
	const file, begin, end = "../../docs/gate.md", "| rule | severity | finds |\n|---|---|---|\n", "\n\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, r := range gate.Rules() {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", r.Name, r.Severity, r.Doc)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table of rules", file)
	}
	if got+"\n" == want.String() {
		return
	}
	if !*update {
		t.Fatalf("%s: the table of rules is not as the rules are: run the test with -update", file)
	}
	text := before + begin + strings.TrimSuffix(want.String(), "\n") + end + after
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
