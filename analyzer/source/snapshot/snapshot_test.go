package snapshot_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// sample is a snapshot with something in most fields.
func sample() *analyzer.Snapshot {
	w := analyzer.Window{Start: noon.Add(-48 * time.Hour), End: noon, Step: 5 * time.Minute}
	rec := analyzer.NewRecorder(w)
	for _, name := range []string{"web", "api"} {
		p := rec.Pod(analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: name}, "app")
		for at := w.Start.Add(w.Step); !at.After(w.End); at = at.Add(w.Step) {
			p.CPU(at.UnixMilli(), float64(at.Minute()*7+len(name)))
			p.Memory(at.UnixMilli(), float64(1<<28+at.Hour()<<20))
		}
		p.Close()
	}
	return &analyzer.Snapshot{
		Cluster: "prod <eu>", Window: w, Usage: rec.Usage(),
		Sources:    []analyzer.Source{{Kind: "kubernetes", Name: "https://example"}},
		Nodes:      []analyzer.Node{{Name: "b"}, {Name: "a", Labels: map[string]string{"z": "1", "y": "2"}}},
		Namespaces: []analyzer.Namespace{{Name: "shop"}},
		Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Replicas: 2,
			Claims: []string{"uploads"}, ClaimTemplates: []string{"data"},
			Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: 100}}}}},
		HPAs:     []analyzer.HPA{{Namespace: "shop", Name: "web", Max: 3}},
		Warnings: []analyzer.Warning{{Code: "missing", Message: "m"}},
	}
}

// TestOtherVersions: a workload of a program that knew fewer fields, or knows
// more, is read.
func TestOtherVersions(t *testing.T) {
	text := unpack(t, encode(t, sample()))
	now := `"claims":["uploads"],"claimTemplates":["data"]`
	if !strings.Contains(text, now) {
		t.Fatalf("want %s in %.2000s", now, text)
	}
	older, newer := sorted(sample()), sorted(sample())
	older.Workloads[0].Claims, older.Workloads[0].ClaimTemplates = nil, nil
	for _, c := range []struct {
		field string
		want  *analyzer.Snapshot
	}{{`"scalable":false`, older}, {now + `,"fieldOfTomorrow":{"claims":[1]}`, newer}} {
		got, err := snapshot.Decode(bytes.NewReader(pack(t, strings.Replace(text, now, c.field, 1))))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("with %s: got %+v, %v, want %+v", c.field, got, err, c.want)
		}
	}
}

func encode(t testing.TB, s *analyzer.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := snapshot.Encode(&b, s); err != nil {
		t.Fatalf("Encode: %v", err)
	}
	return b.Bytes()
}

func unpack(t testing.TB, data []byte) string {
	t.Helper()
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b, err := z.DecodeAll(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func pack(t testing.TB, text string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll([]byte(text), nil)
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	data := encode(t, want)
	for form, b := range map[string][]byte{"compressed": data, "plain": []byte(unpack(t, data))} {
		got, err := snapshot.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: Decode: %v", form, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", form, got, want)
		}
		if again := encode(t, got); !bytes.Equal(again, data) {
			t.Errorf("%s: the second encoding differs from the first", form)
		}
	}
	first, _, _ := strings.Cut(unpack(t, data), "\n")
	if want := `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":2}`; first != want {
		t.Errorf("header: got %s, want %s", first, want)
	}
	empty := &analyzer.Snapshot{Window: want.Window}
	if got, err := snapshot.Decode(bytes.NewReader(encode(t, empty))); err != nil || !reflect.DeepEqual(got, empty) {
		t.Errorf("empty: got %+v, %v, want %+v", got, err, empty)
	}
}

// TestOrder: the order in which lists were filled leaves no trace.
func TestOrder(t *testing.T) {
	a, b := sample(), sample()
	b.Usage[0], b.Usage[1] = b.Usage[1], b.Usage[0]
	b.Nodes[0], b.Nodes[1] = b.Nodes[1], b.Nodes[0]
	if !bytes.Equal(encode(t, a), encode(t, b)) {
		t.Error("two orders of one snapshot give different bytes")
	}
}

func TestUnknownFields(t *testing.T) {
	text := unpack(t, encode(t, sample()))
	text = strings.Replace(text, `{"cluster"`, `{"later":{"a":[1,2]},"cluster"`, 1)
	got, err := snapshot.Decode(bytes.NewReader(pack(t, text)))
	if err != nil || !reflect.DeepEqual(got, sorted(sample())) {
		t.Errorf("got %v, %v, want the sample", got, err)
	}
}

