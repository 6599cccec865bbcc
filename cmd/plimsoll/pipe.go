package main

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// isPipe reports whether a file is one that may wait for whoever is at its other
// end.
func isPipe(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// waitFor does what may wait for ever, until ctx ends: the work itself is then left
// to wait, as the program ends.
func waitFor(ctx context.Context, do func() error) error {
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
	err := waitFor(ctx, func() (err error) {
		f, err = os.Open(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&patientReader{ctx: ctx, r: f}, f}, nil
}

// patientReader reads what may wait for ever, such as a terminal, until ctx ends.
type patientReader struct {
	ctx  context.Context
	r    io.Reader
	ask  chan int
	got  chan []byte
	err  error // once got is closed
	rest []byte
}

// Read is of io.Reader. Another goroutine waits for the data.
func (p *patientReader) Read(b []byte) (int, error) {
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
func (p *patientReader) run() {
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
