package bill

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Cause is why what the program says differs from the bill.
type Cause string

// The causes. A charge that the program prices has up to three of them, one of the list,
// one of the contract and one of the commitment; the others are alone.
const (
	ListPrice  Cause = "list price differs"
	Estimate   Cause = "price was estimated"
	OwnPrice   Cause = "own price differs"
	Negotiated Cause = "negotiated discount"
	Committed  Cause = "commitment"
	SpotPrice  Cause = "spot price differs"
	Unused     Cause = "unused commitment"
	NoPrice    Cause = "no price of the machine"
	System     Cause = "other operating system"
	NotPriced  Cause = "not priced by plimsoll"
	NoUsage    Cause = "tax, credit, purchase"
)

// causes is the order in which they are told, with what each says.
var causes = []struct {
	Cause
	note string
}{
	{ListPrice, "the tables' price is not the bill's list price; renew them with 'plimsoll price update'"},
	{Estimate, "the type is not in the tables"},
	{OwnPrice, "your --pricing files against the contract's price"},
	{Negotiated, "the contract is below the list; give it with --pricing"},
	{Committed, "reservations and savings plans cover the usage"},
	{SpotPrice, "spot prices move"},
	{Unused, "paid for, and used by nothing"},
	{NoPrice, "type, region, unit or quantity is not known"},
	{System, "Windows and other licenses are not priced"},
	{NotPriced, "services that plimsoll does not look at"},
	{NoUsage, "charges that are no usage"},
}

// Line is what a bill has of one thing in one region, bought in one way.
type Line struct {
	Provider string            `json:"provider"`
	Region   string            `json:"region"`
	Item     string            `json:"item"` // instance type, else service
	Buying   string            `json:"buying,omitempty"`
	Quantity float64           `json:"quantity"`
	Unit     string            `json:"unit,omitempty"`
	Bill     float64           `json:"bill"` // effective cost
	Says     float64           `json:"says"` // plimsoll's
	Causes   map[Cause]float64 `json:"causes"`
}

// Difference is the part of a cause in what the program says beyond the bill.
type Difference struct {
	Cause   Cause   `json:"cause"`
	USD     float64 `json:"usd"`     // added over the charges; above 0 the program says more
	Charges int     `json:"charges"` // that have it
	Note    string  `json:"note"`
}

// Check is a bill held against a catalog. Says less Bill is the sum of Differences.
type Check struct {
	From        string       `json:"from,omitempty"` // the first day of its usage, YYYY-MM-DD
	To          string       `json:"to,omitempty"`   // the first day after it
	Charges     int          `json:"charges"`
	Billed      float64      `json:"billed"` // what was invoiced, purchases as paid
	Bill        float64      `json:"bill"`   // effective cost: purchases where they are used
	Says        float64      `json:"says"`
	Priced      float64      `json:"priced"` // of Bill, what the program prices
	Differences []Difference `json:"differences"`
	Lines       []Line       `json:"lines"`
}

// Checker prices charges: by the tables, and by the user's files over them.
type Checker struct {
	Tables, Own *pricing.Catalog

	parts   map[partKey][2]float64 // prices of parts, which take long to look up
	regions map[[2]string]string   // by provider and how the bill has them, as the tables do
}

type partKey struct {
	provider, region string
	cloud.Part
}

