package pricelist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// azurePrices is the public address of Azure's Retail Prices API.
// Source: learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices.
const azurePrices = "https://prices.azure.com/api/retail/prices"

// maxPages bounds a list whose pages go round in a circle.
const maxPages = 1000

// maxPage bounds one page; a real one has 1,000 items of half a KiB.
const maxPage = 16 << 20

type azurePage struct {
	Items        []azureItem
	NextPageLink string
	Count        int
}

type azureItem struct {
	CurrencyCode, ArmRegionName, ProductName, SkuName, ArmSkuName string
	RetailPrice                                                   float64
	UnitOfMeasure, Type, ReservationTerm, EffectiveStartDate      string
	SavingsPlan                                                   []struct {
		RetailPrice float64
		Term        string
	}
}

// Azure lists what Linux machines cost in a region, by type, and what they cost under savings plans.
func (r *Reader) Azure(ctx context.Context, region string) (List, error) {
	base := r.Endpoint
	if base == "" {
		base = azurePrices
	}
	first, err := url.Parse(base)
	if err != nil {
		return List{}, fmt.Errorf("the address of Azure's price list: %w", err)
	}
	query := url.Values{
		"api-version": {"2023-01-01-preview"},
		"$filter":     {"serviceName eq 'Virtual Machines' and armRegionName eq '" + strings.ReplaceAll(region, "'", "''") + "'"},
	}
	first.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // a plus is no blank to OData
	list := azureList{region: region, prices: map[string]*Price{}, since: map[string]string{}, plans: map[Commitment]float64{}}
	next := first
	for n := 1; next != nil; n++ {
		if n > maxPages {
			return List{}, fmt.Errorf("azure's price list of %s has over %d pages", region, maxPages)
		}
		r.say(fmt.Sprintf("reading azure's price list of %s, page %d", region, n))
		page, err := r.azurePage(ctx, next.String())
		if err != nil {
			return List{}, fmt.Errorf("azure's price list of %s, page %d: %w", region, n, err)
		}
		for i := range page.Items {
			if err := list.add(&page.Items[i]); err != nil {
				return List{}, fmt.Errorf("azure's price list of %s, page %d: %w", region, n, err)
			}
		}
		if next, err = following(first, page.NextPageLink); err != nil {
			return List{}, fmt.Errorf("azure's price list of %s, page %d: %w", region, n, err)
		}
	}
	return list.all()
}

func (r *Reader) azurePage(ctx context.Context, address string) (*azurePage, error) {
	body, err := r.open(ctx, address)
	if err != nil {
		return nil, err
	}
	data, err := whole(body)
	if err != nil {
		return nil, err
	}
	var page azurePage
	if err := json.Unmarshal(data, &page); err != nil {
		return nil, fmt.Errorf("the answer is not the JSON it should be: %w", err)
	}
	if page.Items == nil || page.Count != len(page.Items) {
		return nil, fmt.Errorf("the answer has %d items and counts %d: it is cut, or its schema has changed", len(page.Items), page.Count)
	}
	return &page, nil
}

// following is the next page's address, which must be the same server's.
func following(first *url.URL, link string) (*url.URL, error) {
	if link == "" {
		return nil, nil
	}
	next, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("the next page's address is no URL")
	}
	if !origin.Same(next, first) {
		return nil, fmt.Errorf("the next page is at %s, another server than %s", next.Host, first.Host)
	}
	return next, nil
}

// azureList collects the items of all pages.
type azureList struct {
	region string
	prices map[string]*Price
	since  map[string]string // of each price, from when it holds
	plans  map[Commitment]float64
}

// notLinux are the words in a product's or SKU's name for what is no Linux
// machine of one's own: other licenses and other ways to buy.
var notLinux = []string{"Windows", "Cloud Services", "CloudServices", "Dedicated", "Low Priority"}

// isMachine reports whether the item is a Linux machine of one's own.
func (item *azureItem) isMachine() bool {
	name := item.ProductName + " " + item.SkuName
	return item.RetailPrice > 0 && strings.HasPrefix(item.ArmSkuName, "Standard_") &&
		!slices.ContainsFunc(notLinux, func(w string) bool { return strings.Contains(name, w) })
}

// way is which of a machine's prices the item is, and that price in USD an hour; nil is
// one that is not kept: dev and test, five years.
func (item *azureItem) way(p *Price) (to *float64, usd float64) {
	switch {
	case item.Type == "Reservation" && item.ReservationTerm == "1 Year":
		return &p.Reserved1y, item.RetailPrice / hoursPerYear // the price is the whole term's
	case item.Type == "Reservation" && item.ReservationTerm == "3 Years":
		return &p.Reserved3y, item.RetailPrice / (3 * hoursPerYear)
	case item.Type != "Consumption":
		return nil, 0
	case strings.Contains(item.SkuName, "Spot"):
		return &p.Spot, item.RetailPrice
	}
	return &p.OnDemand, item.RetailPrice
}

// add keeps a machine's price, the newest of each way to buy it.
func (l *azureList) add(item *azureItem) error {
	if !item.isMachine() {
		return nil
	}
	if item.CurrencyCode != "USD" || item.UnitOfMeasure != "1 Hour" || item.ArmRegionName != l.region {
		return fmt.Errorf("%s is priced in %s a %s in %q, not in USD an hour in %q: the schema has changed",
			item.ArmSkuName, item.CurrencyCode, item.UnitOfMeasure, item.ArmRegionName, l.region)
	}
	p := l.prices[item.ArmSkuName]
	if p == nil && len(l.prices) >= mostMachines {
		return errMany
	}
	if p == nil {
		p = &Price{InstanceType: item.ArmSkuName}
		l.prices[item.ArmSkuName] = p
	}
	to, usd := item.way(p)
	if to == nil {
		return nil
	}
	key := fmt.Sprint(item.ArmSkuName, item.Type, item.ReservationTerm, strings.Contains(item.SkuName, "Spot"))
	if *to == 0 || item.EffectiveStartDate > l.since[key] {
		*to, l.since[key] = usd, item.EffectiveStartDate
		if to == &p.OnDemand {
			return l.plan(item)
		}
	}
	return nil
}

// plan keeps what a machine costs under savings plans, which stand beside its price on demand.
func (l *azureList) plan(item *azureItem) error {
	for _, plan := range item.SavingsPlan {
		years := map[string]int{"1 Year": 1, "3 Years": 3}[plan.Term]
		if years == 0 {
			continue
		}
		if !(plan.RetailPrice > 0) {
			return fmt.Errorf("%s costs %g under a savings plan: the schema has changed", item.ArmSkuName, plan.RetailPrice)
		}
		l.plans[Commitment{Program: "savings plan for compute", InstanceType: item.ArmSkuName, Years: years, Payment: "same price monthly or upfront"}] = plan.RetailPrice
	}
	return nil
}

const hoursPerYear = 8760

func (l *azureList) all() (List, error) {
	var out List
	for _, name := range slices.Sorted(maps.Keys(l.prices)) {
		if p := l.prices[name]; p.OnDemand > 0 {
			out.Machines = append(out.Machines, *p)
		}
	}
	if len(out.Machines) == 0 {
		return List{}, fmt.Errorf("azure's price list has no machine in %q; is the region's name right?", l.region)
	}
	for plan, usd := range l.plans {
		plan.USD = usd
		out.Commitments = append(out.Commitments, plan)
	}
	slices.SortFunc(out.Commitments, Commitment.compare)
	return out, nil
}
