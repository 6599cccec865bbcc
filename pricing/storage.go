package pricing

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// StoragePrice is what a GiB of a volume costs a month.
type StoragePrice struct {
	USDPerGiB    float64
	Item         string // what the volume was taken for
	Source, AsOf string
	// Assumed says that the type or the region stands in for the real one.
	Assumed bool
	// Missing names what has no price: a type of disks, or what makes the volumes. Nothing
	// stands in for it, and the price is 0.
	Missing string
	beside  []beside
	// sizes are the USD a month of disks that are sold in sizes, by their GiB, ascending;
	// empty where each GiB is billed.
	sizes []sold
}

// sold is the size of a disk and its price.
type sold struct{ gib, usd float64 }

// beside is what a volume costs beside its size: so many units of a price a month.
type beside struct {
	cloud.Provision
	amount, perGiB, usd float64
}

// of is what a volume of so many GiB costs beside them.
func (b beside) of(gib float64) float64 {
	units := max(b.amount, b.perGiB*gib, b.LeastPerGiB*gib)
	if b.Most > 0 {
		units = min(units, b.Most)
	}
	sum, from, share := 0.0, b.Free, 1.0
	for _, t := range b.Tiers {
		sum += share * max(min(units, t.From)-from, 0)
		from, share = t.From, t.Share
	}
	return b.usd * (sum + share*max(units-from, 0))
}

// Monthly is what a volume of so many bytes costs a month, with its IOPS and throughput;
// 0 where it has no price, which Unpriced tells.
// Azure bills the next larger of its sizes, which double: a disk of 40 GiB costs what one
// of 64 does.
// Source: azure.github.io/PSRule.Rules.Azure, rule Azure.VM.DiskSizeAlignment, read 2026-11.
func (p StoragePrice) Monthly(bytes int64) float64 {
	gib := float64(bytes) / bytesPerGiB
	if gib <= 0 || p.Unpriced(bytes) != "" {
		return 0
	}
	usd := gib * p.USDPerGiB
	if i := p.sizeOf(gib); i < len(p.sizes) {
		usd = p.sizes[i].usd
	}
	for _, b := range p.beside {
		usd += b.of(gib)
	}
	return usd
}

// Unpriced names why a volume of so many bytes has no price: Missing, or that no disk of
// its type is sold so large. It is empty where it has one.
func (p StoragePrice) Unpriced(bytes int64) string {
	gib := float64(bytes) / bytesPerGiB
	if n := len(p.sizes); p.Missing == "" && n > 0 && p.sizeOf(gib) == n {
		return fmt.Sprintf("%s of %.0f GiB, above the largest of %.0f,", p.Item, gib, p.sizes[n-1].gib)
	}
	return p.Missing
}

// sizeOf is the index of the smallest size that holds so many GiB; the number of sizes
// where none does.
func (p StoragePrice) sizeOf(gib float64) int {
	i, _ := slices.BinarySearchFunc(p.sizes, gib, func(s sold, g float64) int { return cmp.Compare(s.gib, g) })
	return i
}

// VolumeKind is what is known of a class of volumes: its name, what makes them, and
// the parameters that decide their price, by names in lower case.
type VolumeKind struct {
	Class, Provisioner string
	Parameters         map[string]string
	// Local says that the volume is of its node's own disk, which the node's price holds.
	Local bool
}

// StoragePrice is VolumePrice of a class of which only the name is known.
func (c *Catalog) StoragePrice(provider, region, class string) (StoragePrice, error) {
	return c.VolumePrice(provider, region, VolumeKind{Class: class})
}

// VolumePrice prices volumes of a storage class, by its parameters, else by its name.
// A name without the type's is priced as the provider's usual type: gp3, pd-balanced,
// Standard SSD. Where the region has no price the median of the regions stands in, and for
// other providers the default list's. A type that is known and has no price stays without
// one, as do volumes that no disk of the provider is, such as file systems: Missing names them.
func (c *Catalog) VolumePrice(provider, region string, v VolumeKind) (StoragePrice, error) {
	if own := c.ownService(provider, region, serviceStorage, v.Class); own != nil {
		return StoragePrice{USDPerGiB: own.usd, Item: own.service, Source: own.source, AsOf: own.asOf}, nil
	}
	if v.Local {
		return StoragePrice{Item: "its node's own disk"}, nil
	}
	of := cloud.Of(cloud.Canonical(provider))
	if of == nil {
		return c.defaultStorage()
	}
	item, named := volumeItem(of, v)
	if item == "" {
		return StoragePrice{Missing: cmp.Or(kindOf(v), v.Class)}, nil
	}
	prices, err := c.ManagedPrices(provider)
	if err != nil {
		return StoragePrice{}, err
	}
	price := sizePrice(of, prices, region, item)
	price.Assumed = price.Assumed || !named
	if price.USDPerGiB == 0 {
		return StoragePrice{Missing: item}, nil
	}
	for _, p := range of.Beside[item] {
		m, err := c.service(provider, region, "block_storage", p.Item)
		if m == nil || err != nil {
			return StoragePrice{Missing: p.Item}, err
		}
		price.Assumed = price.Assumed || m.Region != region
		b := beside{Provision: p, amount: v.number(p.Amount), perGiB: v.number(p.PerGiB), usd: m.USD}
		if b.amount == 0 && b.perGiB == 0 {
			b.amount = p.Usual
		}
		price.beside = append(price.beside, b)
	}
	return price, nil
}

