package pricing

import (
	"math"
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
	// Beside is what a volume costs a month beside its size: provisioned IOPS and
	// throughput. PerGiB of it are by size.
	Beside, BesidePerGiB float64
	// least is the GiB of the smallest disk where disks are sold in sizes, as
	// Azure's are; 0 where each GiB is billed.
	least float64
}

// Monthly is what a volume of so many bytes costs a month. Azure bills the next
// larger of its sizes, which double: a disk of 40 GiB costs what one of 64 does.
// Source: azure.github.io/PSRule.Rules.Azure, rule Azure.VM.DiskSizeAlignment, read 2026-11.
func (p StoragePrice) Monthly(bytes int64) float64 {
	gib := float64(bytes) / bytesPerGiB
	if p.least > 0 && gib > 0 {
		gib = min(p.least*math.Exp2(math.Ceil(math.Log2(max(gib/p.least, 1)))), max(gib, mostAzureDisk))
	}
	return gib*(p.USDPerGiB+p.BesidePerGiB) + p.Beside
}

// mostAzureDisk is the GiB of the largest disk that Azure sells.
const mostAzureDisk = 32767

// VolumeKind is what is known of a class of volumes: its name, what makes them, and
// the parameters that decide their price, by names in lower case.
type VolumeKind struct {
	Class, Provisioner string
	Parameters         map[string]string
}

// StoragePrice is VolumePrice of a class of which only the name is known.
func (c *Catalog) StoragePrice(provider, region, class string) (StoragePrice, error) {
	return c.VolumePrice(provider, region, VolumeKind{Class: class})
}

// VolumePrice prices volumes of a storage class, by its parameters, else by its name.
// A name without the type's is priced as the provider's usual type: gp3, pd-balanced,
// Standard SSD by its E10 size. Where the region has no price the median of the regions
// stands in, and for other providers the default list's.
func (c *Catalog) VolumePrice(provider, region string, v VolumeKind) (StoragePrice, error) {
	price, err := c.sizePrice(provider, region, v)
	if err == nil && cloud.Canonical(provider) == "aws" && strings.HasPrefix(price.Item, "EBS ") {
		err = c.provisioned(&price, region, v)
	}
	return price, err
}

// provisioned adds the IOPS and throughput that a class asks of AWS beyond what a
// volume has: 3,000 and 125 MB/s of gp3, none of io1 and io2.
func (c *Catalog) provisioned(price *StoragePrice, region string, v VolumeKind) error {
	number := func(key string) float64 {
		n, err := strconv.ParseFloat(v.Parameters[key], 64)
		if err != nil || !(n > 0 && n <= math.MaxInt32) {
			return 0
		}
		return n
	}
	gp3, io := price.Item == "EBS gp3 storage", price.Item == "EBS io1 storage" || price.Item == "EBS io2 storage"
	add := func(item string, units float64, to *float64) error {
		m, err := c.service("aws", region, "block_storage", item)
		if m != nil && units > 0 {
			*to += units * m.USD
		}
		return err
	}
	switch {
	case gp3:
		if err := add("EBS gp3 provisioned IOPS above 3,000", number("iops")-3000, &price.Beside); err != nil {
			return err
		}
		return add("EBS gp3 provisioned throughput above 125 MB/s", number("throughput")-125, &price.Beside)
	case io && number("iops") > 0:
		return add("EBS io1/io2 provisioned IOPS", number("iops"), &price.Beside)
	case io:
		return add("EBS io1/io2 provisioned IOPS", number("iopspergb"), &price.BesidePerGiB)
	}
	return nil
}

// sizePrice prices a volume's size.
func (c *Catalog) sizePrice(provider, region string, v VolumeKind) (StoragePrice, error) {
	class := v.Class
	if own := c.ownService(provider, region, serviceStorage, class); own != nil {
		return StoragePrice{USDPerGiB: own.usd, Item: own.service, Source: own.source, AsOf: own.asOf}, nil
	}
	prices, err := c.ManagedPrices(provider)
	want, named := volumeItem(cloud.Canonical(provider), v)
	var best StoragePrice
	var elsewhere []float64
	for _, m := range prices {
		if m.Category != "block_storage" || m.Item != want {
			continue
		}
		usd, least := m.USD, 0.0
		if m.Unit == "disk-month" {
			usd, least = usd/128, 4 // P10 has 128 GiB
			if m.Item == cloud.StandardHDD {
				least = 32
			}
		}
		elsewhere = append(elsewhere, usd)
		if best.USDPerGiB == 0 || m.Region == region {
			best = StoragePrice{USDPerGiB: usd, Item: m.Item, Source: m.Source, AsOf: m.AsOf, Assumed: !named || m.Region != region, least: least}
		}
		if m.Region == region {
			return best, err
		}
	}
	best.USDPerGiB = median(elsewhere)
	if best.USDPerGiB > 0 || err != nil {
		return best, err
	}
	prices, err = c.ManagedPrices("default")
	for _, m := range prices {
		if m.Item == "storage" {
			best = StoragePrice{USDPerGiB: m.USD * HoursPerMonth, Item: "storage", Source: m.Source, AsOf: m.AsOf, Assumed: true}
		}
	}
	return best, err
}

// volumeItem gives the price table's name for volumes of a class: by its parameters,
// else by what its provisioner makes without them, else by its name; named is false
// where none of them tells.
func volumeItem(provider string, v VolumeKind) (item string, named bool) {
	kind := strings.ToLower(firstOf(v.Parameters, "type", "skuname", "storageaccounttype"))
	if kind == "" {
		kind = cloud.DiskOf(v.Provisioner)
	}
	of := cloud.Of(provider)
	if of == nil {
		return "", false
	}
	if of.Disks[kind] != "" {
		return of.Disks[kind], true
	}
	item, named = of.Disk(strings.ToLower(v.Class))
	return item, named && kind == ""
}

func firstOf(values map[string]string, keys ...string) string {
	for _, k := range keys {
		if values[k] != "" {
			return values[k]
		}
	}
	return ""
}