// Check reads a bill and holds it against the catalog.
func (c Checker) Check(name string, r io.Reader) (Check, error) {
	var out Check
	c.parts, c.regions = map[partKey][2]float64{}, map[[2]string]string{}
	lines := map[[4]string]*Line{}
	sums := map[Cause]*Difference{}
	err := Each(name, r, func(row Row) error {
		row.Region = c.spelled(row.Provider, row.Region)
		says, parts := c.charge(&row)
		out.Charges++
		out.spans(&row)
		out.Billed, out.Bill, out.Says = out.Billed+row.Billed, out.Bill+row.Effective, out.Says+says
		if says != 0 {
			out.Priced += row.Effective
		}
		key := [4]string{row.Provider, row.Region, cmp.Or(row.InstanceType, row.SKU, row.Service, row.Category), row.Buying}
		l := lines[key]
		if l == nil {
			if len(lines) >= mostLines {
				return fmt.Errorf("the bill has over %d different items", mostLines)
			}
			l = &Line{Provider: key[0], Region: key[1], Item: key[2], Buying: key[3], Unit: row.Unit, Causes: map[Cause]float64{}}
			lines[key] = l
		}
		l.Quantity, l.Bill, l.Says = l.Quantity+row.Quantity, l.Bill+row.Effective, l.Says+says
		for cause, usd := range parts {
			if math.Abs(usd) < 1e-9 {
				continue
			}
			l.Causes[cause] += usd
			if sums[cause] == nil {
				sums[cause] = &Difference{Cause: cause}
			}
			sums[cause].USD += usd
			sums[cause].Charges++
		}
		return nil
	})
	if err != nil {
		return Check{}, err
	}
	out.finish(lines, sums)
	return out, nil
}

// spelled gives a region as the tables write it.
func (c Checker) spelled(provider, region string) string {
	key := [2]string{provider, region}
	name, known := c.regions[key]
	if !known && provider != "" && len(c.regions) < mostLines {
		name = c.Own.SpellRegion(provider, region)
		c.regions[key] = name
	}
	return cmp.Or(name, region)
}

// spans widens the days of the bill by those of a charge's usage: a fee or a credit may be of a
// whole month or year.
func (c *Check) spans(row *Row) {
	if row.From == "" || row.To <= row.From || !strings.EqualFold(row.Category, "Usage") {
		return
	}
	if c.From == "" || row.From < c.From {
		c.From = row.From
	}
	c.To = max(c.To, row.To)
}

// mostLines bounds the memory that a bill takes.
const mostLines = 100_000

