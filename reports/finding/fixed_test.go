package finding_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// TestFixed wants what --fix put right in the table, and as a failure nowhere.
func TestFixed(t *testing.T) {
	r := hostile(1)
	r.Findings[0].State, r.Summary = verdict.StateFixed, verdict.Summary{Fixed: 1}
	for _, f := range finding.Formats() {
		text := string(write(t, f.Name, r, finding.Options{}))
		if told := strings.Contains(text, "qos"); f.Name == "table" && !strings.Contains(text, "(fixed)") || told && (f.Name == "gitlab" || f.Name == "markdown") {
			t.Errorf("%s: got\n%s", f.Name, text)
		}
		if strings.Contains(text, "<failure") || strings.Contains(text, "::error") && f.Name == "github" && strings.HasPrefix(text, "::") || f.Name == "sarif" && strings.Contains(text, "ruleIndex") {
			t.Errorf("%s: what is fixed fails:\n%s", f.Name, text)
		}
	}
	if r.Fails() {
		t.Error("what is fixed fails the gate")
	}
}
