package pricing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// sheet is a cloud's list of one's own prices, and where its columns are.
type sheet struct {
	cloud.Sheet
	at      map[string]int
	columns int
}

// mostPreface is how many lines of title may stand above a sheet's header.
const mostPreface = 5

// sheetOf tells a cloud's price sheet by its header, nil for other files. The rest
// comes back that begins below the header, which stands on the line.
func sheetOf(data []byte) (s *sheet, rest []byte, line int) {
	rest = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line = 1; line <= mostPreface && len(rest) > 0; line++ {
		var head []byte
		head, rest, _ = bytes.Cut(rest, []byte("\n"))
		columns, err := csv.NewReader(bytes.NewReader(head)).Read()
		if err != nil {
			continue
		}
		at := map[string]int{}
		for i, column := range columns {
			at[strings.NewReplacer(" ", "", ".", "_").Replace(strings.ToLower(column))] = i
		}
		for _, known := range cloud.Sheets() {
			if !slices.ContainsFunc(known.Marks, func(m string) bool { _, ok := at[m]; return !ok }) {
				return &sheet{known, at, len(columns)}, rest, line
			}
		}
	}
	return nil, nil, 0
}

// parse takes the prices of machines, the newest of each; of parts it adds machines up.
func (s *sheet) parse(name string, data []byte, above int) (Overrides, []Problem) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = s.columns
	machines := map[[4]string]entry{}
	parts := map[[4]string]entry{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Overrides{}, []Problem{{name, above + csvLine(err, 0), csvCause(err).Error()}}
		}
		p, ok := s.Read(func(column string) string {
			if i, ok := s.at[column]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		})
		if !ok {
			continue
		}
		if err := s.add(name, &p, machines, parts); err != nil {
			line, _ := r.FieldPos(0)
			return Overrides{}, []Problem{{name, above + line, err.Error()}}
		}
	}
	s.sum(name, parts, machines)
	if len(machines) == 0 {
		return Overrides{}, []Problem{{name, 0, "the price sheet has no hour of a Linux machine in a region that is known, so no price"}}
	}
	var out Overrides
	for _, key := range slices.SortedFunc(maps.Keys(machines), func(a, b [4]string) int { return slices.Compare(a[:], b[:]) }) {
		out.entries = append(out.entries, machines[key])
	}
	return out, nil
}

// add keeps a price of machines, or of their parts, where it is the newest.
func (s *sheet) add(file string, p *cloud.SheetPrice, machines, parts map[[4]string]entry) error {
	if !strings.EqualFold(p.Currency, "USD") {
		return currencyError(p.Currency)
	}
	usd, err := nonNegative("the price", p.USD)
	if err != nil || usd == 0 {
		return err // free, or not said
	}
	e := entry{provider: s.Provider, capacityType: OnDemand, usd: usd / p.Hours, asOf: p.AsOf}
	if p.Spot {
		e.capacityType = Spot
	}
	for _, region := range p.Regions {
		e.region = region
		to, names := machines, p.Types
		if p.Part != (cloud.Part{}) {
			to, names = parts, []string{strings.ToLower(p.Part.Series) + "/" + p.Part.Kind}
		}
		for _, name := range names {
			one := e
			one.instanceType = name
			if one, err = one.finish(file); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			key := [4]string{region, name, string(e.capacityType)}
			before, seen := to[key]
			if p.Types == nil && seen && one.asOf == before.asOf && one.usd != before.usd {
				one.usd = twoPrices
			}
			if !seen || one.asOf >= before.asOf {
				to[key] = one
			}
		}
	}
	return nil
}

// twoPrices marks a part whose price is said twice on one day: nobody knows which it is.
const twoPrices = -1

// sum makes machines of the parts, region by region, of the types that the tables have there.
func (s *sheet) sum(file string, parts, machines map[[4]string]entry) {
	rates := map[string]map[[2]string]*PartRate{}
	asOf := map[string]string{}
	for key, e := range parts {
		if e.usd == twoPrices {
			continue
		}
		series, kind, _ := strings.Cut(key[1], "/")
		of := rates[key[0]]
		if of == nil {
			of = map[[2]string]*PartRate{}
			rates[key[0]] = of
		}
		rate := of[[2]string{series, kind}]
		if rate == nil {
			rate = &PartRate{Series: series, Part: kind}
			of[[2]string{series, kind}] = rate
		}
		if e.capacityType == Spot {
			rate.Spot = e.usd
		} else {
			rate.OnDemand = e.usd
		}
		asOf[key[0]] = max(asOf[key[0]], e.asOf)
	}
	tables := New(Config{})
	for region, of := range rates {
		var list []PartRate
		for _, rate := range of {
			list = append(list, *rate)
		}
		for _, p := range tables.FromParts(s.Provider, region, list) {
			for capacity, usd := range map[CapacityType]float64{OnDemand: p.OnDemand, Spot: p.Spot} {
				if usd > 0 {
					machines[[4]string{region, p.InstanceType, string(capacity)}] = entry{provider: s.Provider, region: region, instanceType: p.InstanceType,
						capacityType: capacity, usd: usd, source: file, asOf: asOf[region]}
				}
			}
		}
	}
}
