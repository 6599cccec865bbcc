package object_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

func TestReadErrors(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\nspec: {containers: [{name: c}]}\n"
	for _, c := range []struct{ name, in, want string }{
		{"tab in YAML", pod + "---\nkind: Pod\nspec:\n\tx: 1\n", "f: document 2, line 8: not valid YAML: found character that cannot start any token"},
		{"bad item", "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n- kind: Pod\n  metadata: {name: [}\n", "f: document 1, line 6: not valid YAML: did not find expected node content"},
		{"wrong type", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\nspec: {containers: 7}\n", "f: no object of it can be read: x/Pod/a: field spec.containers cannot be a number (f, document 1, line 1)"},
		{"no kind", "metadata: {name: a}\n", "f: document 1, line 1: not a Kubernetes object: it has no kind"},
		{"no object", "hello\n", "f: document 1, line 1: object is a string, not a Kubernetes object"},
		{"HTML", "<html><body>Sign in</body></html>", "f: document 1, line 1: object is a string, not a Kubernetes object"},
		{"sequence", "- kind: Pod\n", "f: document 1, line 1: object is a list, not a Kubernetes object"},
		{"items without any kind", "items:\n- metadata: {name: a}\n", "f: no object of it can be read: item of a List a: not a Kubernetes object: it has no kind (f, document 1, line 2)"},
		{"cut JSON", "{\"kind\": \"Pod\",\n \"metadata\": {\"name\": ", "f: document 1, line 2: the file ends in the middle of an object; it was cut, so make the dump again"},
		{"cut JSON list", "{\"kind\": \"List\", \"items\": [\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"},\n", "f: document 1, line 3: the file ends in the middle of an object; it was cut, so make the dump again"},
		{"bad JSON", "{\"kind\": \"Pod\",\n \"metadata\": {\n\"name\" \"a\"}}", `f: document 1, line 3: invalid character '"' after object key`},
		{"items no list", `{"items": 7}`, "f: document 1, line 1: list: field items cannot be a number"},
		{"UTF-16", "\xff\xfe{\x00", "f: it is UTF-16"},
		{"empty", "", "f: there is no object in it; did the command that should write it fail?"},
		{"comments alone", "# nothing\n---\n", "f: there is no object in it"},
		{"broken gzip", "\x1f\x8bxx", "f: not a readable gzip file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := object.Read(&object.Inventory{}, strings.NewReader(c.in), "f")
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			if got := err.Error(); !strings.HasPrefix(got, c.want) {
				t.Errorf("got:  %s\nwant: %s", got, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// endless repeats a text for ever, after a beginning.
type endless struct {
	begin, text string
	at          int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if e.begin != "" {
			k := copy(p[n:], e.begin)
			e.begin = e.begin[k:]
			n += k
			continue
		}
		k := copy(p[n:], e.text[e.at:])
		e.at = (e.at + k) % len(e.text)
		n += k
	}
	return n, nil
}

// A stream without an end that brings no objects is given up: white space, comments, a
// field that goes on, items of nothing.
func TestEndlessStreams(t *testing.T) {
	for name, in := range map[string]*endless{
		"blanks":          {"", " ", 0},
		"blanks in JSON":  {"{", " ", 0},
		"lines":           {"", "\n", 0},
		"comments":        {"", "# nothing\n", 0},
		"documents":       {"", "---\n", 0},
		"no kinds":        {goodPod + "\n---\n", "a: 1\n---\n", 0},
		"no kinds, JSON":  {goodPod, "{\"a\":1}", 0},
		"a long text":     {`{"a":"`, "x", 0},
		"a long list":     {`{"a":[`, `{"b":1},`, 0},
		"many fields":     {`{`, `"a":1,`, 0},
		"items too small": {`{"items":[`, `{},`, 0},
		"nested lists":    {`{"items":[`, `[`, 0},
		"a long line":     {"a: ", "x", 0},
		"a long block":    {"a: |\n", "  x\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if err := object.Read(&object.Inventory{}, in, "f"); err == nil {
				t.Error("no error")
			}
		})
	}
}

// What reading fails with is what is told, and can be told apart, whatever a parser
// makes of it.
func TestBrokenReader(t *testing.T) {
	broken := errors.New("the server broke off")
	for name, begin := range map[string]string{"JSON": `{"kind":"List","items":[`, "YAML": "kind: Pod\n", "nothing": "", "gzip": "\x1f\x8b\x08\x00\x00\x00\x00\x00"} {
		err := object.Read(&object.Inventory{}, io.MultiReader(strings.NewReader(begin), iotest.ErrReader(broken)), "f")
		if !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want what reading failed with", name, err)
		}
	}
}

// TestSkipped reads on where one object is bad, and says which and where.
func TestSkipped(t *testing.T) {
	const onePod = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "x"}}`
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\nspec: {containers: [{name: c}]}\n"
	const template = `{"metadata": {"name": "bad", "namespace": "x"}, "spec": {"template": {"spec": {"containers": [{"name": "c"}, {"name": "main", "resources": {"requests": {"cpu": 1, "memory": "512MB"}}}]}}}`
	const field = `x/%s/bad: spec.template.spec.containers[main].resources.requests.memory: "512MB" is not a quantity; write 512M or 512Mi (f, document 2, line 2); the object is left out`
	for name, c := range map[string]struct{ in, want string }{
		"node": {pod + "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {capacity: {cpu: lots}}\n",
			`Node/n1: status.capacity.cpu: "lots" is not a quantity; write it as Kubernetes does, such as 500m or 512Mi (f, document 2, line 6); the object is left out`},
		"deployment":      {`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "x"}}` + "\n" + `{"apiVersion": "apps/v1", "kind": "Deployment", ` + template[1:] + "}", fmt.Sprintf(field, "Deployment")},
		"rollout":         {`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "x"}}` + "\n" + `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", ` + template[1:] + "}", fmt.Sprintf(field, "Rollout")},
		"scalar in JSON":  {onePod + "\n7\n", `document: object is a number, not a Kubernetes object (f, document 2, line 2); the object is left out`},
		"text in JSON":    {onePod + "\n\"error: denied\"\n" + `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}`, `document: object is a string, not a Kubernetes object (f, document 2, line 2); the object is left out`},
		"items a number":  {onePod + "\n{\"apiVersion\": \"v1\", \"items\": 7}", `document: list: field items cannot be a number (f, document 2, line 2); the object is left out`},
		"items an object": {onePod + "\n{\"kind\": \"PodList\", \"items\": {\"a\": {\"b\": [1]}, \"c\": 2}}", `document: list: field items cannot be an object (f, document 2, line 2); the object is left out`},
		"items a text":    {"{\"kind\": \"PodList\", \"items\": \"none\"}\n" + onePod, `document: list: field items cannot be a string (f, document 1, line 1); the object is left out`},
		"items, YAML":     {pod + "---\nkind: List\nitems: 7\n", `document: list: field items cannot be a number (f, document 2, line 6); the object is left out`},
		"nameless":        {onePod + "\n{\"kind\": \"Pod\"}", `Pod: metadata.name: there is none (f, document 2, line 2); the object is left out`},
		"below zero":      {pod + "---\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: c, resources: {requests: {cpu: -1}}}]}\n", `Pod/b: spec.containers[c].resources.requests.cpu: "-1" is below zero (f, document 2, line 6); the object is left out`},
		"item": {"{\"items\": [\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\", \"namespace\": \"x\"}},\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": []}]}",
			"Pod: field spec cannot be a list (f, document 1, line 3); the object is left out"},
	} {
		var v object.Inventory
		if err := object.Read(&v, strings.NewReader(c.in), "f"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var s analyzer.Snapshot
		v.Fill(&s, object.Selection{})
		if len(s.Warnings) != 1 || s.Warnings[0].String() != c.want || s.Warnings[0].Code != analyzer.WarnSkipped {
			t.Errorf("%s:\ngot:  %v\nwant: %s", name, s.Warnings, c.want)
		}
		if len(s.Workloads) != 1 {
			t.Errorf("%s: %d workloads are left, want the good one", name, len(s.Workloads))
		}
	}
}

