package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

// checkMoney refuses to pass a limit of money that cannot be checked, and says
// which checks were not made for want of something to compare with.
func (f *gateFlags) checkMoney(ctx context.Context, s streams, in *gate.Input, rules *policy.Document) error {
	catalog, err := f.prices.catalog(ctx)
	if err != nil {
		return err
	}
	if err := f.prices.checkPlace(catalog); err != nil {
		return err
	}
	b := rules.Budgets
	limited := b.MaxMonthly > 0 || len(b.Namespaces) > 0 || b.MaxIncrease > 0 && f.base != ""
	if limited && !in.Prices.Known() && rules.Prices == (policy.UnitPrices{}) {
		return errors.New("a limit of money is set, but there are no prices to check it by: give --provider and --region, a --report or --snapshot with priced nodes, or prices in the policy")
	}
	if b.MaxIncrease > 0 && f.base == "" {
		f.warn(s, "budgets.maxIncrease of the policy is not checked: there is no --base to compare with")
	}
	return nil
}

// checkPlace refuses a provider or region that the tables do not have, where
// no price file may have it.
func (f *priceFlags) checkPlace(catalog *pricing.Catalog) error {
	if f.provider == "" && f.region == "" || len(f.files) > 0 {
		return nil
	}
	if f.provider == "" {
		return fmt.Errorf("--region %s needs --provider: one of %s", f.region, strings.Join(catalog.Providers(), ", "))
	}
	price := catalog.Lookup(pricing.Query{Provider: f.provider, Region: f.region}) // of no type, which reads no table
	regions := catalog.RegionsNear(price.Offering.Provider, f.region)
	switch {
	case price.Cause == pricing.UnknownProvider:
		return fmt.Errorf("--provider %s: %s", f.provider, price.Reason)
	case f.region == "":
		return fmt.Errorf("--provider %s needs --region: one of %s", f.provider, lookup.Few(regions))
	}
	for _, r := range regions {
		if strings.EqualFold(r, f.region) {
			return nil
		}
	}
	return fmt.Errorf("--region %s: the tables have no such region of %s; near it are %s", f.region, f.provider, lookup.Few(regions))
}
