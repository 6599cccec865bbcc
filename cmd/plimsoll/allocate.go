package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
)

// allocateFlags say how the bill is to be shared out; without --aggregate it
// is not.
type allocateFlags struct {
	aggregate string
	share     []string
	split     string
}

func (f *allocateFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.aggregate, "aggregate", "", "share the bill out by `KEYS` such as namespace, controller, node, cluster, label:team or namespace,container; table prints it in place of the advice")
	fl.StringSliceVar(&f.share, "share-namespaces", nil, "with --aggregate: spread the cost of these `NAMESPACES` over the others")
	fl.StringVar(&f.split, "share-split", string(allocation.Weighted), "how to spread it: weighted (by each one's own cost) or even")
	completeFrom(cmd, "share-split", []string{string(allocation.Weighted), string(allocation.Even)})
}

// options checks the flags; ok is false where no allocation is asked for.
func (f *allocateFlags) options() (o allocation.Options, ok bool, err error) {
	if f.aggregate == "" {
		if len(f.share) > 0 {
			return o, false, fmt.Errorf("--share-namespaces spreads costs by the keys of --aggregate: give that too, such as --aggregate namespace")
		}
		return o, false, nil
	}
	if o.Aggregate, err = allocation.ParseKeys(f.aggregate); err != nil {
		return o, false, fmt.Errorf("--aggregate %s: %w", f.aggregate, err)
	}
	o.ShareNamespaces, o.Split = splitList(f.share), allocation.Split(f.split)
	if !slices.Contains([]allocation.Split{allocation.Weighted, allocation.Even}, o.Split) {
		return o, false, fmt.Errorf("--share-split %s: use weighted or even", f.split)
	}
	return o, true, nil
}

// allocate adds the allocation to what the report is built from.
func (f *allocateFlags) allocate(in *build.Input, snap *analyzer.Snapshot, catalog *pricing.Catalog) error {
	o, ok, err := f.options()
	if err != nil || !ok {
		return err
	}
	a, err := allocation.Of(snap, catalog)
	if err != nil {
		return fmt.Errorf("sharing the bill out: %w", err)
	}
	for _, name := range o.ShareNamespaces {
		if !slices.ContainsFunc(a.Items, func(i allocation.Item) bool { return i.Namespace == name }) {
			a.Warnings = append(a.Warnings, analyzer.Warning{Code: analyzer.WarnSelection, Subject: "--share-namespaces " + name, Message: "nothing in it costs anything; is the name right?"})
		}
	}
	in.Allocation, in.AllocateBy = a, o
	return nil
}
