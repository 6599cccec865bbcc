package manifest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// chartTime bounds the rendering of one chart: a template can loop for ever.
const chartTime = 30 * time.Second

// renderChart renders a chart's folder or archive with its own values by the
// helm of the PATH; without one the chart is left out, with a warning. "helm
// template" asks no cluster and fetches no dependency of a local chart.
func renderChart(dir string) *Tree {
	t := &Tree{Files: 1}
	helm, err := exec.LookPath("helm")
	if err != nil {
		t.warn("chart", filepath.ToSlash(dir), "a chart is judged as it is rendered, and there is no helm in the PATH: helm template %s | plimsoll gate -", dir)
		return t
	}
	ctx, cancel := context.WithTimeout(context.Background(), chartTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, helm, "template", "release", "./"+filepath.Base(dir), "--skip-tests")
	cmd.Dir = filepath.Dir(dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.warn("chart", filepath.ToSlash(dir), "does not render with its own values (%s): judge it as it is deployed: helm template -f VALUES %s | plimsoll gate -",
			oneLine(fmt.Sprintf("%v: %s", err, stderr.String())), dir)
		return t
	}
	for _, part := range splitSources(out) {
		t.addRendered(dir, part)
	}
	return t
}

// part is what one template rendered.
type part struct {
	name string // as helm names it: CHART/templates/web.yaml
	text []byte
}

// splitSources cuts helm's output at the comments that name the template.
func splitSources(out []byte) []part {
	const mark = "# Source: "
	var parts []part
	for _, line := range bytes.SplitAfter(out, []byte("\n")) {
		if name, ok := bytes.CutPrefix(line, []byte(mark)); ok {
			parts = append(parts, part{name: string(bytes.TrimSpace(name))})
			continue
		}
		if n := len(parts); n > 0 {
			parts[n-1].text = append(parts[n-1].text, line...)
		}
	}
	return parts
}

// addRendered reads what a template gave, and points at the template.
func (t *Tree) addRendered(dir string, p part) {
	_, below, _ := strings.Cut(p.name, "/") // the chart's own name comes first
	at := filepath.Join(dir, filepath.FromSlash(below))
	source, err := os.ReadFile(at)
	if err != nil {
		source = nil // in an archive: the document is placed at its first line
	}
	lines := align(string(p.text), string(source))
	docs, problems := manifest.Parse(filepath.ToSlash(at), p.text)
	for _, problem := range problems {
		problem.Position = manifest.Position{Line: lines.of(problem.Position.Line), Column: 1}
		t.Problems = append(t.Problems, problem)
	}
	for _, d := range docs {
		if isTestHook(d) {
			continue
		}
		d.Rendered, d.Text = "helm", nil
		lines.move(d.Root)
		t.Documents = append(t.Documents, d)
	}
}

// isTestHook tells what "helm test" runs and nothing else does.
func isTestHook(d *manifest.Document) bool {
	return strings.HasPrefix(d.Annotation("helm.sh/hook").String(), "test")
}

// lineMap gives, for each rendered line, the template's line that it is most
// likely from.
type lineMap []int

// align walks through both texts: a rendered line is from the next template
// line that begins as it does, up to where the template's marks begin. Lines
// that a helper or a loop wrote stay at the last line found, and a loop's
// later rounds are looked for from its start again.
func align(rendered, source string) lineMap {
	var literals []string
	for _, line := range strings.Split(source, "\n") {
		literal, _, _ := strings.Cut(line, "{{")
		literals = append(literals, strings.TrimSpace(literal))
	}
	out := lineMap{0}
	at := 0
	for _, line := range strings.Split(rendered, "\n") {
		if next := find(literals, strings.TrimSpace(line), at); next >= 0 {
			at = next
		}
		out = append(out, at)
	}
	return out
}

// find looks from a line on, then before it; -1 where nothing fits. One-letter
// beginnings, such as a dash, fit anything and do not count.
func find(literals []string, line string, from int) int {
	if len(line) < 2 {
		return -1
	}
	for i := range literals {
		j := (from + i) % len(literals)
		if l := literals[j]; len(l) > 1 && strings.HasPrefix(line, l) {
			return j
		}
	}
	return -1
}

// of gives the template's line, from 1.
func (m lineMap) of(line int) int {
	if line < 0 || line >= len(m) {
		return 1
	}
	return m[line] + 1
}

// move points a tree's nodes at the template.
func (m lineMap) move(n *manifest.Node) {
	n.Position = manifest.Position{Line: m.of(n.Position.Line), Column: 1}
	n.Start, n.End = 0, 0
	if n.Via != (manifest.Position{}) {
		n.Via = manifest.Position{Line: m.of(n.Via.Line), Column: 1}
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		f.Key = manifest.Position{Line: m.of(f.Key.Line), Column: 1}
		m.move(f.Value)
	}
	for _, item := range n.Items {
		m.move(item)
	}
}
