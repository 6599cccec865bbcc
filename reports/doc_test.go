package reports_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
)

// TestManual keeps docs/report.md true: its formats, its sections and the
// order in which columns drop.
func TestManual(t *testing.T) {
	data, err := os.ReadFile("../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(data)
	for _, f := range reports.Formats() {
		if !strings.Contains(manual, "| `"+f.Name+"` |") {
			t.Errorf("format %s is not in the manual", f.Name)
		}
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal([]byte(output(t, "json", production().report(), reports.Options{})), &sections); err != nil {
		t.Fatal(err)
	}
	for name := range sections {
		if name != "apiVersion" && name != "kind" && !strings.Contains(manual, "| `"+name+"` |") {
			t.Errorf("section %s is not in the manual", name)
		}
	}
}
