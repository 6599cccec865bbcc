// Package disk replaces files of this machine whole or not at all.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
	target, err := resolve(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return through(target, write)
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	sweep(target)
	return beside(target, mode, write)
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

func beside(target string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(target), tempName(target)+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	hold(tmp)
	if err := write(tmp); err != nil {
		return err
	}
	if mode == Umask {
		mode = 0o666 &^ umask(filepath.Dir(target))
	}
	for _, do := range []func() error{func() error { return tmp.Chmod(mode) }, tmp.Sync, func() error { return os.Rename(tmp.Name(), target) }, tmp.Close} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
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

// umask finds out what the umask leaves of a new file, by making one: to ask
// for it is to change it for a moment, for all of the process.
func umask(dir string) fs.FileMode {
	name := filepath.Join(dir, fmt.Sprintf(".plimsoll-umask-%d", os.Getpid()))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return 0o077
	}
	defer os.Remove(name)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0o077
	}
	return 0o666 &^ info.Mode().Perm()
}
