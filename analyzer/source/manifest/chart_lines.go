package manifest

import (
	"strings"
	goparse "text/template/parse"
	"unicode"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// A mark tells where a rendered line is from. It is put behind the literal text
// of a template's line and is four characters of Unicode's private use: one
// that opens it, the template's number, and the line in two digits. What a
// value or a helper wrote bears none, and belongs to the line before it.
const (
	markOpen  = '\uf8ff'
	markDigit = '\ue000'
	markBase  = 4096
)

func mark(file, line int) string {
	return string([]rune{markOpen, markDigit + rune(file%markBase), markDigit + rune(line/markBase), markDigit + rune(line%markBase)})
}

// markTemplates puts marks into the templates of a chart and of those it
// depends on, and gives the number of each by its name. Partials are left as
// they are: their text is often compared.
func markTemplates(c *chart.Chart) map[string]int {
	files := map[string]int{}
	var walk func(c *chart.Chart)
	walk = func(c *chart.Chart) {
		marked := make([]*common.File, len(c.Templates))
		for i, f := range c.Templates {
			name := c.ChartFullPath() + "/" + f.Name
			if _, ok := files[name]; !ok {
				files[name] = len(files)
			}
			marked[i] = &common.File{Name: f.Name, Data: []byte(markText(string(f.Data), files[name])), ModTime: f.ModTime}
		}
		c.Templates = marked
		for _, d := range c.Dependencies() {
			walk(d)
		}
	}
	walk(c)
	return files
}

// markText puts a mark behind the last character of each line's literal text.
// Text that definitions hold, or that does not parse, is left as it is.
func markText(source string, file int) string {
	tree := goparse.New("marks")
	tree.Mode = goparse.SkipFuncCheck
	if _, err := tree.Parse(source, "", "", map[string]*goparse.Tree{}); err != nil {
		return source
	}
	var out strings.Builder
	done, line := 0, 0
	for _, text := range literals(tree.Root, nil) {
		line += strings.Count(source[done:text.Pos], "\n")
		out.WriteString(source[done:text.Pos])
		done = int(text.Pos) + len(text.Text)
		for _, part := range strings.SplitAfter(string(text.Text), "\n") {
			solid := len(strings.TrimRightFunc(part, unicode.IsSpace))
			out.WriteString(part[:solid])
			if solid > 0 {
				out.WriteString(mark(file, line))
			}
			out.WriteString(part[solid:])
			line += strings.Count(part, "\n")
		}
	}
	out.WriteString(source[done:])
	return out.String()
}

// literals gives the text nodes below n, in the order in which they stand.
func literals(n goparse.Node, out []*goparse.TextNode) []*goparse.TextNode {
	branch := func(b *goparse.BranchNode) {
		out = literals(b.List, out)
		out = literals(b.ElseList, out)
	}
	switch n := n.(type) {
	case *goparse.ListNode:
		if n != nil {
			for _, e := range n.Nodes {
				out = literals(e, out)
			}
		}
	case *goparse.TextNode:
		out = append(out, n)
	case *goparse.IfNode:
		branch(&n.BranchNode)
	case *goparse.RangeNode:
		branch(&n.BranchNode)
	case *goparse.WithNode:
		branch(&n.BranchNode)
	}
	return out
}

// lineMap gives, for each rendered line, the template's line that it is from,
// both from 0.
type lineMap []int

// linesOf reads the marks of one template in what it rendered with them; nil
// where the text is not, line by line, what it is without them.
func linesOf(text, marked string, file int) lineMap {
	plain, lines := strings.Split(text, "\n"), strings.Split(marked, "\n")
	if len(plain) != len(lines) {
		return nil
	}
	out := make(lineMap, len(lines))
	at := 0
	for i, line := range lines {
		for runes := []rune(line); len(runes) >= 4; runes = runes[1:] {
			if runes[0] == markOpen && runes[1] == markDigit+rune(file%markBase) {
				at = int(runes[2]-markDigit)*markBase + int(runes[3]-markDigit)
				break
			}
		}
		out[i] = at
	}
	return out
}

// of gives the template's line for a rendered one, both from 1.
func (m lineMap) of(line int) int {
	if line < 1 || line > len(m) {
		return 1
	}
	return m[line-1] + 1
}

// move points a tree's nodes at the template, and takes their bytes from them.
func (m lineMap) move(n *manifest.Node) {
	n.Position = m.to(n.Position)
	n.SetVia(m.to(n.Via()))
	n.Start, n.Literal = 0, false
	for i := range n.Fields {
		f := &n.Fields[i]
		f.Key = m.to(f.Key)
		m.move(f.Value)
	}
	for _, item := range n.Items() {
		m.move(item)
	}
}

func (m lineMap) to(p manifest.Position) manifest.Position {
	if m == nil || p == (manifest.Position{}) {
		return p
	}
	return manifest.At(m.of(int(p.Line)), 1)
}
