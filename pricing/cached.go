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

// cached is a table of one region, which is parsed when it is first asked for.
type cached struct {
	provider, region, name string
	commitments            bool
	table                  []byte // closed
	read                   func() (Overrides, error)
	failed                 func(error)
}

// Later gives a renewed table of a provider's region, of its commitments or of its machines, that
// is read when it is first asked for: of many regions' tables most runs need one. What read
// gives must be of ParseCached for the same place. failed is told why a table could not be used; it
// and read are called once at most, by whichever goroutine asks.
func Later(provider, region string, commitments bool, read func() (Overrides, error), failed func(error)) Overrides {
	return Overrides{cached: []cached{{provider: provider, region: region, commitments: commitments, read: read, failed: failed}}}
}

// laterOf reads a table that was left for later, and takes what is wanted of it.
func laterOf[T any](t *cached, whole func(Overrides) []T, closed func(*cached) ([]T, error)) ([]T, error) {
	o, err := t.read()
	list := whole(o)
	if err == nil && len(o.cached) > 0 {
		list, err = closed(&o.cached[0])
	}
	if err != nil {
		t.failed(err)
	}
	return list, err
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
		return Overrides{cached: []cached{{provider: provider, region: region, name: name, commitments: isCommitments(table), table: table}}}, nil
	}
	o, err := ParseFile(name, bytes.NewReader(data))
	if err == nil {
		err = o.isOf(name, provider, region)
	}
	if err != nil {
		return Overrides{}, err
	}
	return o.whenNewer(), nil
}

// isOf refuses a file that is no table of one place, such as one that was copied to another's name.
func (o Overrides) isOf(name, provider, region string) error {
	if len(o.entries)+len(o.services) == 0 &&
		!slices.ContainsFunc(o.rows, func(r row) bool { return r.provider != provider || r.region != region }) &&
		!slices.ContainsFunc(o.commitments, func(d laidCommitment) bool { return d.Provider != provider || d.Region != region }) {
		return nil
	}
	return Problem{name, 0, fmt.Sprintf("it is no table of %s %s alone: give it with --pricing", provider, region)}
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
	if t.read != nil {
		return laterOf(t, func(o Overrides) []*row { return pointers(o.rows) }, (*cached).rowsOf)
	}
	rows, problems := readTable(t.name, t.table)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	o := Overrides{rows: rows}.whenNewer()
	return pointers(o.rows), o.isOf(t.name, t.provider, t.region)
}

// discounts parses a table of commitments.
func (t *cached) discounts() ([]laidCommitment, error) {
	if t.read != nil {
		return laterOf(t, func(o Overrides) []laidCommitment { return o.commitments }, (*cached).discounts)
	}
	o, problems := parseCommitments(t.name, t.table)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return o.whenNewer().commitments, o.isOf(t.name, t.provider, t.region)
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
	out.from, out.whenNewer = &from, a.whenNewer || b.whenNewer
	return &out
}
