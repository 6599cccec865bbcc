package pricing

import (
	"fmt"
	"strings"
)

// selector is a conjunction of label requirements as kubectl's -l writes them:
// key=value, key!=value, key, !key.
type selector []requirement

type requirement struct {
	key, value string
	op         byte // '=' equals, '!' differs, 'e' exists, 'n' does not exist
}

func parseSelector(text string) (selector, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if strings.ContainsAny(text, "()<>") {
		return nil, fmt.Errorf("node selector %q: only key=value, key!=value, key and !key, joined by commas, are understood", text)
	}
	var s selector
	for part := range strings.SplitSeq(text, ",") {
		r := parseRequirement(strings.TrimSpace(part))
		if r.key == "" || strings.ContainsAny(r.key+r.value, " \t=!\n\r") {
			return nil, fmt.Errorf("node selector %q: %q is not a label requirement; write key=value", text, part)
		}
		s = append(s, r)
	}
	return s, nil
}

func parseRequirement(part string) requirement {
	if k, v, ok := strings.Cut(part, "!="); ok {
		return requirement{key: strings.TrimSpace(k), value: strings.TrimSpace(v), op: '!'}
	}
	if k, v, ok := strings.Cut(part, "="); ok {
		return requirement{key: strings.TrimSpace(k), value: strings.TrimSpace(strings.TrimPrefix(v, "=")), op: '='}
	}
	if k, ok := strings.CutPrefix(part, "!"); ok {
		return requirement{key: strings.TrimSpace(k), op: 'n'}
	}
	return requirement{key: part, op: 'e'}
}

// matches follows Kubernetes: key!=value also matches nodes without the label.
func (s selector) matches(labels map[string]string) bool {
	for _, r := range s {
		if v, has := labels[r.key]; !r.allows(v, has) {
			return false
		}
	}
	return true
}

func (r requirement) allows(value string, has bool) bool {
	switch r.op {
	case '=':
		return has && value == r.value
	case '!':
		return !has || value != r.value
	case 'n':
		return !has
	}
	return has
}
