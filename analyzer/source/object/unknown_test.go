package object_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestTypesMinor: the version whose fields are known is that of the Go types.
func TestTypesMinor(t *testing.T) {
	text, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`k8s\.io/api v0\.(\d+)\.`).FindSubmatch(text)
	if m == nil || string(m[1]) != strconv.Itoa(object.TypesMinor) {
		t.Errorf("got %d, go.mod has %q", object.TypesMinor, m)
	}
}
