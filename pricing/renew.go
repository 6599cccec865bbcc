package pricing

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// NewPrice is what a cloud's own list says of a type now, in USD an hour; 0
// where it does not say.
type NewPrice struct {
	InstanceType                           string
	OnDemand, Spot, Reserved1y, Reserved3y float64
	VCPUs, MemoryGiB                       float64

	Band       string // of interruptions on spot; empty where the list does not say
	SpotSource string // where Spot and Band were read; empty where with the rest
}

// Renewal is a region's table with new prices in it.
type Renewal struct {
	Table   []byte   // a CSV in the format of --pricing
	Types   int      // in it, with a new price
	Changed int      // on-demand prices that differ from those of before
	Unknown int      // types of the list whose size is not known, left out
	Kept    []string // types that the list has no price of, which stay as they were; sorted
}

// Renew lays new prices over the catalog's table of a region. Hardware, and the
// prices that the list does not have, stay as they were, with their own dates.
// It refuses lists of less than half the types of before, and tables that break
// the sanity rules.
func (c *Catalog) Renew(provider, region string, list []NewPrice, source, asOf string) (Renewal, error) {
	provider = cloud.Canonical(provider)
	t := c.table(provider)
	if t == nil {
		return Renewal{}, fmt.Errorf("there is no price table of %q to renew", provider)
	}
	sizes, before := c.sizes(t), map[string]*row{}
	if r := t.region(region); r != nil {
		before = r.types
	}
	var out Renewal
	var rows []row
	for _, n := range list {
		r, ok := renewed(provider, region, n, before[n.InstanceType], sizes[n.InstanceType])
		if !ok {
			out.Unknown++
			continue
		}
		r.from = renewedFrom(n, before[n.InstanceType], source, asOf)
		if old := before[n.InstanceType]; old == nil || old.usd[slotOnDemand] != n.OnDemand {
			out.Changed++
		}
		rows = append(rows, r)
	}
	out.Types = len(rows)
	if len(before) > 2*out.Types {
		return Renewal{}, fmt.Errorf("the list has %d types that are known of in %s, the table of before %d: half an answer is not used", out.Types, region, len(before))
	}
	kept := out.keep(before, rows)
	var err error
	if out.Table, err = checkedTable(region, slices.Concat(rows, kept)); err != nil && len(kept) > 0 {
		out.Table, err = checkedTable(region, rows) // old prices may make no sense beside new ones
	}
	if err != nil {
		return Renewal{}, err
	}
	return out, nil
}

// keep names the types of before that have no new row. Back come those of an earlier renewal,
// which would be lost where its table is replaced.
func (out *Renewal) keep(before map[string]*row, rows []row) (kept []row) {
	has := make(map[string]bool, len(rows))
	for i := range rows {
		has[rows[i].instanceType] = true
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if has[name] {
			continue
		}
		out.Kept = append(out.Kept, name)
		if before[name].whenNewer {
			kept = append(kept, *before[name])
		}
	}
	return kept
}

// checkedTable writes rows as a table that keeps the sanity rules.
func checkedTable(region string, rows []row) ([]byte, error) {
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.instanceType, b.instanceType) })
	table, err := writeTable(rows)
	if err != nil {
		return nil, err
	}
	if problems := Validate("the new prices of "+region, bytes.NewReader(table)); len(problems) > 0 {
		return nil, fmt.Errorf("%w (%d such)", problems[0], len(problems))
	}
	return table, nil
}

// sizes finds a row of each type, whatever the region.
func (c *Catalog) sizes(t *table) map[string]*row {
	out := map[string]*row{}
	for _, region := range t.names {
		maps.Copy(out, t.region(region).types)
	}
	return out
}

