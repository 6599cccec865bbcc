package pricelist

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// gcpPrices is the public address of Google's Cloud Billing Catalog, and
// computeEngine the service in it whose SKUs machines are made of.
// Source: cloud.google.com/billing/docs/reference/rest/v1/services.skus/list.
const (
	gcpPrices     = "https://cloudbilling.googleapis.com"
	computeEngine = "services/6F81-5844-456A"
)

// Rate is what a part of a machine costs in a region, in USD an hour: a vCPU, a GiB or
// a GPU. Google's list has no machines; a machine costs the sum of its parts.
type Rate struct {
	// Series is the machines' series such as n2; for GPUs it is their name.
	Series string
	Part   string // core, ram or gpu
	// OnDemand is 0 where the list does not say, and so are the others.
	OnDemand, Spot, Commit1y, Commit3y float64
}

type gcpPage struct {
	SKUs          *[]gcpSKU `json:"skus"`
	NextPageToken string    `json:"nextPageToken"`
}

type gcpSKU struct {
	Description    string   `json:"description"`
	ServiceRegions []string `json:"serviceRegions"`
	Category       struct {
		ResourceFamily string `json:"resourceFamily"`
		UsageType      string `json:"usageType"`
	} `json:"category"`
	PricingInfo []struct {
		PricingExpression struct {
			UsageUnit   string    `json:"usageUnit"`
			TieredRates []gcpTier `json:"tieredRates"`
		} `json:"pricingExpression"`
	} `json:"pricingInfo"`
}

type gcpTier struct {
	UnitPrice struct {
		CurrencyCode string `json:"currencyCode"`
		Units        string `json:"units"` // whole USD
		Nanos        int64  `json:"nanos"`
	} `json:"unitPrice"`
}

// PartOf tells what an SKU is a part of, by its description: the series, and core, ram or gpu.
type PartOf func(description string) (series, part string, ok bool)

// GCP lists what the parts of machines cost in a region. The key goes in a header, so
// that no URL holds it. The list is one of all regions: a Reader reads it once.
func (r *Reader) GCP(ctx context.Context, key, region string, partOf PartOf) ([]Rate, error) {
	if r.google == nil {
		list, err := r.gcpList(ctx, key, region, partOf)
		if err != nil {
			return nil, err
		}
		r.google = list
	}
	return r.google.in(region)
}

// gcpList reads all pages; the region is the one that errors name.
func (r *Reader) gcpList(ctx context.Context, key, region string, partOf PartOf) (*gcpList, error) {
	origin.SecretsOf(ctx).Add(key)
	base := strings.TrimSuffix(cmp.Or(r.Endpoint, gcpPrices), "/") + "/v1/" + computeEngine + "/skus"
	list := &gcpList{partOf: partOf, regions: map[string]*gcpRegion{}}
	seen := map[string]bool{}
	for n, token := 1, ""; ; n++ {
		if n > maxPages || seen[token] {
			return nil, fmt.Errorf("google's price list of %s has over %d pages, or goes round in a circle", region, n-1)
		}
		seen[token] = true
		r.say(fmt.Sprintf("reading google's price list, page %d", n))
		page, err := r.gcpPage(ctx, base, key, token)
		if err != nil {
			return nil, fmt.Errorf("google's price list of %s, page %d: %w", region, n, err)
		}
		for i := range *page.SKUs {
			if err := list.add(&(*page.SKUs)[i], n); err != nil {
				return nil, fmt.Errorf("google's price list of %s, page %d: %w", region, n, err)
			}
		}
		if token = page.NextPageToken; token == "" {
			return list, nil
		}
	}
}

