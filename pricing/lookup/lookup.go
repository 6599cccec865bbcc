// Package lookup answers what instance types cost: by name or pattern, narrowed
// by size, in each way to buy them.
package lookup

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Ask is what 'plimsoll price' is asked.
type Ask struct {
	// Query names the place and the way to buy; its capacity type may be All.
	Query pricing.Query
	// VCPU and Memory, in GiB, are a number or a range such as 4-8; empty is any.
	VCPU, Memory string
	Arch         string
	GPU          bool   // types with accelerators alone
	Sort         string // name, price, vcpu or memory; empty keeps the order of the types
}

// All is the capacity type that stands for each of them.
const All = "all"

// Row is a price as -o json prints it. Hourly and monthly amounts are USD.
type Row struct {
	Provider     string  `json:"provider"`
	Region       string  `json:"region"`
	InstanceType string  `json:"instanceType"`
	CapacityType string  `json:"capacityType"`
	TermYears    int     `json:"termYears,omitempty"`
	Program      string  `json:"program,omitempty"` // of a commitment that no table of machines has
	Arch         string  `json:"arch,omitempty"`
	VCPUs        float64 `json:"vcpus"`
	MemoryGiB    float64 `json:"memoryGiB"`
	GPUs         int64   `json:"gpus,omitempty"`
	Accelerator  string  `json:"accelerator,omitempty"`
	USDPerHour   float64 `json:"usdPerHour"`
	USDPerMonth  float64 `json:"usdPerMonth"`
	AsOf         string  `json:"asOf,omitempty"`
	Source       string  `json:"source"`
}

func rowOf(o pricing.Offering) Row {
	return Row{
		Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType, CapacityType: string(o.CapacityType), TermYears: o.TermYears, Arch: o.Arch,
		VCPUs: float64(o.CPUMillis) / 1000, MemoryGiB: float64(o.MemoryBytes) / (1 << 30), GPUs: o.GPUs, Accelerator: o.GPUName,
		USDPerHour: o.USDPerHour, USDPerMonth: monthly(o.USDPerHour), AsOf: o.AsOf, Source: o.Source,
	}
}

// monthly is the price of a month, to a millionth of a USD.
func monthly(usdPerHour float64) float64 {
	return math.Round(usdPerHour*pricing.HoursPerMonth*1e6) / 1e6
}

// Find gives the prices of types or patterns; without any, of all types there.
// Missing says of each that has no price of its own why. An error is of the
// question: an unknown place, an unreadable range.
func (l *Ask) Find(catalog *pricing.Catalog, types []string) (rows []Row, missing []string, err error) {
	if err := l.check(); err != nil {
		return nil, nil, err
	}
	keep, err := l.filter()
	if err != nil {
		return nil, nil, err
	}
	l.Query.Region = catalog.SpellRegion(l.Query.Provider, l.Query.Region)
	if len(types) == 0 {
		types = []string{"*"}
	}
	if rows, missing, err = l.find(catalog, types); err != nil {
		return nil, nil, err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !keep(r) })
	if len(rows) == 0 && len(missing) == 0 {
		missing = []string{"no type of " + l.Query.Region + " is as asked: loosen --vcpu, --memory, --arch or --gpu"}
	}
	return rows, missing, l.order(rows)
}

// check refuses what no table could answer.
func (l *Ask) check() error {
	q := l.Query
	switch {
	case q.Provider == "" || q.Region == "":
		return fmt.Errorf("which cloud and region? give --provider and --region, such as --provider aws --region us-east-1")
	case !slices.Contains([]pricing.CapacityType{"", pricing.OnDemand, pricing.Spot, pricing.Reserved, All}, q.CapacityType):
		return fmt.Errorf("--capacity-type %s: use on-demand, spot, reserved or all", q.CapacityType)
	case q.TermYears != 0 && q.CapacityType != pricing.Reserved:
		return fmt.Errorf("--years %d is of --capacity-type reserved", q.TermYears)
	case q.TermYears != 0 && q.TermYears != 1 && q.TermYears != 3:
		return fmt.Errorf("--years %d: use 1 or 3", q.TermYears)
	}
	return nil
}

