package disk_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// What comes through a pipe or stdin is read whole.
func TestPatientReader(t *testing.T) {
	text := strings.Repeat("0123456789", 50_000)
	for name, r := range map[string]io.Reader{"at once": strings.NewReader(text), "byte by byte": iotestReader{strings.NewReader(text[:300])}} {
		got, err := io.ReadAll(disk.Patient(t.Context(), r))
		if err != nil || !strings.HasPrefix(text, string(got)) || len(got) < 300 {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
}

// iotestReader gives a byte, and the last with io.EOF.
type iotestReader struct{ r *strings.Reader }

func (r iotestReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p[:1])
	if err == nil && r.r.Len() == 0 {
		err = io.EOF
	}
	return n, err
}

// Whoever waits for a pipe ends with the context, also before anybody writes.
func TestPipesEndWithTheContext(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := disk.ReadFile(ctx, pipe); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if err := disk.WaitFor(ctx, func() error { select {} }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}

// A pipe that somebody writes to is read whole; a device that never ends is not.
func TestReadFile(t *testing.T) {
	pipe, text := filepath.Join(t.TempDir(), "pipe"), strings.Repeat("0123456789", 50_000)
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		if err := os.WriteFile(pipe, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	})
	if got, err := disk.ReadFile(t.Context(), pipe); err != nil || string(got) != text {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	writing.Wait()
	if _, err := disk.ReadFile(t.Context(), "/dev/zero"); !errors.Is(err, unpack.ErrEndless) {
		t.Errorf("got %v of what has no end", err)
	}
	if got, err := disk.ReadFile(t.Context(), os.DevNull); err != nil || len(got) > 0 {
		t.Errorf("got %d bytes, %v of nothing", len(got), err)
	}
}
