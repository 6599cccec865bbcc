package object

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
)

// TestLabelled: whatever a selector asks for, those that it may match hold all that it matches.
func TestLabelled(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var l labelled[labelSet]
	for range 60 {
		set := labelSet{}
		for k := range 3 {
			if r.IntN(3) > 0 {
				set[fmt.Sprint("k", k)] = fmt.Sprint("v", r.IntN(3))
			}
		}
		l.add(set, set)
	}
	for _, text := range []string{"", "k0=v1", "k0==v1,k1=v2", "k0 in (v1)", "k0 in (v0,v1)", "k0 notin (v1)", "k0!=v1", "k0", "!k0", "k0=v1,!k1", "k0 in (v1),k1!=v0,k2", "other=v0", "k0=v0,k0=v1"} {
		s, err := labels.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		matches := func(from []labelSet) (out []labelSet) {
			for _, set := range from {
				if s.Matches(set) {
					out = append(out, set)
				}
			}
			return out
		}
		some := slices.Collect(l.mayMatch(s))
		if got, want := fmt.Sprint(matches(some)), fmt.Sprint(matches(l.all)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		if text == "k0=v1,k1=v2" && len(some) > len(l.all)/2 {
			t.Errorf("%q may match %d of %d: nothing was left out", text, len(some), len(l.all))
		}
	}
	if s := labels.Nothing(); slices.ContainsFunc(slices.Collect(l.mayMatch(s)), func(set labelSet) bool { return s.Matches(set) }) {
		t.Error("nothing matches something")
	}
	var none *labelled[labelSet]
	if got := slices.Collect(none.mayMatch(labels.Everything())); len(got) > 0 {
		t.Errorf("of no list: got %v", got)
	}
}