// renewed is the row of a new price; ok is false where nothing tells the type's size.
func renewed(provider, region string, n NewPrice, before, size *row) (r row, ok bool) {
	switch {
	case n.OnDemand <= 0:
		return r, false
	case before != nil:
		r = *before
	case size != nil:
		r = *size
		r.usd, r.band = [slotCount]float64{}, ""
	case n.VCPUs > 0 && n.MemoryGiB > 0:
		r = row{cpuMillis: int64(n.VCPUs * 1000), memoryBytes: int64(n.MemoryGiB * bytesPerGiB), diskBytes: -1}
	default:
		return r, false
	}
	r.provider, r.region, r.instanceType = provider, region, n.InstanceType
	r.usd[slotOnDemand] = n.OnDemand
	if n.Spot > 0 {
		r.usd[slotSpot] = n.Spot
	}
	r.band = cmp.Or(n.Band, r.band)
	if n.Reserved1y > 0 || n.Reserved3y > 0 {
		r.usd[slotReserved1], r.usd[slotReserved3] = n.Reserved1y, n.Reserved3y
	}
	// What was kept of before may make no sense beside the new price.
	if spot := r.usd[slotSpot]; n.Spot == 0 && (spot > n.OnDemand || spot <= 0.02*n.OnDemand) {
		r.usd[slotSpot], r.band = 0, ""
	}
	if n.Reserved1y == 0 && n.Reserved3y == 0 && max(r.usd[slotReserved1], r.usd[slotReserved3]) > n.OnDemand {
		r.usd[slotReserved1], r.usd[slotReserved3] = 0, 0
	}
	return r, true
}

// renewedFrom gives each price its source: the list's where it has the price.
func renewedFrom(n NewPrice, before *row, source, asOf string) *provenance {
	p := &provenance{}
	if before != nil {
		*p = *before.from
	}
	set := func(s slot) { p.source[s], p.asOf[s] = source, asOf }
	set(slotOnDemand)
	if n.Spot > 0 {
		p.source[slotSpot], p.asOf[slotSpot] = cmp.Or(n.SpotSource, source), asOf
	}
	if n.Band != "" {
		p.bandSource, p.bandAsOf = cmp.Or(n.SpotSource, source), asOf
	}
	if n.Reserved1y > 0 || n.Reserved3y > 0 {
		set(slotReserved1)
		set(slotReserved3)
	}
	return p
}

// writeTable writes rows as a price table.
func writeTable(rows []row) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	records := [][]string{tableColumns}
	for i := range rows {
		records = append(records, rows[i].record())
	}
	if err := w.WriteAll(records); err != nil {
		return nil, fmt.Errorf("writing the table: %w", err)
	}
	return b.Bytes(), nil
}

func (r *row) record() []string {
	out := make([]string, colCount)
	number := func(column int, v float64) {
		if v > 0 {
			out[column] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	out[colProvider], out[colRegion], out[colType], out[colArch] = r.provider, r.region, r.instanceType, r.arch
	out[colGPUName], out[colBand], out[colCurrency] = r.gpuName, r.band, "USD"
	number(colVCPU, float64(r.cpuMillis)/1000)
	number(colMemory, float64(r.memoryBytes)/bytesPerGiB)
	out[colGPUs] = strconv.FormatFloat(r.devices(), 'g', -1, 64)
	if r.diskBytes >= 0 {
		out[colDisk] = strconv.FormatFloat(float64(r.diskBytes)/bytesPerGiB, 'g', -1, 64)
	}
	number(colMaxPods, float64(r.maxPods))
	for s := range slotCount {
		number(colOnDemand+int(s), r.usd[s])
	}
	out[colSource], out[colAsOf] = r.perPrice(r.from.source, r.from.bandSource), r.perPrice(r.from.asOf, r.from.bandAsOf)
	return out
}

// perPrice joins one value a price into "od:a;spot:b;ri:c;band:d", the reverse of perPrice.
func (r *row) perPrice(v [slotCount]string, band string) string {
	out := "od:" + v[slotOnDemand]
	if r.usd[slotSpot] > 0 {
		out += ";spot:" + v[slotSpot]
	}
	if r.usd[slotReserved1] > 0 || r.usd[slotReserved3] > 0 {
		out += ";ri:" + cmp.Or(v[slotReserved1], v[slotReserved3])
	}
	if r.band != "" {
		out += ";band:" + band
	}
	return out
}