// TestReadForms reads the same pod in the forms that files come in.
func TestReadForms(t *testing.T) {
	const item = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"x"},"spec":{"containers":[{"name":"c"}]}}`
	const bare = `{"metadata":{"name":"a","namespace":"x"},"spec":{"containers":[{"name":"c"}]}}`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, item)
	_ = z.Close()
	for name, in := range map[string]string{
		"JSON":                        item,
		"JSON with white space":       "\n\n  " + item + "\n\n",
		"JSON array":                  "[" + item + "]",
		"JSON List, kind last":        `{"apiVersion":"v1","items":[` + item + `],"kind":"List"}`,
		"typed JSON list":             `{"kind":"PodList","apiVersion":"v1","items":[` + bare + `]}`,
		"typed JSON list, kind last":  `{"apiVersion":"v1","items":[` + bare + `],"kind":"PodList"}`,
		"List in a List":              `{"kind":"List","apiVersion":"v1","items":[{"kind":"PodList","apiVersion":"v1","items":[` + bare + `]}]}`,
		"null list":                   `{"kind":"PodList","apiVersion":"v1","items":null}` + item,
		"gzip":                        zipped.String(),
		"byte order mark":             "\xef\xbb\xbf" + item,
		"YAML":                        "# a comment\n---\n" + item + "\n...\n---\n# nothing\n",
		"YAML after the separator":    "--- " + item + "\n",
		"YAML, Windows":               "apiVersion: v1\r\nkind: List\r\nitems:\r\n- " + item + "\r\n",
		"YAML List, items last":       "apiVersion: v1\nkind: List\nitems:\n  # one\n  - " + item + "\n",
		"YAML typed list, kind last":  "apiVersion: v1\nitems:\n-\n  metadata: {name: a, namespace: x}\n\n  spec:\n    containers:\n    - name: c\nkind: PodList\n",
		"YAML List in flow form":      "apiVersion: v1\nkind: List\nitems: [" + item + "]\n",
		"YAML List, flow on new line": "apiVersion: v1\nkind: List\nitems:\n  [" + item + "]\n",
		"YAML empty List":             "apiVersion: v1\nitems: []\nkind: List\n---\n" + item + "\n",
		"no newline at the end":       "kind: Pod\napiVersion: v1\nspec: {containers: [{name: c}]}\nmetadata: {name: a, namespace: x}",
	} {
		t.Run(name, func(t *testing.T) {
			var v object.Inventory
			if err := object.Read(&v, strings.NewReader(in), "f"); err != nil {
				t.Fatal(err)
			}
			var s analyzer.Snapshot
			v.Fill(&s, object.Selection{})
			if len(s.Workloads) != 1 || s.Workloads[0].Ref != (analyzer.Ref{Namespace: "x", Kind: "Pod", Name: "a"}) {
				t.Errorf("got %v, want the one pod x/a", s.Workloads)
			}
		})
	}
}

func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }

func TestReadFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(file, []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := object.ReadFiles([]string{file, "-"}, strings.NewReader("apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n"), openFile)
	if err != nil {
		t.Fatal(err)
	}
	var s analyzer.Snapshot
	v.Fill(&s, object.Selection{})
	if len(s.Workloads) != 2 || s.Workloads[0].Namespace != "default" {
		t.Errorf("got %v, want default/a and default/b", s.Workloads)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "no such file",
		dir:                             "is a folder",
	} {
		if _, err := object.ReadFiles([]string{path}, nil, openFile); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

// TestSelectErrors shows what a selector that cannot be read comes to.
func TestSelectErrors(t *testing.T) {
	if _, err := object.Select(nil, "a in ("); err == nil || !strings.Contains(err.Error(), `label selector "a in (" cannot be read`) {
		t.Errorf("got %v", err)
	}
}

// dump writes a List of n pods with as much clutter as real ones have.
func dump(w io.Writer, n int, asJSON bool) {
	clutter := strings.Repeat("x", 2000)
	if asJSON {
		_, _ = io.WriteString(w, `{"apiVersion":"v1","items":[`)
	} else {
		_, _ = io.WriteString(w, "apiVersion: v1\nitems:\n")
	}
	for i := range n {
		if asJSON {
			if i > 0 {
				_, _ = io.WriteString(w, ",\n")
			}
			fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-%d","namespace":"x","annotations":{"a":%q},"labels":{"app":"p"}},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"100m"}}}]}}`, i, clutter)
			continue
		}
		fmt.Fprintf(w, "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p-%d\n    namespace: x\n    annotations:\n      a: %q\n    labels:\n      app: p\n  spec:\n    containers:\n    - name: c\n      resources:\n        requests:\n          cpu: 100m\n", i, clutter)
	}
	if asJSON {
		_, _ = io.WriteString(w, `],"kind":"List"}`)
	} else {
		_, _ = io.WriteString(w, "kind: List\n")
	}
}

