package gate

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// Path is one of the paths that the user named.
type Path struct {
	Name string
	// Again says that something of it was read for an earlier path already.
	Again bool
}

// The reasons that the gate itself has for skipping a document.
const (
	isExcluded   = "excluded by the policy"
	isUnknown    = "of no known kind and without containers"
	isUnreadable = "unreadable"
	lacksPod     = "has no pod template"
	isEmpty      = "has no containers"
	foundByShape = "found by shape"
)

// counts gathers an account.
type counts struct {
	judged, skipped map[verdict.Counted]*verdict.Counted // by kind and reason
	paths           []verdict.PathCount
}

func (c *counts) count(into map[verdict.Counted]*verdict.Counted, path int, kind, reason, file string, at manifest.Position) {
	key := verdict.Counted{Kind: kind, Reason: reason}
	if into[key] == nil {
		into[key] = &verdict.Counted{Kind: kind, Reason: reason, First: verdict.Place{File: file, Start: at, End: at}}
	}
	into[key].Count++
	if path < len(c.paths) {
		p := &c.paths[path]
		p.Documents++
		switch {
		case reason == verdict.Hollow:
			p.Hollow++
		case reason == "" || reason == foundByShape:
			p.Judged++
		}
	}
}

// account counts every document that was read.
func (p *Pass) account(in Input) verdict.Account {
	c := counts{judged: map[verdict.Counted]*verdict.Counted{}, skipped: map[verdict.Counted]*verdict.Counted{}}
	for _, path := range in.Paths {
		c.paths = append(c.paths, verdict.PathCount{Path: path.Name})
	}
	for _, d := range p.documents {
		switch how, through := p.judged[d], d.Through != ""; {
		case how == byShape:
			c.count(c.judged, d.Path, d.Kind, foundByShape, d.File, d.Root.Position)
		case how == byKind || through:
			c.count(c.judged, d.Path, d.Kind, "", d.File, d.Root.Position)
		default:
			c.count(c.skipped, d.Path, d.Kind, p.whyNot(d), d.File, d.Root.Position)
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
	return verdict.Account{Judged: sorted(c.judged), Skipped: sorted(c.skipped), Paths: c.paths, WithoutEvidence: p.unseen(), Withheld: p.withheld()}
}

// unseen counts the workloads that the evidence does not know; 0 without any.
func (p *Pass) unseen() (n int) {
	for _, w := range p.workloads {
		if p.evidence != nil && p.evidence.LookUp(p.ref(w)) == nil && p.unread(w) == "" {
			n++
		}
	}
	return n
}

// whyNot says why no rule looks at a document.
func (t *tree) whyNot(d *manifest.Document) string {
	switch {
	case d.Unrendered != "":
		return "not rendered: " + d.Unrendered
	case d.Kind == "HelmChartConfig":
		return "not rendered: its HelmChart is not rendered"
	case d.Renders():
		return "not rendered"
	case d.HoldsNone():
		return verdict.Hollow
	case t.empty[d]:
		return isEmpty
	case d.HasTemplate():
		return lacksPod
	}
	return isUnknown
}

func sorted(m map[verdict.Counted]*verdict.Counted) []verdict.Counted {
	out := make([]verdict.Counted, 0, len(m))
	for _, c := range m {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b verdict.Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	return out
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
	Name: verdict.NothingJudged, Severity: verdict.SeverityError,
	Doc: "A path that was named holds nothing that the gate can judge.",
	Run: func(p *Pass) error {
		if p.input.AllowEmpty {
			return nil
		}
		for i, c := range p.accounts.Paths {
			if c.Judged > 0 || p.input.Paths[i].Again || c.Documents > 0 && c.Hollow == c.Documents {
				continue
			}
			f := verdict.Finding{Field: c.Path, Reason: "a gate that looked at nothing must not pass; name another path, or give --allow-empty"}
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
