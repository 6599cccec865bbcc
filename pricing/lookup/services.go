package lookup

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Service is the price of something that is no machine, as -o json prints it.
type Service struct {
	Provider string  `json:"provider"`
	Region   string  `json:"region"`
	Kind     string  `json:"kind"` // disk, load balancer, control plane, network
	Item     string  `json:"item"`
	Unit     string  `json:"unit"`
	USD      float64 `json:"usd"` // below 0 for a credit
	Note     string  `json:"note,omitempty"`
	AsOf     string  `json:"asOf,omitempty"`
	Source   string  `json:"source"`
}

// serviceKinds says what the table's categories are called, in the order they are printed.
var serviceKinds = [][2]string{{"control_plane", "control plane"}, {"load_balancer", "load balancer"}, {"block_storage", "disk"}, {"network", "network"}}

// Services prints what disks, load balancers, control planes and the network cost in a
// region: those whose item or kind matches one of the patterns, else all. Missing
// says of each pattern that matches none.
func Services(out io.Writer, format string, catalog *pricing.Catalog, q pricing.Query, patterns []string) (missing []string, err error) {
	if q.Provider == "" || q.Region == "" {
		return nil, fmt.Errorf("which cloud and region? give --provider and --region, such as --provider aws --region us-east-1")
	}
	if err := CheckPlace(catalog, q.Provider, q.Region); err != nil {
		return nil, err
	}
	prices, err := catalog.Services(q.Provider, q.Region)
	if err != nil {
		return nil, err
	}
	list := []Service{}
	used := make([]bool, len(patterns))
	for _, kind := range serviceKinds {
		for _, m := range prices {
			if m.Category != kind[0] {
				continue
			}
			wanted, err := matches(patterns, used, kind[1], m.Item)
			if err != nil {
				return nil, err
			}
			if wanted {
				of := pricing.SourceOf("", m.Provider, m.Source, m.AsOf)
				list = append(list, Service{Provider: m.Provider, Region: m.Region, Kind: kind[1], Item: m.Item, Unit: m.Unit, USD: m.USD, Note: m.Note, AsOf: m.AsOf, Source: of.Source})
			}
		}
	}
	for i, pattern := range patterns {
		if !used[i] {
			missing = append(missing, fmt.Sprintf("%s: no disk, load balancer, control plane or network item of %s is called so; --services without a name lists all", pattern, q.Region))
		}
	}
	return missing, writeServices(out, format, list)
}

// matches reports whether a pattern matches an item, a word of it or its kind, and notes which.
func matches(patterns []string, used []bool, kind, item string) (bool, error) {
	wanted := len(patterns) == 0
	names := append([]string{kind, item}, strings.Fields(item)...)
	for i, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return false, fmt.Errorf("the pattern %q is not closed", pattern)
		}
		if slices.ContainsFunc(names, func(name string) bool {
			match, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
			return match && err == nil
		}) {
			wanted, used[i] = true, true
		}
	}
	return wanted, nil
}

func writeServices(out io.Writer, format string, list []Service) error {
	s := Sheet{Document: list, Right: []bool{3: true}, Screen: [][]string{{"KIND", "ITEM", "PER", "USD", "AS OF", "SOURCE"}}, Records: [][]string{{"provider", "region", "kind", "item", "unit", "usd", "note", "as_of", "source"}}}
	for _, r := range list {
		s.Screen = append(s.Screen, []string{r.Kind, analyzer.Printable(r.Item), r.Unit, fmt.Sprintf("%.6g", r.USD), r.AsOf, analyzer.Printable(cmp.Or(r.Source, "-"))})
		s.Records = append(s.Records, []string{r.Provider, r.Region, r.Kind, r.Item, r.Unit, number(r.USD), r.Note, r.AsOf, r.Source})
	}
	return s.Write(out, format)
}
