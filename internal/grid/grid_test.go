package grid_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/grid"
)

func TestWrite(t *testing.T) {
	red := "\x1b[31m9\x1b[0m"
	var out strings.Builder
	err := grid.Write(&out, []bool{false, true, false, true}, [][]string{
		{"NAME", "CPU", "", "PODS", "WHY"}, {"a", "100", "", red, ""}, {"日本", "5", "", "12", " as it is"}, {"short"},
	})
	want := "NAME   CPU  PODS  WHY\n" +
		"a      100     " + red + "\n" +
		"日本     5    12   as it is\n" +
		"short\n"
	if err != nil || out.String() != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestWriteNothing(t *testing.T) {
	var out strings.Builder
	if err := grid.Write(&out, nil, nil); err != nil || out.String() != "" {
		t.Errorf("got %v, %q", err, out.String())
	}
}