// finish puts lines and causes in order: the largest difference first.
func (c *Check) finish(lines map[[4]string]*Line, sums map[Cause]*Difference) {
	for _, cause := range causes {
		if d := sums[cause.Cause]; d != nil {
			d.USD, d.Note = cents(d.USD), cause.note
			c.Differences = append(c.Differences, *d)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(lines), func(a, b [4]string) int { return slices.Compare(a[:], b[:]) }) {
		l := lines[key]
		l.Bill, l.Says, l.Quantity = cents(l.Bill), cents(l.Says), cents(l.Quantity)
		for cause, usd := range l.Causes {
			l.Causes[cause] = cents(usd)
		}
		c.Lines = append(c.Lines, *l)
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int {
		return cmp.Compare(math.Abs(b.Says-b.Bill), math.Abs(a.Says-a.Bill))
	})
	c.Billed, c.Bill, c.Says, c.Priced = cents(c.Billed), cents(c.Bill), cents(c.Says), cents(c.Priced)
}

func cents(usd float64) float64 { return math.Round(usd*1e4) / 1e4 }

// charge gives what the program says of a charge, and what its difference from the
// effective cost is made of.
func (c Checker) charge(row *Row) (says float64, parts map[Cause]float64) {
	alone := func(cause Cause) (float64, map[Cause]float64) { return 0, map[Cause]float64{cause: -row.Effective} }
	switch {
	case row.Unused:
		return alone(Unused)
	case !strings.EqualFold(row.Category, "Usage"):
		return alone(NoUsage)
	case row.InstanceType != "" && row.System != "" && !strings.EqualFold(row.System, "Linux"):
		return alone(System)
	case row.InstanceType != "":
		return c.machine(row)
	case row.Part != (cloud.Part{}):
		return c.part(row)
	}
	usd, ok := c.service(row)
	if !ok {
		return alone(NotPriced)
	}
	says = usd * row.Quantity
	return says, steps(row, ListPrice, says)
}

// machine prices a machine by the hour.
func (c Checker) machine(row *Row) (says float64, parts map[Cause]float64) {
	q := pricing.Query{Provider: row.Provider, Region: row.Region, InstanceType: row.InstanceType}
	if strings.EqualFold(row.Buying, "Dynamic") {
		q.CapacityType = pricing.Spot
	}
	own, listed := c.Own.Lookup(q), c.Tables.Lookup(q)
	if own.Status == pricing.Missing || row.Region == "" || row.Quantity == 0 && row.Effective != 0 || !cloud.Hourly(row.Unit) {
		return 0, map[Cause]float64{NoPrice: -row.Effective}
	}
	says = own.Offering.USDPerHour * row.Quantity
	if own.Offering.USDPerHour == listed.Offering.USDPerHour && q.CapacityType != pricing.Spot && own.Status == pricing.Estimated {
		return says, steps(row, Estimate, says)
	}
	return says, differs(row, says, own.Offering.USDPerHour != listed.Offering.USDPerHour, q.CapacityType == pricing.Spot)
}

// monthly reports whether a unit is a GB for a month: GB-Mo, GB-Month, GB-Months, or none.
func monthly(unit string) bool {
	return unit == "" || strings.HasPrefix(strings.ToLower(unit), "gb-mo")
}

// differs splits the difference of a charge that has a price: the user's own, that of spot, or the list's.
func differs(row *Row, says float64, own, spot bool) map[Cause]float64 {
	switch {
	case own:
		return map[Cause]float64{OwnPrice: says - row.Contracted, Committed: row.Contracted - row.Effective}
	case spot:
		return map[Cause]float64{SpotPrice: says - row.Effective}
	}
	return steps(row, ListPrice, says)
}

// part prices vCPUs, GiB or GPUs of a series by the hour.
func (c Checker) part(row *Row) (says float64, parts map[Cause]float64) {
	key := partKey{row.Provider, row.Region, row.Part}
	usd, known := c.parts[key]
	if !known {
		usd = [2]float64{c.Own.PartPrice(key.provider, key.region, key.Part), c.Tables.PartPrice(key.provider, key.region, key.Part)}
		c.parts[key] = usd
	}
	hours := cloud.PartHours(row.Part.Kind, row.Unit)
	if usd[0] <= 0 || row.Quantity == 0 && row.Effective != 0 || hours == 0 {
		return 0, map[Cause]float64{NoPrice: -row.Effective}
	}
	says = usd[0] * row.Quantity * hours
	return says, differs(row, says, usd[0] != usd[1], row.Part.Spot)
}

// steps splits a difference: from what the program says to the list, from there to the contract,
// from there to what is paid.
func steps(row *Row, first Cause, says float64) map[Cause]float64 {
	return map[Cause]float64{first: says - row.List, Negotiated: row.List - row.Contracted, Committed: row.Contracted - row.Effective}
}

// service prices what is no machine, by AWS' name of the usage: volumes by the GB and month,
// load balancers and control planes by the hour. What is counted in another unit has no price.
func (c Checker) service(row *Row) (usd float64, ok bool) {
	if row.Provider != "aws" {
		return 0, false
	}
	usage := row.UsageType
	if _, class, found := strings.Cut(usage, "EBS:VolumeUsage."); found {
		if !monthly(row.Unit) {
			return 0, false
		}
		p, err := c.Own.StoragePrice("aws", row.Region, class)
		return p.USDPerGiB, err == nil && p.USDPerGiB > 0 && !p.Assumed
	}
	switch {
	case row.Unit != "" && !cloud.Hourly(row.Unit):
	case strings.HasSuffix(usage, "LoadBalancerUsage"):
		p, err := c.Own.LoadBalancer("aws", row.Region)
		return p.USDPerHour, err == nil
	case strings.HasSuffix(usage, "AmazonEKS-Hours:perCluster"):
		p, err := c.Own.ControlPlane("aws", row.Region)
		return p.USDPerHour, err == nil
	}
	return 0, false
}
