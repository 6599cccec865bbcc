package manifest

import (
	"math"
	"sort"
	"strings"
	"unicode/utf8"
)

// Position is a place in a file. Lines and columns count from 1, columns in
// Unicode characters. The zero Position is nowhere.
type Position struct {
	Line   int32 `json:"line"`
	Column int32 `json:"column"`
}

// At gives a place; a line or column beyond what a file may have is the last.
func At(line, column int) Position {
	return Position{Line: int32(min(line, math.MaxInt32)), Column: int32(min(column, math.MaxInt32))}
}

// Text is the content of a file and where its lines begin.
type Text struct {
	File string
	// Data is the file. The values of its documents are parts of it.
	Data string
	// yaml holds the offsets at which YAML begins a line, lines those at which
	// an editor does. YAML also breaks lines at a lone CR, NEL, LS and PS; the
	// two are the same slice where the file has none of these.
	yaml, lines []int32
	// marks holds the offset of every markEvery-th character, so that a file of one
	// long line isn't counted from its start for each of its values.
	marks []int32
	// converted says that the file itself is encoded otherwise, or joined: its
	// bytes are not those of Data.
	converted bool
	json      bool
}

// Editable reports whether Data is the file byte for byte.
func (t *Text) Editable() bool { return t != nil && !t.converted }

// JSON reports whether the file is JSON.
func (t *Text) JSON() bool { return t != nil && t.json }

// newText indexes the lines.
func newText(file, data string) *Text {
	t := &Text{File: file, Data: data}
	n := strings.Count(data, "\n") + 1
	t.yaml = append(make([]int32, 0, n), 0)
	odd := false
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\n':
			t.yaml = append(t.yaml, int32(i+1))
		case '\r':
			if i+1 < len(data) && data[i+1] == '\n' {
				continue
			}
			t.yaml, odd = append(t.yaml, int32(i+1)), true
		case 0xC2, 0xE2:
			if w := oddBreak(data[i:]); w > 0 {
				t.yaml, odd = append(t.yaml, int32(i+w)), true
				i += w - 1
			}
		}
	}
	t.mark()
	t.lines = t.yaml
	if odd {
		t.lines = newlines(data, n)
	}
	return t
}

// markEvery is the number of characters between two marks.
const markEvery = 1024

// mark notes where every markEvery-th character begins.
func (t *Text) mark() {
	t.marks = make([]int32, 0, len(t.Data)/markEvery+1)
	n := 0
	for at := range t.Data {
		if n%markEvery == 0 {
			t.marks = append(t.marks, int32(at))
		}
		n++
	}
}

// characters counts those between two offsets.
func (t *Text) characters(from, to int) int {
	if to-from <= markEvery || len(t.marks) == 0 {
		return utf8.RuneCountInString(t.Data[from:to])
	}
	return t.before(to) - t.before(from)
}

// before counts the characters before an offset.
func (t *Text) before(offset int) int {
	k := sort.Search(len(t.marks), func(i int) bool { return int(t.marks[i]) > offset }) - 1
	if k < 0 {
		return 0
	}
	return k*markEvery + utf8.RuneCountInString(t.Data[t.marks[k]:offset])
}

// ahead gives the offset n characters behind another, held within the file.
func (t *Text) ahead(at, n int) int {
	if n > markEvery && len(t.marks) > 0 {
		n += t.before(at)
		k := min(n/markEvery, len(t.marks)-1)
		at, n = int(t.marks[k]), n-k*markEvery
	}
	for ; n > 0 && at < len(t.Data); n-- {
		if t.Data[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, w := utf8.DecodeRuneInString(t.Data[at:])
		at += w
	}
	return min(at, len(t.Data))
}

// oddBreak gives the length of NEL, LS or PS at the start of b, else 0.
func oddBreak(b string) int {
	switch {
	case strings.HasPrefix(b, "\u0085"):
		return 2
	case strings.HasPrefix(b, "\u2028"), strings.HasPrefix(b, "\u2029"):
		return 3
	}
	return 0
}

func newlines(data string, n int) []int32 {
	out := append(make([]int32, 0, n), 0)
	for i := range len(data) {
		if data[i] == '\n' {
			out = append(out, int32(i+1))
		}
	}
	return out
}

// offset gives the byte at YAML's line and column (both from 1), held within
// the file. YAML does not count a byte order mark.
func (t *Text) offset(line, column int) int {
	if line < 1 || line > len(t.yaml) {
		return len(t.Data)
	}
	at := int(t.yaml[line-1])
	if at == 0 && strings.HasPrefix(t.Data, "\ufeff") {
		at = 3
	}
	return t.ahead(at, column-1)
}

// Position gives the editor's line and column of a byte.
func (t *Text) Position(offset int) Position {
	offset = min(max(offset, 0), len(t.Data))
	lo, hi := 0, len(t.lines) // the last line that begins at or before offset
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; int(t.lines[mid]) <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	start := int(t.lines[lo])
	if start == 0 && offset >= 3 && strings.HasPrefix(t.Data, "\ufeff") {
		start = 3
	}
	return At(lo+1, t.characters(start, offset)+1)
}
