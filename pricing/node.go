package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// NodePrice is what a node costs an hour and how that splits over its resources:
// CPUPerCoreHour x cores + MemoryPerGiBHour x GiB + GPUPerHour x GPUs = USDPerHour,
// with the capacity that the node reports.
type NodePrice struct {
	USDPerHour       float64
	CPUPerCoreHour   float64
	MemoryPerGiBHour float64
	GPUPerHour       float64 // per GPU
	GPUs             int64   // the node's, or its type's where the node reports none

	Offering Offering // what the node was taken for
	Source   string
	AsOf     string
	Status   Status
	Cause    Cause
	Warnings []string // why the price is estimated or missing; the same sentence for nodes with the same doubt
}

// NodePrice prices a node by its labels and providerID. Where the type, its spot
// price or even the provider is unknown, the price is estimated from capacity
// and the warnings say so; only a node of unknown capacity stays without a price.
func (c *Catalog) NodePrice(n Node) NodePrice {
	q := c.identify(n)
	if n.ByPod != "" {
		return c.podsPrice(q, n)
	}
	if own := c.match(&Offering{Provider: q.Provider, Region: q.Region, InstanceType: q.InstanceType, CapacityType: OnDemand}, nonNil(n.Labels)); n.Hybrid() && own == nil {
		return hybridPrice(q, n)
	}
	p := c.priceNode(q, n)
	var warnings []string
	if p.Status == Missing && p.Cause == OtherSystem {
		return NodePrice{Offering: p.Offering, Cause: p.Cause, Warnings: []string{p.Reason}}
	}
	if p.Status == Missing {
		warnings = append(warnings, p.Reason)
		p = c.byCapacity(q, n)
		if p.Status == Missing {
			return NodePrice{Offering: p.Offering, Cause: p.Cause, Warnings: append(warnings, p.Reason)}
		}
	}
	if p.Reason != "" {
		warnings = append(warnings, p.Reason)
	}
	out := NodePrice{
		USDPerHour: p.Offering.USDPerHour, Offering: p.Offering,
		Source: p.Offering.Source, AsOf: p.Offering.AsOf, Status: p.Status, Cause: p.Cause, Warnings: warnings,
	}
	out.split(cmp.Or(p.own, c.rates(q, p.Offering.Arch)), n)
	return out
}

// priceNode asks price files and tables for the node's offering. A price file per
// vCPU and GiB is applied to the node's own capacity where the type is unknown.
func (c *Catalog) priceNode(q Query, n Node) Price {
	prepaid := q.CapacityType == Reserved
	if prepaid {
		q.CapacityType = OnDemand
	}
	p := c.listed(q)
	if p.Status == Missing || p.Offering.CPUMillis == 0 {
		p.Offering.CPUMillis, p.Offering.MemoryBytes, p.Offering.GPUs = n.CPUMillis, n.MemoryBytes, n.GPUs
	}
	p.attach(n)
	p.addAutoFee(c, q, n)
	if prepaid {
		p.Offering.CapacityType = Reserved
		if p.Status != Missing {
			p.doubt("what is reserved is prepaid and counted at its on-demand price; draining it saves nothing; give what it costs with --pricing (capacityType: reserved)")
		}
	}
	p.Offering.Arch = cmp.Or(p.Offering.Arch, firstLabel(n.Labels, archLabels))
	own := c.match(&p.Offering, nonNil(n.Labels))
	if n.Windows() && (own == nil || own.discountPercent > 0) {
		p.Offering.USDPerHour = 0
		return p.missing(OtherSystem, "Windows nodes are not priced: the tables are of Linux, and the license costs more than many a machine; give prices with --pricing")
	}
	if own == nil || own.discountPercent > 0 {
		p.unlike(n)
	}
	return own.apply(p)
}

// unlike doubts the price of a machine that costs more than the tables' plain Linux on shared
// machines does.
func (p *Price) unlike(n Node) {
	if p.Status == Missing {
		return
	}
	if system := cloud.Licensed(n.OSImage); system != "" {
		p.doubt(system + " is priced as plain Linux: a license that the cloud bills with the machine is in no sum; give prices with --pricing")
	}
	if of := cloud.Of(p.Offering.Provider); of != nil && of.DedicatedMachine(n.Labels) {
		p.doubt("dedicated machines are priced as shared ones, which cost less; give prices with --pricing")
	}
}

