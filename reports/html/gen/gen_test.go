package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTheBundleIsOfTheSource: what the program embeds is what gen makes of the
// source, byte by byte.
func TestTheBundleIsOfTheSource(t *testing.T) {
	all, err := bundle("../app")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("..", "dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("dist/%s is not what gen makes: run go generate ./reports/html", name)
		}
	}
	if len(all) != 2 {
		t.Errorf("got %d files, want the script and the style", len(all))
	}
}

// TestWhatWouldEndItsElement is refused.
func TestWhatWouldEndItsElement(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"main.js": "console.log(String.raw`</script>` + '<!' + '--');", "style.css": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := bundle(dir); err == nil {
		t.Errorf("got %s, want an error", all["app.js"])
	}
}
