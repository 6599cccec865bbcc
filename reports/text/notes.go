package text

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// note is one line below the table for all warnings that say the same.
type note struct {
	code, message string
	count         int
	// exact says that all of them have the same words, not only like ones.
	exact bool
}

// noteList numbers notes in the order in which they are first asked for.
type noteList struct {
	notes []note
	at    map[string]int
	exact bool // keep like but not equal warnings apart
}

// add gives the number, from 1, of the note for a warning.
func (l *noteList) add(w analyzer.Warning) int {
	if l.at == nil {
		l.at = map[string]int{}
	}
	message := clean(w.Message)
	key := w.Code + "\x00" + message
	if !l.exact {
		key = w.Code + "\x00" + gist(message)
	}
	i, ok := l.at[key]
	if !ok {
		i = len(l.notes)
		l.at[key] = i
		l.notes = append(l.notes, note{code: w.Code, message: message, exact: true})
	}
	n := &l.notes[i]
	n.count++
	n.exact = n.exact && n.message == message
	return i + 1
}

var quoted = regexp.MustCompile(`"[^"]*"`)

// gist masks what differs between messages of one kind: words with a digit,
// what stands in quotes, and the name after the kind of an object.
func gist(message string) string {
	words := strings.Fields(quoted.ReplaceAllString(message, `"#"`))
	last := ""
	for i, w := range words {
		named := last == "HPA" || last == "VPA" || last == "PDB" || last == "LimitRange" || last == "ResourceQuota"
		last = w
		if named || strings.HasPrefix(w, `"`) || strings.ContainsFunc(w, unicode.IsDigit) {
			words[i] = "#"
		}
	}
	return strings.Join(words, " ")
}

// String gives the note's text with the number of its containers where the
// text is only one of several like ones.
func (n note) String() string {
	switch {
	case n.count == 1:
		return n.message
	case n.exact:
		return fmt.Sprintf("%s (%d containers)", n.message, n.count)
	case n.count == 2:
		return n.message + " (and 1 container like it)"
	}
	return fmt.Sprintf("%s (and %d containers like it)", n.message, n.count-1)
}

// warningLines gives the report's own warnings, those with one code and like
// words as one line each.
func warningLines(warnings []analyzer.Warning, verbose bool) []string {
	var lines []string
	if verbose {
		for _, w := range warnings {
			lines = append(lines, clean(w.String()))
		}
		return lines
	}
	l := noteList{}
	subject := map[int]string{}
	for _, w := range warnings {
		if w.Unpromised() {
			continue // a note of its container
		}
		if n := l.add(w); subject[n] == "" {
			subject[n] = clean(w.Subject)
		}
	}
	for i, n := range l.notes {
		text := n.message
		if s := subject[i+1]; s != "" {
			text = s + ": " + text
		}
		if n.count > 1 {
			text += fmt.Sprintf(" (and %d more like it)", n.count-1)
		}
		lines = append(lines, text)
	}
	return lines
}