// Hybrid reports whether the node is a machine of the user's own that a cloud bills for, as EKS
// does.
func (n Node) Hybrid() bool {
	_, h := cloud.HybridOf(n.ProviderID, n.Labels)
	return h != nil
}

// hybridPrice prices a machine of one's own by what its cloud bills for it. It is paid for
// whatever runs on it, and the machine itself has no price here.
func hybridPrice(q Query, n Node) NodePrice {
	of, h := cloud.HybridOf(n.ProviderID, n.Labels)
	o := Offering{
		Provider: of.Name, Region: q.Region, InstanceType: h.Type, CapacityType: Reserved,
		CPUMillis: n.CPUMillis, MemoryBytes: n.MemoryBytes, GPUs: n.GPUs, LocalDiskBytes: -1,
		USDPerHour: h.VCPU * float64(n.CPUMillis) / 1000, Source: h.Source, AsOf: h.AsOf,
	}
	return NodePrice{
		USDPerHour: o.USDPerHour, CPUPerCoreHour: h.VCPU, Offering: o, Source: o.Source, AsOf: o.AsOf, Status: Estimated, Cause: UnknownType,
		Warnings: []string{h.Note},
	}
}

// Windows reports whether the node runs Windows.
func (n Node) Windows() bool {
	return strings.HasPrefix(n.OSImage, "Windows") || strings.EqualFold(firstLabel(n.Labels, []string{"kubernetes.io/os", "beta.kubernetes.io/os"}), "windows")
}

// AutoModeLabel and AutoModeDomain are as cloud has them.
const (
	AutoModeLabel  = cloud.AutoLabel
	AutoModeDomain = cloud.AutoDomain
)

// AutoMode reports whether labels are those of a node that its cloud runs for a fee, as EKS Auto
// Mode does.
func AutoMode(labels map[string]string) bool {
	return cloud.RunsNode(labels)
}

// AutoModeShare is the fee of a provider for running a node, as a share of its machine's price on
// demand, however that is bought; 0 where there is none. No commitment covers it.
func AutoModeShare(provider string) float64 {
	if c := cloud.Of(cloud.Canonical(provider)); c != nil && c.Auto != nil {
		return c.Auto.Share
	}
	return 0
}

// AutoModeFee is what of the price of a node with these labels is the fee, in USD an hour; of
// one bought otherwise than on demand it is not told apart.
func (p *NodePrice) AutoModeFee(labels map[string]string) float64 {
	if !AutoMode(labels) || p.Offering.CapacityType != OnDemand {
		return 0
	}
	share := AutoModeShare(p.Offering.Provider)
	return p.USDPerHour * share / (1 + share)
}

// addAutoFee adds the fee to a node's price.
func (p *Price) addAutoFee(c *Catalog, q Query, n Node) {
	share := AutoModeShare(p.Offering.Provider)
	if p.Status == Missing || share == 0 || !AutoMode(n.Labels) {
		return
	}
	q.CapacityType = OnDemand
	if od := c.Lookup(q); od.Status != Missing {
		p.Offering.USDPerHour += share * od.Offering.USDPerHour
	}
}

func nonNil(labels map[string]string) map[string]string {
	if labels == nil {
		return map[string]string{}
	}
	return labels
}

