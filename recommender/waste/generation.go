package waste

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// worthIt is the share that a newer generation must take off the price.
const worthIt = 0.03

// oldGenerations finds instance types of which a newer generation, as large in
// every respect, costs less.
func oldGenerations(l *look) error {
	if l.Costs == nil || l.Costs.Catalog == nil {
		return nil
	}
	nodes := map[pricing.Offering][]cost.MeanKind{}
	var types []pricing.Offering
	for _, n := range l.Costs.Paid() {
		o := pricing.Offering{Provider: n.Offering.Provider, Region: n.Offering.Region, InstanceType: n.Offering.InstanceType}
		if n.Offering.CapacityType != pricing.OnDemand || n.Estimated {
			continue
		}
		if nodes[o] == nil {
			types = append(types, o)
		}
		nodes[o] = append(nodes[o], n)
	}
	slices.SortFunc(types, func(a, b pricing.Offering) int {
		return cmp.Or(strings.Compare(a.Provider, b.Provider), strings.Compare(a.Region, b.Region), strings.Compare(a.InstanceType, b.InstanceType))
	})
	for _, t := range types {
		now := nodes[t][0].Offering
		now.USDPerHour -= nodes[t][0].Fee // EKS Auto Mode takes it of the newer machine too
		if next, ok := l.Costs.Catalog.Successor(now); ok && next.USDPerHour <= (1-worthIt)*now.USDPerHour {
			l.oldGeneration(now, next, nodes[t])
		}
	}
	return nil
}

// oldGeneration files the nodes of a type at the prices of the machines alone: what is
// saved of a fee is saved beside. Nodes that come and go count by their hours.
func (l *look) oldGeneration(now, next pricing.Offering, all []cost.MeanKind) {
	usd, count := 0.0, 0.0
	for i := range all {
		saved := now.USDPerHour - next.USDPerHour
		if all[i].Fee > 0 {
			saved *= 1 + pricing.AutoModeShare(now.Provider)
		}
		usd, count = usd+all[i].Count*saved, count+all[i].Count
	}
	r := advice.Advice{
		Subject: "InstanceType/" + now.InstanceType, Confidence: 0.8,
		Title: fmt.Sprintf("an older generation: %s is as large and cheaper", next.InstanceType),
	}
	r.Show("nodes", math.Round(100*count)/100, "count")
	r.Show("price of "+now.InstanceType, now.USDPerHour, "usd")
	r.Show("price of "+next.InstanceType, next.USDPerHour, "usd")
	r.Cite(l.Costs.Catalog.SourcesOf(pricing.Query{Provider: next.Provider, Region: next.Region, InstanceType: next.InstanceType}))
	l.file(r, Finding{
		Monthly: pricing.HoursPerMonth * usd,
		Loss:    "commitments that are tied to " + pricing.CommitmentFamily(now.Provider, now.InstanceType) + ", and a CPU maker where it changes",
	})
}
