package layout

import (
	"regexp"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Gap is the number of blank cells between two columns.
const Gap = 2

// Cells is the number of terminal cells that s takes.
func Cells(s string) int { return displaywidth.String(s) }

// Wrap breaks prose at spaces so that no line takes more than width cells.
// Lines after the first are indented. Words longer than a line are broken, so
// that no name loses a letter.
func Wrap(s string, width, indent int) []string {
	if indent >= width/2 {
		indent = 0
	}
	var lines []string
	line, used := "", 0
	var words []string
	for _, word := range unbroken(s) {
		if Cells(word) <= width-indent {
			words = append(words, word)
			continue
		}
		if begunVerb.MatchString(word) && longest(shellWords(word)) < width-indent-2 {
			words = append(words, FoldCommand(word, width-indent, 0)...)
			continue
		}
		for _, part := range strings.Fields(word) {
			words = append(words, breakName(part, width-indent)...)
		}
	}
	for _, word := range words {
		n := Cells(word)
		switch {
		case used == 0:
			line, used = line+word, Cells(line)+n
		case used+1+n <= width && !strings.HasSuffix(line, `\`):
			line, used = line+" "+word, used+1+n
		default:
			lines = append(lines, line)
			line = strings.Repeat(" ", indent) + word
			used = indent + n
		}
	}
	return append(lines, line)
}

// begun is a command that has not got its verb, or what the verb is of.
var begun = regexp.MustCompile(`^kubectl$|^(kubectl )?plimsoll( ` + verbs + `)?$`)

// begunVerb is a command from its verb on.
var begunVerb = regexp.MustCompile(`^(kubectl )?plimsoll [a-z]+\b`)

// longest is the width of the widest word.
func longest(words []string) (n int) {
	for _, w := range words {
		n = max(n, Cells(w))
	}
	return n
}

// unbroken are the words of a sentence; a number with its percent sign is one, and so is
// a command up to what its verb is of, so that it can be copied.
func unbroken(s string) []string {
	var out []string
	for _, word := range strings.Fields(s) {
		if n := len(out) - 1; n >= 0 && (strings.HasPrefix(word, "%") || begun.MatchString(out[n]) || goesOn(out[n], word)) {
			out[n] += " " + word
		} else {
			out = append(out, word)
		}
	}
	return out
}

// Tone is what a color means; a sign or a word always says it too.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Bad
	Strong
)

// paint puts ANSI color around s.
func paint(s string, t Tone) string {
	if s == "" || t == Plain {
		return s
	}
	code := map[Tone]string{Good: "32", Bad: "31", Strong: "1"}[t]
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