func (r *Reader) gcpPage(ctx context.Context, base, key, token string) (*gcpPage, error) {
	query := url.Values{"pageSize": {"5000"}, "currencyCode": {"USD"}}
	if token != "" {
		query.Set("pageToken", token)
	}
	body, err := r.ask(ctx, base+"?"+query.Encode(), func(req *http.Request) error {
		req.Header.Set("X-Goog-Api-Key", key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	data, err := whole(body)
	if err != nil {
		return nil, err
	}
	var page gcpPage
	if err := json.Unmarshal(data, &page); err != nil {
		return nil, fmt.Errorf("the answer is not the JSON it should be: %w", err)
	}
	if page.SKUs == nil {
		return nil, errors.New("the answer has no skus: its schema has changed")
	}
	return &page, nil
}

// gcpList collects the SKUs of all pages.
type gcpList struct {
	partOf  PartOf
	regions map[string]*gcpRegion
	rates   int // of all regions
}

// gcpRegion is what the list has of a region.
type gcpRegion struct {
	rates map[[2]string]*Rate // by series and part
	twice map[[2]string]bool  // those with two prices, which are left out
	err   error               // why the region's prices are not used
}

func (l *gcpList) add(sku *gcpSKU, page int) error {
	if sku.Category.ResourceFamily != "Compute" {
		return nil
	}
	series, part, ok := l.partOf(sku.Description)
	if !ok {
		return nil
	}
	for _, name := range sku.ServiceRegions {
		of := l.regions[name]
		if of == nil {
			of = &gcpRegion{rates: map[[2]string]*Rate{}, twice: map[[2]string]bool{}}
			l.regions[name] = of
		}
		before := len(of.rates)
		if err := of.add(sku, [2]string{series, part}); err != nil && of.err == nil {
			of.err = fmt.Errorf("google's price list of %s, page %d: %w", name, page, err)
		}
		if l.rates += len(of.rates) - before; l.rates > mostMachines || len(l.regions) > mostMachines {
			return errMany
		}
	}
	return nil
}

func (l *gcpRegion) add(sku *gcpSKU, key [2]string) error {
	rate := l.rates[key]
	if rate == nil {
		rate = &Rate{Series: key[0], Part: key[1]}
	}
	to := map[string]*float64{"OnDemand": &rate.OnDemand, "Preemptible": &rate.Spot, "Commit1Yr": &rate.Commit1y, "Commit3Yr": &rate.Commit3y}[sku.Category.UsageType]
	if to == nil {
		return nil
	}
	usd, err := sku.price(key[1])
	if err != nil {
		return fmt.Errorf("%s: %w", sku.Description, err)
	}
	if *to != 0 && *to != usd {
		l.twice[key] = true
	}
	*to, l.rates[key] = usd, rate
	return nil
}

// gcpUnits are the units that a part may be priced by, with how many of them are an hour of a
// vCPU, a GiB or a GPU. The memory of C4D goes by 10^9 bytes, of other series by GiB.
var gcpUnits = map[string]map[string]float64{
	"core": {"h": 1}, "gpu": {"h": 1}, "ram": {"GiBy.h": 1, "GBy.h": (1 << 30) / 1e9},
}

// price is that of the last tier, by the hour and in USD.
func (sku *gcpSKU) price(part string) (float64, error) {
	if len(sku.PricingInfo) == 0 || len(sku.PricingInfo[0].PricingExpression.TieredRates) == 0 {
		return 0, errors.New("it has no price: the schema has changed")
	}
	e := sku.PricingInfo[0].PricingExpression
	p := e.TieredRates[len(e.TieredRates)-1].UnitPrice
	units, err := strconv.ParseInt(cmp.Or(p.Units, "0"), 10, 64)
	of := gcpUnits[part][e.UsageUnit]
	if err != nil || of == 0 || p.CurrencyCode != "USD" {
		return 0, fmt.Errorf("it is priced by %q in %q, not by %s in USD: the schema has changed",
			e.UsageUnit, p.CurrencyCode, strings.Join(slices.Sorted(maps.Keys(gcpUnits[part])), " or "))
	}
	return (float64(units) + float64(p.Nanos)/1e9) * of, nil
}

// in lists the parts of a region.
func (l *gcpList) in(region string) ([]Rate, error) {
	of := cmp.Or(l.regions[region], &gcpRegion{})
	if of.err != nil {
		return nil, of.err
	}
	var out []Rate
	for _, key := range slices.SortedFunc(maps.Keys(of.rates), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if r := of.rates[key]; r.OnDemand > 0 && !of.twice[key] {
			out = append(out, *r)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("google's price list has no part of a machine in %q; is the region's name right?", region)
	}
	return out, nil
}
