package pricing

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// HeldCommitment is a commitment that the user has, as the file of commitments
// names it.
type HeldCommitment struct {
	Name   string
	Family string // m6i, n2, dsv5; empty where it covers all
	// Region is where it holds; empty where the file does not say, which is the cluster's.
	Region string
	// Resource is ResourceVCPU or ResourceMemory where it covers that alone, of
	// which Units are the vCPUs or GiB; a line of the file that states both is two.
	Resource string
	Units    float64
	// Covers is the on-demand usage that it pays for, in USD an hour; of Units
	// what Catalog.PriceHeld makes of them.
	Covers float64
	// Pays is what it costs, in USD an hour; what it covers where the file does
	// not say, so that nothing is taken for a discount that is not known.
	Pays float64
	End  time.Time // zero where the file does not say
	// Source is the name of the file.
	Source string

	paysCovers bool // Pays is not known before Covers is
	// wide is what one of all families covers first; nil before PriceHeld.
	wide *wideOrder
}

var heldColumns = []string{"name", "family", "covers_usd_hour", "usd_hour", "vcpus", "memory_gib", "end", "region"}

// ReadHeld reads a file of existing commitments: CSV with the columns name,
// family (empty for all), covers_usd_hour or vcpus and memory_gib, and where
// known usd_hour (what it costs), end (YYYY-MM-DD, may be empty) and region (where it
// holds; empty for the cluster's). A
// reserved instance covers the on-demand price of its machine; a savings plan
// of s USD an hour at a discount d covers s/(1-d); Google's resource-based
// commitments are stated in vCPUs and GiB. name is the file's, for errors, which
// give the line.
func ReadHeld(r io.Reader, name string) ([]HeldCommitment, error) {
	c := csv.NewReader(r)
	c.TrimLeadingSpace = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("commitments %s: reading the header: %w; its columns are %s", name, err, strings.Join(heldColumns, ","))
	}
	at, err := heldHeader(header, name)
	if err != nil {
		return nil, err
	}
	var out []HeldCommitment
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("commitments %s: %w", name, err)
		}
		line, _ := c.FieldPos(0)
		some, err := heldOf(func(column string) string {
			if i, ok := at[column]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		})
		if err != nil {
			return nil, fmt.Errorf("commitments %s, line %d: %w", name, line, err)
		}
		for i := range some {
			some[i].Source = name
		}
		out = append(out, some...)
	}
}

// heldHeader gives where each column of a file of commitments is.
func heldHeader(header []string, name string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range header {
		at[strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))] = i
	}
	for _, column := range heldColumns[:3] {
		_, units := at["vcpus"]
		if _, ok := at["memory_gib"]; column == "covers_usd_hour" && (ok || units) {
			continue
		}
		if _, ok := at[column]; !ok {
			return nil, fmt.Errorf("commitments %s: no column %q; its columns are %s", name, column, strings.Join(heldColumns, ","))
		}
	}
	for _, column := range slices.Sorted(maps.Keys(at)) {
		if !slices.Contains(heldColumns, column) {
			return nil, fmt.Errorf("commitments %s: the column %q is not known; its columns are %s", name, column, strings.Join(heldColumns, ","))
		}
	}
	return at, nil
}

func heldOf(field func(string) string) ([]HeldCommitment, error) {
	h := HeldCommitment{Name: field("name"), Family: strings.ToLower(field("family")), Region: strings.ToLower(field("region"))}
	var err error
	if end := field("end"); end != "" {
		if h.End, err = time.Parse(time.DateOnly, end); err != nil {
			return nil, fmt.Errorf("end %q is not a date like 2027-03-31", end)
		}
	}
	pays := field("usd_hour")
	if pays != "" {
		if h.Pays, err = heldAmount("usd_hour", "USD", pays); err != nil {
			return nil, err
		}
	}
	covers, vcpus, memory := field("covers_usd_hour"), field("vcpus"), field("memory_gib")
	if vcpus+memory != "" {
		if covers != "" || h.Family == "" {
			return nil, errors.New("vcpus and memory_gib are of a family, and stand in the place of covers_usd_hour")
		}
		return h.units(vcpus, memory, pays == "")
	}
	if h.Covers, err = heldAmount("covers_usd_hour", "USD", covers); err != nil {
		return nil, err
	}
	if pays == "" {
		h.Pays = h.Covers
	}
	return []HeldCommitment{h}, nil
}

// units makes a commitment of each resource; what is paid for both stands with
// the first.
func (h HeldCommitment) units(vcpus, memory string, paysCovers bool) (out []HeldCommitment, err error) {
	for _, part := range []struct{ column, resource, unit, text string }{
		{"vcpus", ResourceVCPU, "vCPUs", vcpus}, {"memory_gib", ResourceMemory, "GiB", memory},
	} {
		if part.text == "" {
			continue
		}
		one := h
		one.Resource, one.paysCovers = part.resource, paysCovers
		if len(out) > 0 {
			one.Pays = 0
		}
		if one.Units, err = heldAmount(part.column, part.unit, part.text); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func heldAmount(column, unit, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("%s %q is not an amount of %s", column, text, unit)
	}
	return v, nil
}

// HoldsIn reports whether a commitment may hold in a region: in all where it names none.
func (h *HeldCommitment) HoldsIn(region string) bool {
	return h.Region == "" || region == "" || strings.EqualFold(h.Region, region)
}

// HeldCover gives what commitments cover of usage by scope, in USD an hour at
// on-demand prices, in the order of CoverHeld.
func HeldCover(held []HeldCommitment, usage map[CommitmentScope]float64) float64 {
	scopes := slices.SortedFunc(maps.Keys(usage), func(a, b CommitmentScope) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Resource, b.Resource))
	})
	amounts := make([]float64, len(scopes))
	for j, s := range scopes {
		amounts[j] = usage[s]
	}
	return CoverHeld(held, scopes, amounts)
}

// HeldAt leaves out the commitments that have ended by a moment.
func HeldAt(held []HeldCommitment, at time.Time) []HeldCommitment {
	return slices.DeleteFunc(slices.Clone(held), func(h HeldCommitment) bool { return !h.End.IsZero() && !h.End.After(at) })
}
