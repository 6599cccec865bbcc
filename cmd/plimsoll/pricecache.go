package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// priceCache is where renewed price tables are kept, one file a provider and region.
type priceCache struct {
	dir string
	off bool
}

func (c *priceCache) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.dir, "price-cache", "", "`DIR` of the tables that 'plimsoll price update' wrote (default: plimsoll/prices in the user's cache)")
	cmd.Flags().BoolVar(&c.off, "no-price-cache", false, "take the built-in tables alone")
}

// folder is the directory; empty where the system has none for caches.
func (c *priceCache) folder() string {
	if c.dir != "" {
		return c.dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "plimsoll", "prices")
}

// tables reads what is in the cache; none where it is off or not there.
func (c *priceCache) tables() ([]pricing.Overrides, error) {
	if c.off || c.folder() == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(c.folder(), "*", "*.csv"))
	if err != nil {
		return nil, fmt.Errorf("--price-cache %s: %w", c.dir, err)
	}
	slices.Sort(paths)
	var out []pricing.Overrides
	for _, path := range paths {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // renamed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("reading the price cache: %w", err)
		}
		o, err := pricing.ParseFile(path, file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("reading the price cache: %w; renew it with 'plimsoll price update', or give --no-price-cache", err)
		}
		out = append(out, o.WhenNewer())
	}
	return out, nil
}

// write puts a table in its place at once, so that a run that is killed leaves the one of before.
func (c *priceCache) write(provider, region string, table []byte) (path string, err error) {
	if c.folder() == "" {
		return "", errors.New("the system has no folder for caches: give one with --price-cache DIR")
	}
	dir := filepath.Join(c.folder(), provider)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("writing the price cache: %w", err)
	}
	path = filepath.Join(dir, region+".csv")
	if err := disk.Replace(path, 0o644, func(w io.Writer) error {
		_, err := w.Write(table)
		return err
	}); err != nil {
		return "", fmt.Errorf("writing the price cache: %w", err)
	}
	return path, nil
}
