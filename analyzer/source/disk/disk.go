// Package disk replaces files of this machine whole or not at all.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Private is the mode of a new file where nothing else is said: reports and
// snapshots tell what a cluster runs, and of whom.
const Private fs.FileMode = 0o600

// Umask stands for the mode that the process' umask leaves of a new file.
const Umask fs.FileMode = 0

// ParseMode reads private, umask or an octal number such as 0640.
func ParseMode(s string) (fs.FileMode, error) {
	switch s {
	case "", "private":
		return Private, nil
	case "umask":
		return Umask, nil
	}
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n == 0 || n > 0o777 || n&0o600 != 0o600 {
		return 0, fmt.Errorf("%q is no mode of a file: use private, umask, or an octal number such as 0640", s)
	}
	return fs.FileMode(n), nil
}

// Replace writes a file through write. A regular file is written beside and
// then renamed, so that a reader never sees half of it and a failure leaves
// what there was; links stay links. It keeps the mode that it has; a new one
// gets mode. Pipes and devices are written to as they are.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	d, err := Prepare(path, mode, write)
	if err != nil {
		return err
	}
	return d.Put()
}

// Draft is a file that is written and does not stand in its place yet.
type Draft struct {
	target string
	tmp    *os.File              // nil for what is no regular file
	write  func(io.Writer) error // to what is no regular file
}

// Prepare does what Replace does, but for the last step: Put or Drop must follow.
// Pipes and devices are written to by Put.
func Prepare(path string, mode fs.FileMode, write func(io.Writer) error) (*Draft, error) {
	// As it is named: the link of a descriptor, as a shell's >(...) gives, leads to no path.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return &Draft{target: path, write: write}, nil
	}
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(target)
	switch {
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	sweep(target)
	tmp, err := temporary(target, mode)
	if err != nil {
		return nil, err
	}
	d := &Draft{target: target, tmp: tmp}
	if err := write(tmp); err != nil {
		return nil, errors.Join(err, d.Drop())
	}
	if err := tmp.Sync(); err != nil {
		return nil, errors.Join(err, d.Drop())
	}
	return d, nil
}

// Put puts the draft in its place.
func (d *Draft) Put() error {
	if d.tmp == nil {
		return through(d.target, d.write)
	}
	if err := os.Rename(d.tmp.Name(), d.target); err != nil {
		return errors.Join(err, d.Drop())
	}
	living.Delete(d.tmp.Name())
	return d.tmp.Close()
}

// Drop takes the draft away: what there was stays.
func (d *Draft) Drop() error {
	if d.tmp == nil {
		return nil
	}
	defer living.Delete(d.tmp.Name())
	err := d.tmp.Close()
	if gone := os.Remove(d.tmp.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// mostLinks bounds a chain of links.
const mostLinks = 40

// resolve follows links, also one to a file that is not there yet.
func resolve(path string) (string, error) {
	for range mostLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, or not there
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: too many links", path)
}

// through writes to what is no regular file.
func through(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// living are the names of the temporary files that this process writes.
var living sync.Map

// Abandon removes the temporary files of this process, which is about to end.
func Abandon() {
	living.Range(func(name, _ any) bool {
		os.Remove(name.(string))
		return true
	})
}

// mostTemporary is how often a temporary file is made anew, where another run took
// it for one that is nobody's before it was held.
const mostTemporary = 100

// temporary makes a temporary file beside the target, of a mode, and holds it.
func temporary(target string, mode fs.FileMode) (*os.File, error) {
	for range mostTemporary {
		name := filepath.Join(filepath.Dir(target), fmt.Sprintf("%s%08x", tempName(target), rand.Uint32()))
		made := mode
		if mode == Umask {
			made = 0o666 // of which the umask takes its part
		}
		living.Store(name, true)
		tmp, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, made&0o666|0o600)
		if err == nil && mode != Umask {
			err = tmp.Chmod(mode)
		}
		switch {
		case errors.Is(err, fs.ErrExist):
			living.Delete(name)
			continue
		case err != nil && tmp != nil:
			tmp.Close()
			os.Remove(name)
			fallthrough
		case err != nil:
			living.Delete(name)
			return nil, err
		}
		hold(tmp)
		if same(tmp) {
			return tmp, nil
		}
		tmp.Close()
		living.Delete(name)
	}
	return nil, fmt.Errorf("%s: its temporary files are taken away as fast as they are made", target)
}

// same reports whether a file is still where it was made.
func same(f *os.File) bool {
	here, err := os.Stat(f.Name())
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(here, open)
}

// tempName is how the names of a file's temporary ones begin.
func tempName(target string) string { return "." + filepath.Base(target) + ".plimsoll-" }

// sweep removes what runs that were killed left beside a file. A run that is
// alive holds its own.
func sweep(target string) {
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), tempName(target)) {
			removeUnheld(filepath.Join(filepath.Dir(target), e.Name()))
		}
	}
}
