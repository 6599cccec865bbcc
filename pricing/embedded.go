package pricing

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed tables/*.csv.gz
var tableFiles embed.FS

// embeddedProviders are the providers with a table of their own.
var embeddedProviders = []string{"aws", "azure", "gcp"}

// table is one provider's prices, indexed. It never changes once built.
type table struct {
	provider string
	regions  map[string]*regionTable
	names    []string // of the regions, sorted
	err      error    // set when the file could not be used; then the table is empty
}

// regionTable is the part of a table that most questions are about.
type regionTable struct {
	rows  []*row // sorted by type
	types map[string]*row
	rates func() rateBook
}

// newTable indexes rows; of rows for the same type and region the last one wins.
func newTable(provider string, rows []row) *table {
	t := &table{provider: provider, regions: map[string]*regionTable{}}
	for i := range rows {
		r := &rows[i]
		region := t.regions[r.region]
		if region == nil {
			region = &regionTable{types: map[string]*row{}}
			t.regions[r.region] = region
			t.names = append(t.names, r.region)
		}
		if _, again := region.types[r.instanceType]; !again {
			region.rows = append(region.rows, r)
		}
		region.types[r.instanceType] = r
	}
	slices.Sort(t.names)
	for _, region := range t.regions {
		for i, r := range region.rows {
			region.rows[i] = region.types[r.instanceType]
		}
		slices.SortFunc(region.rows, func(a, b *row) int { return compareTypes(a.instanceType, b.instanceType) })
		region.rates = sync.OnceValue(func() rateBook { return fitRates(region.rows) })
	}
	return t
}

// compareTypes orders names the way people count: m5.2xlarge before m5.12xlarge.
func compareTypes(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x != "" && y != "" {
			if c := compareNumbers(x, y); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func leadingDigits(s string) string {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i]
}

func compareNumbers(x, y string) int {
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	return strings.Compare(x, y)
}

// embeddedTable decodes one provider's table when it is first asked for.
func embeddedTable(provider string) *table {
	data, err := embeddedFile(provider)
	if err != nil {
		return &table{provider: provider, err: err}
	}
	rows, problems := readTable("tables/"+provider+".csv", data)
	if len(problems) > 0 {
		return &table{provider: provider, err: problems[0]}
	}
	return newTable(provider, rows)
}

func embeddedFile(name string) ([]byte, error) {
	packed, err := tableFiles.ReadFile("tables/" + name + ".csv.gz")
	if err != nil {
		return nil, fmt.Errorf("embedded table %s: %w", name, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("embedded table %s: %w", name, err)
	}
	var data bytes.Buffer
	data.Grow(10 * len(packed)) // price tables pack 5 to 10 times
	_, err = io.Copy(&data, z)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("embedded table %s: %w", name, err)
	}
	return data.Bytes(), nil
}
