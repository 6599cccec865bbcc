package brief

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// sourceCodes are the warnings of sources that gave less than was asked.
var sourceCodes = []string{analyzer.WarnUnreachable, analyzer.WarnPartial, analyzer.WarnForbidden, analyzer.WarnMissing, analyzer.WarnNoHistory}

// SourceDoubts are the warnings of sources that gave less than was asked.
func SourceDoubts(all []analyzer.Warning) (out []analyzer.Warning) {
	for _, w := range all {
		if slices.Contains(sourceCodes, w.Code) {
			out = append(out, w)
		}
	}
	return out
}

// Unused says which of the names that the user gave match nothing; empty where all do.
func Unused(r *document.Report) string {
	var names []string
	for _, w := range r.Warnings {
		if w.Code == analyzer.WarnUnused {
			names = append(names, Clean(w.Subject))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " matches nothing"
	}
	return fmt.Sprintf("%s and %d more match nothing", names[0], len(names)-1)
}

// Quiet says that nothing is dangerous, as far as can be seen.
func Quiet(r *document.Report) string {
	switch {
	case r.Metadata.GeneratedFrom.Moment:
		return "nothing seen; one reading can't tell what is short of CPU"
	case r.Unseen(document.ShortOfCPU) != "":
		return "nothing was blocked; no usage was read, so that OOM kills and what is short of CPU are not known"
	case r.Unseen(document.OOMKilled) != "":
		return "nothing was short of CPU or blocked; OOM kills are not known"
	}
	return "nothing was OOM-killed, short of CPU or blocked"
}

// Unpromised counts the containers whose advised request does not hold for a pod or an hour.
func Unpromised(r *document.Report) (n int) {
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if slices.ContainsFunc(c.Warnings, analyzer.Warning.Unpromised) {
				n++
			}
		}
	}
	return n
}

// Note is one line below the table for all warnings that say the same.
type Note struct {
	Code, Message string
	Count         int
	// Exact says that all of them have the same words, not only like ones.
	Exact bool
}

// Notes numbers notes in the order in which they are first asked for.
type Notes struct {
	Notes []Note
	Exact bool // keep like but not equal warnings apart
	at    map[string]int
}

// Add gives the number, from 1, of the note for a warning.
func (l *Notes) Add(w analyzer.Warning) int {
	if l.at == nil {
		l.at = map[string]int{}
	}
	message := Clean(w.Message)
	key := w.Code + "\x00" + message
	if !l.Exact {
		key = w.Code + "\x00" + gist(message)
	}
	i, ok := l.at[key]
	if !ok {
		i = len(l.Notes)
		l.at[key] = i
		l.Notes = append(l.Notes, Note{Code: w.Code, Message: message, Exact: true})
	}
	n := &l.Notes[i]
	n.Count++
	n.Exact = n.Exact && n.Message == message
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
func (n Note) String() string {
	switch {
	case n.Count == 1:
		return n.Message
	case n.Exact:
		return fmt.Sprintf("%s (%d containers)", n.Message, n.Count)
	case n.Count == 2:
		return n.Message + " (and 1 container like it)"
	}
	return fmt.Sprintf("%s (and %d containers like it)", n.Message, n.Count-1)
}

// WarningLines gives the report's own warnings, those with one code and like
// words as one line each.
func WarningLines(warnings []analyzer.Warning, verbose bool) []string {
	var lines []string
	if verbose {
		for _, w := range warnings {
			lines = append(lines, Clean(w.String()))
		}
		return lines
	}
	l := Notes{}
	subject := map[int]string{}
	for _, w := range warnings {
		if w.Unpromised() {
			continue // a note of its container
		}
		if n := l.Add(w); subject[n] == "" {
			subject[n] = Clean(w.Subject)
		}
	}
	for i, n := range l.Notes {
		text := n.Message
		if s := subject[i+1]; s != "" {
			text = s + ": " + text
		}
		if n.Count > 1 {
			text += fmt.Sprintf(" (and %d more like it)", n.Count-1)
		}
		lines = append(lines, text)
	}
	return lines
}

const month = 730*time.Hour + 30*time.Minute

// PriceAge says how old prices were at the end of the window.
func PriceAge(r *document.Report) string {
	oldest, newest, dated := 0.0, 0.0, 0
	for _, p := range r.Prices {
		at, err := time.Parse(time.DateOnly, p.AsOf)
		if err != nil {
			continue
		}
		age := max(float64(r.Metadata.GeneratedFrom.End.Sub(at))/float64(month), 0)
		if dated == 0 {
			newest = age
		}
		oldest, newest = max(oldest, age), min(newest, age)
		dated++
	}
	if dated == 0 || oldest < 2 {
		return ""
	}
	low, high := fmt.Sprintf("%.0f", newest), fmt.Sprintf("%.0f", oldest)
	return "prices are " + cmp.Or(rangeOf(low, high), high) + " months old"
}

func rangeOf(low, high string) string {
	if low == high {
		return ""
	}
	return low + " to " + high
}
