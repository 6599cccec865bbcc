package pricing

import (
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
	// Covers is the on-demand usage that it pays for, in USD an hour.
	Covers float64
	// Pays is what it costs, in USD an hour; what it covers where the file does
	// not say, so that nothing is taken for a discount that is not known.
	Pays float64
	End  time.Time // zero where the file does not say
}

var heldColumns = []string{"name", "family", "covers_usd_hour", "usd_hour", "end"}

// ReadHeld reads a file of existing commitments: CSV with the columns name,
// family (empty for all), covers_usd_hour, and where known usd_hour (what it
// costs) and end (YYYY-MM-DD, may be empty). A
// reserved instance covers the on-demand price of its machine; a savings plan
// of s USD an hour at a discount d covers s/(1-d). name is the file's, for
// errors, which give the line.
func ReadHeld(r io.Reader, name string) ([]HeldCommitment, error) {
	c := csv.NewReader(r)
	c.TrimLeadingSpace = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("commitments %s: reading the header: %w; its columns are %s", name, err, strings.Join(heldColumns, ","))
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.TrimSpace(h)] = i
	}
	for _, column := range heldColumns[:3] {
		if _, ok := at[column]; !ok {
			return nil, fmt.Errorf("commitments %s: no column %q; its columns are %s", name, column, strings.Join(heldColumns, ","))
		}
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
		h, err := heldOf(func(column string) string {
			if i, ok := at[column]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		})
		if err != nil {
			return nil, fmt.Errorf("commitments %s, line %d: %w", name, line, err)
		}
		out = append(out, h)
	}
}

func heldOf(field func(string) string) (HeldCommitment, error) {
	h := HeldCommitment{Name: field("name"), Family: strings.ToLower(field("family"))}
	var err error
	if h.Covers, err = heldAmount("covers_usd_hour", field("covers_usd_hour")); err != nil {
		return h, err
	}
	h.Pays = h.Covers
	if pays := field("usd_hour"); pays != "" {
		if h.Pays, err = heldAmount("usd_hour", pays); err != nil {
			return h, err
		}
	}
	if end := field("end"); end != "" {
		if h.End, err = time.Parse(time.DateOnly, end); err != nil {
			return h, fmt.Errorf("end %q is not a date like 2027-03-31", end)
		}
	}
	return h, nil
}

func heldAmount(column, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("%s %q is not an amount of USD", column, text)
	}
	return v, nil
}

// HeldCover gives what commitments cover of usage by family, in USD an hour at
// on-demand prices: those of one family first, then those of all.
func HeldCover(held []HeldCommitment, usage map[string]float64) (covered float64) {
	narrow, wide, left := map[string]float64{}, 0.0, 0.0
	for _, h := range held {
		if h.Family == "" {
			wide += h.Covers
		} else {
			narrow[h.Family] += h.Covers
		}
	}
	for _, family := range slices.Sorted(maps.Keys(usage)) {
		take := min(usage[family], narrow[family])
		covered, left = covered+take, left+usage[family]-take
	}
	return covered + min(left, wide)
}

// HeldAt leaves out the commitments that have ended by a moment.
func HeldAt(held []HeldCommitment, at time.Time) []HeldCommitment {
	return slices.DeleteFunc(slices.Clone(held), func(h HeldCommitment) bool { return !h.End.IsZero() && !h.End.After(at) })
}
