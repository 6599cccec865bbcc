package snapshot

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

var errNoName = errors.New("snapshot: no file is named")

// Read reads a snapshot file; "-" is standard input.
func Read(path string) (*analyzer.Snapshot, error) {
	if path == "" {
		return nil, errNoName
	}
	f := os.Stdin
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, fmt.Errorf("opening the snapshot: %w", err)
		}
		defer f.Close()
	}
	s, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", path, err)
	}
	return s, nil
}

// Write writes a snapshot file with mode 0644; "-" is standard output. A file
// that is there stays as it was until the new one is whole.
func Write(path string, s *analyzer.Snapshot) error {
	if path == "" {
		return errNoName
	}
	if path == "-" {
		return Encode(os.Stdout, s)
	}
	if i, err := os.Stat(path); err == nil && !i.Mode().IsRegular() && !i.IsDir() {
		return overwrite(path, s) // a pipe or a device
	}
	if err := replace(path, s); err != nil {
		return fmt.Errorf("snapshot %s: %w", path, err)
	}
	return nil
}

func overwrite(path string, s *analyzer.Snapshot) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("opening the snapshot for writing: %w", err)
	}
	return errors.Join(Encode(f, s), f.Close())
}

func replace(path string, s *analyzer.Snapshot) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := writeAll(f, s); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeAll(f *os.File, s *analyzer.Snapshot) error {
	for _, do := range []func() error{
		func() error { return Encode(io.Writer(f), s) },
		func() error { return f.Chmod(0o644) },
		f.Sync,
		f.Close,
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
