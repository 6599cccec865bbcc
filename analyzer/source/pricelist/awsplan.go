package pricelist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// planIndex names the newest file of savings plans of each region.
// Source: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/sp-offer-file.html.
const planIndex = "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json"

// planSource is what audits call it.
const planSource = "aws savings plan file"

// planAddress is the path of a region's savings plans; empty where AWS sells none there.
func (r *Reader) planAddress(ctx context.Context, region string) (string, error) {
	r.say("reading AWS' index of savings plans")
	body, err := r.open(ctx, r.awsBase()+planIndex)
	if err != nil {
		return "", fmt.Errorf("AWS' index of savings plans: %w", err)
	}
	data, err := whole(body)
	if err != nil {
		return "", fmt.Errorf("AWS' index of savings plans: %w", err)
	}
	var index struct {
		Regions []struct {
			RegionCode string `json:"regionCode"`
			VersionURL string `json:"versionUrl"`
		} `json:"regions"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return "", fmt.Errorf("AWS' index of savings plans: the answer is not the JSON it should be: %w", err)
	}
	if len(index.Regions) == 0 {
		return "", errors.New("AWS' index of savings plans has no regions: its schema has changed")
	}
	for _, of := range index.Regions {
		if of.RegionCode != region {
			continue
		}
		if !strings.HasPrefix(of.VersionURL, "/savingsPlan/") {
			return "", fmt.Errorf("AWS' index of savings plans has %s at %q: its schema has changed", region, of.VersionURL)
		}
		return of.VersionURL, nil
	}
	return "", nil
}

// addPlans adds what the list's machines cost under savings plans. The file of a region is of
// hundreds of MiB and is streamed.
func (r *Reader) addPlans(ctx context.Context, path, region string, to *List) error {
	if path == "" {
		return nil
	}
	name := "AWS' savings plans of " + region
	r.say("reading " + name)
	body, err := r.open(ctx, r.awsBase()+path)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	f := planFile{region: region, skus: to.skus, plans: map[string]Commitment{}, rates: map[Commitment]float64{}, text: &offerText{r: body}}
	err = f.read(json.NewDecoder(f.text))
	if err := errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("%s: it is cut, or its schema has changed: %w", name, err)
	}
	if len(f.rates) == 0 {
		return fmt.Errorf("%s: they have no rate of a machine there", name)
	}
	var all []Commitment
	for plan, usd := range f.rates {
		plan.USD = usd
		all = append(all, plan)
	}
	slices.SortFunc(all, Commitment.compare)
	to.Commitments = append(to.Commitments, all...)
	return nil
}

// planFile collects the rates of a region's file.
type planFile struct {
	region          string
	skus            map[string]string      // of the machines, with their types
	plans           map[string]Commitment  // by SKU, of no machine yet
	rates           map[Commitment]float64 // of a machine under a plan
	products, terms bool                   // seen
	text            *offerText
}

// planFamilies are the plans that machines come under, by what the tables call them.
var planFamilies = map[string]string{"ComputeSavingsPlans": "Compute Savings Plans", "EC2InstanceSavingsPlans": "EC2 Instance Savings Plans"}

func (f *planFile) read(d *json.Decoder) error {
	err := object(d, func(key string) error {
		switch key {
		case "products":
			f.products = true
			return array(d, func() error { return f.product(d) })
		case "terms":
			if f.terms = true; !f.products {
				return errors.New("terms stand before products")
			}
			return object(d, func(kind string) error {
				if kind != "savingsPlan" {
					return skip(d)
				}
				return array(d, func() error { return f.term(d) })
			})
		}
		return skip(d)
	})
	switch {
	case err != nil:
		return err
	case len(f.plans) == 0 || !f.terms:
		return errors.New("products or terms are missing")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end")
	}
	return nil
}

func (f *planFile) product(d *json.Decoder) error {
	f.text.known = f.text.n
	var p struct {
		SKU           string `json:"sku"`
		ProductFamily string `json:"productFamily"`
		Attributes    struct {
			PurchaseOption string `json:"purchaseOption"`
			PurchaseTerm   string `json:"purchaseTerm"`
		} `json:"attributes"`
	}
	if err := d.Decode(&p); err != nil {
		return fmt.Errorf("a product: %w", err)
	}
	program := planFamilies[p.ProductFamily]
	if program == "" {
		return nil // of no machines
	}
	plan := Commitment{Program: program, Years: awsTerms[p.Attributes.PurchaseTerm], Payment: awsPayments[p.Attributes.PurchaseOption], Source: planSource}
	if p.SKU == "" || plan.Years == 0 || plan.Payment == "" {
		return fmt.Errorf("product %q is of the term %q and the payment %q", p.SKU, p.Attributes.PurchaseTerm, p.Attributes.PurchaseOption)
	}
	if len(f.plans) >= mostMachines {
		return errMany
	}
	f.plans[p.SKU] = plan
	return nil
}

// term reads the rates of one plan, one by one: there are tens of thousands.
func (f *planFile) term(d *json.Decoder) error {
	f.text.known = f.text.n
	sku := ""
	return object(d, func(key string) error {
		switch key {
		case "sku":
			return d.Decode(&sku)
		case "rates":
			if sku == "" {
				return errors.New("rates stand before the plan's sku")
			}
			plan, known := f.plans[sku]
			if !known {
				return skip(d)
			}
			return array(d, func() error { return f.rate(d, plan) })
		}
		return skip(d)
	})
}

func (f *planFile) rate(d *json.Decoder, plan Commitment) error {
	f.text.known = f.text.n
	var rate struct {
		SKU    string `json:"discountedSku"`
		Region string `json:"discountedRegionCode"`
		Unit   string `json:"unit"`
		Rate   struct {
			Price    string `json:"price"`
			Currency string `json:"currency"`
		} `json:"discountedRate"`
	}
	if err := d.Decode(&rate); err != nil {
		return fmt.Errorf("a rate: %w", err)
	}
	if plan.InstanceType = f.skus[rate.SKU]; plan.InstanceType == "" {
		return nil // another system, tenancy or service
	}
	usd, err := strconv.ParseFloat(rate.Rate.Price, 64)
	if err != nil || !(usd > 0) || rate.Unit != "Hrs" || rate.Rate.Currency != "USD" || rate.Region != "" && rate.Region != f.region {
		return fmt.Errorf("the rate of %s is %q %s by %q in %q, not in USD by the hour in %s", plan.InstanceType, rate.Rate.Price, rate.Rate.Currency, rate.Unit, rate.Region, f.region)
	}
	if before, twice := f.rates[plan]; twice && before != usd {
		return fmt.Errorf("%s has two rates under %s", plan.InstanceType, plan.Program)
	}
	f.rates[plan] = usd
	return nil
}

// array calls use for every element of the array that comes next; use reads it.
func array(d *json.Decoder, use func() error) error {
	start, err := d.Token()
	if err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	if start != json.Delim('[') {
		return fmt.Errorf("%v stands where a list should", start)
	}
	for d.More() {
		if err := use(); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	return nil
}
