package manifest

import (
	"regexp"
	"strings"
)

// isOpenShiftTemplate tells OpenShift's Template, a list of objects with
// parameters in their text.
func isOpenShiftTemplate(h header) bool {
	return h.kind == "Template" && (h.apiVersion == "v1" || strings.HasPrefix(h.apiVersion, "template.openshift.io/"))
}

// parameters are the values of a Template's parameters, by name. Those that
// are made up or asked for when the Template is used are not in it.
type parameters struct {
	values map[string]string
	left   int // nodes that may still be filled in: aliases make many of few
}

func parametersOf(template *Node) *parameters {
	p := &parameters{values: map[string]string{}, left: maxPlain}
	for _, n := range template.Field("parameters").List() {
		if value := n.Field("value"); value.String() != "" {
			p.values[n.Field("name").String()] = value.Text
		}
	}
	return p
}

// parameterText finds ${NAME}, and ${{NAME}}, which stands for a value that is
// no string.
var parameterText = regexp.MustCompile(`\$\{\{(\w+)\}\}|\$\{(\w+)\}`)

// fill gives the node with the parameters filled in. What has no value stays
// as it is written.
func (p *parameters) fill(n *Node) *Node {
	if p.left--; p.left < 0 {
		return n
	}
	out := *n
	if n.Kind == Scalar && strings.Contains(n.Text, "${") {
		bare := strings.HasPrefix(n.Text, "${{")
		text := parameterText.ReplaceAllStringFunc(n.Text, func(found string) string {
			if value, ok := p.values[strings.Trim(found, "${}")]; ok {
				return value
			}
			return found
		})
		if text != n.Text {
			out.Text, out.Start, out.Literal = text, 0, false
			out.Quoted = n.Quoted && !bare
		}
	}
	if len(n.Fields) > 0 {
		out.Fields = make([]Field, len(n.Fields))
		for i, f := range n.Fields {
			out.Fields[i] = Field{Name: f.Name, Key: f.Key, Value: p.fill(f.Value)}
		}
	}
	if len(n.Items()) > 0 {
		items := make([]*Node, len(n.Items()))
		for i, item := range n.Items() {
			items[i] = p.fill(item)
		}
		out.setItems(items)
	}
	return &out
}
