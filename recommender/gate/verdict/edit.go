package verdict

import (
	"cmp"
	"fmt"
	"slices"
)

// Edit replaces some bytes of a file.
type Edit struct {
	File string `json:"file"`
	// Start and End are the bytes that are replaced.
	Start int `json:"start"`
	End   int `json:"end"`
	// Old is what stands there, New what is to stand there.
	Old string `json:"old"`
	New string `json:"new"`
	// Place is the same region as lines and columns.
	Place Place `json:"place"`
}

// Agreed parts the edits of a file that can be made from those that want
// another number for the same bytes, of which none is made.
func Agreed(edits []Edit) (clear, left []Edit) {
	for _, e := range edits {
		if slices.ContainsFunc(edits, func(o Edit) bool {
			return o.Start < e.End && e.Start < o.End && (o.Start != e.Start || o.End != e.End || o.New != e.New)
		}) {
			left = append(left, e)
		} else if !slices.Contains(clear, e) {
			clear = append(clear, e)
		}
	}
	return clear, left
}

// Apply makes the edits of one file and leaves every other byte as it is.
// Edits that say the same are made once. It fails where the file is not what
// the edits were made for, or two of them overlap.
func Apply(data []byte, edits []Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.New, b.New))
	})
	out := make([]byte, 0, len(data)+16*len(edits))
	last := 0
	for i, e := range edits {
		if i > 0 && e.Start == edits[i-1].Start && e.End == edits[i-1].End && e.New == edits[i-1].New {
			continue
		}
		if e.Start < last || e.End < e.Start || e.End > len(data) {
			return nil, fmt.Errorf("%s: the edit at line %d overlaps another; mend one of them by hand", e.File, e.Place.Start.Line)
		}
		if got := string(data[e.Start:e.End]); got != e.Old {
			return nil, fmt.Errorf("%s: line %d has %q where %q was read; the file changed meanwhile, so run the gate again", e.File, e.Place.Start.Line, got, e.Old)
		}
		out = append(out, data[last:e.Start]...)
		out = append(out, e.New...)
		last = e.End
	}
	return append(out, data[last:]...), nil
}
