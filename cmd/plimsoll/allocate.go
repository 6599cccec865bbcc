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
	shareIdle string
	filter    string
}

func (f *allocateFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.aggregate, "aggregate", "", "share the bill out by `KEYS` such as namespace, controller, pod, node, cluster, label:team or namespace,container; table prints it in place of the advice")
	fl.StringSliceVar(&f.share, "share-namespaces", nil, "with --aggregate: spread the cost of these `NAMESPACES` over the others")
	fl.StringVar(&f.split, "share-split", string(allocation.Weighted), "how to spread it: weighted (by each one's own cost) or even")
	fl.StringVar(&f.shareIdle, "share-idle", "", "with --aggregate: spread idle `OVER` all by their own cost (cluster), or over what is on the same node (node)")
	fl.StringVar(&f.filter, "filter", "", "with --aggregate: list only what a `FILTER` takes, as OpenCost writes it, such as 'namespace:\"shop\"+controllerKind:\"deployment\"+label[team]:\"web\"'; the rest is one row")
	completeFrom(cmd, "share-idle", []string{string(allocation.IdleByCluster), string(allocation.IdleByNode)})
	completeFrom(cmd, "share-split", []string{string(allocation.Weighted), string(allocation.Even)})
}

// options checks the flags; ok is false where no allocation is asked for.
func (f *allocateFlags) options() (o allocation.Options, ok bool, err error) {
	if f.aggregate == "" {
		for _, other := range []struct {
			name  string
			given bool
		}{{"--share-namespaces", len(f.share) > 0}, {"--share-idle", f.shareIdle != ""}, {"--filter", f.filter != ""}} {
			if other.given {
				return o, false, fmt.Errorf("%s changes the table of --aggregate: give that too, such as --aggregate namespace", other.name)
			}
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
	if o.ShareIdle, err = allocation.ParseIdle(f.shareIdle); err != nil {
		return o, false, fmt.Errorf("--share-idle: %w", err)
	}
	if f.filter != "" {
		if o.Filter, err = allocation.ParseFilter(f.filter); err != nil {
			return o, false, fmt.Errorf("--filter: %w", err)
		}
		o.FilterText = f.filter
	}
	return o, true, nil
}

// allocate adds the allocation to what the report is built from. Commitments that are
// held make the nodes' prices.
func (f *allocateFlags) allocate(in *build.Input, snap *analyzer.Snapshot, catalog *pricing.Catalog, held []pricing.HeldCommitment) error {
	o, ok, err := f.options()
	if err != nil || !ok {
		return err
	}
	a, err := allocation.Of(snap, catalog, allocation.Basis{
		Held: in.Costs.Held(pricing.HeldAt(held, snap.Window.End)),
		Pods: slices.Contains(o.Aggregate, allocation.ByPod) || o.Filter.Pods(),
	})
	if err != nil {
		return fmt.Errorf("sharing the bill out: %w", err)
	}
	for _, name := range o.ShareNamespaces {
		if !slices.ContainsFunc(a.Items, func(i allocation.Item) bool { return i.Namespace == name }) {
			a.Warnings = append(a.Warnings, analyzer.Warning{Code: analyzer.WarnSelection, Subject: "--share-namespaces " + name, Message: "nothing in it costs anything; is the name right?"})
		}
	}
	if f.filter != "" && !slices.ContainsFunc(a.Items, func(i allocation.Item) bool { return o.Filter.Takes(a, &i) }) {
		a.Warnings = append(a.Warnings, analyzer.Warning{Code: analyzer.WarnSelection, Subject: "--filter " + f.filter, Message: "it takes nothing that costs anything; are the names right?"})
	}
	in.Allocation, in.AllocateBy = a, o
	return nil
}
