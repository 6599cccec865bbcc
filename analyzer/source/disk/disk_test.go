package disk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
)

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func check(t *testing.T, path, want string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
	if info, err := os.Stat(path); err == nil && mode != 0 && info.Mode().Perm() != mode {
		t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), mode)
	}
}

func TestReplaceKeepsModesAndLinks(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"old", "target"} {
		if err := os.WriteFile(at(name), []byte("x"), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(at(name), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "target", "dangling": "later"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]fs.FileMode{"new": disk.Private, "old": disk.Private, "link": disk.Private, "dangling": 0o644} {
		if err := disk.Replace(at(name), mode, says("new "+name)); err != nil {
			t.Fatal(err)
		}
	}
	check(t, at("new"), "new new", 0o600)
	check(t, at("old"), "new old", 0o640)
	check(t, at("target"), "new link", 0o640)
	check(t, at("later"), "new dangling", 0o644)
	if to, err := os.Readlink(at("link")); err != nil || to != "target" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if err := disk.Replace(at("umask"), disk.Umask, says("x")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("plain"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	plain, err := os.Stat(at("plain"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, at("umask"), "x", plain.Mode().Perm())
}

func TestReplaceLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, ".report.plimsoll-killed")
	if err := os.WriteFile(stale, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := disk.Replace(path, disk.Private, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	check(t, path, "old", 0o600)
	// A second run writes while the first is at work: it leaves the first's file alone.
	err := disk.Replace(path, disk.Private, func(w io.Writer) error {
		if err := disk.Replace(path, disk.Private, says("second")); err != nil {
			return err
		}
		return says("first")(w)
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, path, "first", 0o600)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v; want the report alone", entries, err)
	}
}

func TestReplaceWritesToDevices(t *testing.T) {
	if err := disk.Replace(os.DevNull, disk.Private, says("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v, %v", os.DevNull, info, err)
	}
}

func TestParseMode(t *testing.T) {
	for s, want := range map[string]fs.FileMode{"": 0o600, "private": 0o600, "umask": 0, "0640": 0o640, "644": 0o644} {
		if got, err := disk.ParseMode(s); err != nil || got != want {
			t.Errorf("%q is %o, %v; want %o", s, got, err, want)
		}
	}
	for _, s := range []string{"0", "888", "rw", "0200", "7777"} {
		if _, err := disk.ParseMode(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

// A sweep never touches the file of a run that is alive, from its first moment on:
// many runs write one file at once, and each begins with a sweep.
func TestRunsSideBySide(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := disk.Replace(path, disk.Private, says("whole")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	check(t, path, "whole", 0o600)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v; want the report alone", entries, err)
	}
}

// A process that ends in the middle takes its temporary files along.
func TestAbandon(t *testing.T) {
	dir := t.TempDir()
	err := disk.Replace(filepath.Join(dir, "report"), disk.Umask, func(io.Writer) error {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("there is %v, %v; want a temporary file", entries, err)
		}
		disk.Abandon()
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("left %v, %v", entries, err)
		}
		return nil
	})
	if err == nil {
		t.Error("a file that was abandoned was written")
	}
}

// What cannot be synced, as a pipe, is written to all the same.
func TestReplaceWritesToPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		if got, err := os.ReadFile(pipe); err != nil || string(got) != "text" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	if err := disk.Replace(pipe, disk.Private, says("text")); err != nil {
		t.Error(err)
	}
	reading.Wait()
}

// A descriptor's own name, as a shell gives for >(command), is written to.
func TestReplaceWritesToDescriptors(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	name := fmt.Sprintf("/dev/fd/%d", out.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip(err)
	}
	if err := errors.Join(disk.Replace(name, disk.Private, says("text")), out.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || string(got) != "text" {
		t.Errorf("got %q, %v", got, err)
	}
}