// TestReadStreams holds that a List takes memory for what is kept of it, not
// for its text: 10 MB of text leave and need but a fraction of it.
func TestReadStreams(t *testing.T) {
	for _, asJSON := range []bool{true, false} {
		r, w := io.Pipe()
		go func() {
			dump(w, 4000, asJSON)
			w.Close()
		}()
		var peak uint64
		var v object.Inventory
		if err := object.Read(&v, &sampler{r: r, peak: &peak}, "f"); err != nil {
			t.Fatal(err)
		}
		if most := uint64(32 << 20); peak > most {
			t.Errorf("JSON %t: the heap grew to %d MiB, want at most %d", asJSON, peak>>20, most>>20)
		}
	}
}

// sampler looks at the live heap every few megabytes.
type sampler struct {
	r    io.Reader
	n    int
	peak *uint64
}

func (s *sampler) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.n += n; s.n > 2<<20 {
		s.n = 0
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*s.peak = max(*s.peak, m.HeapAlloc)
	}
	return n, err
}

func BenchmarkRead(b *testing.B) {
	for _, asJSON := range []bool{true, false} {
		var buf bytes.Buffer
		dump(&buf, 2000, asJSON)
		b.Run(fmt.Sprintf("json=%t", asJSON), func(b *testing.B) {
			b.SetBytes(int64(buf.Len()))
			for b.Loop() {
				var v object.Inventory
				if err := object.Read(&v, bytes.NewReader(buf.Bytes()), "f"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		"items:\n- kind: Pod\n  apiVersion: v1\n-\n", "items:\n", "--- {kind: Pod}", "{\"items\":[{}],\"kind\":\"PodList\"}", "[[]]",
		"kind: Deployment\napiVersion: apps/v1\nspec: {template: {spec: {containers: [{resources: {requests: {cpu: -1}}}]}}}",
		"kind: X\napiVersion: a/v1\nmetadata: {name: x, ownerReferences: [{kind: X, name: x, controller: true, apiVersion: a/v1}]}\nspec: {replicas: 1e300, template: {spec: {containers: [{name: c}]}}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v object.Inventory
		if err := object.Read(&v, bytes.NewReader(data), "f"); err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		var a, b analyzer.Snapshot
		v.Fill(&a, object.Selection{})
		v.Fill(&b, object.Selection{})
		if got, want := print(&b), print(&a); got != want {
			t.Errorf("filled twice, got:\n%s\nthen:\n%s", want, got)
		}
		v.Unread()
	})
}

// TestJSONPartedAsYAML: JSON documents of a YAML stream are read as kubectl reads them, and an
// error still names its line.
func TestJSONPartedAsYAML(t *testing.T) {
	const a, b = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"---"}}`
	for name, text := range map[string]string{
		"parted":         a + "\n---\n" + b + "\n",
		"begins so":      "---\n" + a + "\n---\n" + b,
		"with a comment": a + "\n--- # second\n" + b + "\n---\n",
		"carriage":       a + "\r\n---\r\n" + b + "\r\n",
		"one line":       a + b,
		"printed":        "{\n\"apiVersion\": \"v1\",\n\"kind\": \"List\", \"items\": [\n" + a + ",\n" + b + "\n]\n}\n---\n",
	} {
		v := &object.Inventory{}
		if err := object.Read(v, iotest.OneByteReader(strings.NewReader(text)), "f"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var s analyzer.Snapshot
		v.Fill(&s, object.Selection{})
		if len(s.Namespaces) != 2 {
			t.Errorf("%s: %d namespaces, want 2", name, len(s.Namespaces))
		}
	}
	err := object.Read(&object.Inventory{}, strings.NewReader(a+"\n---\n"+b+"\n---\n{\"apiVersion\":,}\n"), "f")
	if err == nil || !strings.Contains(err.Error(), "document 3, line 5") {
		t.Errorf("got %v, want an error of document 3, line 5", err)
	}
}
