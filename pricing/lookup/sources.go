package lookup

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Kind is from when one kind of a provider's prices is.
type Kind struct {
	Provider string   `json:"provider"`
	Of       string   `json:"of"`
	Newest   string   `json:"newest"`
	Oldest   string   `json:"oldest"`
	Sources  []string `json:"sources"` // the newest first
}

// Sources says from when each kind of price is: its newest and its oldest
// source, one line a provider and kind.
func Sources(out io.Writer, format string, catalog *pricing.Catalog) error {
	kinds, err := kindsOf(catalog)
	if err != nil {
		return err
	}
	s := Sheet{Document: kinds, Screen: [][]string{{"PROVIDER", "PRICES OF", "NEWEST", "OLDEST", "SOURCES, NEWEST FIRST"}}, Records: [][]string{{"provider", "of", "newest", "oldest", "sources"}}}
	for _, k := range kinds {
		names := strings.Join(k.Sources, ", ")
		s.Records = append(s.Records, []string{k.Provider, k.Of, k.Newest, k.Oldest, names})
		s.Screen = append(s.Screen, []string{analyzer.Printable(k.Provider), k.Of, k.Newest, k.Oldest, analyzer.Printable(names)})
	}
	return s.Write(out, format)
}

func kindsOf(catalog *pricing.Catalog) ([]Kind, error) {
	sources, err := catalog.Sources()
	if err != nil {
		return nil, err
	}
	byKind := func(a, b pricing.Provenance) bool { return a.Provider == b.Provider && a.Of == b.Of }
	slices.SortStableFunc(sources, func(a, b pricing.Provenance) int {
		return strings.Compare(a.Provider+" "+a.Of+" "+b.AsOf, b.Provider+" "+b.Of+" "+a.AsOf)
	})
	out := []Kind{}
	for len(sources) > 0 {
		n := 1
		for n < len(sources) && byKind(sources[0], sources[n]) {
			n++
		}
		kind := sources[:n]
		sources = sources[n:]
		k := Kind{Provider: kind[0].Provider, Of: cmp.Or(pricing.OfWords(kind[0].Of), "machines"), Newest: kind[0].AsOf}
		for _, p := range kind {
			if name := short(p.Source); !slices.Contains(k.Sources, name) {
				k.Sources = append(k.Sources, name)
			}
			if p.AsOf != "" {
				k.Oldest = p.AsOf
			}
		}
		out = append(out, k)
	}
	return out, nil
}
