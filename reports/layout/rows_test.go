package layout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// TestRowsFit: at any width no line is wider, and no name loses a letter.
func TestRowsFit(t *testing.T) {
	const name = "a-namespace-of-some-length/a-workload-of-more-length-than-that:container"
	for width := 20; width < 120; width++ {
		rows := layout.Rows{Indent: 2, Right: []bool{false, true}}
		rows.Add("NAME", "CPU", "WHY")
		rows.Add(name, "500m -> 2.86", "it is short of CPU").Mark = "!"
		rows.Add("b/c").Note = "a sentence that follows the name and wraps where the line ends"
		if rows.Len() != 3 {
			t.Fatalf("got %d rows, want 3", rows.Len())
		}
		lines := rows.Print(width, false)
		if i := slices.IndexFunc(lines, func(l string) bool { return layout.Cells(l) > width }); i >= 0 {
			t.Errorf("at %d: %q is wider", width, lines[i])
		}
		joined := strings.Join(strings.Fields(strings.ReplaceAll(strings.Join(lines, " "), "!", "")), "")
		if !strings.Contains(joined, name) {
			t.Errorf("at %d: the name is not whole in %q", width, lines)
		}
	}
}

// TestPaintedIsAsWide: colors take no cells, and are there only where they are asked for.
func TestPaintedIsAsWide(t *testing.T) {
	if got := layout.Painted("x", layout.Bad, false); got != "x" {
		t.Errorf("got %q without colors", got)
	}
	plain, colored := layout.Rows{}, layout.Rows{}
	plain.Add("name", "cell")
	colored.Add("name", "cell").Tones[1] = layout.Good
	got := strings.Join(colored.Print(80, true), "\n")
	if !strings.Contains(got, "\x1b[32mcell\x1b[0m") {
		t.Errorf("got %q, want a green cell", got)
	}
	if without := strings.NewReplacer("\x1b[32m", "", "\x1b[0m", "").Replace(got); without != strings.Join(plain.Print(80, false), "\n") {
		t.Errorf("got %q without its colors", without)
	}
}

// TestRowsTogether: names go above the other cells before a cell is folded, where those fit.
func TestRowsTogether(t *testing.T) {
	for together, want := range map[bool]string{
		true:  "NAME    WHAT         COST\nshop/a-long-name\n        applied  $1 -> $2",
		false: "NAME              WHAT\n  COST\nshop/a-long-name  applied\n  $1 -> $2",
	} {
		r := layout.Rows{Together: together, Right: []bool{false, false, true}}
		r.Add("NAME", "WHAT", "COST")
		r.Add("shop/a-long-name", "applied", "$1 -> $2")
		if got := strings.Join(r.Print(25, false), "\n"); got != want {
			t.Errorf("together %v: got\n%s\nwant\n%s", together, got, want)
		}
	}
}
