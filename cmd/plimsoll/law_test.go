package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/plimsoll-k8s/plimsoll/"

// line is the straight line of docs/design.md, left to right. A package
// imports only what has a smaller number; equal numbers do not see each other.
var line = map[string]int{
	"docs":                           0, // the manual's pages, which the program carries
	"analyzer/digest":                0,
	"pricing/cloud":                  5, // what clouds call things
	"analyzer":                       10,
	"analyzer/manifest":              15,
	"analyzer/source/unpack":         16, // bounds of packed files
	"analyzer/source/jsonline":       16, // series as VictoriaMetrics exports them
	"pricing":                        20,
	"pricing/lookup":                 22, // what types cost, for the price verb
	"pricing/bill":                   23, // bills held against the catalog
	"recommender/packing/lp":         25,
	"recommender/packing":            30,
	"recommender/commitment":         30,
	"recommender/replay":             30,
	"recommender/calibration":        30,
	"recommender/past":               32,
	"recommender/allocation":         35,
	"recommender/cost":               40,
	"recommender/check":              42,
	"recommender/advice":             44,
	"recommender/rightsize":          45,
	"recommender/horizontal":         48,
	"recommender/horizontal/finding": 48,
	"recommender/nodes/fleet":        49,
	"recommender/nodes/fresh":        49,
	"recommender/nodes/held":         49,
	"recommender/nodes/hourly":       49,
	"recommender/nodes/kubelet":      49,
	"recommender/nodes/reserve":      49,
	"recommender/nodes/pin":          48,
	"recommender/nodes/group":        49,
	"recommender/nodes/waiting":      49,
	"recommender/nodes/safe":         49,
	"recommender/nodes":              50,
	"recommender/waste":              52,
	"recommender/demand":             52,
	"recommender/spot":               54,
	"recommender/purchase":           56,
	"recommender/ledger":             58,
	"recommender/backtest":           60,
	"recommender":                    62,
	"reports/document":               70,
	"reports/document/change":        71, // what differs between two reports
	"reports/limit":                  72, // what --fail-on names
	"reports/format":                 72,
	"recommender/gate/verdict":       71, // what the gate says
	"recommender/gate/evidence":      71, // what it knows of the workloads
	"recommender/gate/policy":        72, // what it is told to want
	"recommender/gate":               74,
	"reports/provision":              76,
	"reports/build":                  78,
	"reports/brief":                  78,
	"reports/layout":                 79, // text on a terminal
	"reports/snippet":                79, // YAML to copy
	"reports/text":                   80,
	"reports/csv":                    80,
	"reports/markdown":               80,
	"reports/openmetrics":            80,
	"reports/finding":                80,
	"reports/html":                   81, // prints the reasons as text does
	"reports":                        82,
	"analyzer/source/object":         firstIO,
	"analyzer/source/store":          firstIO + 5,
	"analyzer/source/disk":           firstIO,     // files, replaced whole or not at all
	"analyzer/source/origin":         firstIO,     // where requests may go, and how URLs are shown
	"internal/advised":               0,           // a report's advice as objects, for tests
	"internal/grid":                  1,           // tables for people
	"internal/casetest":              firstIO + 1, // test cases as txtar files
	"internal/plainbill":             61,          // a bill and its waste worked out anew, for tests
	"internal/printed":               125,         // advised autoscalers read off the screen, for tests
	"analyzer/source/sourcetest":     firstIO,     // the sources' conformance suite
	"analyzer/source/manifest":       firstIO + 10,
	"analyzer/source/snapshot":       firstIO + 10,
	"analyzer/source/kube":           firstIO + 10,
	"analyzer/source/pricelist":      firstIO + 1, // the clouds' price lists; 'price update' alone dials them
	"analyzer/source/openmetrics":    firstIO + 10,
	"analyzer/source/prometheus":     firstIO + 10,
	"analyzer/source/collect":        firstIO + 20, // the sources together
	"reports/keep":                   firstIO + 22, // the last reports
	"recommender/gate/mend":          firstIO + 22, // what the gate puts right in files
	"recommender/gate/intake":        firstIO + 24, // what it reads before it judges
	"cmd/plimsoll":                   firstIO + 30,

	"recommender/packing/packingtest": 31, // the instances of packing's tests

	"recommender/horizontal/setting": 46, // the search over settings
	"recommender/horizontal/keda":    47, // existing ScaledObjects
	"recommender/horizontal/bounds":  47, // how few and how many pods are safe
	"recommender/horizontal/slow":    47, // how variable load and requests are
}

