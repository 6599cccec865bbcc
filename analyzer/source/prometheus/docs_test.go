package prometheus_test

import (
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// TestDocsShowTheQueries keeps docs/sources/prometheus.md true: it must hold
// every query, word for word, as it is sent for a shard of two namespaces.
func TestDocsShowTheQueries(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/sources/prometheus.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for _, q := range prometheus.QueryTexts([]string{"bank", "shop"}, prometheus.Matcher{Name: "cluster", Value: "east"}) {
		if block := "**" + q.Name + "**\n\n```promql\n" + q.Text + "\n```\n"; !strings.Contains(doc, block) {
			t.Errorf("the page lacks this, or has it otherwise:\n%s", block)
		}
	}
	for _, c := range prometheus.RequestCounters() {
		if !strings.Contains(doc, "| `"+c+"` |") {
			t.Errorf("the page's table lacks %s", c)
		}
	}
}
