package manifest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ReadRevision reads the same paths as they were at a git revision, from the
// repository that holds the first of them. A path that the revision does not
// have is read as empty. Files of values, too, are taken as they were then.
func ReadRevision(ctx context.Context, revision string, paths []string, o Options) (*Tree, error) {
	if strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("%q is no git revision", revision)
	}
	top, err := topOf(ctx, paths)
	if err != nil {
		return nil, fmt.Errorf("%q is no file and no folder, and cannot be looked for as a git revision: %w", revision, err)
	}
	if _, err := git(ctx, top, "rev-parse", "--verify", "--quiet", revision+"^{commit}"); err != nil {
		return nil, fmt.Errorf("%q is no file, no folder and no git revision here; in CI fetch it first (fetch-depth: 0)", revision)
	}
	dir, err := os.MkdirTemp("", "plimsoll-base-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	archive, err := git(ctx, top, "archive", "--format=tar", revision)
	if err != nil {
		return nil, err
	}
	if err := unpack(bytes.NewReader(archive), dir); err != nil {
		return nil, fmt.Errorf("unpacking revision %s: %w", revision, err)
	}
	o.Helm.Values = valuesThen(o.Helm.Values, top, dir)
	t, seen := &Tree{}, map[string]bool{}
	for _, path := range paths {
		rel, err := relative(top, path)
		if err != nil {
			return nil, err
		}
		at := filepath.Join(dir, rel)
		if _, err := os.Stat(at); err != nil {
			continue
		}
		if err := t.read(ctx, at, o, seen); err != nil {
			return nil, err
		}
	}
	t.releases(ctx, o, []string{dir})
	for _, d := range t.Documents {
		d.File = strings.TrimPrefix(d.File, filepath.ToSlash(dir)+"/")
		d.Tree = strings.TrimPrefix(d.Tree, filepath.ToSlash(dir)+"/")
	}
	t.separate(o.Roots)
	return t, nil
}

// valuesThen takes the values that the revision has; files from elsewhere stay
// as they are now.
func valuesThen(now []Values, top, dir string) []Values {
	out := slices.Clone(now)
	for i, f := range out {
		rel, err := relative(top, f.Name)
		if err != nil {
			continue
		}
		if data, err := readFile(filepath.Join(dir, rel)); err == nil {
			out[i].Data = data
		}
	}
	return out
}

// topOf gives the working tree's root.
func topOf(ctx context.Context, paths []string) (string, error) {
	dir := "."
	for _, p := range paths {
		if p == Stdin {
			return "", errors.New("a git revision has no standard input: give paths to compare, or a file as the base")
		}
	}
	if len(paths) > 0 {
		dir = paths[0]
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			dir = filepath.Dir(dir)
		}
	}
	out, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	return strings.TrimRight(string(out), "\r\n"), err
}

func relative(top, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	rel, err := filepath.Rel(top, abs)
	if err != nil || strings.HasPrefix(rel, "..") {
		return "", fmt.Errorf("%s is outside the repository %s", path, top)
	}
	return rel, nil
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, oneLine(stderr.String()))
	}
	return out, nil
}

// maxUnpacked bounds one file of a revision; larger ones are no manifests.
const maxUnpacked = 8 << 20

// unpack writes the regular files of an archive below dir.
func unpack(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for in := tar.NewReader(r); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || h.Size > maxUnpacked {
			continue
		}
		if err := unpackFile(root, h.Name, in); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, in io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, in); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
