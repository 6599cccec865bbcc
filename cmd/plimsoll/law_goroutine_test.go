package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// leaks finds what could let a goroutine outlive the call that started it. The one form allowed in
// pure code is a sync.WaitGroup of the function's own: declared there, its Wait called in the block
// of the declaration after every Go, and no return in between.
func leaks(f *ast.File) []string {
	var out []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			// A function literal of a package variable has no function to wait in.
			ast.Inspect(d, func(n ast.Node) bool {
				if starts(n) != nil {
					out = append(out, "a package variable starts a goroutine")
				}
				return true
			})
			continue
		}
		out = append(out, functionLeaks(fn)...)
	}
	return out
}

func functionLeaks(fn *ast.FuncDecl) []string {
	var out []string
	groups := map[string]*group{}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if block, ok := n.(*ast.BlockStmt); ok {
			for name, g := range ownGroups(block) {
				if _, twice := groups[name]; twice {
					g = nil // a name that means two is refused
				}
				groups[name] = g
			}
		}
		return true
	})
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		x := starts(n)
		if x == nil {
			return true
		}
		name, ok := x.(*ast.Ident)
		switch {
		case !ok || groups[name.Name] == nil:
			out = append(out, fmt.Sprintf("%s starts a goroutine that is of no WaitGroup of its own", fn.Name))
		case groups[name.Name].wait < n.Pos():
			out = append(out, fmt.Sprintf("%s does not wait for the goroutines of %s", fn.Name, name))
		case returns(fn.Body, n.Pos(), groups[name.Name].wait):
			out = append(out, fmt.Sprintf("%s may return before it has waited for the goroutines of %s", fn.Name, name))
		}
		return true
	})
	return out
}

// starts returns what starts a goroutine: the receiver of a method Go, or the go statement.
func starts(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" {
			return s.X
		}
	}
	return nil
}

// group is a sync.WaitGroup and where it is waited for.
type group struct{ wait token.Pos }

// ownGroups finds the WaitGroups that a block declares, and where the same block waits for them.
func ownGroups(block *ast.BlockStmt) map[string]*group {
	groups := map[string]*group{}
	for _, s := range block.List {
		switch s := s.(type) {
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && isSelector(v.Type, "sync", "WaitGroup") {
					for _, name := range v.Names {
						groups[name.Name] = &group{}
					}
				}
			}
		case *ast.ExprStmt:
			call, ok := s.X.(*ast.CallExpr)
			if !ok {
				continue
			}
			for name, g := range groups {
				if isSelector(call.Fun, name, "Wait") {
					g.wait = s.Pos()
				}
			}
		}
	}
	return groups
}

func isSelector(e ast.Expr, x, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	return ok && id.Name == x && s.Sel.Name == name
}

// returns tells whether the function itself, not a literal in it, may return between two positions.
func returns(body *ast.BlockStmt, from, to token.Pos) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found = found || from < n.Pos() && n.Pos() < to
		}
		return true
	})
	return found
}

func TestGoroutinesThatLeakAreFound(t *testing.T) {
	const waited = "var all sync.WaitGroup; for range 3 { all.Go(func() { return }) }; all.Wait()"
	for _, tt := range []struct {
		body string
		want int
	}{
		{waited, 0},
		{"if x { " + waited + " }", 0},
		{"if x { " + waited + " } else { var all sync.WaitGroup; all.Go(work) }", 2},
		{"go work()", 1},
		{"func() { go work() }()", 1},
		{"var all sync.WaitGroup; all.Go(work)", 1},
		{"var all sync.WaitGroup; all.Wait(); all.Go(work)", 1},
		{"var all sync.WaitGroup; all.Go(work); if x { all.Wait() }", 1},
		{"var all sync.WaitGroup; all.Go(work); if x { return }; all.Wait()", 1},
		{"var all errgroup.Group; all.Go(work); all.Wait()", 1},
		{"p.all.Go(work); p.all.Wait()", 1},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package p\nfunc f() { "+tt.body+" }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := leaks(f); len(got) != tt.want {
			t.Errorf("%s: %d leaks %v, want %d", tt.body, len(got), got, tt.want)
		}
	}
}
