package pricing

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

//go:embed tables/*/*.csv.gz tables/commitments/*/*.csv.gz
var tableFiles embed.FS

// embeddedProviders are the providers with a table of their own.
var embeddedProviders = cloud.Names()

// Anywhere names the embedded file of what holds in every region.
const Anywhere = "anywhere"

// table is one provider's prices by region. A region is read when it is first
// asked for, and never changes afterwards.
type table struct {
	provider string
	regions  map[string]func() *regionTable
	names    []string // of the regions, sorted
}

// regionTable is the part of a table that most questions are about.
type regionTable struct {
	rows  []*row // sorted by type
	types map[string]*row
	lower func() map[string]*row // types by their name in lower case
	rates func() rateBook
	err   error // set when the file could not be used; then the table is empty
}

// region gives the prices of a region, nil where the provider's table has none.
func (t *table) region(name string) *regionTable {
	if read := t.regions[name]; read != nil {
		return read()
	}
	return nil
}

// newRegion indexes rows; of rows for the same type the last one wins,
// unless it yields to newer prices.
func newRegion(rows []*row) *regionTable {
	r := &regionTable{types: make(map[string]*row, len(rows))}
	for _, row := range rows {
		if below := r.types[row.instanceType]; row.whenNewer && below != nil {
			row = newest(row, below)
		}
		r.types[row.instanceType] = row
	}
	r.rows = make([]*row, 0, len(r.types))
	for _, row := range r.types {
		r.rows = append(r.rows, row)
	}
	slices.SortFunc(r.rows, func(a, b *row) int {
		return cmp.Or(compareTypes(a.instanceType, b.instanceType), strings.Compare(a.instanceType, b.instanceType))
	})
	r.rates = sync.OnceValue(func() rateBook { return fitRates(r.rows) })
	r.lower = sync.OnceValue(func() map[string]*row {
		lower := make(map[string]*row, len(r.rows))
		for _, row := range r.rows {
			lower[strings.ToLower(row.instanceType)] = row
		}
		return lower
	})
	return r
}

// embeddedTable lists a provider's regions; it reads none of their prices.
func embeddedTable(provider string) *table {
	t := &table{provider: provider, regions: map[string]func() *regionTable{}}
	for _, name := range embeddedNames(provider) {
		t.names = append(t.names, name)
		t.regions[name] = sync.OnceValue(func() *regionTable { return embeddedRegion(provider, name) })
	}
	return t
}

func embeddedRegion(provider, region string) *regionTable {
	path := provider + "/" + region
	data, err := embeddedFile(path)
	if err != nil {
		return &regionTable{err: err}
	}
	rows, problems := readTable("tables/"+path+".csv", data)
	if len(problems) > 0 {
		return &regionTable{err: problems[0]}
	}
	return newRegion(pointers(rows))
}

func pointers(rows []row) []*row {
	out := make([]*row, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}

// embeddedNames lists the tables of a folder, sorted: of a provider, its regions.
func embeddedNames(folder string) []string {
	entries, err := tableFiles.ReadDir("tables/" + folder)
	if err != nil {
		return nil // a provider without such tables
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".csv.gz"); ok {
			out = append(out, name)
		}
	}
	return out
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
