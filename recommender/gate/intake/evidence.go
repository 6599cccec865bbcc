package intake

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
)

// addEvidence reads the report or snapshot, and finds the prices.
func (r *Request) addEvidence(ctx context.Context, in *gate.Input) (err error) {
	switch {
	case r.Snapshot != "":
		err = r.fromSnapshot(ctx, in)
	case r.Report != "":
		err = r.fromReport(ctx, in)
	}
	if err != nil {
		return err
	}
	if !in.Prices.Known() && r.Provider != "" && r.Region != "" {
		in.Prices = evidence.PriceOfType(r.Catalog, in.Policy.Node.InstanceType)
	}
	if in.Node, err = in.Policy.NodeSize(r.Catalog, r.Provider, r.Region); err != nil {
		return err
	}
	if in.Node == (analyzer.Amounts{}) && in.Evidence != nil {
		in.Node, in.Programs = in.Evidence.Node, in.Evidence.Programs
	}
	return nil
}

func (r *Request) fromReport(ctx context.Context, in *gate.Input) error {
	name := r.Shown(r.Report)
	file, err := r.Open(ctx, r.Report)
	if err != nil {
		return collect.Reading("--report", err)
	}
	defer file.Close()
	saved, err := keep.Decode(file)
	if err != nil {
		return fmt.Errorf("reading --report: %s: %w", name, err)
	}
	in.Evidence, in.Prices = evidence.Of(saved, name), evidence.PricesOf(saved, r.Catalog, r.Provider)
	return nil
}

// fromSnapshot runs the same advice as an audit, by the risks of the policy.
func (r *Request) fromSnapshot(ctx context.Context, in *gate.Input) error {
	name := r.Shown(r.Snapshot)
	snap, err := collect.Saved(ctx, r.Open, name)
	if err != nil {
		return err
	}
	opts := advice.Options{RiskCPU: in.Policy.Evidence.RiskCPU, RiskOOM: in.Policy.Evidence.RiskOOM}
	out, err := recommender.Advise(ctx, snap, r.Catalog, opts)
	if err != nil {
		return fmt.Errorf("advising on %s: %w", name, err)
	}
	in.Evidence, in.Prices = evidence.From(out, name)
	return nil
}

// checkMoney refuses a place without prices and a limit of money that cannot be
// checked, and says which is not checked.
func (r *Request) checkMoney(in *gate.Input) error {
	if !r.OwnPrices {
		if err := lookup.CheckPlace(r.Catalog, r.Provider, r.Region); err != nil {
			return err
		}
	}
	if err := in.LacksMoney(); err != nil {
		return err
	}
	if left := in.Unchecked(); left != "" {
		r.Warn(left)
	}
	return nil
}
