package pricing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxFileBytes bounds a price file; the largest real table is under 1 MiB.
const maxFileBytes = 32 << 20

// maxUSD is the highest believable price of anything for an hour.
const maxUSD = 1_000_000

// Overrides are the prices of one user file, ready to be laid over the tables.
// The zero value holds none.
type Overrides struct {
	entries  []entry
	services []serviceEntry
	rows     []row // when the file is a whole price table

	commitments []laidCommitment // when the file is a table of those
	cached      []cached         // tables that are not parsed yet
}

// entry is one line of a price file: what it matches and one of three prices.
// Empty matchers match everything. The last matching entry wins.
type entry struct {
	provider, region, instanceType string
	family                         string       // as purchase programs name it, e.g. m6i, n2, dsv5
	capacityType                   CapacityType // empty matches on-demand and spot
	selector                       selector

	usd             float64 // whole machine, per hour; 0 when not set
	rates           rates   // per vCPU and GiB-hour; zero when not set
	gpuUSD          float64 // per GPU-hour, beside rates
	discountPercent float64 // off the table's price; 0 when not set

	source, asOf string
}

// ParseFile reads a user's price file: YAML if the name ends in .yaml, .yml or
// .json, else CSV. A CSV with the columns of the embedded tables is a whole price
// table and must keep the same sanity rules. The error names file, line and remedy.
func ParseFile(name string, r io.Reader) (Overrides, error) {
	o, problems := parseFile(name, r)
	switch len(problems) {
	case 0:
		return o, nil
	case 1:
		return Overrides{}, problems[0]
	}
	return Overrides{}, fmt.Errorf("%w (and %d more; plimsoll price --validate %s lists them)", problems[0], len(problems)-1, name)
}

// Validate lists what is wrong with a price file or price table; none if it can be used.
func Validate(name string, r io.Reader) []Problem {
	_, problems := parseFile(name, r)
	return problems
}

func parseFile(name string, r io.Reader) (Overrides, []Problem) {
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	switch {
	case err != nil:
		return Overrides{}, []Problem{{name, 0, "reading failed: " + err.Error()}}
	case len(data) > maxFileBytes:
		return Overrides{}, []Problem{{name, 0, fmt.Sprintf("the file is over %d MiB, too large for prices", maxFileBytes>>20)}}
	case bytes.IndexByte(data, 0) >= 0:
		return Overrides{}, []Problem{{name, 0, "not a text file; decompress it or save it as UTF-8"}}
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))) == 0:
		return Overrides{}, []Problem{{name, 0, "the file is empty; it needs at least one price"}}
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return parseYAML(name, data)
	}
	if s, rest, line := sheetOf(data); s != nil {
		return s.parse(name, rest, line)
	}
	if x := exportOf(data); x != nil {
		return x.parse(name, data)
	}
	if isCommitments(data) {
		return parseCommitments(name, data)
	}
	if isTable(data) {
		rows, problems := readTable(name, data)
		if len(problems) == 0 {
			problems = checkTable(name, rows)
		}
		if len(problems) > 0 {
			return Overrides{}, problems
		}
		return Overrides{rows: rows}, nil
	}
	return parseCSV(name, data)
}

// isTable tells a whole price table from a short price list by its header.
func isTable(data []byte) bool { return headed(data, "on_demand_usd_hour") }

// check refuses an entry that can't mean anything.
func (e *entry) check() error {
	if err := e.checkPrice(); err != nil {
		return err
	}
	switch {
	case e.family != "" && e.instanceType != "":
		return errors.New("a family and an instance type are both given: one of them is enough")
	case strings.ContainsAny(e.instanceType, "*?["):
		return fmt.Errorf("the instance type %q is a pattern, which no entry takes: name one type, or its family", e.instanceType)
	case e.usd > 0 && e.instanceType == "" && len(e.selector) == 0:
		return errors.New("a price per hour needs an instance type or a node selector")
	}
	switch e.capacityType {
	case "", OnDemand, Spot, Reserved:
		return nil
	}
	return fmt.Errorf("capacity type %q is none of on-demand, spot, reserved", e.capacityType)
}

