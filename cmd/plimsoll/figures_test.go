package main

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// figures are numbers of the manual that code decides: the page has the phrase, with the
// constant's value, times a factor, in place of the "#".
var figures = []struct {
	page, phrase string
	pkg, name    string
	times        float64
}{
	{"method/purchase.md", "Up to # pod-hours", "recommender/demand", "mostFollowed", 1},
	{"rules/purchase.md", "Below # days of history", "recommender/demand", "purchaseDays", 1},
	{"rules/purchase.md", "falls by #", "recommender/purchase", "fall", 100},
	{"rules/purchase.md", "or # %;", "recommender/purchase", "deepFall", 100},
	{"rules/purchase.md", "within the term: # %", "recommender/advice", "DefaultFamilyChange", 100},
	{"rules/purchase.md", "Money costs # % a year", "recommender/advice", "DefaultCapitalCost", 100},
	{"rules/horizontal.md", "`--risk-unserved` (# %)", "recommender/advice", "DefaultRiskUnserved", 100},
	{"rules/horizontal.md", "but # times at least", "recommender/horizontal/setting", "leastGrowth", 1},
	{"rules/horizontal.md", "where it is # % cheaper than the best fixed number", "recommender/horizontal", "worthScaling", 100},
	{"rules/horizontal.md", "A setting within # % of the best stays", "recommender/horizontal", "worthChanging", 100},
	{"rules/horizontal.md", "and must save # %", "recommender/horizontal/setting", "worthTolerance", 100},
	{"rules/horizontal.md", "replaces CPU where it is # % cheaper", "recommender/horizontal", "worthRate", 100},
	{"rules/horizontal.md", "or one below #m", "recommender/horizontal", "leastScaledRequest", 1},
	{"rules/horizontal.md", "a minimum above #", "recommender/horizontal/setting", "MostReplicas", 1},
	{"rules/nodes.md", "for at most # % more", "recommender/nodes/group", "StandInShare", 100},
	{"rules/nodes.md", "the larger of $# a month", "recommender/advice", "DefaultMinSavings", 1},
	{"rules/nodes.md", "and # % of the nodes' cost", "recommender/advice", "DefaultMinSavingsShare", 100},
	{"rules/rightsize.md", "more than # % of the time in at most 10", "recommender/advice", "DefaultRiskCPU", 100},
	{"rules/rightsize.md", "in at most # % of containers | 1 %", "recommender/advice", "DefaultRiskBroken", 100},
	{"rules/rightsize.md", "# % above a limit at which it was OOM-killed", "recommender/rightsize", "OOMHeadroom", 1},
	{"rules/rightsize.md", "gets # % over its CPU", "recommender/rightsize", "momentHeadroomCPU", 1},
	{"rules/rightsize.md", "and # % over its memory", "recommender/rightsize", "momentHeadroomMemory", 1},
	{"rules/rightsize.md", "A request within # % of the advice stays", "recommender/rightsize", "SameEnough", 100},
	{"rules/rightsize.md", "times # hours", "pricing", "HoursPerMonth", 1},
	{"rules/spot.md", "ready within # minutes", "recommender/spot", "longestStart", 1.0 / 60},
	{"rules/spot.md", "a probability of at most # %", "recommender/spot", "longestJobRisk", 100},
	{"rules/spot.md", "# % of n rounded up", "recommender/spot", "spotFloor", 100},
	{"rules/waste.md", "# days' worth of usage or more", "recommender/advice", "IdleDays", 1},
	{"rules/waste.md", "CPU stays below # millicores", "recommender/advice", "idleCPU", 1},
	{"rules/waste.md", "that decile is at most # KiB", "recommender/advice", "mostQuiet", 1.0 / 1024},
	{"rules/waste.md", "known of # % of the pods' hours", "recommender/advice", "netCovers", 100},
	{"rules/waste.md", "started more than # hours before", "recommender/waste", "notReadyHours", 1},
	{"rules/waste.md", "costs at least # % less on demand", "recommender/waste", "worthIt", 100},
}

// TestFiguresAreTheCodes: a figure that was changed in the code is changed in the manual.
func TestFiguresAreTheCodes(t *testing.T) {
	root := filepath.Join("..", "..")
	known := map[string]map[string]float64{}
	for _, f := range figures {
		if known[f.pkg] == nil {
			known[f.pkg] = constantsOf(t, filepath.Join(root, f.pkg))
		}
		value, ok := known[f.pkg][f.name]
		if !ok {
			t.Errorf("%s has no constant %s", f.pkg, f.name)
			continue
		}
		page, err := os.ReadFile(filepath.Join(root, "docs", f.page))
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(string(page)), " ")
		if want := strings.ReplaceAll(f.phrase, "#", grouped(value*f.times)); !strings.Contains(words, want) {
			t.Errorf("docs/%s lacks %q, as %s.%s has it", f.page, want, f.pkg, f.name)
		}
	}
}

// grouped writes a number as the manual does: 10,000 and 1.5.
func grouped(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 6, 64), 64); err == nil {
		text = strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	whole, part, found := strings.Cut(text, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if found {
		return whole + "." + part
	}
	return whole
}

// constantsOf reads the constants of a package that are numbers by themselves.
func constantsOf(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no package (%v)", dir, err)
	}
	out := map[string]float64{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, id := range spec.Names {
				if i < len(spec.Values) {
					if v, ok := constant.Float64Val(constant.ToFloat(number(spec.Values[i]))); ok || v != 0 {
						out[id.Name] = v
					}
				}
			}
			return false
		})
	}
	return out
}

// number works out an expression of literals; unknown for others.
func number(x ast.Expr) constant.Value {
	switch x := x.(type) {
	case *ast.BasicLit:
		if x.Kind == token.INT || x.Kind == token.FLOAT {
			return constant.MakeFromLiteral(x.Value, x.Kind, 0)
		}
	case *ast.ParenExpr:
		return number(x.X)
	case *ast.BinaryExpr:
		a, b := number(x.X), number(x.Y)
		if a.Kind() == constant.Unknown || b.Kind() == constant.Unknown {
			return constant.MakeUnknown()
		}
		if by, ok := constant.Uint64Val(b); x.Op == token.SHL && ok {
			return constant.Shift(a, x.Op, uint(by))
		}
		if x.Op == token.MUL || x.Op == token.ADD || x.Op == token.SUB {
			return constant.BinaryOp(a, x.Op, b)
		}
	}
	return constant.MakeUnknown()
}
