package prometheus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Matcher is an equality matcher that goes into every selector, such as the
// cluster's label on an engine that serves several.
type Matcher struct{ Name, Value string }

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// ParseMatcher reads NAME=VALUE. The value is taken as it is, with no quotes.
func ParseMatcher(s string) (Matcher, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || !labelName.MatchString(name) {
		return Matcher{}, fmt.Errorf("label matcher %q: want NAME=VALUE with a Prometheus label name, such as cluster=prod", s)
	}
	return Matcher{name, value}, nil
}

// String gives the matcher as PromQL has it.
func (m Matcher) String() string { return m.Name + "=" + strconv.Quote(m.Value) }

// oneOf gives a matcher for any of the values, escaped, as PromQL has it.
func oneOf(label string, values []string) string { return anyOf(label, values).String() }

// anyOf gives a matcher for any of the values.
func anyOf(label string, values []string) labelMatcher {
	if len(values) == 1 {
		return labelMatcher{equal, label, values[0]}
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return labelMatcher{like, label, strings.Join(quoted, "|")}
}
