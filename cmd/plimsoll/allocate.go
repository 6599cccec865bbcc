package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
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

// options checks the flags; it gives nil where no allocation is asked for.
func (f *allocateFlags) options() (*allocation.Options, error) {
	if f.aggregate == "" {
		for _, other := range []struct {
			name  string
			given bool
		}{{"--share-namespaces", len(f.share) > 0}, {"--share-idle", f.shareIdle != ""}, {"--filter", f.filter != ""}} {
			if other.given {
				return nil, fmt.Errorf("%s changes the table of --aggregate: give that too, such as --aggregate namespace", other.name)
			}
		}
		return nil, nil
	}
	var o allocation.Options
	var err error
	if o.Aggregate, err = allocation.ParseKeys(f.aggregate); err != nil {
		return nil, fmt.Errorf("--aggregate %s: %w", f.aggregate, err)
	}
	o.ShareNamespaces, o.Split = splitList(f.share), allocation.Split(f.split)
	if !slices.Contains([]allocation.Split{allocation.Weighted, allocation.Even}, o.Split) {
		return nil, fmt.Errorf("--share-split %s: use weighted or even", f.split)
	}
	if o.ShareIdle, err = allocation.ParseIdle(f.shareIdle); err != nil {
		return nil, fmt.Errorf("--share-idle: %w", err)
	}
	if f.filter != "" {
		if o.Filter, err = allocation.ParseFilter(f.filter); err != nil {
			return nil, fmt.Errorf("--filter: %w", err)
		}
		o.FilterText = f.filter
	}
	return &o, nil
}
