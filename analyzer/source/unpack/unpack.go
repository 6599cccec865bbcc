// Package unpack bounds what a packed file may come to: a few kilobytes can
// hold gigabytes of text, and text of three bytes an object that takes
// hundreds once it is read.
package unpack

import (
	"bytes"
	"errors"
	"io"
)

// ErrBomb refuses a file that unpacks to far more than files of its kind do.
var ErrBomb = errors.New("it unpacks to more than this program reads of a file of its size: it is damaged, or made to use up the memory; make it anew")

// Bounds are what a file may come to. Small ones may be as they like.
type Bounds struct {
	FreeText    int64 // bytes
	Ratio       int64 // of text to packed bytes beyond
	FreeObjects int64
	LeastText   int64 // bytes for each object beyond; an object begins with a brace
}

// Counter counts what is read of a packed file.
type Counter struct {
	R io.Reader
	n int64
}

// Read is of io.Reader.
func (c *Counter) Read(p []byte) (int, error) {
	n, err := c.R.Read(p)
	c.n += int64(n)
	return n, err
}

// Meter weighs text as it is unpacked. Its zero value bounds nothing.
type Meter struct {
	Bounds Bounds
	Packed *Counter // nil where the text is not packed

	text, objects int64
}

// Weigh adds text and gives ErrBomb once there is too much.
func (m *Meter) Weigh(text []byte) error {
	m.text += int64(len(text))
	m.objects += int64(bytes.Count(text, []byte("{")))
	b := &m.Bounds
	if m.Packed != nil && m.text > b.FreeText+b.Ratio*m.Packed.n {
		return ErrBomb
	}
	if b.LeastText > 0 && m.objects > b.FreeObjects+m.text/b.LeastText {
		return ErrBomb
	}
	return nil
}

// Reader gives the text that r unpacks of packed, within bounds.
func Reader(r io.Reader, packed *Counter, b Bounds) io.Reader {
	return &reader{r, Meter{Bounds: b, Packed: packed}}
}

type reader struct {
	r io.Reader
	m Meter
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if bomb := r.m.Weigh(p[:n]); bomb != nil {
		return 0, bomb
	}
	return n, err
}
