package pricing

import "strings"

// StoragePrice is what a GiB of a volume costs a month.
type StoragePrice struct {
	USDPerGiB    float64
	Item         string // what the volume was taken for
	Source, AsOf string
	// Assumed says that the type or the region stands in for the real one.
	Assumed bool
}

// StoragePrice prices volumes of a storage class. The class's name is all that
// is known of its type, so that a name without the type's is priced as the
// provider's usual type: gp3, pd-balanced, Premium SSD by its P10 size. Where
// the region has no price the median of the regions stands in, and for other
// providers the default list's.
func (c *Catalog) StoragePrice(provider, region, class string) (StoragePrice, error) {
	if own := c.ownService(provider, region, serviceStorage, class); own != nil {
		return StoragePrice{USDPerGiB: own.usd, Item: own.service, Source: own.source, AsOf: own.asOf}, nil
	}
	prices, err := c.ManagedPrices(provider)
	want, named := storageItem(canonicalProvider(provider), strings.ToLower(class))
	var best StoragePrice
	var elsewhere []float64
	for _, m := range prices {
		if m.Category != "block_storage" || m.Item != want {
			continue
		}
		usd := m.USD
		if m.Unit == "disk-month" {
			usd /= 128 // P10 has 128 GiB
		}
		elsewhere = append(elsewhere, usd)
		if best.USDPerGiB == 0 || m.Region == region {
			best = StoragePrice{USDPerGiB: usd, Item: m.Item, Source: m.Source, AsOf: m.AsOf, Assumed: !named || m.Region != region}
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

// storageItem gives the price table's name for a class; named is false where
// the class's name does not tell.
func storageItem(provider, class string) (item string, named bool) {
	switch provider {
	case "aws":
		for _, kind := range []string{"gp3", "gp2", "io1", "io2", "st1", "sc1"} {
			if strings.Contains(class, kind) {
				return "EBS " + kind + " storage", true
			}
		}
		return "EBS gp3 storage", false
	case "gcp":
		switch {
		case strings.Contains(class, "premium") || strings.Contains(class, "ssd"):
			return "pd-ssd", true
		case strings.Contains(class, "balanced") || class == "standard-rwo":
			return "pd-balanced", true
		case class == "standard" || strings.Contains(class, "pd-standard"):
			return "pd-standard", true
		}
		return "pd-balanced", false
	case "azure":
		return "Premium SSD P10 (128 GiB)", strings.Contains(class, "premium")
	}
	return "", false
}
