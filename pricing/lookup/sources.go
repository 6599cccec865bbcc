package lookup

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

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
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROVIDER\tPRICES OF\tNEWEST\tOLDEST\tSOURCES, NEWEST FIRST")
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
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", kind[0].Provider, of, kind[0].AsOf, oldest, strings.Join(names, ", "))
	}
	return w.Flush()
}
