package pricing

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Commitment is the usual discount of one purchase program for one family: the
// median over the family's sizes.
type Commitment struct {
	Provider  string
	Program   string // e.g. "RI standard", "CUD resource-based", "savings plan for compute"
	Scope     string // what the commitment is tied to
	Family    string
	Region    string
	TermYears int    // 0 for automatic discounts
	Payment   string // e.g. "no_upfront"

	// DiscountPercent is off the on-demand price; Min and Max are over the family's Types sizes.
	DiscountPercent, MinPercent, MaxPercent float64

	Types        int
	Source, AsOf string
}

// ManagedPrice is the price of something that isn't a machine: a control plane,
// a load balancer, traffic, a GiB of disk. Amounts are per Unit, in USD.
type ManagedPrice struct {
	Provider, Region, Category, Item, Unit string

	USD          float64 // negative for a credit
	Note         string
	Source, AsOf string
}

// extras are the tables beside the machines', each read when first asked for.
type extras struct {
	commitments map[string]map[string]func() ([]Commitment, error) // by provider and region
	managed     map[string]func() ([]ManagedPrice, error)          // by provider
}

// embeddedExtras lists the tables; it reads none.
func embeddedExtras() extras {
	x := extras{commitments: map[string]map[string]func() ([]Commitment, error){}, managed: map[string]func() ([]ManagedPrice, error){}}
	for _, provider := range embeddedProviders {
		x.commitments[provider] = map[string]func() ([]Commitment, error){}
		for _, region := range embeddedNames("commitments/" + provider) {
			x.commitments[provider][region] = sync.OnceValues(func() ([]Commitment, error) { return readCommitments(provider, region) })
		}
	}
	for _, provider := range embeddedNames("managed") {
		x.managed[provider] = sync.OnceValues(func() ([]ManagedPrice, error) { return readManaged(provider) })
	}
	return x
}

// commitmentsIn gives the discounts of one region, of Anywhere what holds in all.
func (x extras) commitmentsIn(provider, region string) ([]Commitment, error) {
	if read := x.commitments[provider][region]; read != nil {
		return read()
	}
	return nil, nil
}

// Commitments lists the discounts of a provider's purchase programs, all regions
// and families, by region. The error names a table that can't be read.
func (c *Catalog) Commitments(provider string) ([]Commitment, error) {
	byRegion := c.extras.commitments[cloud.Canonical(provider)]
	var out []Commitment
	for _, region := range slices.Sorted(maps.Keys(byRegion)) {
		list, err := byRegion[region]()
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// ManagedPrices lists a provider's prices for services beside machines; the
// provider "default" holds prices for where none is known. The error names a table that can't be read.
func (c *Catalog) ManagedPrices(provider string) ([]ManagedPrice, error) {
	read := c.extras.managed[cloud.Canonical(provider)]
	if read == nil {
		return nil, nil
	}
	list, err := read()
	return slices.Clone(list), err
}

var managedColumns = []string{"provider", "region", "category", "item", "unit", "price_usd", "note", "source", "as_of"}

func readCommitments(provider, region string) (list []Commitment, err error) {
	err = eachRecord("commitments/"+provider+"/"+region, commitmentColumns, func(field func(string) string) error {
		d, err := commitmentOf(field)
		list = append(list, d)
		return err
	})
	return list, err
}

func readManaged(provider string) (list []ManagedPrice, err error) {
	err = eachRecord("managed/"+provider, managedColumns, func(field func(string) string) error {
		var n numbers
		list = append(list, ManagedPrice{
			Provider: field("provider"), Region: field("region"), Category: field("category"), Item: field("item"),
			Unit: field("unit"), USD: n.parse(field("price_usd")), Note: field("note"), Source: field("source"), AsOf: field("as_of"),
		})
		return n.err
	})
	return list, err
}

// numbers parses several fields and keeps the first error.
type numbers struct{ err error }

func (n *numbers) parse(text string) float64 {
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("%q is not a number", text)
	}
	return v
}

// eachRecord hands out the records of an embedded CSV table.
func eachRecord(name string, columns []string, use func(field func(string) string) error) error {
	data, err := embeddedFile(name)
	if err != nil {
		return err
	}
	c, _, err := openCSV(data, columns, columns)
	if err != nil {
		return fmt.Errorf("embedded table %s: %w", name, err)
	}
	for {
		record, line, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = use(func(column string) string { return c.field(record, column) })
		}
		if err != nil {
			return fmt.Errorf("embedded table %s, line %d: %w", name, line, err)
		}
	}
}
