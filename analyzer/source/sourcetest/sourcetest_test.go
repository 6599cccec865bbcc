package sourcetest_test

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

func TestParse(t *testing.T) {
	s, err := sourcetest.Parse(`m{a="x,y",b="z\"=}"}`, time.Hour, time.Minute, "1 2+1.5x2 _ 7x1 _x2 5-1x1 1e-3")
	if err != nil {
		t.Fatal(err)
	}
	if s.Metric != "m" || s.Labels["a"] != "x,y" || s.Labels["b"] != `z"=}` || len(s.Labels) != 2 {
		t.Errorf("got %s %q, want m with a and b", s.Metric, s.Labels)
	}
	nan := math.NaN()
	want := []float64{1, 2, 3.5, 5, nan, 7, 7, nan, nan, 5, 4, 1e-3}
	if len(s.Values) != len(want) {
		t.Fatalf("got %v, want %v", s.Values, want)
	}
	for i, v := range s.Values {
		if v != want[i] && !(math.IsNaN(v) && math.IsNaN(want[i])) {
			t.Errorf("value %d: got %v, want %v", i, v, want[i])
		}
	}
	for _, bad := range [][2]string{{`m{a=x}`, "1"}, {`m{a="x"`, "1"}, {`m{a}`, "1"}, {"m", "x"}, {"m", "1x"}, {"m", "1x-1"}, {"m", "1+ax2"}, {"", "1"}} {
		if s, err := sourcetest.Parse(bad[0], 0, 0, bad[1]); err == nil {
			t.Errorf("%q: got %v, want an error", bad, s)
		}
	}
}

// TestScenarios: names are unique, windows hold what is wanted, and every
// scenario fails a source that finds nothing.
func TestScenarios(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sourcetest.Scenarios() {
		if seen[s.Name] || len(s.Series) == 0 || len(s.Want) == 0 {
			t.Errorf("scenario %q is given twice or empty", s.Name)
		}
		seen[s.Name] = true
		if !s.Window.End.After(s.Window.Start) {
			t.Errorf("scenario %q has no window", s.Name)
		}
		if problems := sourcetest.Problems(s, nil, nil); len(problems) == 0 {
			t.Errorf("scenario %q is content with nothing", s.Name)
		}
	}
}
