package main

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

// addEvidence reads the report or snapshot, and finds the prices.
func (f *gateFlags) addEvidence(ctx context.Context, in *gate.Input, rules *policy.Document) error {
	catalog, err := f.prices.catalog(ctx)
	if err != nil {
		return err
	}
	switch {
	case f.snapshot != "":
		err = f.fromSnapshot(ctx, in, rules, catalog)
	case f.report != "":
		err = f.fromReport(ctx, in, catalog)
	}
	if err != nil {
		return err
	}
	if !in.Prices.Known() && f.prices.provider != "" && f.prices.region != "" {
		in.Prices = evidence.PriceOfType(catalog, rules.Node.InstanceType)
	}
	node, err := rules.NodeSize(catalog, f.prices.provider, f.prices.region)
	if err != nil {
		return err
	}
	if in.Node = node; node == (analyzer.Amounts{}) && in.Evidence != nil {
		in.Node = in.Evidence.Node
	}
	return nil
}

func (f *gateFlags) fromReport(ctx context.Context, in *gate.Input, catalog *pricing.Catalog) error {
	r, err := readSaved(ctx, &f.files, "--report", f.report)
	if err != nil {
		return err
	}
	name := f.files.shown(f.report)
	in.Evidence = evidence.Of(r, name)
	in.Prices = evidence.PricesOf(r, catalog, f.prices.provider)
	return nil
}

func (f *gateFlags) fromSnapshot(ctx context.Context, in *gate.Input, rules *policy.Document, catalog *pricing.Catalog) error {
	name := f.files.shown(f.snapshot)
	snap, err := collect.Saved(ctx, f.files.open, name)
	if err != nil {
		return collectError(err)
	}
	opts := advice.Options{RiskCPU: rules.Evidence.RiskCPU, RiskOOM: rules.Evidence.RiskOOM}
	out, err := recommender.Advise(ctx, snap, catalog, opts)
	if err != nil {
		return fmt.Errorf("advising on %s: %w", name, err)
	}
	in.Evidence, in.Prices = evidence.From(out, name)
	return nil
}