// kindOf names what makes volumes of a class, else the type that it asks for.
func kindOf(v VolumeKind) string {
	kind := firstOf(v.Parameters, "type", "skuname", "storageaccounttype")
	if v.Provisioner != "" && cloud.DiskOf(v.Provisioner) == "" {
		return v.Provisioner
	}
	return kind
}

// number reads an amount of a class's parameters; 0 for none.
func (v VolumeKind) number(key string) float64 {
	n, err := strconv.ParseFloat(v.Parameters[key], 64)
	if err != nil || !(n > 0 && n <= math.MaxInt32) {
		return 0
	}
	return n
}

// sizePrice prices a volume's size by the tables' name of its type: in the region, else
// by the median of the regions, which is Assumed.
func sizePrice(of *cloud.Cloud, prices []ManagedPrice, region, item string) (best StoragePrice) {
	var elsewhere []float64
	for _, m := range prices {
		if m.Category != "block_storage" || m.Item != item {
			continue
		}
		usd := m.USD
		if m.Unit == "disk-month" {
			usd /= cloud.NamedDiskGiB
		}
		elsewhere = append(elsewhere, usd)
		if best.USDPerGiB == 0 || m.Region == region {
			best = StoragePrice{USDPerGiB: usd, Item: m.Item, Source: m.Source, AsOf: m.AsOf, Assumed: m.Region != region}
		}
		if m.Region == region {
			best.sizes = sizesIn(prices, region, of.Ladder[item])
			return best
		}
	}
	best.USDPerGiB, best.sizes = median(elsewhere), sizesIn(prices, "", of.Ladder[item])
	return best
}

// sizesIn lists the sizes of a region whose names begin so: "Premium SSD P10 (128 GiB)".
// Without a region each has the median of the regions.
func sizesIn(prices []ManagedPrice, region, prefix string) (out []sold) {
	usd := map[float64][]float64{}
	for _, m := range prices {
		if prefix == "" || region != "" && m.Region != region || m.Category != "block_storage" || !strings.HasPrefix(m.Item, prefix) {
			continue
		}
		_, size, _ := strings.Cut(m.Item, "(")
		if gib, err := strconv.ParseFloat(strings.TrimSuffix(size, " GiB)"), 64); err == nil && gib > 0 {
			usd[gib] = append(usd[gib], m.USD)
		}
	}
	for _, gib := range slices.Sorted(maps.Keys(usd)) {
		out = append(out, sold{gib, median(usd[gib])})
	}
	return out
}

// defaultStorage is what a GiB costs where no table knows the provider.
func (c *Catalog) defaultStorage() (best StoragePrice, err error) {
	prices, err := c.ManagedPrices("default")
	for _, m := range prices {
		if m.Item == "storage" {
			best = StoragePrice{USDPerGiB: m.USD * HoursPerMonth, Item: "storage", Source: m.Source, AsOf: m.AsOf, Assumed: true}
		}
	}
	return best, err
}

// volumeItem gives the price table's name for volumes of a class: by its parameters,
// else by what its provisioner makes without them, else by its name; named is false
// where none of them tells. It is empty for what has no price.
func volumeItem(of *cloud.Cloud, v VolumeKind) (item string, named bool) {
	kind := strings.ToLower(firstOf(v.Parameters, "type", "skuname", "storageaccounttype"))
	if v.Provisioner != "" && of.Provisioners[v.Provisioner] == "" {
		return "", true
	}
	if kind == "" {
		kind = of.Provisioners[v.Provisioner]
	}
	if kind == "" {
		item, named = of.Disk(strings.ToLower(v.Class))
	} else {
		item, named = of.Disks[kind], true
	}
	if r := of.Replicated; r.Key != "" && v.Parameters[r.Key] == r.Value && item != "" {
		item += " regional"
	}
	return item, named
}

func firstOf(values map[string]string, keys ...string) string {
	for _, k := range keys {
		if values[k] != "" {
			return values[k]
		}
	}
	return ""
}
