package openmetrics

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// DefaultWindow is the window where Options leave it out.
const DefaultWindow = 14 * 24 * time.Hour

const defaultStep = 5 * time.Minute

// Options say what to read.
type Options struct {
	// Files are the names of the dumps. Each is opened once, and
	// twice where its samples find no room.
	Files []string
	// Open opens a dump for reading from its beginning.
	Open func(name string) (io.ReadCloser, error)
	// Window is the time to look back on; 0 is DefaultWindow.
	Window time.Duration
	// End of the window; zero is the newest timestamp in the dumps.
	End time.Time
	// Step that samples are brought to; 0 is five minutes, or the dumps' own
	// sampling interval where that is longer.
	Step time.Duration
	// Matchers must all hold for a series to be read.
	Matchers []Matcher
	// Owners, where given, learns the dumps' owner series and is asked for the
	// workloads of pods.
	Owners *analyzer.Owners
	// Room is what samples may take between the survey and the fold, in bytes; 0 is
	// DefaultRoom, below 0 is none.
	Room int
	// Progress, where given, is called now and then.
	Progress func(Progress)
}

// Matcher asks for a label to have a value; a label that is not there has the
// value "".
type Matcher struct{ Name, Value string }

// Progress tells how far the reading is.
type Progress struct {
	File    string
	Pass    int // 1 or 2
	Samples int64
}

// Result is what the dumps hold.
type Result struct {
	Usage    []analyzer.ContainerUsage
	Volumes  []analyzer.VolumeUsage  // sorted
	Network  []analyzer.NetworkUsage // sorted
	Nodes    analyzer.NodeRecorder
	Window   analyzer.Window
	Source   analyzer.Source
	Warnings []analyzer.Warning
	Samples  int64 // in the dumps, of the metrics that are read
}

// Collect reads the dumps. Errors name the file and the line; they wrap
// ErrCut where a dump ends too early.
func Collect(ctx context.Context, o Options) (Result, error) {
	if len(o.Files) == 0 {
		return Result{}, errors.New("no dump is given")
	}
	c := newCatalog(o)
	if err := c.survey(ctx, o); err != nil {
		return Result{}, err
	}
	if !c.found[cpu] && !c.found[memory] {
		return Result{}, c.noUsage()
	}
	if err := c.several(); err != nil {
		return Result{}, err
	}
	if err := c.outside(o.End); err != nil {
		return Result{}, err
	}
	f := c.plan(o)
	for _, file := range c.files {
		if err := f.file(ctx, o, file); err != nil {
			return Result{}, err
		}
	}
	f.close()
	r := Result{
		Usage:    f.recorder.Usage(),
		Volumes:  c.volumeUsage(),
		Network:  f.network(),
		Nodes:    c.nodes,
		Window:   f.window,
		Source:   analyzer.Source{Kind: "openmetrics", Name: strings.Join(o.Files, ","), Reads: "usage"},
		Warnings: append(c.warnings(f.window), f.warnings()...),
	}
	if days := analyzer.DaysSeenOf(f.window, r.Usage); days.Broken() {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: analyzer.WarnPartial, Subject: "days", Message: days.Text() + ": the dumps lack them, or nothing ran; advice rests on the others alone"})
	}
	slices.SortFunc(r.Warnings, analyzer.CompareWarnings)
	for _, file := range c.files {
		r.Samples += file.samples
	}
	return r, nil
}

// file folds one file: from what was kept of it, else by reading it again.
func (f *fold) file(ctx context.Context, o Options, file *file) error {
	if file.memo.over {
		s := &scan{catalog: f.catalog, file: file, each: f.sample, progress: o.progress(file.name, 2)}
		return s.run(ctx, o.Open)
	}
	taken, progress := int64(0), o.progress(file.name, 2)
	return file.memo.each(func(s *series, x sample) error {
		if taken++; taken&0xffff == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(taken)
			}
		}
		return f.sample(s, x)
	})
}

func (o Options) progress(name string, pass int) func(int64) {
	if o.Progress == nil {
		return nil
	}
	return func(n int64) { o.Progress(Progress{File: name, Pass: pass, Samples: n}) }
}

// survey reads every file once: which series there are, and when.
func (c *catalog) survey(ctx context.Context, o Options) error {
	for _, f := range c.files {
		s := &scan{catalog: c, file: f, survey: true, each: f.survey, progress: o.progress(f.name, 1)}
		if err := s.run(ctx, o.Open); err != nil {
			return err
		}
	}
	slices.SortStableFunc(c.files, func(a, b *file) int { return cmp.Compare(a.oldest, b.oldest) })
	return nil
}

// survey takes a sample's time down, and keeps the sample.
func (f *file) survey(s *series, x sample) error {
	if err := f.note(s, x); err != nil {
		return err
	}
	f.memo.add(s, x)
	return nil
}

// note takes a sample's time down.
func (f *file) note(s *series, x sample) error {
	switch {
	case x.ms > f.latest: // of a time to come
		s.n++
		return nil
	case s.first < 0:
		s.first = x.ms
	case x.ms < s.last:
		return errOrder
	case x.ms > s.last:
		s.gap = min(s.gap, x.ms-s.last)
		s.vote(x.ms - s.last)
	}
	s.n++
	s.last = x.ms
	f.oldest, f.newest = min(f.oldest, x.ms), max(f.newest, x.ms)
	return nil
}

// vote finds the gap that more than half of a series' gaps are like, within a tenth: that
// between its scrapes, whatever was lost of them.
func (s *series) vote(gap int64) {
	off := max(gap-s.usual, s.usual-gap)
	switch {
	case s.votes > 0 && 10*off <= s.usual:
		s.votes++
	case s.votes > 0:
		s.votes--
	default:
		s.usual, s.votes = gap, 1
	}
}

var errOrder = errors.New("the series goes back in time: samples of one series must be in time order (are two dumps joined in one file? Give each by its own)")
