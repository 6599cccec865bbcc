package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const ksmModule = "k8s.io/kube-state-metrics/v2"

// ksmPatch adds a file (old is empty) or replaces a text in one.
type ksmPatch struct{ file, old, new string }

// ksmPatches let kube-state-metrics v2.15.0, which was written for client-go
// 0.32, build with the client-go and automemlimit of the rest of the testbed.
// It then shares their compiled packages: seconds instead of five minutes.
var ksmPatches = []ksmPatch{
	{file: "pkg/metrics_store/client_go_037.go", new: `package metricsstore

// Bookmark is asked of a cache.Store since client-go 0.36; this one has no use for it.
func (s *MetricsStore) Bookmark(string) {}

// LastStoreSyncResourceVersion says that none is known.
func (s *MetricsStore) LastStoreSyncResourceVersion() string { return "" }
`},
	{file: "pkg/app/server.go", old: "memlimit.SetGoMemLimitWithOpts(", new: "memlimit.Set("},
}

// buildKubeStateMetrics builds a patched copy of the module, which a module
// file beside it puts in the original's place.
func buildKubeStateMetrics(ctx context.Context, module, bin string, out io.Writer) error {
	work, err := os.MkdirTemp("", "plimsoll-ksm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source, err := downloaded(ctx, module)
	if err != nil {
		return err
	}
	// A fixed name, as the linker's and compiler's caches know packages by it.
	clone := filepath.Join(work, "kube-state-metrics")
	if err := os.CopyFS(clone, os.DirFS(source)); err != nil {
		return err
	}
	for _, p := range ksmPatches {
		if err := p.apply(clone); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", ksmModule, clone)
	if err := os.WriteFile(filepath.Join(work, "ksm.mod"), mod, 0o644); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, "ksm.sum"), sum, 0o644); err != nil {
		return err
	}
	return goBuild(ctx, module, out, []string{"-modfile", filepath.Join(work, "ksm.mod"), "-ldflags", "-s -w"},
		"-o", filepath.Join(bin, "kube-state-metrics"), ksmModule)
}

// downloaded returns the module's folder in the module cache.
func downloaded(ctx context.Context, module string) (string, error) {
	version, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Version}}", ksmModule)
	if err != nil {
		return "", err
	}
	answer, err := goOutput(ctx, module, "mod", "download", "-json", ksmModule+"@"+version)
	if err != nil {
		return "", err
	}
	var m struct{ Dir string }
	if err := json.Unmarshal([]byte(answer), &m); err != nil {
		return "", fmt.Errorf("read the answer of go mod download %s: %w", ksmModule, err)
	}
	return m.Dir, nil
}

func (p ksmPatch) apply(dir string) error {
	path := filepath.Join(dir, p.file)
	if p.old == "" {
		return os.WriteFile(path, []byte(p.new), 0o644)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(b, []byte(p.old)) {
		return fmt.Errorf("patch %s of %s: %q is not in it; another version?", p.file, ksmModule, p.old)
	}
	// The module cache's files are read-only, and so are their copies.
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(b, []byte(p.old), []byte(p.new)), 0o644)
}
