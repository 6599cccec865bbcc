package manifest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// checkChart bounds what the YAML that helm unfolds while it loads a chart
// comes to, in a folder or an archive. What cannot be read is helm's to tell.
func checkChart(at string) error {
	return filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // helm says it better
		}
		// Helm follows links, and would wait for a pipe.
		if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return fmt.Errorf("%s: %w", filepath.Base(path), errNoFile)
		}
		if d.IsDir() || !loadedByHelm(path) {
			return nil
		}
		data, err := readFile(path)
		if err != nil {
			return nil //nolint:nilerr // helm says it better
		}
		return checkChartFile(path, data, maxDependencies)
	})
}

// loadedByHelm tells the files that become plain values, and archives of them.
func loadedByHelm(name string) bool {
	switch filepath.Base(name) {
	case "values.yaml", "Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock":
		return true
	}
	return strings.HasSuffix(name, ".tgz")
}

func checkChartFile(name string, data []byte, depth int) error {
	if !strings.HasSuffix(name, ".tgz") {
		if err := manifest.CheckAliases(data); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		return nil
	}
	if depth == 0 {
		return nil
	}
	files, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil //nolint:nilerr // helm says it better
	}
	for _, f := range files {
		if loadedByHelm(f.Name) {
			if err := checkChartFile(f.Name, f.Data, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}
