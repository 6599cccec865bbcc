package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// cloudWord is what a cloud calls itself, its Kubernetes and its labels by.
var cloudWord = regexp.MustCompile(`(?i)(^|[^a-z])(aws|amazon|amazonaws|ec2|ebs|eks|fargate|gcp|gce|gke|cloud\.google|google|azure|aks)([^a-z]|$)`)

// cloudRooms are where clouds' names belong, with the reason.
var cloudRooms = map[string]string{
	"pricing/cloud":                   "a cloud is a file",
	"pricing/tables":                  "the tables and what makes them",
	"analyzer/source/pricelist":       "the clouds' own price lists, one reader a cloud",
	"pricing/bill":                    "the clouds' own bills, and what they call what was used",
	"analyzer/source/store":           "the protocols and the sign-in of the clouds' object stores",
	"analyzer/source/origin":          "how a signature of theirs looks, so that none is printed",
	"analyzer/source/object":          "the fields of the Kubernetes API that are named by a cloud",
	"analyzer/manifest":               "the API groups that are known, of whoever's",
	"reports/document":                "the sections of the report document that hold a cloud's own objects",
	"reports/provision":               "these objects, as each cloud's API has them",
	"internal":                        "tests' own",
	"testbed":                         "tests' own",
	"cmd/plimsoll/e2e":                "tests' own",
	"recommender/packing/packingtest": "tests' own",
	"analyzer/source/sourcetest":      "tests' own",
}

// cloudLiterals is how many strings of other packages still name a cloud, each with its
// reason. It only falls: what is new is asked of pricing/cloud.
var cloudLiterals = map[string]int{
	"cmd/plimsoll":           9, // the help of --provider and of price update, which is of each cloud
	"pricing":                2, // of a bill's columns
	"pricing/lookup":         2, // an example in an error: --provider and --region
	"recommender/horizontal": 1, // the agent of a CI service
}

// TestCloudsInOneFile: what a cloud calls a thing stands in its file of pricing/cloud and
// in the tables. A package that names more clouds than it did, or a new one, fails; one that
// names fewer has its number lowered.
func TestCloudsInOneFile(t *testing.T) {
	seen := map[string]int{}
	for pkg, files := range packages(t, path.Join("..", "..")) {
		if cloudRoom(pkg) {
			continue
		}
		for _, f := range files {
			if n := cloudStrings(f); n > 0 {
				seen[roomOf(pkg)] += n
			}
		}
	}
	for pkg, n := range seen {
		if n > cloudLiterals[pkg] {
			t.Errorf("%s names clouds in %d strings, %d are known: ask pricing/cloud", pkg, n, cloudLiterals[pkg])
		}
	}
	for pkg, n := range cloudLiterals {
		if seen[pkg] < n {
			t.Errorf("%s names clouds in %d strings, no longer in %d: lower its number", pkg, seen[pkg], n)
		}
	}
}

// roomOf is the first two folders of a package: what moves within them stays in its room.
func roomOf(pkg string) string {
	parts := strings.Split(pkg, "/")
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func cloudRoom(pkg string) bool {
	for room := range cloudRooms {
		if pkg == room || strings.HasPrefix(pkg, room+"/") {
			return true
		}
	}
	return false
}

// cloudStrings counts the string literals of a file that name a cloud; imports, tags and
// comments are none.
func cloudStrings(f *ast.File) (n int) {
	ast.Inspect(f, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			x.Tag = nil
		case *ast.BasicLit:
			if text, err := strconv.Unquote(x.Value); x.Kind == token.STRING && err == nil && cloudWord.MatchString(text) {
				n++
			}
		}
		return true
	})
	return n
}

// TestCloudStringsAreFound: the test above would see them.
func TestCloudStringsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		`var _ = "aws"`: 1,
		`var _ = []string{"gcp", "azure", "other"}`: 2,
		`var _ = "eks.amazonaws.com/capacityType"`:  1,
		`var _ = "cloud.google.com/gke-spot"`:       1,
		`import _ "github.com/google/cel-go/cel"`:   0,
		"type x struct { A int `json:\"aws\"` }":    0,
		`var _ = "laws" // aws`:                     0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "", "package x\n"+text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := cloudStrings(f); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
