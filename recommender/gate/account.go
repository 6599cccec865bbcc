package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Path is one of the paths that the user named.
type Path struct {
	Name string
	// Again says that something of it was read for an earlier path already.
	Again bool
}

// Account says of every document that was read what became of it: what is
// judged and what is skipped add up to what was read.
type Account struct {
	// Judged counts the documents that rules look at, by kind.
	Judged []Counted `json:"judged"`
	// Skipped counts the others, by kind and reason.
	Skipped []Counted `json:"skipped"`
	// Paths are those that the user named, as they were named.
	Paths []PathCount `json:"paths,omitempty"`
}

// Counted is a number of documents of a kind.
type Counted struct {
	Kind string `json:"kind,omitempty"` // "" for what is no Kubernetes object
	// Reason says why they are skipped, or how they are judged where their kind
	// is not known.
	Reason string `json:"reason,omitempty"`
	Count  int    `json:"count"`
	// First is where the first of them stands.
	First Place `json:"first"`
}

// PathCount counts the documents of one path.
type PathCount struct {
	Path      string `json:"path"`
	Documents int    `json:"documents"`
	Judged    int    `json:"judged"`
	// Hollow are those of kinds that hold no requests.
	Hollow int `json:"withoutRequests"`
}

// The reasons that the gate itself has for skipping a document.
const (
	isExcluded   = "excluded by the policy"
	isHollow     = "holds no requests"
	isUnknown    = "of no known kind and without containers"
	isUnreadable = "unreadable"
	lacksPod     = "has no pod template"
	foundByShape = "found by shape"
)

// counts gathers an account.
type counts struct {
	judged, skipped map[Counted]*Counted // by kind and reason
	paths           []PathCount
}

func (c *counts) count(into map[Counted]*Counted, path int, kind, reason, file string, at manifest.Position) {
	key := Counted{Kind: kind, Reason: reason}
	if into[key] == nil {
		into[key] = &Counted{Kind: kind, Reason: reason, First: Place{File: file, Start: at, End: at}}
	}
	into[key].Count++
	if path < len(c.paths) {
		p := &c.paths[path]
		p.Documents++
		switch {
		case reason == isHollow:
			p.Hollow++
		case reason == "" || reason == foundByShape:
			p.Judged++
		}
	}
}

// account counts every document that was read.
func (p *Pass) account(in Input) Account {
	c := counts{judged: map[Counted]*Counted{}, skipped: map[Counted]*Counted{}}
	for _, path := range in.Paths {
		c.paths = append(c.paths, PathCount{Path: path.Name})
	}
	for _, d := range p.documents {
		switch how, through := p.judged[d], d.Through != ""; {
		case how == byShape:
			c.count(c.judged, d.Path, d.Kind, foundByShape, d.File, d.Root.Position)
		case how == byKind || through:
			c.count(c.judged, d.Path, d.Kind, "", d.File, d.Root.Position)
		default:
			c.count(c.skipped, d.Path, d.Kind, whyNot(d), d.File, d.Root.Position)
		}
	}
	for _, d := range p.excluded {
		c.count(c.skipped, d.Path, d.Kind, isExcluded, d.File, d.Root.Position)
	}
	for _, s := range in.Skips {
		c.count(c.skipped, s.Path, s.Kind, s.Reason, s.File, s.Position)
	}
	for _, problem := range in.Problems {
		if !problem.Beside {
			c.count(c.skipped, problem.Path, "", isUnreadable, problem.File, problem.Position)
		}
	}
	return Account{Judged: sorted(c.judged), Skipped: sorted(c.skipped), Paths: c.paths}
}

// whyNot says why no rule looks at a document.
func whyNot(d *manifest.Document) string {
	switch {
	case d.Unrendered != "":
		return "not rendered: " + d.Unrendered
	case d.Kind == "HelmChartConfig":
		return "not rendered: its HelmChart is not rendered"
	case d.Renders():
		return "not rendered"
	case d.HoldsNone():
		return isHollow
	case d.HasTemplate():
		return lacksPod
	}
	return isUnknown
}

func sorted(m map[Counted]*Counted) []Counted {
	out := make([]Counted, 0, len(m))
	for _, c := range m {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func sum(list []Counted) int {
	n := 0
	for _, c := range list {
		n += c.Count
	}
	return n
}

// String says in one line what became of the documents.
func (a Account) String() string {
	judged := sum(a.Judged)
	parts := []string{fmt.Sprintf("%s: %d judged", plural(judged+sum(a.Skipped), "document"), judged)}
	var shapes, others []string
	for _, c := range a.Judged {
		if c.Reason != "" {
			shapes = append(shapes, fmt.Sprintf("%d %s", c.Count, c.Kind))
		}
	}
	if len(shapes) > 0 {
		parts[0] += " (" + brief(shapes) + " by shape)"
	}
	hollow := 0
	for _, c := range a.Skipped {
		if c.Reason == isHollow {
			hollow += c.Count
			continue
		}
		others = append(others, fmt.Sprintf("%d %s (%s)", c.Count, or(c.Kind, "without a kind"), c.Reason))
	}
	if len(others) > 0 {
		parts = append(parts, brief(others))
	}
	if hollow > 0 {
		parts = append(parts, fmt.Sprintf("%d without requests", hollow))
	}
	return strings.Join(parts, "; ")
}

// brief joins a list and cuts a long one.
func brief(list []string) string {
	const most = 8
	if n := len(list) - most; n > 0 {
		list = append(slices.Clone(list[:most]), fmt.Sprintf("%d more kinds", n))
	}
	return strings.Join(list, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// of gives the part of an account that one path has: only its skipped kinds,
// for a sentence.
func (p *Pass) skippedOf(in Input, path int) string {
	one := in
	one.Paths = nil
	one.Skips = slices.DeleteFunc(slices.Clone(in.Skips), func(s manifest.Skip) bool { return s.Path != path })
	one.Problems = slices.DeleteFunc(slices.Clone(in.Problems), func(q manifest.Problem) bool { return q.Path != path })
	t := *p.tree
	other := func(d *manifest.Document) bool { return d.Path != path }
	t.documents = slices.DeleteFunc(slices.Clone(t.documents), other)
	t.excluded = slices.DeleteFunc(slices.Clone(t.excluded), other)
	part := Pass{tree: &t}
	return part.account(one).String()
}

// nothingJudged reports paths of which nothing is judged.
var nothingJudged = Rule{
	Name: "nothing-judged", Severity: SeverityError,
	Doc: "A path that was named holds nothing that the gate can judge.",
	Run: func(p *Pass) error {
		if p.input.AllowEmpty {
			return nil
		}
		for i, c := range p.accounts.Paths {
			if c.Judged > 0 || p.input.Paths[i].Again || c.Documents > 0 && c.Hollow == c.Documents {
				continue
			}
			f := Finding{Field: c.Path, Reason: "a gate that looked at nothing must not pass; name another path, or give --allow-empty"}
			f.Place.File = c.Path
			switch {
			case c.Documents > 0:
				f.Message = "nothing is judged here: " + p.skippedOf(p.input, i)
			case c.Path == "<stdin>":
				f.Message = "standard input is empty: what comes before the pipe may have failed"
			default:
				f.Message = "there are no manifests here"
			}
			p.report(nil, manifest.Position{}, f)
		}
		return nil
	},
}