func sorted(s *analyzer.Snapshot) *analyzer.Snapshot {
	s.Sort()
	return s
}

func TestRefused(t *testing.T) {
	data := encode(t, sample())
	text := unpack(t, data)
	body := text[strings.IndexByte(text, '\n')+1:]
	with := func(header string) []byte { return pack(t, header+"\n"+body) }
	window := `{"cluster":"c","window":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","step":1},`
	header := `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":1}` + "\n"
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the snapshot is empty"},
		{"newer", with(`{"apiVersion":"plimsoll.dev/v1","kind":"Snapshot","schema":3}`), "written by a newer plimsoll (schema 3, this one reads up to 2): update plimsoll"},
		{"no schema", with(`{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot"}`), "this is not a snapshot"},
		{"a report", []byte(`{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Report","summary":{}}`), "this is a Report, not a snapshot"},
		{"a pod", []byte(`{"apiVersion":"v1","kind":"Pod"}`), "this is a Pod, not a snapshot"},
		{"JSON", []byte(`{"status":"success"}`), "this is not a snapshot"},
		{"text", []byte("hello\nworld"), "this is not a snapshot"},
		{"other zstd", pack(t, "hello"), "this is not a snapshot"},
		{"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), "this is not a snapshot"},
		{"cut in half", data[:len(data)/2], "the snapshot is cut short"},
		{"cut by a byte", data[:len(data)-1], "the snapshot is cut short"},
		{"cut to the magic", data[:6], "the snapshot is cut short"},
		{"cut text", []byte(text[:len(text)-20]), "the snapshot is cut short"},
		{"header alone", []byte(header), "the snapshot is cut short"},
		{"one flipped bit", flipped(data), "the snapshot is damaged"},
		{"bytes after", append(bytes.Clone(data), "tail"...), "something after the snapshot's end"},
		{"a second snapshot", append(bytes.Clone(data), data...), "something after the snapshot's end"},
		{"text after", []byte(text + "{}"), "something after the snapshot's end"},
		{"a list", []byte(header + "[]"), `the snapshot is damaged: "[" stands where "{" should`},
		{"a wrong type", []byte(header + `{"cluster":5}`), `the snapshot is damaged: field "cluster"`},
		{"no window", []byte(header + `{"cluster":"c"}`), "its window"},
		{"days out of order", []byte(header + window + `"usage":[{"namespace":"n","kind":"Pod","name":"p","container":"c","days":[{"date":2},{"date":1}]}]}`), "day 1 comes after day 2"},
		{"too few hours", []byte(header + window + `"usage":[{"days":[{"date":2,"hours":[{}]}]}]}`), "day 2 has 1 hours"},
		{"a bad digest", []byte(header + window + `"usage":[{"days":[{"date":2,"cpu":"AgE"}]}]}`), "histogram of version 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := snapshot.Decode(bytes.NewReader(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, error %v, want an error with %q", got, err, tt.want)
			}
			if got != nil {
				t.Error("got a snapshot beside the error")
			}
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("the error is not one line: %q", err)
			}
		})
	}
}

// flipped changes the checksum at the end.
func flipped(data []byte) []byte {
	b := bytes.Clone(data)
	b[len(b)-1] ^= 1
	return b
}

// TestBomb: a small file that unpacks to a huge one ends with an error.
func TestBomb(t *testing.T) {
	header := `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":1}` + "\n"
	for name, text := range map[string]string{
		"blanks":  header + strings.Repeat(" ", 8<<20) + "{}",
		"a name":  header + `{"cluster":"` + strings.Repeat("x", 8<<20) + `"}`,
		"unknown": header + `{"z":[` + strings.Repeat("1,", 4<<20) + `1]}`,
		"usage":   header + `{"usage":[` + strings.Repeat(`{"days":[          ]},`, 4<<20/22) + `{}]}`,
	} {
		_, err := snapshot.DecodeWithin(bytes.NewReader(pack(t, text)), 3<<20, 1<<20)
		if err == nil || !strings.Contains(err.Error(), "unpacks to more than this program reads") {
			t.Errorf("%s: got error %v, want one of the size", name, err)
		}
	}
}

