package pricing

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

var commitmentColumns = []string{
	"provider", "program", "scope", "family", "region", "term_years", "payment",
	"discount_pct_median", "discount_pct_min", "discount_pct_max", "n_types", "source", "as_of",
}

// commitmentOf reads a record of a table of commitments.
func commitmentOf(field func(string) string) (Commitment, error) {
	d := Commitment{
		Provider: cloud.Canonical(field("provider")), Program: field("program"), Scope: field("scope"), Family: field("family"),
		Region: field("region"), Payment: field("payment"), Source: field("source"), AsOf: field("as_of"),
	}
	var n numbers
	d.TermYears, d.Types = int(n.parse(field("term_years"))), int(n.parse(field("n_types")))
	d.DiscountPercent = n.parse(field("discount_pct_median"))
	d.MinPercent, d.MaxPercent = n.parse(field("discount_pct_min")), n.parse(field("discount_pct_max"))
	return d, n.err
}

// check refuses a discount that nobody gives.
func (d *Commitment) check() error {
	_, dated := parseDate(d.AsOf)
	switch {
	case d.Provider == "" || d.Program == "" || d.Family == "" || d.Region == "":
		return errors.New("provider, program, family and region must all be given")
	case d.TermYears != 1 && d.TermYears != 3:
		return fmt.Errorf("term_years is %d; it must be 1 or 3", d.TermYears)
	case !(d.DiscountPercent > 0 && d.DiscountPercent < 100):
		return fmt.Errorf("discount_pct_median is %g; it must be over 0 and under 100", d.DiscountPercent)
	case d.MinPercent > d.DiscountPercent || d.MaxPercent != 0 && d.MaxPercent < d.DiscountPercent || d.MaxPercent >= 100:
		return fmt.Errorf("the discounts run from %g to %g %%, and their median is %g", d.MinPercent, d.MaxPercent, d.DiscountPercent)
	case d.AsOf != "" && !dated:
		return fmt.Errorf("as_of %q is not a date; write YYYY-MM-DD", d.AsOf)
	}
	return nil
}

// commitmentKey is what one discount is given for.
type commitmentKey struct {
	provider, region, program, family, payment string
	years                                      int
}

func (d *Commitment) key() commitmentKey {
	return commitmentKey{d.Provider, d.Region, d.Program, strings.ToLower(d.Family), d.Payment, d.TermYears}
}

// isCommitments tells a table of commitments by its header.
func isCommitments(data []byte) bool { return headed(data, "discount_pct_median") }

// headed reports whether the first line that is no comment has a column.
func headed(data []byte, column string) bool {
	for line := range bytes.Lines(data) {
		if len(bytes.TrimSpace(line)) > 0 && line[0] != '#' {
			return bytes.Contains(bytes.ToLower(line), []byte(column))
		}
	}
	return false
}

// parseCommitments reads a table of commitments and holds it to the sanity rules: each
// discount once, and three years at least as much off as one.
func parseCommitments(name string, data []byte) (Overrides, []Problem) {
	c, line, err := openCSV(data, commitmentColumns, commitmentColumns[:8:8])
	if err != nil {
		return Overrides{}, []Problem{{name, line, err.Error()}}
	}
	var out Overrides
	var problems []Problem
	seen, lines := map[commitmentKey]float64{}, map[commitmentKey]int{}
	for len(problems) < maxProblems {
		record, line, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		var d Commitment
		if err == nil {
			d, err = commitmentOf(func(column string) string { return strings.Clone(c.field(record, column)) })
		}
		if err == nil {
			err = d.check()
		}
		if first, twice := lines[d.key()]; err == nil && twice {
			err = fmt.Errorf("%s of %s in %s, %d years, %s stands here and on line %d", d.Program, d.Family, d.Region, d.TermYears, d.Payment, first)
		}
		if err != nil {
			problems = append(problems, Problem{name, line, err.Error()})
			continue
		}
		d.Source = cmp.Or(d.Source, name)
		seen[d.key()], lines[d.key()] = d.DiscountPercent, line
		out.commitments = append(out.commitments, laidCommitment{Commitment: d})
	}
	for _, d := range out.commitments {
		short := d.key()
		short.years = 1
		if one := seen[short]; d.DiscountPercent < one {
			problems = append(problems, Problem{name, lines[d.key()], fmt.Sprintf("%s of %s in %s: three years take %g %% off, one year %g", d.Program, d.Family, d.Region, d.DiscountPercent, one)})
		}
	}
	if len(problems) > 0 {
		return Overrides{}, problems[:min(len(problems), maxProblems)]
	}
	if len(out.commitments) == 0 {
		return Overrides{}, []Problem{{name, 0, "the file has a header but no discounts"}}
	}
	return out, nil
}

// writeCommitments writes a table of commitments.
func writeCommitments(list []Commitment) ([]byte, error) {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	records := [][]string{commitmentColumns}
	for _, d := range list {
		records = append(records, []string{
			d.Provider, d.Program, d.Scope, d.Family, d.Region, strconv.Itoa(d.TermYears), d.Payment,
			number(d.DiscountPercent), number(d.MinPercent), number(d.MaxPercent), strconv.Itoa(d.Types), d.Source, d.AsOf,
		})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		return nil, fmt.Errorf("writing the commitments: %w", err)
	}
	return b.Bytes(), nil
}

// laidCommitment is a discount of a price file.
type laidCommitment struct {
	Commitment
	whenNewer bool // it yields to a newer one of the tables
}

// lay puts discounts over the tables'. Each stands in place of one that is given for the same.
func (x extras) lay(list []laidCommitment) {
	byPlace := map[[2]string][]laidCommitment{}
	for _, d := range list {
		place := [2]string{d.Provider, d.Region}
		byPlace[place] = append(byPlace[place], d)
	}
	for place, list := range byPlace {
		x.over(place[0], place[1], func() ([]laidCommitment, error) { return list, nil })
	}
}

// over puts discounts of a region over the tables'; they are read when first asked for.
func (x extras) over(provider, region string, read func() ([]laidCommitment, error)) {
	if x.commitments[provider] == nil {
		x.commitments[provider] = map[string]func() ([]Commitment, error){}
	}
	below := x.commitments[provider][region]
	x.commitments[provider][region] = sync.OnceValues(func() ([]Commitment, error) {
		var own []Commitment
		if below != nil {
			var err error
			if own, err = below(); err != nil {
				return nil, err
			}
		}
		list, err := read()
		if err != nil {
			return nil, err
		}
		return laid(own, list), nil
	})
}

func laid(own []Commitment, over []laidCommitment) []Commitment {
	out := slices.Clone(own)
	at := map[commitmentKey]int{}
	for i := range out {
		at[out[i].key()] = i
	}
	for _, d := range over {
		i, has := at[d.key()]
		switch {
		case !has:
			at[d.key()] = len(out)
			out = append(out, d.Commitment)
		case !d.whenNewer || d.AsOf >= out[i].AsOf:
			out[i] = d.Commitment
		}
	}
	return out
}
