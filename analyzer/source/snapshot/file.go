package snapshot

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
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

// Write writes a snapshot file, of a mode where it is new; "-" is standard
// output. A file that is there stays as it was until the new one is whole.
func Write(path string, s *analyzer.Snapshot, mode fs.FileMode) error {
	if path == "" {
		return errNoName
	}
	if path == "-" {
		return Encode(os.Stdout, s)
	}
	if err := disk.Replace(path, mode, func(w io.Writer) error { return Encode(w, s) }); err != nil {
		return fmt.Errorf("snapshot %s: %w", path, err)
	}
	return nil
}
