package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// ruleOf is the package and the files of the rules that share a lever's.
var ruleOf = map[string]struct{ pkg, file string }{
	"vpa":                 {"horizontal", "vpa"},
	"autoscaler-findings": {"horizontal/finding", "findings"},
}

// noText are the rules whose part of the tables is columns of others.
var noText = []string{"rightsize", "vpa"}

// TestFivePlaces: one name in five places. A rule is a package in recommender/, a
// file in reports/build, its words in reports/brief, a page in docs/rules and a folder
// of cases.
func TestFivePlaces(t *testing.T) {
	for _, r := range recommender.Rules() {
		pkg, file := r.Name, r.Name
		if of, ok := ruleOf[r.Name]; ok {
			pkg, file = of.pkg, of.file
		}
		places := []string{"recommender/" + pkg, "reports/build/" + file + ".go", "docs/rules/" + r.Name + ".md", "testdata/rules/" + r.Name}
		if !slices.Contains(noText, r.Name) {
			places = append(places, "reports/brief/"+file+".go")
		}
		for _, place := range places {
			if _, err := os.Stat(filepath.Join("..", "..", place)); err != nil {
				t.Errorf("rule %s has no %s", r.Name, place)
			}
		}
		if cases, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "rules", r.Name, "*.txtar")); len(cases) == 0 {
			t.Errorf("rule %s has no case", r.Name)
		}
	}
}

// levers are the packages of rules, in the order in which they run.
var levers = []string{"rightsize", "horizontal", "nodes", "waste", "demand", "spot", "purchase"}

// sizers choose requests, and weigh those they do not choose.
var sizers = []string{"rightsize", "horizontal"}

// TestLeversSeeTheClusterAlone: what one lever leaves for the next is the
// advice.Cluster. None gathers advice, none takes another's Detail, none but
// the package nodes touches the results of a pass, and none but those that choose
// requests adds up a pod's.
func TestLeversSeeTheClusterAlone(t *testing.T) {
	for _, lever := range levers {
		files, err := filepath.Glob(filepath.Join("..", "..", "recommender", lever, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", lever, err)
		}
		within, err := filepath.Glob(filepath.Join("..", "..", "recommender", lever, "*", "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range append(files, within...) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range reads(f, lever) {
				t.Errorf("%s: %s", file, fault)
			}
		}
	}
}

// TestReadsAreFound: the test above would see them.
func TestReadsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"advice.As[nodes.Plan](r.Detail)": 1,
		"advice.As[Plan](r.Detail)":       0,
		"p.Results[\"nodes\"]":            1,
		"r.Detail.(*horizontal.Advice)":   1,
		"p.Report(advice.Advice{})":       0,
		"p.Report":                        0,
		"func() { p.Report = nil }":       1,
		"nodes.Of(p)":                     0,
		"analyzer.PodRequests(c, none)":   1,
		"p.Cluster.Pod(w, role)":          0,
	} {
		e, err := parser.ParseFile(token.NewFileSet(), "", "package waste\nvar _ = "+text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := reads(e, "waste"); len(got) != want {
			t.Errorf("%s: got %q, want %d", text, got, want)
		}
	}
}

// reads lists where a file of a lever reads more of others than it may.
func reads(f *ast.File, lever string) (out []string) {
	foreign := func(e ast.Expr) bool {
		if star, ok := e.(*ast.StarExpr); ok {
			e = star.X
		}
		s, ok := e.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		x, ok := s.X.(*ast.Ident)
		return ok && x.Name != lever && slices.Contains(levers, x.Name)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			if s, ok := n.X.(*ast.SelectorExpr); ok && s.Sel.Name == "As" && foreign(n.Index) {
				out = append(out, "it takes another lever's Detail")
			}
		case *ast.TypeAssertExpr:
			if n.Type != nil && foreign(n.Type) {
				out = append(out, "it takes another lever's Detail")
			}
		case *ast.SelectorExpr:
			if n.Sel.Name == "PodRequests" && !slices.Contains(sizers, lever) {
				out = append(out, "it adds up a pod's requests: advice.Cluster does")
			}
			if n.Sel.Name == "Results" && lever != "nodes" {
				out = append(out, "it reads the results of a pass: a lever has an accessor")
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				if s, ok := to.(*ast.SelectorExpr); ok && s.Sel.Name == "Report" {
					out = append(out, "it listens to what is reported")
				}
			}
		}
		return true
	})
	return out
}

// TestDesignShowsTheLine: the line in docs/design.md is the one that is kept.
func TestDesignShowsTheLine(t *testing.T) {
	at := map[int][]string{}
	for pkg, rank := range line {
		at[rank] = append(at[rank], pkg)
	}
	var want strings.Builder
	for _, rank := range slices.Sorted(maps.Keys(at)) {
		slices.Sort(at[rank])
		fmt.Fprintf(&want, "    %4d  %s\n", rank, strings.Join(at[rank], ", "))
	}
	page := filepath.Join("..", "..", "docs", "design.md")
	casetest.Table(t, page, "    rank  packages, left to right; what has one number does not see each other\n", want.String(), *update)
}

// mostLines is how much a package of recommender/ or reports/ may hold, without
// its tests. One engine, packing, is larger.
const mostLines = 3300

func TestPackagesStaySmall(t *testing.T) {
	lines := map[string]int{}
	for _, root := range []string{"recommender", "reports"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			lines[filepath.Dir(path)] += strings.Count(string(text), "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for pkg, n := range lines {
		if n > mostLines && filepath.ToSlash(pkg) != "../../recommender/packing" {
			t.Errorf("%s has %d lines: more than %d are two packages", pkg, n, mostLines)
		}
	}
}
