package openmetrics

import "io"

const aheadBlock = 256 << 10

// ahead reads its source in a goroutine of its own, so that unpacking and
// parsing run side by side.
type ahead struct {
	full  chan block
	empty chan []byte
	stop  chan struct{}
	now   block
	pos   int
}

type block struct {
	data []byte
	err  error
}

func readAhead(r io.ReadCloser) io.ReadCloser {
	a := &ahead{full: make(chan block, 2), empty: make(chan []byte, 3), stop: make(chan struct{})}
	for range cap(a.empty) {
		a.empty <- make([]byte, aheadBlock)
	}
	go a.run(r)
	return a
}

func (a *ahead) run(r io.ReadCloser) {
	defer close(a.full)
	defer r.Close()
	for {
		var buf []byte
		select {
		case buf = <-a.empty:
		case <-a.stop:
			return
		}
		n, err := readFull(r, buf[:cap(buf)])
		select {
		case a.full <- block{buf[:n], err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// readFull is io.ReadFull that keeps the source's own error.
func readFull(r io.Reader, buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (a *ahead) Read(p []byte) (int, error) {
	for a.pos == len(a.now.data) {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.empty <- a.now.data
		}
		a.now, a.pos = <-a.full, 0
	}
	n := copy(p, a.now.data[a.pos:])
	a.pos += n
	return n, nil
}

// Close ends the goroutine and waits for it.
func (a *ahead) Close() error {
	close(a.stop)
	for range a.full {
	}
	return nil
}
