package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
)

// Saved reads a snapshot that was saved, as it is. A file that was cut off and a
// store that does not answer are *Failed.
func Saved(ctx context.Context, open func(ctx context.Context, name string) (io.ReadCloser, error), name string) (*analyzer.Snapshot, error) {
	snap, err := readSaved(ctx, open, name)
	at := (*store.Error)(nil)
	switch {
	case errors.Is(err, snapshot.ErrCut) || errors.As(err, &at):
		return nil, &Failed{Reading("--snapshot", err)}
	case err != nil:
		return nil, Reading("--snapshot", err)
	}
	return snap, nil
}

func readSaved(ctx context.Context, open func(ctx context.Context, name string) (io.ReadCloser, error), name string) (*analyzer.Snapshot, error) {
	if !store.IsURL(name) && !disk.IsPipe(name) {
		return snapshot.Read(name)
	}
	body, err := open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	snap, err := snapshot.Decode(body)
	if at := (*store.Error)(nil); errors.As(err, &at) { // it names the file, and what is wrong with it is not known
		return nil, at
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", store.Show(name), err)
	}
	return snap, nil
}

// Incomplete is the first doubt that a source left of a snapshot; nil if none did.
func Incomplete(snap *analyzer.Snapshot) *analyzer.Warning {
	codes := []string{analyzer.WarnForbidden, analyzer.WarnMissing, analyzer.WarnPartial, analyzer.WarnUnreachable, analyzer.WarnNoHistory, analyzer.WarnSkipped}
	for i := range snap.Warnings {
		if slices.Contains(codes, snap.Warnings[i].Code) {
			return &snap.Warnings[i]
		}
	}
	return nil
}