// firstIO is where the packages begin that may dial, read and write.
const firstIO = 100

// sourceSees is all of the product that a source may import.
var sourceSees = []string{"analyzer", "analyzer/digest", "analyzer/manifest", "analyzer/source/object", "analyzer/source/origin", "analyzer/source/disk", "analyzer/source/unpack", "analyzer/source/jsonline"}

// programs are generators that the product does not contain.
var programs = []string{"pricing/tables/gen", "reports/html/gen"}

var banned = []string{"net", "net/http", "os", "os/exec", "log", "log/slog", "syscall", "time/tzdata", "crypto/rand"}

// allowed lifts the ban on k8s.io for one library and one package.
var allowed = map[string][]string{"reports/document": {"k8s.io/apimachinery/pkg/api/resource"}}

func TestTheStraightLine(t *testing.T) {
	seen := map[string]bool{}
	for path, files := range packages(t, filepath.Join("..", "..")) {
		if slices.Contains(programs, path) {
			continue
		}
		rank, ok := line[path]
		if !ok {
			t.Errorf("package %s is not on the line", path)
			continue
		}
		seen[path] = true
		for _, f := range files {
			checkImports(t, path, rank, f)
			if rank < firstIO {
				checkCalls(t, path, f)
				for _, leak := range leaks(f) {
					t.Errorf("%s: %s", path, leak)
				}
			}
		}
	}
	for path := range line {
		if !seen[path] {
			t.Errorf("the line names %s, which does not exist", path)
		}
	}
}

func checkImports(t *testing.T, path string, rank int, f *ast.File) {
	t.Helper()
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		own, isOwn := strings.CutPrefix(imported, module)
		switch {
		case isOwn && rank >= firstIO && rank < line["analyzer/source/collect"] && !slices.Contains(sourceSees, own):
			t.Errorf("%s imports %s: a source needs only analyzer", path, own)
		case isOwn:
			if to, ok := line[own]; !ok || to >= rank {
				t.Errorf("%s imports %s, which does not stand to its left", path, own)
			}
		case rank >= firstIO || slices.Contains(allowed[path], imported):
		case slices.Contains(banned, imported) || strings.HasPrefix(imported, "k8s.io/"):
			t.Errorf("%s imports %s, which pure code must not", path, imported)
		}
	}
}

// checkCalls finds clocks and prints in pure code.
func checkCalls(t *testing.T, path string, f *ast.File) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := pkg.Name + "." + n.Sel.Name
			if slices.Contains([]string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick", "context.AfterFunc", "fmt.Print", "fmt.Printf", "fmt.Println"}, name) {
				t.Errorf("%s calls %s, which pure code must not", path, name)
			}
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s has an init function", path)
			}
		}
		return true
	})
}

// packages parses every non-test file of the module, by folder.
func packages(t *testing.T, root string) map[string][]*ast.File {
	t.Helper()
	out := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if slices.Contains([]string{"testbed", "testdata", "bin", "tools"}, rel) || rel != "." && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution|parser.ParseComments)
		out[filepath.ToSlash(filepath.Dir(rel))] = append(out[filepath.ToSlash(filepath.Dir(rel))], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The project is built on these libraries by decision: docs/decisions/dependencies.md.
func TestTheLibrariesStay(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"k8s.io/client-go", "k8s.io/metrics", "github.com/prometheus/common", "github.com/olekukonko/tablewriter"} {
		direct := false
		for l := range strings.Lines(string(data)) {
			f := strings.Fields(l)
			direct = direct || len(f) == 2 && f[0] == name
		}
		if !direct {
			t.Errorf("go.mod does not require %s", name)
		}
	}
}
