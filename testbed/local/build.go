package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Versions of the programs; go.mod holds the modules they come from.
const (
	kubernetesVersion = "v1.37.2"
	prometheusVersion = "3.16.0"
	kwokVersion       = "0.8.0"
	buildTags         = "remove_all_sd,enable_kubernetes_sd"
	versionPackage    = "k8s.io/component-base/version"
)

// linkFlags name the versions, without which clients cannot parse what the
// API server says of itself.
var linkFlags = strings.Join([]string{"-s -w",
	"-X " + versionPackage + ".gitVersion=" + kubernetesVersion,
	"-X " + versionPackage + ".gitMajor=1", "-X " + versionPackage + ".gitMinor=37",
	"-X " + versionPackage + ".gitTreeState=clean", "-X " + versionPackage + ".gitCommit=unknown",
	"-X sigs.k8s.io/kwok/pkg/consts.Version=" + kwokVersion,
	"-X github.com/prometheus/common/version.Version=" + prometheusVersion,
}, " ")

// programs that controlplane stands for by its name.
var programs = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "metrics-server"}

// CacheDir is where binaries and the default testbed lie.
func CacheDir() (string, error) {
	if d := os.Getenv("PLIMSOLL_TESTBED_CACHE"); d != "" {
		return filepath.Abs(d)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for binaries: %w; set PLIMSOLL_TESTBED_CACHE", err)
	}
	return filepath.Join(home, ".cache", "plimsoll-testbed"), nil
}

// Build makes the programs, unless the folder that belongs to these module
// files and mains has them already, and returns that folder. The two small
// programs are built every time: the Go tool sees whether they have changed.
func Build(ctx context.Context, out io.Writer) (string, error) {
	if exe, err := os.Executable(); err == nil && exists(filepath.Join(filepath.Dir(exe), "kube-apiserver")) {
		return filepath.Dir(exe), nil // this is the built program
	}
	module, err := moduleDir(ctx)
	if err != nil {
		return "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	key, err := buildKey(module)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(cache, key)
	if !exists(filepath.Join(bin, "complete")) {
		fmt.Fprintf(out, "building Kubernetes, kwok, Prometheus and kube-state-metrics into %s (15 to 20 minutes of two cores when Go's build cache is cold)\n", bin)
		start := time.Now()
		if err := buildAll(ctx, module, bin, out); err != nil {
			return "", err
		}
		fmt.Fprintf(out, "built in %v\n", time.Since(start).Round(time.Second))
	}
	return bin, goBuild(ctx, module, out, nil, "-o", bin+"/", "./cmd/testbed", "./cmd/backfill")
}

func buildAll(ctx context.Context, module, bin string, out io.Writer) error {
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	heavy := []string{"-ldflags", linkFlags, "-o", bin + "/"}
	err := goBuild(ctx, module, out, nil, append(heavy, "./cmd/controlplane",
		"github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool")...)
	if err != nil {
		return err
	}
	for _, p := range programs {
		link := filepath.Join(bin, p)
		os.Remove(link)
		if err := os.Symlink("controlplane", link); err != nil {
			return err
		}
	}
	if err := buildKubeStateMetrics(ctx, module, bin, out); err != nil {
		return err
	}
	dir, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/metrics-server")
	if err != nil {
		return err
	}
	rbac, err := os.ReadFile(filepath.Join(dir, "manifests", "base", "rbac.yaml"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bin, "metrics-server-rbac.yaml"), rbac, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bin, "complete"), nil, 0o644)
}

// moduleDir is the folder of the module that holds this package.
func moduleDir(ctx context.Context) (string, error) {
	const module = "github.com/plimsoll-k8s/plimsoll/testbed"
	dir, err := goOutput(ctx, ".", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", fmt.Errorf("find the module %s: %w; run this inside the folder testbed", module, err)
	}
	return dir, nil
}

// buildKey hashes all that decides what the big programs are.
func buildKey(module string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, linkFlags, buildTags, ksmPatches)
	add := func(path string) error {
		b, err := os.ReadFile(path)
		if err == nil {
			fmt.Fprintf(h, "%s %d\n", filepath.Base(path), len(b))
			h.Write(b)
		}
		return err
	}
	for _, f := range []string{"go.mod", "go.sum"} {
		if err := add(filepath.Join(module, f)); err != nil {
			return "", err
		}
	}
	err := filepath.WalkDir(filepath.Join(module, "cmd", "controlplane"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return add(path)
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}

func goBuild(ctx context.Context, dir string, out io.Writer, flags []string, args ...string) error {
	args = append(append([]string{"build", "-trimpath", "-tags", buildTags}, flags...), args...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s in %s: %w", strings.Join(args, " "), dir, err)
	}
	return nil
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	b, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w", strings.Join(args, " "), dir, err)
	}
	return strings.TrimSpace(string(b)), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
