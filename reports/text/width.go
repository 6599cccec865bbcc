package text

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// joinedWords makes a list for a sentence.
func joinedWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// cells is the number of terminal cells that s takes.
func cells(s string) int { return displaywidth.String(s) }

// clean makes a name or message safe for one line of a terminal: what controls
// the terminal or breaks the line becomes a space, and runs of spaces one.
func clean(s string) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(safe), " ")
}

// shorten cuts the middle out of s so that it takes at most width cells.
func shorten(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	if width <= 1 {
		return strings.Repeat("…", max(width, 0))
	}
	var parts []string
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		parts = append(parts, g.Value())
	}
	head, tail := (width-1)/2, width-1-(width-1)/2
	left, right := 0, len(parts)
	for left < right && head >= cells(parts[left]) {
		head -= cells(parts[left])
		left++
	}
	for right > left && tail >= cells(parts[right-1]) {
		tail -= cells(parts[right-1])
		right--
	}
	return strings.Join(parts[:left], "") + "…" + strings.Join(parts[right:], "")
}

// wrap breaks prose at spaces so that no line takes more than width cells.
// Lines after the first are indented. Words longer than a line are broken, so
// that no name loses a letter.
func wrap(s string, width, indent int) []string {
	if indent >= width/2 {
		indent = 0
	}
	var lines []string
	line, used := "", 0
	var words []string
	for _, word := range strings.Fields(s) {
		words = append(words, breakName(word, width-indent)...)
	}
	for _, word := range words {
		n := cells(word)
		switch {
		case used == 0:
			line, used = line+word, cells(line)+n
		case used+1+n <= width:
			line, used = line+" "+word, used+1+n
		default:
			lines = append(lines, line)
			line = strings.Repeat(" ", indent) + word
			used = indent + n
		}
	}
	return append(lines, line)
}

// cores prints CPU for people: 120m below a core, then cores. Nothing set
// is a dash.
func cores(c document.CPU) string {
	if c == 0 {
		return "-"
	}
	if a := math.Abs(float64(c)); a < 1e6 {
		return strconv.FormatFloat(math.Round(float64(c)/1000), 'f', -1, 64) + "m"
	}
	return document.Figures(float64(c) / 1e6)
}

// usedCores prints used CPU, which may well be nothing.
func usedCores(c document.CPU) string {
	if c == 0 {
		return "0m"
	}
	if c < 10*document.MicroPerMilli {
		return document.Figures(float64(c)/document.MicroPerMilli) + "m"
	}
	return cores(c)
}

// memory prints bytes for people in binary units. Nothing set is a dash.
func memory(b document.Bytes) string {
	if b == 0 {
		return "-"
	}
	v, unit := float64(b)/(1<<10), 0
	units := []string{"Ki", "Mi", "Gi", "Ti", "Pi"}
	for math.Abs(v) >= 1024 && unit < len(units)-1 {
		v /= 1024
		unit++
	}
	if unit < 2 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64) + units[unit]
	}
	return document.Figures(v) + units[unit]
}

func sharePercent(share *float64) string {
	if share == nil {
		return "-"
	}
	return document.Percent(*share)
}

// tone is what a color means; a sign or a word always says it too.
type tone int

const (
	plainTone tone = iota
	goodTone
	badTone
	strongTone
)

// paint puts ANSI color around s.
func paint(s string, t tone) string {
	if s == "" || t == plainTone {
		return s
	}
	code := map[tone]string{goodTone: "32", badTone: "31", strongTone: "1"}[t]
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
