package lookup

import (
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/grid"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Sources says from when each kind of price is: its newest and its oldest
// source, one line a provider and kind.
func Sources(out io.Writer, catalog *pricing.Catalog) error {
	sources, err := catalog.Sources()
	if err != nil {
		return err
	}
	byKind := func(a, b pricing.Provenance) bool { return a.Provider == b.Provider && a.Of == b.Of }
	slices.SortStableFunc(sources, func(a, b pricing.Provenance) int {
		return strings.Compare(a.Provider+" "+a.Of+" "+b.AsOf, b.Provider+" "+b.Of+" "+a.AsOf)
	})
	lines := [][]string{{"PROVIDER", "PRICES OF", "NEWEST", "OLDEST", "SOURCES, NEWEST FIRST"}}
	for len(sources) > 0 {
		n := 1
		for n < len(sources) && byKind(sources[0], sources[n]) {
			n++
		}
		kind := sources[:n]
		sources = sources[n:]
		var names []string
		oldest := ""
		for _, p := range kind {
			// Behind the first word stands the file within the source.
			if name, _, _ := strings.Cut(p.Source, " "); !slices.Contains(names, name) {
				names = append(names, name)
			}
			if p.AsOf != "" {
				oldest = p.AsOf
			}
		}
		of := pricing.OfWords(kind[0].Of)
		if of == "" {
			of = "machines"
		}
		lines = append(lines, []string{analyzer.Printable(kind[0].Provider), of, kind[0].AsOf, oldest, analyzer.Printable(strings.Join(names, ", "))})
	}
	return grid.Write(out, nil, lines)
}
