package pricing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"
)

// sealMark begins the last line of a table that Seal closed; the number counts the rules
// that it was held to, and grows with them.
const sealMark = "# plimsoll table 1, crc32c "

// Seal closes a table that passed the sanity rules, so that ParseCached need not hold it to
// them each time that it is read. It stays a price file like any other.
func Seal(table []byte) []byte {
	return append(slices.Clone(table), sealOf(table)...)
}

func sealOf(table []byte) string {
	return fmt.Sprintf("%s%08x\n", sealMark, crc32.Checksum(table, crc32.MakeTable(crc32.Castagnoli)))
}

// sealed gives the table that was closed; ok is false where it was not, or by other rules. A table
// that is not as it was when it was closed is an error.
func sealed(data []byte) (table []byte, ok bool, err error) {
	at := bytes.LastIndex(data, []byte("\n"+sealMark)) + 1
	if at == 0 {
		return nil, false, nil
	}
	if table = data[:at]; string(data[at:]) != sealOf(table) {
		return nil, false, errors.New("the table is not as it was written")
	}
	return table, true, nil
}

// cached is a closed table of one region, which is parsed when it is first asked for.
type cached struct {
	provider, region, name string
	commitments            bool
	table                  []byte
}

// ParseCached reads a renewed table of a provider's region, whose prices yield to newer ones.
// One that Seal closed is parsed when it is first asked for; another is held to all rules
// now. The catalog keeps the data. The error names the file, and the line where there is one.
func ParseCached(name, provider, region string, data []byte) (Overrides, error) {
	table, ok, err := sealed(data)
	switch {
	case err != nil:
		return Overrides{}, Problem{name, 0, err.Error()}
	case ok:
		return Overrides{cached: []cached{{provider, region, name, isCommitments(table), table}}}, nil
	}
	o, err := ParseFile(name, bytes.NewReader(data))
	if err != nil {
		return Overrides{}, err
	}
	return o.whenNewer(), nil
}

// whenNewer makes tables yield to prices that are newer than their own.
func (o Overrides) whenNewer() Overrides {
	for i := range o.rows {
		o.rows[i].whenNewer = true
	}
	for i := range o.commitments {
		o.commitments[i].whenNewer = true
	}
	return o
}

// rowsOf parses a table of machines.
func (t *cached) rowsOf() ([]*row, error) {
	rows, problems := readTable(t.name, t.table)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	for i := range rows {
		rows[i].whenNewer = true
	}
	return pointers(rows), nil
}

// discounts parses a table of commitments.
func (t *cached) discounts() ([]laidCommitment, error) {
	o, problems := parseCommitments(t.name, t.table)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return o.whenNewer().commitments, nil
}

// layCached puts cached tables over what the catalog has.
func (c *Catalog) layCached(list []cached) {
	machines := map[string]map[string]func() ([]*row, error){}
	for _, t := range list {
		if t.commitments {
			c.extras.over(t.provider, t.region, t.discounts)
			continue
		}
		if machines[t.provider] == nil {
			machines[t.provider] = map[string]func() ([]*row, error){}
		}
		machines[t.provider][t.region] = t.rowsOf
	}
	for p, over := range machines {
		base := c.tables[p]
		c.tables[p] = sync.OnceValue(func() *table { return layOver(p, base, over) })
	}
}

// newest gives of two rows of one type the one that is newer on demand, with the spot and reserved
// prices of the other where those are newer, or alone, and make sense beside it.
func newest(a, b *row) *row {
	to, other := a, b
	if a.from.asOf[slotOnDemand] < b.from.asOf[slotOnDemand] {
		to, other = b, a
	}
	out, from := *to, *to.from
	take := func(slots ...slot) {
		for _, s := range slots {
			out.usd[s], from.source[s], from.asOf[s] = other.usd[s], other.from.source[s], other.from.asOf[s]
		}
	}
	since := func(r *row, slots ...slot) string {
		date := ""
		for _, s := range slots {
			if r.usd[s] > 0 {
				date = max(date, cmp.Or(r.from.asOf[s], "0"))
			}
		}
		return date
	}
	od := out.usd[slotOnDemand]
	if spot := other.usd[slotSpot]; since(other, slotSpot) > since(to, slotSpot) && spot <= od && spot > 0.02*od {
		take(slotSpot)
		out.band, from.bandSource, from.bandAsOf = other.band, other.from.bandSource, other.from.bandAsOf
	}
	if since(other, slotReserved1, slotReserved3) > since(to, slotReserved1, slotReserved3) && max(other.usd[slotReserved1], other.usd[slotReserved3]) <= od {
		take(slotReserved1, slotReserved3)
	}
	out.from = &from
	return &out
}
