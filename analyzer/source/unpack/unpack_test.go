package unpack_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

func read(t *testing.T, text string) (n int64, err error) {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c := &unpack.Counter{R: &packed}
	r, err := gzip.NewReader(c)
	if err != nil {
		t.Fatal(err)
	}
	return io.Copy(io.Discard, unpack.Reader(r, c, unpack.Bounds{FreeText: 1 << 20, Ratio: 50, FreeObjects: 1000, LeastText: 20}))
}

func TestReader(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		bomb bool
	}{
		"small":         {strings.Repeat("{},", 900), false},
		"zeros":         {strings.Repeat("0", 10<<20), true},
		"small objects": {strings.Repeat("{},", 5000), true},
		"large objects": {strings.Repeat(`{"name":"a pod of a workload"},`, 20000), false},
	} {
		n, err := read(t, tt.text)
		if errors.Is(err, unpack.ErrBomb) != tt.bomb || !tt.bomb && n != int64(len(tt.text)) {
			t.Errorf("%s: read %d bytes, %v; want a bomb: %v", name, n, err, tt.bomb)
		}
	}
}
