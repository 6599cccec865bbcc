package waste

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// The kinds of waste beside pods and nodes. They are no part of the nodes'
// bill, and no other lever touches them.
const (
	UnboundVolume = "unbound-volume"
	Unmounted     = "unmounted-volume"
	Oversized     = "oversized-volume"
	NoEndpoints   = "load-balancer-without-endpoints"
)

const (
	// fullVolume is the share of a volume's size from which it is not called
	// oversized, volumeHeadroom the room that a smaller one leaves above the
	// most that was held, in percent, and leastVolume its least size.
	fullVolume, volumeHeadroom, leastVolume = 0.5, 30, 1 << 30
	// oversizedMonthly is the USD a month from which it is worth a line.
	oversizedMonthly = 1
)

// wasteVolumes finds volumes without a claim, claims that no pod mounts, and
// load balancers that lead to no ready pod.
func wasteVolumes(p *advice.Pass) error {
	s := p.Facts.Snapshot
	pods := slices.ContainsFunc(p.Facts.Workloads, func(w analyzer.WorkloadFacts) bool { return len(w.Pods) > 0 })
	if p.Costs == nil || p.Costs.Catalog == nil || partial(p) || !pods {
		return nil
	}
	home := p.Costs.Home()
	provider, region := home.Provider, home.Region
	for _, v := range s.Volumes {
		if v.Phase == "Available" || v.Phase == "Released" || v.Phase == "Failed" {
			if err := unboundVolume(p, v, provider, region); err != nil {
				return err
			}
		}
	}
	if err := boundClaims(p, provider, region); err != nil {
		return err
	}
	for _, b := range s.LoadBalancers {
		if b.Selects && len(b.Pods) == 0 && b.Addresses > 0 {
			if err := noEndpoints(p, b, provider, region); err != nil {
				return err
			}
		}
	}
	return nil
}

// boundClaims judges the claims that are bound.
func boundClaims(p *advice.Pass, provider, region string) error {
	mounted := mountedClaims(p)
	var left []analyzer.VolumeClaim
	for _, c := range p.Facts.Snapshot.VolumeClaims {
		switch {
		case c.Phase != "Bound":
		case !mounted[c.Namespace+"/"+c.Name]:
			left = append(left, c)
		default:
			if err := oversizedClaim(p, c, provider, region); err != nil {
				return err
			}
		}
	}
	return unmountedClaims(p, left, provider, region)
}

// oversizedClaim finds a volume of which less than half was ever used.
func oversizedClaim(p *advice.Pass, c analyzer.VolumeClaim, provider, region string) error {
	size := sizeOf(c)
	if c.Used == 0 || float64(c.Used) >= fullVolume*float64(size) || windowDays(p) < advice.IdleDays {
		return nil
	}
	enough := int64(rightsize.AddPercent(float64(c.Used), volumeHeadroom))
	enough = max((enough+leastVolume-1)/leastVolume*leastVolume, leastVolume)
	price, err := p.Costs.Catalog.StoragePrice(provider, region, c.Class)
	if err != nil || float64(size-enough)/(1<<30)*price.USDPerGiB < oversizedMonthly {
		return err
	}
	r := advice.Advice{
		Subject: "PersistentVolumeClaim/" + c.Namespace + "/" + c.Name, Confidence: 0.7,
		Title: fmt.Sprintf("%d %% of it was used at most: %d GiB would do", 100*c.Used/size, enough>>30),
	}
	r.Show("most that it held", float64(c.Used), "bytes")
	r.Show("size that would do", float64(enough), "bytes")
	r.Show("history", windowDays(p), "days")
	return volumeFinding(p, r, Finding{
		Kind: Oversized,
		Loss: "room to grow; a volume can't shrink, so that its data must be copied to a smaller one",
	}, size-enough, c.Class, provider, region)
}

// mountedClaims are those that a pod which has not ended names.
func mountedClaims(p *advice.Pass) map[string]bool {
	out := map[string]bool{}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		for _, pod := range w.Pods {
			if !pod.Ended() {
				for _, c := range pod.Spec.Claims {
					out[w.Namespace+"/"+c] = true
				}
			}
		}
	}
	return out
}

// volumeFinding prices a volume and files what was found.
func volumeFinding(p *advice.Pass, r advice.Advice, f Finding, size int64, class, provider, region string) error {
	price, err := p.Costs.Catalog.StoragePrice(provider, region, class)
	if err != nil {
		return err
	}
	f.Monthly = float64(size) / (1 << 30) * price.USDPerGiB
	r.Show("size", float64(size), "bytes")
	if price.Assumed {
		warnAssumed(&r, class, region, price)
	}
	wasted(p, r, f)
	return nil
}

// warnAssumed warns that a storage class is priced as another.
func warnAssumed(r *advice.Advice, class, region string, price pricing.StoragePrice) {
	w := analyzer.Warning{Code: "price", Subject: cmp.Or(r.Subject, r.Workload.String()), Message: fmt.Sprintf("storage class %q in %s is priced as %s", class, region, price.Item)}
	if !slices.Contains(r.Warnings, w) {
		r.Warnings = append(r.Warnings, w)
	}
}

func unboundVolume(p *advice.Pass, v analyzer.Volume, provider, region string) error {
	r := advice.Advice{Subject: "PersistentVolume/" + v.Name, Title: "a volume that no claim is bound to", Confidence: 0.9}
	f := Finding{Kind: UnboundVolume, Loss: "whatever is on it"}
	if v.Claim != "" {
		r.Title = fmt.Sprintf("a volume whose claim %s is gone", v.Claim)
		f.Loss = "the data of " + v.Claim + ", which the reclaim policy " + v.Reclaim + " kept"
	}
	return volumeFinding(p, r, f, v.Capacity, v.Class, provider, region)
}

func noEndpoints(p *advice.Pass, b analyzer.LoadBalancer, provider, region string) error {
	usd, item, err := p.Costs.Catalog.LoadBalancerPrice(provider, region)
	if err != nil {
		return err
	}
	r := advice.Advice{Subject: "Service/" + b.Namespace + "/" + b.Name, Title: "a load balancer that leads to no ready pod", Confidence: 0.8}
	r.Show("addresses", float64(b.Addresses), "count")
	message := "priced without traffic, as " + item
	if usd == 0 {
		message = "no price of load balancers is known for its provider"
	}
	r.Warnings = append(r.Warnings, analyzer.Warning{Code: "price", Subject: r.Subject, Message: message})
	wasted(p, r, Finding{
		Kind: NoEndpoints, Monthly: usd * pricing.HoursPerMonth,
		Loss: "its address: the next one is another",
	})
	return nil
}
