package openmetrics_test

import (
	"context"
	"io"
	"reflect"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

// TestReadOnce holds dumps whose samples are kept against the same dumps that are read
// twice, and with room for one of two files: equal to the bit, in every order of a dump.
func TestReadOnce(t *testing.T) {
	spec := dumpSpec{containers: 4, days: 3, stepSeconds: 60, generations: 3, startUnix: start}
	major, copies := spec, spec
	major.timeMajor, copies.duplicate = true, true
	later := dumpSpec{containers: 4, days: 1, stepSeconds: 45, generations: 1, startUnix: start + 3*86400}
	odd := cpuRow(1, 0, "1e300", "NaN", "-1", 5, "0.1", "123456789.123456789") + memoryRow("-0", 4096, 4096, 4096, "4.9e-324", "1.7976931348623157e308", "+Inf") +
		"container_memory_working_set_bytes" + app + " 5 99999999999\n" + "# EOF\n"
	for name, files := range map[string]map[string]string{
		"one": {"a": text(t, spec)}, "time-major": {"a": text(t, major)}, "duplicates": {"a": text(t, copies)},
		"two": {"a": text(t, spec), "b": text(t, later)}, "odd": {"a": odd},
	} {
		times := map[string]int{}
		read := func(room int) openmetrics.Result {
			clear(times)
			o := openmetrics.Options{Room: room, Open: func(name string) (io.ReadCloser, error) {
				times[name]++
				return opener(files)(name)
			}}
			for name := range files {
				o.Files = append(o.Files, name)
			}
			if len(o.Files) == 2 {
				o.Files = []string{"a", "b"}
			}
			r, err := openmetrics.Collect(context.Background(), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return r
		}
		twice := read(-1)
		if times["a"] != 2 {
			t.Errorf("%s: without room it was opened %v times", name, times)
		}
		if once := read(0); !reflect.DeepEqual(once, twice) {
			t.Errorf("%s: what was kept is not what was read", name)
		}
		for file, n := range times {
			if n != 1 {
				t.Errorf("%s: %s was opened %d times", name, file, n)
			}
		}
		if some := read(100_000); !reflect.DeepEqual(some, twice) {
			t.Errorf("%s: with little room other usage was read", name)
		}
	}
}