// A small file must not take much memory: neither as text nor as items.
func TestSmallFilesStaySmall(t *testing.T) {
	header := `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":1}` + "\n"
	const many = 40 << 20
	for name, text := range map[string]string{
		"days":         `{"usage":[{"namespace":"a","kind":"Pod","name":"b","days":[` + strings.Repeat("{},", many/3) + `{}]}]}`,
		"usage":        `{"usage":[` + strings.Repeat("{},", many/3) + `{}]}`,
		"workloads":    `{"workloads":[` + strings.Repeat("{},", many/3) + `{}]}`,
		"pods":         `{"workloads":[{"pods":[` + strings.Repeat("{ },", many/4) + `{}]}]}`,
		"unknown":      `{"later":[` + strings.Repeat("{},", many/3) + `{}]}`,
		"white space":  `{"nodes":[` + strings.Repeat(" ", many) + `]}`,
		"a long name":  `{"cluster":"` + strings.Repeat("x", many) + `"}`,
		"nested lists": `{"later":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"nodes":[` + strings.Repeat(`{"name":""},`, many/12) + `{}]}`,
	} {
		packed := pack(t, header+text)
		if len(packed) > 64<<10 {
			t.Errorf("%s: the bomb has %d bytes, too many for this test", name, len(packed))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := snapshot.Decode(bytes.NewReader(packed))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "of a file of its size") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
			t.Errorf("%s: %d bytes of file took %d MiB in all", name, len(packed), took>>20)
		}
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.zst")
	for range 2 { // anew, and over itself
		if err := snapshot.Write(path, sample(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := snapshot.Read(path); err != nil || !reflect.DeepEqual(got, sorted(sample())) {
		t.Errorf("got %v, %v, want the sample", got, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("s.zst", link); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Write(link, &analyzer.Snapshot{Window: sample().Window}, 0o600); err != nil {
		t.Fatal(err)
	}
	if i, err := os.Lstat(link); err != nil || i.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link became %v, %v", i.Mode(), err)
	}
	names, _ := os.ReadDir(dir)
	if len(names) != 2 {
		t.Errorf("got files %v, want no temporary ones", names)
	}
}

// TestFailedWrite: what was there stays, and nothing is left beside it.
func TestFailedWrite(t *testing.T) {
	dir := t.TempDir()
	if err := snapshot.Write(dir, sample(), 0o600); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("writing over a folder: got error %v, want one that names it", err)
	}
	if err := snapshot.Write(filepath.Join(dir, "no", "s"), sample(), 0o600); err == nil {
		t.Error("writing into no folder: got no error")
	}
	if names, _ := os.ReadDir(filepath.Dir(dir)); len(names) != 1 {
		t.Errorf("got files %v, want no temporary ones", names)
	}
	if err := snapshot.Encode(failing{}, sample()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got error %v, want the writer's", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestNames(t *testing.T) {
	if _, err := snapshot.Read(""); err == nil {
		t.Error("no name: got no error")
	}
	if _, err := snapshot.Read(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want os.ErrNotExist", err)
	}
}

// TestPipes writes to standard output and reads it as standard input.
func TestPipes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, stdout := os.Stdin, os.Stdout
	defer func() { os.Stdin, os.Stdout = stdin, stdout }()
	os.Stdin, os.Stdout = r, w
	done := make(chan error, 1)
	go func() { done <- errors.Join(snapshot.Write("-", sample(), 0o600), w.Close()) }()
	got, err := snapshot.Read("-")
	if err != nil || !reflect.DeepEqual(got, sorted(sample())) {
		t.Errorf("got %v, %v, want the sample", got, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	data := encode(f, sample())
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(unpack(f, encode(f, &analyzer.Snapshot{Window: sample().Window}))))
	f.Add([]byte(`{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":1}` + "\n" + `{"window":{"moment":true},"usage":[{"days":[{"date":1,"seen":"","cpu":"AQA"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := snapshot.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := encode(t, s)
		again, err := snapshot.Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("what was decoded and encoded is refused: %v", err)
		}
		if !bytes.Equal(encode(t, again), first) {
			t.Error("a second round changes the bytes")
		}
		analyzer.Analyze(s)
	})
}

func BenchmarkEncode(b *testing.B) {
	s := sample()
	for b.Loop() {
		if err := snapshot.Encode(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encode(b, sample())
	for b.Loop() {
		if _, err := snapshot.Decode(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