// byCapacity prices a node that no table knows by the rates of its generation,
// else its region's, else the default price list.
func (c *Catalog) byCapacity(q Query, n Node) Price {
	p := Price{Offering: Offering{
		Provider: q.Provider, Region: q.Region, InstanceType: q.InstanceType, CapacityType: q.CapacityType,
		CPUMillis: n.CPUMillis, MemoryBytes: n.MemoryBytes, GPUs: n.GPUs, LocalDiskBytes: -1,
	}}
	if n.CPUMillis <= 0 && n.MemoryBytes <= 0 {
		return p.missing(UnknownType, "neither price nor capacity is known")
	}
	o := &p.Offering
	defaults := c.defaults()
	if book, used := c.book(q.Provider, q.Region); used != "" {
		o.USDPerHour = book.of(q.Provider, q.InstanceType, firstLabel(n.Labels, archLabels)).cost(n.CPUMillis, n.MemoryBytes) + defaults.gpu*float64(n.GPUs)
		p.Reason = fmt.Sprintf("%s is priced by its capacity, at what a vCPU and a GiB usually cost on demand in %s of %s", typeInWords(q.InstanceType), used, q.Provider)
		o.Source, o.AsOf = book.source, book.asOf
	} else {
		o.USDPerHour = defaults.cost(n.CPUMillis, n.MemoryBytes) + defaults.gpu*float64(n.GPUs)
		p.Reason = fmt.Sprintf("priced at %g USD per vCPU-hour and %g per GiB-hour (%s); give real prices with --pricing",
			defaults.cpu, defaults.gib, defaults.source)
		o.Source, o.AsOf = defaults.source, defaults.asOf
	}
	if n.GPUs > 0 { // the rate is of no model, and models differ by ten times
		p.Reason += fmt.Sprintf("; its GPUs, of whatever model, are put at %g USD an hour each", defaults.gpu)
	}
	p.Status, p.Cause = Estimated, UnknownType
	if c.table(q.Provider) == nil {
		p.Cause = UnknownProvider
	}
	return c.match(o, nonNil(n.Labels)).apply(p)
}

// typeInWords names a type of which there may be no name.
func typeInWords(instanceType string) string {
	if instanceType == "" {
		return "a node without an instance type"
	}
	return strconv.Quote(instanceType)
}

// book returns the rates of a region: its own, else those of a region on the same
// continent, else of any region of the provider. The region used comes back; it
// is empty without usable rates.
func (c *Catalog) book(provider, region string) (book rateBook, used string) {
	t := c.table(provider)
	if t == nil {
		return rateBook{}, ""
	}
	if r := t.region(region); r != nil && r.err == nil {
		if book := r.rates(); book.general.cpu > 0 {
			return book, region
		}
	}
	names := slices.Clone(t.names)
	rank := func(name string) int {
		if geography(name) == geography(region) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		r := t.region(name)
		if r.err != nil {
			continue
		}
		if book := r.rates(); book.general.cpu > 0 {
			return book, name
		}
	}
	return rateBook{}, ""
}

// rates are what a query's price is split by: its generation's rates, the
// region's, another region's of the provider, or the default list's.
func (c *Catalog) rates(q Query, arch string) rates {
	if book, used := c.book(q.Provider, q.Region); used != "" {
		return book.of(q.Provider, q.InstanceType, arch)
	}
	return c.defaults().rates
}

// split divides the node's price over its resources. The proportions come from
// the type's nominal size, the prices per unit from the capacity the node reports.
func (p *NodePrice) split(r rates, n Node) {
	o := p.Offering
	cores := cmp.Or(n.CPUMillis, o.CPUMillis)
	bytes := cmp.Or(n.MemoryBytes, o.MemoryBytes)
	p.GPUs = cmp.Or(n.GPUs, o.GPUs)
	cpu, memory, gpu := r.shares(p.USDPerHour, cmp.Or(o.CPUMillis, cores), cmp.Or(o.MemoryBytes, bytes), p.GPUs)
	if cores > 0 {
		p.CPUPerCoreHour = cpu * 1000 / float64(cores)
	}
	if bytes > 0 {
		p.MemoryPerGiBHour = memory * bytesPerGiB / float64(bytes)
	}
	if p.GPUs > 0 {
		p.GPUPerHour = gpu / float64(p.GPUs)
	}
}

// defaultRates is the price list for nodes of no known provider.
type defaultRates struct {
	rates
	gpu          float64
	source, asOf string
}

// defaults reads the price list for unknown providers from the table of managed prices.
func (c *Catalog) defaults() defaultRates {
	var d defaultRates
	prices, err := c.ManagedPrices("default")
	if err != nil {
		return d // the embedded list is held to be readable by a test
	}
	for _, m := range prices {
		switch m.Item {
		case "CPU":
			d.cpu = m.USD
		case "RAM":
			d.gib = m.USD
		case "GPU":
			d.gpu = m.USD
		}
		d.source, d.asOf = m.Source, m.AsOf
	}
	return d
}
