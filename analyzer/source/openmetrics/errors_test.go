package openmetrics_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

func TestErrors(t *testing.T) {
	whole := text(t, dumpSpec{containers: 2, days: 1, stepSeconds: 3600, generations: 1, startUnix: start})
	good := memoryRow(1, 2, 3)
	packed := gzipped(t, whole)
	zpacked := zstded(t, whole)
	tests := []struct {
		name, dump, want string
		cut              bool
	}{
		{"no such metric", "up{job=\"x\"} 1 1760054700.000\n# EOF\n", "holds no usage of containers", false},
		{"empty", "", "the file is empty", false},
		{"cut in a line", whole[:len(whole)/2], "it ends in the middle of line", true},
		{"cut within gzip", packed[:len(packed)/2], "the compressed data ends after line", true},
		{"cut within gzip's header", packed[:6], "hardly begun", true},
		{"cut within zstd", zpacked[:len(zpacked)-9], "the compressed data ends after line", true},
		{"HTML", "<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "line 1: this is HTML or XML", false},
		{"JSON", `{"status":"success","data":{"result":[]}}` + "\n", "line 1: this is JSON", false},
		{"pretty JSON", "{\n  \"a\": 1\n}\n", "line 1: this is JSON", false},
		{"binary", "\x00\x01\x02 {}\n", "not a dump of metrics", false},
		{"xz", "\xfd7zXZ\x00abcdefghijk", "xz-compressed", false},
		{"text", "hello, world\n", "line 1: not a sample", false},
		{"no timestamp", good + "container_memory_working_set_bytes" + app + " 4\n", "line 4: no timestamp", false},
		{"bad timestamp", good + "container_memory_working_set_bytes" + app + " 4 yesterday\n", `line 4: the timestamp "yesterday" is not a number`, false},
		{"negative timestamp", good + "container_memory_working_set_bytes" + app + " 4 -5\n", "line 4: the timestamp", false},
		{"nanoseconds", good + "container_memory_working_set_bytes" + app + " 4 1760054700000000000\n", "neither seconds nor milliseconds", false},
		{"mixed units", good + "container_memory_working_set_bytes" + app + " 4 1760058300000\n", "line 4: a timestamp in milliseconds, where those before are in seconds", false},
		{"bad value", good + "container_memory_working_set_bytes" + app + " four 1760058300.000\n", `line 4: the value "four" is not a number`, false},
		{"no value", good + "container_memory_working_set_bytes" + app + " \n", "line 4: no value", false},
		{"words after", good + "container_memory_working_set_bytes" + app + " 4 1760058300.000 5\n", `line 4: "5" after the timestamp`, false},
		{"open labels", good + "container_memory_working_set_bytes{namespace=\"x 4 1760058300.000\n", "line 4: not a sample", false},
		{"back in time", good + good, "line 4: the series goes back in time", false},
		{"two dumps in one", whole + whole, "text after \"# EOF\"", false},
		{"endless line", "x{a=\"" + strings.Repeat("y", 2<<20), "line 1 is longer than 1024 KiB", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := try(openmetrics.Options{}, map[string]string{"shop.om": tt.dump})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "shop.om") {
				t.Fatalf("got error %v, want one of shop.om with %q", err, tt.want)
			}
			if errors.Is(err, openmetrics.ErrCut) != tt.cut {
				t.Errorf("got errors.Is(ErrCut) = %v, want %v: %v", !tt.cut, tt.cut, err)
			}
			if strings.ContainsRune(err.Error(), '\n') || len(err.Error()) > 500 {
				t.Errorf("the error is not one line: %q", err)
			}
		})
	}
}

// TestMissing: a file that cannot be opened, and a pipe, which gives nothing
// when it is read again, as a large dump is.
func TestMissing(t *testing.T) {
	if _, err := try(openmetrics.Options{Files: []string{"gone"}}, nil); err == nil || !strings.Contains(err.Error(), "opening the dump") {
		t.Errorf("got error %v, want one of opening", err)
	}
	if _, err := try(openmetrics.Options{Files: []string{}}, nil); err == nil {
		t.Error("no files: got no error")
	}
	files := map[string]string{"pipe": memoryRow(1, 2, 3) + "# EOF\n"}
	open := opener(files)
	o := openmetrics.Options{Files: []string{"pipe"}, Open: open, Room: -1}
	read := 0
	o.Open = func(name string) (io.ReadCloser, error) {
		if read++; read == 2 {
			files["pipe"] = memoryRow(1, 2) + "# EOF\n"
		}
		return open(name)
	}
	if _, err := openmetrics.Collect(context.Background(), o); err == nil || !strings.Contains(err.Error(), "second reading differs") {
		t.Errorf("got error %v, want one of the second reading", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	big := strings.Repeat("up 1 1760054700\n", 1<<17)
	o.Open = opener(map[string]string{"pipe": big})
	if _, err := openmetrics.Collect(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

func TestWarnings(t *testing.T) {
	r := collect(t, openmetrics.Options{}, map[string]string{"d": memoryRow(1, -2, "+Inf")})
	var got []string
	for _, w := range r.Warnings {
		got = append(got, w.Code+" "+w.Subject)
	}
	want := []string{
		"missing container_cpu_usage_seconds_total", "missing kube_pod_container_resource_requests",
		"missing kube_pod_container_status_restarts_total", "missing kube_pod_owner", "missing kube_replicaset_owner",
		"odd-value container_memory_working_set_bytes", "partial d", "partial window", "unmatched pods",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := (analyzer.Source{Kind: "openmetrics", Name: "d", Reads: "usage"}); r.Source != want {
		t.Errorf("source: got %v, want %v", r.Source, want)
	}
}

func FuzzCollect(f *testing.F) {
	whole := text(f, dumpSpec{containers: 1, days: 1, stepSeconds: 14400, generations: 2, startUnix: start})
	f.Add([]byte(whole))
	f.Add([]byte(inBraces(whole, `{"%s", `)))
	f.Add([]byte(whole[:200]))
	f.Add([]byte(gzipped(f, whole)))
	f.Add([]byte(zstded(f, whole)))
	f.Add([]byte(cpuRow(1, 0, "1e300", "NaN", "-1", 5) + "# EOF"))
	f.Add([]byte(`container_memory_working_set_bytes{a="\"\\\n}",namespace="n",pod="p",container="c"} 0x1p-2 99999999999999 # {} 1`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := try(openmetrics.Options{Files: []string{"x"}}, map[string]string{"x": string(data)})
		if err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("the error is not one line: %q", err)
			}
			return
		}
		for _, u := range r.Usage {
			for _, d := range u.Days {
				if d.CPU.Count() > uint64(r.Samples) || d.Memory.Count() > uint64(r.Samples) {
					t.Errorf("%d and %d samples of %d", d.CPU.Count(), d.Memory.Count(), r.Samples)
				}
			}
		}
	})
}

// A packed dump that comes to far more than dumps do ends at its bound.
func TestBombs(t *testing.T) {
	for name, text := range map[string]string{
		"blanks": strings.Repeat("# "+strings.Repeat(" ", 500_000)+"\n", 128),
		"braces": strings.Repeat("a{} 1\n", 1<<20),
	} {
		_, err := try(openmetrics.Options{}, map[string]string{"d": gzipped(t, text)})
		if !errors.Is(err, unpack.ErrBomb) {
			t.Errorf("%s: got %v, want the dump refused", name, err)
		}
	}
}
