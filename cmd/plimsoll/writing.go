package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
)

// writing is what a verb writes at its end. All of it is made ready before any stands
// in its place: an interrupt leaves all of it or nothing.
type writing struct {
	slow  []part // stores and pipes, which may be waited for
	quick []part // files of this machine
	last  []part // stdout: who reads it may go away, or keep it waiting
	err   error  // the first of what could not be made ready
}

// filesStand says that files are written and that, at most, stdout is not.
var filesStand atomic.Bool

// part is one thing that is ready to be written.
type part struct {
	put  func(context.Context) error
	drop func() error // may be nil
}

// add makes a file ready, or a store's; what says in errors what it is.
func (w *writing) add(f *files, what, name string, render func(io.Writer) error) error {
	if store.IsURL(name) {
		var data bytes.Buffer
		if err := render(&data); err != nil {
			return saying(what, err)
		}
		w.slow = append(w.slow, part{put: func(ctx context.Context) error { return saying(what, f.client().Write(ctx, name, data.Bytes())) }})
		return nil
	}
	draft, err := disk.Prepare(name, f.mode.of(), render)
	if err != nil {
		return saying(what, err)
	}
	put := func() error { return saying(what, draft.Put()) }
	if disk.IsPipe(name) {
		w.slow = append(w.slow, part{put: func(ctx context.Context) error { return disk.WaitFor(ctx, put) }})
	} else {
		w.quick = append(w.quick, part{func(context.Context) error { return put() }, draft.Drop})
	}
	return nil
}

// saying says in an error what it is of.
func saying(what string, err error) error {
	if err == nil {
		return nil
	}
	return storeError(fmt.Errorf("%s: %w", what, err))
}

// addSink renders into one sink. What cannot be made ready keeps nothing else from
// being written.
func (w *writing) addSink(s streams, f *files, format, file string, render func(io.Writer) error) {
	if file != "" {
		w.err = cmp.Or(w.err, w.add(f, "writing "+format, file, render))
		return
	}
	var data bytes.Buffer
	if err := render(&data); err != nil {
		w.err = cmp.Or(w.err, fmt.Errorf("rendering %s: %w", format, err))
		return
	}
	w.last = append(w.last, part{put: func(context.Context) error {
		if _, err := s.Out.Write(data.Bytes()); err != nil {
			return fmt.Errorf("writing %s to stdout: %w", format, err)
		}
		return nil
	}})
}

// keep makes a report ready to be kept, and says whether it could. That it then is not
// is let be.
func (w *writing) keep(in keep.Folder, r *document.Report, of string) bool {
	d, ok := in.Prepare(r, of, time.Now())
	if ok {
		w.quick = append(w.quick, part{func(context.Context) error {
			_ = d.Put()
			return nil
		}, d.Drop})
	}
	return ok
}

// put writes all that is ready: what may take its time first, and unless an interrupt
// came until then the rest. It gives the first error.
func (w *writing) put(ctx context.Context) error {
	defer w.drop()
	failed := w.err
	for _, p := range w.slow {
		if ctx.Err() == nil {
			failed = cmp.Or(failed, p.put(ctx))
		}
	}
	if ctx.Err() != nil {
		return cmp.Or(failed, ctx.Err())
	}
	filesStand.Store(len(w.quick) > 0)
	for _, p := range slices.Concat(w.quick, w.last) {
		failed = cmp.Or(failed, p.put(ctx))
	}
	w.quick = nil
	return failed
}

// drop takes away what was made ready and is not written.
func (w *writing) drop() {
	for _, p := range w.quick {
		if p.drop != nil {
			_ = p.drop() // there is nothing to do about it
		}
	}
	w.quick = nil
}