// find looks every type or pattern up; what has no price of its own is named.
func (l *Ask) find(catalog *pricing.Catalog, types []string) (rows []Row, missing []string, err error) {
	var here []pricing.Offering // read when a pattern asks for it
	for _, name := range types {
		if name == "" {
			return nil, nil, errors.New("a type is empty: is a variable without a value? Give a type or a pattern, or none for all")
		}
		if !strings.ContainsAny(name, "*?[") && l.Query.CapacityType != All {
			q := l.Query
			q.InstanceType = name
			row, doubt, err := l.one(catalog, q)
			if err != nil {
				return nil, nil, err
			}
			if doubt != "" {
				missing = append(missing, doubt)
			} else {
				rows = append(rows, row)
			}
			continue
		}
		if here == nil {
			if here = catalog.Offerings(l.Query.Provider, l.Query.Region); here == nil {
				return nil, nil, l.unknownRegion(catalog)
			}
		}
		found, err := l.matching(catalog, here, name)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, found...)
		if len(found) == 0 {
			missing = append(missing, l.none(catalog, name))
		}
	}
	return rows, missing, nil
}

// matching gives the prices of the types that a pattern matches, those of one type
// beside each other; with all ways to buy, the commitments behind them.
func (l *Ask) matching(catalog *pricing.Catalog, here []pricing.Offering, pattern string) (rows []Row, err error) {
	lower := strings.ToLower(pattern)
	for i, o := range here {
		match, err := path.Match(lower, strings.ToLower(o.InstanceType))
		if err != nil {
			return nil, fmt.Errorf("the pattern %q is not closed", pattern)
		}
		if match && l.capacity(o) {
			rows = append(rows, rowOf(o))
		}
		last := i+1 == len(here) || here[i+1].InstanceType != o.InstanceType
		if match && last && l.Query.CapacityType == All {
			more, err := commitments(catalog, o)
			if err != nil {
				return nil, err
			}
			rows = append(rows, more...)
		}
	}
	return rows, nil
}

// commitments gives what a type costs under the programs of its family that no
// column of the tables has: those that follow demand to other families, and those of
// terms without a price of the type's own. Nothing is paid upfront.
func commitments(catalog *pricing.Catalog, o pricing.Offering) (rows []Row, err error) {
	q := pricing.Query{Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType}
	onDemand := catalog.Lookup(q)
	if onDemand.Status != pricing.Listed {
		return nil, nil
	}
	offers, _, err := catalog.CommitmentOffers(o.Provider, o.Region, pricing.CommitmentFamily(o.Provider, o.InstanceType), 0, pricing.Payments()[0])
	for _, offer := range offers {
		q.CapacityType, q.TermYears = pricing.Reserved, offer.TermYears
		if !offer.Flexible && catalog.Lookup(q).Status == pricing.Listed {
			continue
		}
		row := rowOf(onDemand.Offering)
		row.CapacityType, row.TermYears, row.Program = string(pricing.Reserved), offer.TermYears, offer.Instrument
		row.USDPerHour *= 1 - offer.DiscountPercent/100
		row.USDPerMonth = monthly(row.USDPerHour)
		by := short(offer.Source)
		row.AsOf, row.Source = offer.AsOf, fmt.Sprintf("%s, less %g %% by %s", row.Source, offer.DiscountPercent, by)
		rows = append(rows, row)
	}
	return rows, err
}

// short drops what stands in a source behind a site or a repository: the page or the file.
func short(source string) string {
	if place, _, _ := strings.Cut(source, " "); strings.ContainsAny(place, "./") {
		return place
	}
	return source
}

// none says that nothing is called so, and what is nearly.
func (l *Ask) none(catalog *pricing.Catalog, name string) string {
	q := l.Query
	return fmt.Sprintf("%s: no type of %s is called so%s", name, q.Region, near(catalog.TypesNear(q.Provider, q.Region, strings.Trim(name, "*"), namesNear)))
}

// namesNear is how many names are told that one may have meant.
const namesNear = 3

func near(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; near it are " + strings.Join(names, ", ")
}

// capacity reports whether an offering is bought as asked.
func (l *Ask) capacity(o pricing.Offering) bool {
	q := l.Query
	return q.CapacityType == All || o.CapacityType == cmp.Or(q.CapacityType, pricing.OnDemand) && (q.CapacityType != pricing.Reserved || o.TermYears == cmp.Or(q.TermYears, 1))
}

func (l *Ask) unknownRegion(catalog *pricing.Catalog) error {
	q := l.Query
	if len(catalog.Regions(q.Provider)) == 0 {
		return fmt.Errorf("--provider %s: there are price tables of %s", q.Provider, strings.Join(catalog.Providers(), ", "))
	}
	return fmt.Errorf("--region %s: the tables have no such region of %s; near it are %s", q.Region, q.Provider, Few(catalog.RegionsNear(q.Provider, q.Region)))
}

