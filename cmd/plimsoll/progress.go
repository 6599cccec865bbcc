package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// patience is how long work may take before anything is said about it.
const patience = time.Second

// progress says on stderr what is being done, once that takes longer than
// patience: redrawn in place on a terminal, a line every ten seconds elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	after    func(time.Duration) <-chan time.Time // time.After, but in tests

	mu      sync.Mutex
	what    string
	done    int
	total   int
	drawn   bool
	stopped chan struct{}
	ended   chan struct{}
}

// startProgress begins to watch; stop ends it and clears the line. With quiet
// nothing is ever drawn.
func startProgress(s streams, quiet bool) *progress {
	p := &progress{out: s.Err, terminal: s.ErrTerminal, after: time.After, stopped: make(chan struct{}), ended: make(chan struct{})}
	if quiet {
		close(p.ended)
		return p
	}
	go p.watch()
	return p
}

func (p *progress) watch() {
	defer close(p.ended)
	every := 10 * time.Second
	if p.terminal {
		every = 250 * time.Millisecond
	}
	for wait := patience; ; wait = every {
		select {
		case <-p.stopped:
			return
		case <-p.after(wait):
			p.draw()
		}
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := analyzer.Printable(p.what)
	if p.total > 0 {
		line = fmt.Sprintf("%s: %d of %d", line, p.done, p.total)
	}
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s ...", line)
		p.drawn = true
		return
	}
	fmt.Fprintf(p.out, "%s ...\n", line)
}

// Step names the work at hand.
func (p *progress) Step(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.done, p.total = what, 0, 0
}

// Rule names the rule at hand.
func (p *progress) Rule(name string) { p.Step("working out " + name) }

// Count says how far the work at hand is.
func (p *progress) Count(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = done, total
}

// Stop ends the drawing and clears the line. It may be called once.
func (p *progress) Stop() {
	close(p.stopped)
	<-p.ended
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
