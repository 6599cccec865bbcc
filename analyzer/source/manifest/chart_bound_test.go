package manifest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

// aliases unfold to a thousand times a megabyte.
func aliases() string {
	return "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 999) + "*a]\n"
}

func chartOf(values string) map[string]string {
	return map[string]string{"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/values.yaml": values}
}

func TestChartsOfManyAliases(t *testing.T) {
	if _, err := manifest.ParseValues("v.yaml", []byte(aliases())); err == nil || !strings.Contains(err.Error(), "v.yaml: its aliases") {
		t.Errorf("values that are given: got %v, want the aliases refused", err)
	}
	for values, bomb := range map[string]bool{aliases(): true, "a: &a 1\nb: *a\n": false} {
		dir := t.TempDir()
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		w := tar.NewWriter(z)
		for name, text := range chartOf(values) {
			if err := os.MkdirAll(filepath.Join(dir, "c"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "c-1.0.0.tgz"), packed.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"c", "c-1.0.0.tgz"} {
			tree, err := manifest.Read(context.Background(), []string{filepath.Join(dir, at)}, manifest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if refused := len(tree.Problems) > 0 && strings.Contains(fmt.Sprint(tree.Problems[0]), "its aliases"); refused != bomb {
				t.Errorf("%s: got the problems %v, want the aliases refused: %v", at, tree.Problems, bomb)
			}
		}
	}
}
