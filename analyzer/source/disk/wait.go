package disk

import (
	"context"
	"io"
	"io/fs"
	"os"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// maxFile bounds a regular file that is read whole: its user knows its size.
const maxFile = 1 << 30

// Open opens a file for reading. One that may have to wait for whoever is at its
// other end, as a pipe does, ends its waiting with ctx.
func Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if IsPipe(name) {
		return openPipe(ctx, name)
	}
	return os.Open(name)
}

// ReadFile reads a file whole, within bounds, and ends its waiting with ctx.
func ReadFile(ctx context.Context, name string) ([]byte, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f)
}

// ReadAll reads what Open gave whole. What is no regular file has no size to go by,
// and a smaller bound.
func ReadAll(r io.Reader) ([]byte, error) {
	most := int64(unpack.MaxWhole)
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			most = maxFile
		}
	}
	return unpack.Whole(r, most)
}

// IsPipe reports whether a file is one that may wait for whoever is at its other
// end.
func IsPipe(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0
}

// WaitFor does what may wait for ever, until ctx ends: the work itself is then left
// to wait, as the program ends.
func WaitFor(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// openPipe opens a pipe whose reads end with ctx.
func openPipe(ctx context.Context, name string) (io.ReadCloser, error) {
	var f *os.File
	err := WaitFor(ctx, func() (err error) {
		f, err = os.Open(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{Patient(ctx, f), f}, nil
}

// Patient gives a reader of what may wait for ever, such as a terminal, whose reads
// end with ctx.
func Patient(ctx context.Context, r io.Reader) io.Reader { return &patient{ctx: ctx, r: r} }

// patient reads what may wait for ever, such as a terminal, until ctx ends.
type patient struct {
	ctx  context.Context
	r    io.Reader
	ask  chan int
	got  chan []byte
	err  error // once got is closed
	rest []byte
}

// Read is of io.Reader. Another goroutine waits for the data.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if p.ask == nil {
		p.ask, p.got = make(chan int, 1), make(chan []byte, 1)
		go p.run()
	}
	if len(p.rest) == 0 {
		select {
		case p.ask <- 1:
		default: // it was asked before
		}
		select {
		case data, ok := <-p.got:
			if !ok {
				return 0, p.err
			}
			p.rest = data
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// run reads once for each that is asked.
func (p *patient) run() {
	buf := make([]byte, 64<<10)
	for range p.ask {
		n, err := p.r.Read(buf)
		if n > 0 {
			p.got <- append([]byte(nil), buf[:n]...)
			if err == nil {
				continue
			}
			<-p.ask
		}
		if err == nil {
			err = io.ErrNoProgress
		}
		p.err = err
		close(p.got)
		return
	}
}
