package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// files opens and writes what FILE names on the command line: a path, or the
// URL of a store.
type files struct {
	store store.Client
	urls  map[string]string // by the names that they are shown under
	mode  fileMode          // of new files
	wait  waitFlag          // --timeout, where a verb has it for files alone
}

// fileMode is the flag --file-mode.
type fileMode struct {
	text string
	mode fs.FileMode
}

func (m *fileMode) String() string { return cmp.Or(m.text, "private") }
func (m *fileMode) Type() string   { return "MODE" }

// Set is of pflag.Value.
func (m *fileMode) Set(s string) (err error) {
	m.text = s
	m.mode, err = disk.ParseMode(s)
	return err
}

func (m *fileMode) of() fs.FileMode {
	if m.text == "" {
		return disk.Private
	}
	return m.mode
}

func (f *files) register(fl *pflag.FlagSet) {
	fl.Var(&f.mode, "file-mode", "`MODE` of files that are written and are not there yet: private (0600), umask, or an octal number; others keep theirs")
}

// registerTimeout adds the flag of verbs that dial nothing but the URLs of files.
func (f *files) registerTimeout(fl *pflag.FlagSet) {
	fl.Var(&f.wait, "timeout", "give a URL up where nothing comes for so long, a `DURATION` such as 30s (default 9s)")
}

// waitFlag is a time above zero; 0 where it is not given.
type waitFlag time.Duration

func (w *waitFlag) String() string {
	if *w == 0 {
		return ""
	}
	return time.Duration(*w).String()
}

func (w *waitFlag) Type() string { return "DURATION" }

// Set is of pflag.Value.
func (w *waitFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return errors.New("want a time above zero, such as 30s")
	}
	*w = waitFlag(d)
	return nil
}

// client dials stores.
func (f *files) client() store.Client {
	c := f.store
	if f.wait != 0 {
		c.Timeout = time.Duration(f.wait)
	}
	return c
}

// shown gives the name under which a file goes into messages, reports and
// snapshots, and by which open finds it: a URL without what may be secret.
func (f *files) shown(name string) string {
	if !store.IsURL(name) {
		return name
	}
	shown := store.Show(name)
	for n := 2; f.urls[shown] != "" && f.urls[shown] != name; n++ {
		shown = fmt.Sprintf("%s (%d)", store.Show(name), n)
	}
	if f.urls == nil {
		f.urls = map[string]string{}
	}
	f.urls[shown] = name
	return shown
}

func (f *files) allShown(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = f.shown(name)
	}
	return out
}

// open opens a file by its name, as it is given or shown.
func (f *files) open(ctx context.Context, name string) (io.ReadCloser, error) {
	if url := f.urls[name]; url != "" {
		name = url
	}
	if store.IsURL(name) {
		return f.client().Open(ctx, name)
	}
	return disk.Open(ctx, name)
}

// read reads a file whole, within bounds.
func (f *files) read(ctx context.Context, name string) ([]byte, error) {
	body, err := f.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := disk.ReadAll(body)
	if errors.Is(err, unpack.ErrEndless) {
		err = fmt.Errorf("%s: %w", store.Show(name), err)
	}
	return data, err
}

// watchedReader keeps what reading failed with: parsers give its text alone.
type watchedReader struct {
	r   io.Reader
	err error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// checkURL tells, before anything is dialled, of URLs that cannot be read and
// written.
func checkURL(flag, name string) error {
	if !store.IsURL(name) {
		return nil
	}
	if err := store.Check(name); err != nil {
		return fmt.Errorf("%s %w", flag, err)
	}
	return nil
}

// checkLocal refuses the URL of a store where only this machine's files will
// do.
func checkLocal(flag, name string) error {
	if store.IsURL(name) {
		return fmt.Errorf("%s %s: is read from this machine alone; copy the file here", flag, store.Show(name))
	}
	return nil
}

// storeError gives the errors of a store the exit code of a source.
func storeError(err error) error {
	if at := (*store.Error)(nil); errors.As(err, &at) {
		return sourceError(err)
	}
	return err
}
