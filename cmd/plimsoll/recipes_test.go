package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRecipesNameFilesThatAreThere: the recipes of CONTRIBUTING.md are true to the file.
func TestRecipesNameFilesThatAreThere(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, recipes, found := strings.Cut(string(text), "## Recipes")
	if !found {
		t.Fatal("CONTRIBUTING.md has no recipes")
	}
	named := 0
	for _, m := range regexp.MustCompile("`([a-z_]+(?:/[a-z_.]+)+)`").FindAllStringSubmatch(recipes, -1) {
		named++
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("a recipe names %s: %v", m[1], err)
		}
	}
	if named < 10 {
		t.Errorf("got %d files and folders in the recipes, want more", named)
	}
}
