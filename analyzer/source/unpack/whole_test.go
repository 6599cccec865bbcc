package unpack_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

func TestWhole(t *testing.T) {
	text := []byte(strings.Repeat("0123456789", 300_000))
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(text), "in halves": iotest.HalfReader(bytes.NewReader(text)), "the end with the data": iotest.DataErrReader(bytes.NewReader(text))} {
		if got, err := unpack.Whole(r, int64(len(text))); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := unpack.Whole(bytes.NewReader(text), int64(len(text))-1); !errors.Is(err, unpack.ErrEndless) {
		t.Errorf("got %v of a byte too much", err)
	}
	cut := io.MultiReader(bytes.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := unpack.Whole(cut, 1<<30); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v of what was cut", err)
	}
}
