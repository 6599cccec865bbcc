package reports_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
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
	var listed []string
	for line := range strings.Lines(manual) {
		if len(line) > 4 && line[1:4] == ". `" {
			listed = append(listed, strings.Split(line, "`")[1])
		}
	}
	if got, want := strings.Join(listed, " "), strings.Join(text.DropOrder(), " "); got != want {
		t.Errorf("the manual drops %s, want %s", got, want)
	}
}
