package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// priceCache is where renewed price tables are kept, one file a provider and region.
type priceCache struct {
	dir string
	off bool

	// later says that tables are read when they are first asked for; broken is why the first of
	// those that could not be used was not.
	later  bool
	mu     sync.Mutex
	broken error
}

// err is why a table that was asked for could not be used; the verb must give it in place of what
// it found without that table.
func (c *priceCache) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// whenAsked gives the table of a file, which is read when it is first asked for.
func (c *priceCache) whenAsked(path, provider, region string, commitments bool) pricing.Overrides {
	return pricing.Later(provider, region, commitments,
		func() (pricing.Overrides, error) { return readCached(path, provider, region) },
		func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.broken = cmp.Or(c.broken, unusable(err))
		})
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

// tables reads what is in the cache; none where it is off or not there. A folder that the user
// names must be there.
func (c *priceCache) tables() ([]pricing.Overrides, error) {
	if c.off || c.folder() == "" {
		return nil, nil
	}
	out, err := c.read(nil)
	if c.dir == "" && errors.Is(err, syscall.ENOTDIR) {
		return nil, nil // such as of HOME=/dev/null: nothing can be kept there
	}
	if errors.Is(err, fs.ErrNotExist) {
		if c.dir == "" {
			return nil, nil
		}
		return nil, fmt.Errorf("--price-cache %s: there is no such folder; 'plimsoll price update' with the same flag makes it", c.dir)
	}
	return out, err
}

// read reads all tables. One that cannot be used is an error, unless broken takes it.
func (c *priceCache) read(broken func(error)) ([]pricing.Overrides, error) {
	providers, err := os.ReadDir(c.folder())
	if err != nil {
		return nil, fmt.Errorf("reading the price cache: %w", err)
	}
	var out []pricing.Overrides
	for _, provider := range providers {
		if !provider.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(c.folder(), provider.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the price cache: %w", err)
		}
		for _, file := range files {
			region, ok := strings.CutSuffix(file.Name(), ".csv")
			if !ok {
				continue
			}
			region, commitments := strings.CutSuffix(region, ".commitments")
			path := filepath.Join(c.folder(), provider.Name(), file.Name())
			if c.later {
				out = append(out, c.whenAsked(path, provider.Name(), region, commitments))
				continue
			}
			o, err := readCached(path, provider.Name(), region)
			switch {
			case err == nil:
				out = append(out, o)
			case broken != nil:
				broken(err)
			default:
				return nil, unusable(err)
			}
		}
	}
	return out, nil
}

// regions are those of a provider that the cache has tables of, usable or not; sorted.
func (c *priceCache) regions(provider string) (out []string) {
	if c.folder() == "" {
		return nil
	}
	files, err := os.ReadDir(filepath.Join(c.folder(), provider))
	if err != nil {
		return nil // none, or one that cannot be read, which is said when it is written to
	}
	for _, file := range files {
		region, ok := strings.CutSuffix(file.Name(), ".csv")
		if region = strings.TrimSuffix(region, ".commitments"); ok && regionName().MatchString(region) {
			out = append(out, region)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func unusable(err error) error {
	return fmt.Errorf("reading the price cache: %w; renew it with 'plimsoll price update', or give --no-price-cache", err)
}

// readCached reads a file of the cache; one that went away meanwhile has no prices.
func readCached(path, provider, region string) (pricing.Overrides, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return pricing.Overrides{}, nil
	}
	if err != nil {
		return pricing.Overrides{}, err
	}
	return pricing.ParseCached(path, provider, region, data)
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
		_, err := w.Write(pricing.Seal(table))
		return err
	}); err != nil {
		return "", fmt.Errorf("writing the price cache: %w", err)
	}
	return path, nil
}
