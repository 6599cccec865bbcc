package manifest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

func TestAliasesAreBounded(t *testing.T) {
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	for name, text := range map[string]string{
		"a long scalar":   "b: &b " + strings.Repeat("x", 1<<20) + "\nlist:\n" + strings.Repeat("- *b\n", 5000),
		"lists of lists":  laughs,
		"merged maps":     "b: &b {k: " + strings.Repeat("y", 1<<16) + "}\nlist:\n" + strings.Repeat("- {<<: *b}\n", 1000),
		"second document": "x: 1\n---\n" + laughs,
		"in itself":       "a: &a [*a]\n",
		"keys":            "b: &b " + strings.Repeat("x", 1<<16) + "\nlist:\n" + strings.Repeat("- {? *b : 1}\n", 1000),
	} {
		if err := manifest.CheckAliases([]byte(text)); !errors.Is(err, manifest.ErrAliases) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	for name, text := range map[string]string{
		"few": "common: &c {app: web}\na: *c\nb: *c\n", "none": "a: 2 * 3 & 4", "no YAML": "a: *b: &",
		"a large one without": "b: " + strings.Repeat("&*", 8<<20),
	} {
		if err := manifest.CheckAliases([]byte(text)); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
