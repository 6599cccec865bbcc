package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestADocumentThatIsNoObject: among good ones it is named by where it stands and left
// out, and is incomplete under --strict. A file of nothing else holds no objects.
func TestADocumentThatIsNoObject(t *testing.T) {
	isolate(t)
	t.Chdir(t.TempDir())
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	put(t, "odd.yaml", deploymentOf("odd", fits)+"---\nimage: {tag: v2}\n")
	put(t, "values.yaml", "image: {tag: v2}\n")
	for _, c := range []struct {
		name, objects string
		more          []string
		code          int
		out, err      string
	}{
		{"among others", "odd.yaml", nil, exitDone, "not a Kubernetes object: it has no kind (odd.yaml, document 2, line ", ""},
		{"strict", "odd.yaml", []string{"--strict"}, exitSource, `"name":"odd"`, "error: --strict: document: not a Kubernetes object: it has no kind (odd.yaml, document 2, line "},
		{"alone", "values.yaml", nil, exitUsage, "", "values.yaml: document 1, line 1: not a Kubernetes object: it has no kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := append([]string{"plimsoll", "audit", "-q", "--objects", "objects.yaml", "--objects", c.objects, "--openmetrics", "usage.om.gz", "-o", "json"}, c.more...)
			code := run(t.Context(), args, streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
			if code != c.code || !strings.Contains(stdout.String(), c.out) || !strings.Contains(stderr.String(), c.err) {
				t.Errorf("got exit code %d and %q\nwant %d with %q and %q", code, stderr.String(), c.code, c.out, c.err)
			}
		})
	}
}