// one looks a type up; the doubt is why there is no listed price.
func (l *Ask) one(catalog *pricing.Catalog, q pricing.Query) (row Row, doubt string, err error) {
	p := catalog.Lookup(q)
	switch {
	case p.Cause == pricing.UnknownRegion:
		return row, "", l.unknownRegion(catalog)
	case p.Status == pricing.Estimated:
		return row, fmt.Sprintf("%s: %s%s; an audit takes %.4g USD an hour", q.InstanceType, p.Reason, l.unlisted(catalog, q), p.Offering.USDPerHour), nil
	case p.Status == pricing.Missing:
		return row, q.InstanceType + ": " + p.Reason + l.unlisted(catalog, q), nil
	}
	return rowOf(p.Offering), "", nil
}

// unlisted names the types that one which is not listed may have meant.
func (l *Ask) unlisted(catalog *pricing.Catalog, q pricing.Query) string {
	names := catalog.TypesNear(q.Provider, q.Region, q.InstanceType, namesNear)
	if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, q.InstanceType) }) {
		return "" // it is known, and bought in another way alone
	}
	return near(names)
}

// filter makes one test of the flags that narrow.
func (l *Ask) filter() (keep func(Row) bool, err error) {
	cpu, err := parseRange("--vcpu", l.VCPU)
	if err != nil {
		return nil, err
	}
	memory, err := parseRange("--memory", l.Memory)
	if err != nil {
		return nil, err
	}
	if l.Arch != "" && l.Arch != "amd64" && l.Arch != "arm64" {
		return nil, fmt.Errorf("--arch %s: use amd64 or arm64", l.Arch)
	}
	return func(r Row) bool {
		return cpu.has(r.VCPUs) && memory.has(r.MemoryGiB) && (l.Arch == "" || r.Arch == l.Arch) && (!l.GPU || r.Accelerator != "" || r.GPUs > 0)
	}, nil
}

// span is a range of numbers, ends included; the zero value holds all.
type span struct {
	from, to float64
	set      bool
}

func (s span) has(v float64) bool { return !s.set || v >= s.from && v <= s.to }

func parseRange(flag, text string) (s span, err error) {
	if text == "" {
		return s, nil
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	s.set = true
	var errTo error
	s.from, err = strconv.ParseFloat(from, 64)
	s.to, errTo = strconv.ParseFloat(to, 64)
	if err != nil || errTo != nil || !(s.from >= 0 && s.to >= s.from) {
		return s, fmt.Errorf("%s %s: write a number or a range, such as 4 or 4-8", flag, text)
	}
	return s, nil
}

func (l *Ask) order(rows []Row) error {
	by := map[string]func(a, b Row) int{
		"name":   func(a, b Row) int { return strings.Compare(a.InstanceType, b.InstanceType) },
		"price":  func(a, b Row) int { return cmp.Compare(a.USDPerHour, b.USDPerHour) },
		"vcpu":   func(a, b Row) int { return cmp.Compare(a.VCPUs, b.VCPUs) },
		"memory": func(a, b Row) int { return cmp.Compare(a.MemoryGiB, b.MemoryGiB) },
	}[l.Sort]
	switch {
	case by != nil:
		slices.SortStableFunc(rows, by)
	case l.Sort != "":
		return fmt.Errorf("--sort %s: use name, price, vcpu or memory", l.Sort)
	}
	return nil
}

// Few names the first of a long list and says where all are.
func Few(names []string) string {
	const shown = 6
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s; 'plimsoll price' lists all %d", strings.Join(names[:shown], ", "), len(names))
}

// CheckPlace refuses a provider or region that the tables do not have; none of both is
// no place.
func CheckPlace(catalog *pricing.Catalog, provider, region string) error {
	if provider == "" && region == "" {
		return nil
	}
	if provider == "" {
		return fmt.Errorf("--region %s needs --provider: one of %s", region, strings.Join(catalog.Providers(), ", "))
	}
	price := catalog.Lookup(pricing.Query{Provider: provider, Region: region}) // of no type, which reads no table
	regions := catalog.RegionsNear(price.Offering.Provider, region)
	switch {
	case price.Cause == pricing.UnknownProvider:
		return fmt.Errorf("--provider %s: %s", provider, price.Reason)
	case region == "":
		return fmt.Errorf("--provider %s needs --region: one of %s", provider, Few(regions))
	case !slices.ContainsFunc(regions, func(r string) bool { return strings.EqualFold(r, region) }):
		return fmt.Errorf("--region %s: the tables have no such region of %s; near it are %s", region, provider, Few(regions))
	}
	return nil
}
