package main

import (
	"context"

	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

// checkMoney refuses a place without prices and a limit of money that cannot be
// checked, and says which is not checked.
func (f *gateFlags) checkMoney(ctx context.Context, s streams, in *gate.Input) error {
	if len(f.prices.files) == 0 { // a price file may have a place of its own
		catalog, err := f.prices.catalog(ctx)
		if err != nil {
			return err
		}
		if err := lookup.CheckPlace(catalog, f.prices.provider, f.prices.region); err != nil {
			return err
		}
	}
	if err := in.LacksMoney(); err != nil {
		return err
	}
	if left := in.Unchecked(); left != "" {
		f.warn(s, left)
	}
	return nil
}