// checkPrice refuses an entry without one price of one kind.
func (e *entry) checkPrice() error {
	forms := 0
	for _, set := range []bool{e.usd > 0, e.rates != rates{} || e.gpuUSD > 0, e.discountPercent > 0} {
		if set {
			forms++
		}
	}
	switch {
	case max(e.usd, e.rates.cpu, e.rates.gib, e.gpuUSD) > maxUSD:
		return fmt.Errorf("a price is above %d USD an hour, which no machine costs", maxUSD)
	case forms == 0:
		return errors.New("no price: give a price per hour, or per vCPU and GiB, or a discount, above 0")
	case forms > 1:
		return errors.New("more than one kind of price: give only one of a price per hour, prices per vCPU and GiB, or a discount")
	case e.discountPercent >= 100:
		return fmt.Errorf("discount of %g %% leaves no price; it must be under 100", e.discountPercent)
	case e.usd == 0 && e.discountPercent == 0 && (e.rates.cpu == 0 || e.rates.gib == 0):
		return errors.New("prices per vCPU and per GiB must both be given and above 0")
	}
	return nil
}

// matches tells whether the entry's matchers, the selector aside, cover an offering.
func (e *entry) matches(o *Offering) bool {
	return (e.provider == "" || e.provider == o.Provider) &&
		(e.region == "" || strings.EqualFold(e.region, o.Region)) &&
		(e.instanceType == "" || strings.EqualFold(e.instanceType, o.InstanceType)) &&
		(e.family == "" || e.ofFamily(o)) &&
		(e.capacityType == o.CapacityType || e.capacityType == "" && o.CapacityType != Reserved)
}

// ofFamily accepts a family as purchase programs name it (m6i, n2, dsv5) and as sizes do
// (n2-standard, Standard_D*s_v5).
func (e *entry) ofFamily(o *Offering) bool {
	return strings.EqualFold(e.family, CommitmentFamily(o.Provider, o.InstanceType)) || strings.EqualFold(e.family, o.Family())
}

// matchOffering returns the last entry without a selector that covers the offering, else nil.
func (c *Catalog) matchOffering(o Offering) *entry { return c.match(&o, nil) }

// match returns the last entry that covers a machine, else nil. Without labels,
// entries with a selector don't match.
func (c *Catalog) match(o *Offering, labels map[string]string) *entry {
	for i := len(c.entries) - 1; i >= 0; i-- {
		e := &c.entries[i]
		if e.matches(o) && (len(e.selector) == 0 || labels != nil && e.selector.matches(labels)) {
			return e
		}
	}
	return nil
}

// apply lays an entry over a price; a nil entry changes nothing. An entry per vCPU
// and GiB needs the hardware to be known.
func (e *entry) apply(p Price) Price {
	switch {
	case e == nil:
		return p
	case e.discountPercent > 0:
		if p.Status != Missing {
			left := 1 - e.discountPercent/100
			p.Offering.USDPerHour, p.Low, p.High = p.Offering.USDPerHour*left, p.Low*left, p.High*left
			p.Offering.Source = fmt.Sprintf("%s, less %g %% by %s", p.Offering.Source, e.discountPercent, e.source)
		}
		return p
	case e.usd > 0:
		p.Offering.USDPerHour = e.usd
		p.Status, p.Cause, p.Reason = Listed, NoDoubt, ""
	case p.Offering.CPUMillis > 0 && p.Offering.MemoryBytes > 0:
		o := &p.Offering
		o.USDPerHour = e.rates.cost(o.CPUMillis, o.MemoryBytes) + e.gpuUSD*float64(o.GPUs)
		p.own = e.rates
		p.Status, p.Cause, p.Reason = Listed, NoDoubt, ""
	default:
		return p
	}
	p.Offering.Source, p.Offering.AsOf = e.source, e.asOf
	p.Low, p.High = 0, 0
	return p
}
