package snippet

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
)

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func oneLine(s string) string { return brief.Clean(strings.Join(strings.Fields(s), " ")) }

// plainYAML is a string that needs no quotes but for YAML's own words.
var plainYAML = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9./_-]*$`)

// yamlText is a string as YAML reads it back: in quotes where it could be a number or a
// word of YAML's own.
func yamlText(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	if plainYAML.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// spaced sets a space after the commas of a query that are in no string, so that it can
// be broken there: PromQL reads it the same.
func spaced(query string) string {
	var b strings.Builder
	quoted, escaped := rune(0), false
	for i, r := range query {
		b.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case quoted != 0 && r == '\\':
			escaped = true
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted == 0 && (r == '"' || r == '\'' || r == '`'):
			quoted = r
		case quoted == 0 && r == ',' && !strings.HasPrefix(query[i+1:], " "):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Fold breaks a line of YAML that is longer than width so that it reads the same: a
// comment at its spaces, a string in double quotes by an escaped break. Others stay.
func Fold(line string, width int) []string {
	text := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(text)]
	if len([]rune(line)) <= width || width < len(indent)+2*leastFold {
		return []string{line}
	}
	if comment, ok := strings.CutPrefix(text, "# "); ok {
		var out []string
		now := indent + "#"
		for _, word := range strings.Fields(comment) {
			if len([]rune(now))+1+len([]rune(word)) > width && now != indent+"#" {
				out, now = append(out, now), indent+"#"
			}
			now += " " + word
		}
		return append(out, now)
	}
	key, value, ok := strings.Cut(line, ": ")
	if !ok {
		return []string{line}
	}
	if !strings.HasPrefix(value, `"`) { // a plain scalar cannot be broken where it has no space
		line = key + ": " + strconv.Quote(value)
	}
	var out []string
	rest := []rune(line)
	for len(rest) > width {
		at := width - 1
		for at > len(indent)+leastFold/2 && (rest[at] == ' ' || rest[at-1] == '\\') {
			at--
		}
		out = append(out, string(rest[:at])+`\`)
		rest = append([]rune(indent+"  "), rest[at:]...)
	}
	return append(out, string(rest))
}

// leastFold is the least room beside the indent in which a line is broken.
const leastFold = 16
