package waste

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// volumeKinds are the kinds of waste beside pods and nodes. They are no part of
// the nodes' bill, and no other lever touches them.
var volumeKinds = []Kind{
	{advice.Kind{
		Code: "unbound-volume", One: "unbound volume", Many: "unbound volumes", Severity: advice.SeverityWarning,
		Beside:  "volumes",
		Found:   "a persistent volume that is Available, Released or Failed",
		Besides: "its size at the class's price",
	}, unboundVolumes},
	{advice.Kind{
		Code: "oversized-volume", One: "oversized volume", Many: "oversized volumes", Severity: advice.SeverityNote,
		Beside:  "volumes",
		Found:   "a mounted claim of which less than half was used at the fullest hour of 7 days or more (`kubelet_volume_stats_used_bytes`); the most that it held and 30 %, in whole GiB, would do; worth 1 USD a month or more",
		Besides: "the size beyond that",
	}, oversizedVolumes},
	{advice.Kind{
		Code: "unmounted-volume", One: "unmounted volume", Many: "unmounted volumes", Severity: advice.SeverityNote,
		Beside:  "volumes",
		Found:   "any other bound claim that no pod mounts; a Job that has ended and a StatefulSet that has fewer pods now are named where it is theirs",
		Besides: "its size",
	}, unmountedVolumes},
	{advice.Kind{
		Code: "scaled-to-zero-with-volumes", One: "workload scaled to zero that keeps volumes", Many: "workloads scaled to zero that keep volumes", Severity: advice.SeverityNote,
		Beside:  "volumes",
		Found:   "a workload without pods (a suspended CronJob too) to which bound claims belong that no pod mounts; its volumes are listed, and when it last ran",
		Besides: "their sizes",
	}, scaledToZero},
	{advice.Kind{
		Code: "load-balancer-without-endpoints", One: "load balancer without endpoints", Many: "load balancers without endpoints", Severity: advice.SeverityWarning,
		Beside:  "load balancers",
		Found:   "a Service of type LoadBalancer with an address, whose selector matches no ready pod",
		Besides: "its hourly price without traffic",
	}, withoutEndpoints},
}

const (
	// fullVolume is the share of a volume's size from which it is not called
	// oversized, volumeHeadroom the room that a smaller one leaves above the
	// most that was held, in percent, and leastVolume its least size.
	fullVolume, volumeHeadroom, leastVolume = 0.5, 30, 1 << 30
	// oversizedMonthly is the USD a month from which it is worth a line.
	oversizedMonthly = 1
)

// mayPrice reports whether volumes and load balancers have a price, and whether
// what looks unused is.
func (l *look) mayPrice() bool {
	pods := slices.ContainsFunc(l.Facts.Workloads, func(w analyzer.WorkloadFacts) bool { return len(w.Pods) > 0 })
	return l.Costs != nil && l.Costs.Catalog != nil && !l.partial() && pods
}

// unboundVolumes finds volumes without a claim.
func unboundVolumes(l *look) error {
	if !l.mayPrice() {
		return nil
	}
	for _, v := range l.Facts.Snapshot.Volumes {
		if v.Phase == "Available" || v.Phase == "Released" || v.Phase == "Failed" {
			if err := l.unboundVolume(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutEndpoints finds load balancers that lead to no ready pod.
func withoutEndpoints(l *look) error {
	if !l.mayPrice() {
		return nil
	}
	for _, b := range l.Facts.Snapshot.LoadBalancers {
		if pricing.CloudBalancer(l.places.Home.Provider, b.Class) && b.Selects && len(b.Pods) == 0 && b.Addresses > 0 {
			if err := l.noEndpoints(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// bound lists the claims that are bound and mounted, or bound and not.
func (l *look) bound(mounted bool) (out []analyzer.VolumeClaim) {
	if !l.mayPrice() {
		return nil
	}
	by := mountedClaims(l.Pass)
	for _, c := range l.Facts.Snapshot.VolumeClaims {
		if c.Phase == "Bound" && by[c.Namespace+"/"+c.Name] == mounted {
			out = append(out, c)
		}
	}
	return out
}

// oversizedVolumes finds volumes of which less than half was ever used.
func oversizedVolumes(l *look) error {
	for _, c := range l.bound(true) {
		if err := l.oversizedClaim(c); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) oversizedClaim(c analyzer.VolumeClaim) error {
	size := sizeOf(c)
	if c.Used == 0 || float64(c.Used) >= fullVolume*float64(size) || l.windowDays() < advice.IdleDays {
		return nil
	}
	enough := int64(cost.AddPercent(float64(c.Used), volumeHeadroom))
	enough = max((enough+leastVolume-1)/leastVolume*leastVolume, leastVolume)
	at := l.places.Volume(c.Volume)
	price, err := l.Costs.Catalog.VolumePrice(at.Provider, at.Region, l.places.VolumeKind(l.Facts.Snapshot, c.Volume, c.Class))
	if err != nil || price.Monthly(size)-price.Monthly(enough) < oversizedMonthly {
		return err
	}
	r := advice.Advice{
		Subject: "PersistentVolumeClaim/" + c.Namespace + "/" + c.Name, Confidence: 0.7,
		Title: fmt.Sprintf("%d %% of it was used at most: %d GiB would do", 100*c.Used/size, enough>>30),
	}
	r.Show("most that it held", float64(c.Used), "bytes")
	r.Show("size that would do", float64(enough), "bytes")
	r.Show("history", l.windowDays(), "days")
	return l.volume(r, Finding{
		Loss: "room to grow; a volume can't shrink, so that its data must be copied to a smaller one",
	}, size, enough, c.Volume, c.Class)
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

// volume prices what of a volume's size is too much, all but what is to stay, and
// files what was found.
func (l *look) volume(r advice.Advice, f Finding, size, stays int64, name, class string) error {
	at := l.places.Volume(name)
	price, err := l.Costs.Catalog.VolumePrice(at.Provider, at.Region, l.places.VolumeKind(l.Facts.Snapshot, name, class))
	if err != nil {
		return err
	}
	f.Monthly = price.Monthly(size)
	if stays > 0 { // a smaller one has the same IOPS
		f.Monthly -= price.Monthly(stays)
	}
	r.Show("size", float64(size-stays), "bytes")
	citeVolume(&r, at, price)
	f.Unpriced = price.Unpriced(size)
	warnAssumed(&r, class, at.Region, price, f.Unpriced)
	l.file(r, f)
	return nil
}

func citeVolume(r *advice.Advice, at cost.Place, price pricing.StoragePrice) {
	if price.Missing == "" {
		r.Cite([]pricing.Provenance{pricing.SourceOf(pricing.OfVolumes, at.Provider, price.Source, price.AsOf)})
	}
}

// warnAssumed warns that a storage class is priced as another, or not at all.
func warnAssumed(r *advice.Advice, class, region string, price pricing.StoragePrice, unpriced string) {
	w := analyzer.Warning{Code: "price", Subject: cmp.Or(r.Subject, r.Workload.String())}
	switch {
	case unpriced != "":
		w.Message = fmt.Sprintf("storage class %q is not priced: %s has no price here", class, unpriced)
	case price.Assumed:
		w.Message = fmt.Sprintf("storage class %q in %s is priced as %s", class, region, price.Item)
	default:
		return
	}
	if !slices.Contains(r.Warnings, w) {
		r.Warnings = append(r.Warnings, w)
	}
}

func (l *look) unboundVolume(v analyzer.Volume) error {
	r := advice.Advice{Subject: "PersistentVolume/" + v.Name, Title: "a volume that no claim is bound to", Confidence: 0.9}
	f := Finding{Loss: "whatever is on it"}
	if v.Claim != "" {
		r.Title = fmt.Sprintf("a volume whose claim %s is gone", v.Claim)
		f.Loss = "the data of " + v.Claim + ", which the reclaim policy " + v.Reclaim + " kept"
	}
	return l.volume(r, f, v.Capacity, 0, v.Name, v.Class)
}

// lastBalancer is what one load balancer less takes off the bill: of those that share
// a price nothing while another stays.
func (l *look) lastBalancer(internal bool) (pricing.ServicePrice, error) {
	home, count := l.places.Home, 0
	for _, b := range l.Facts.Snapshot.LoadBalancers {
		if b.Addresses > 0 && b.Internal == internal && pricing.CloudBalancer(home.Provider, b.Class) {
			count++
		}
	}
	all, err := l.Costs.Catalog.LoadBalancers(home.Provider, home.Region, count)
	if err != nil || count <= 1 {
		return all, err
	}
	less, err := l.Costs.Catalog.LoadBalancers(home.Provider, home.Region, count-1)
	all.USDPerHour -= less.USDPerHour
	return all, err
}

func (l *look) noEndpoints(b analyzer.LoadBalancer) error {
	home := l.places.Home
	price, err := l.lastBalancer(b.Internal)
	if err != nil {
		return err
	}
	r := advice.Advice{Subject: "Service/" + b.Namespace + "/" + b.Name, Title: "a load balancer that leads to no ready pod", Confidence: 0.8}
	r.Show("addresses", float64(b.Addresses), "count")
	message := "priced without traffic, as " + price.Item
	switch {
	case price.USDPerHour == 0 && price.Item != "":
		message = "it shares one price with the other load balancers: without it the bill is the same"
	case price.USDPerHour == 0:
		message = "no price of load balancers is known for its provider"
	}
	r.Warnings = append(r.Warnings, analyzer.Warning{Code: "price", Subject: r.Subject, Message: message})
	r.Cite([]pricing.Provenance{pricing.SourceOf(pricing.OfLoadBalancers, home.Provider, price.Source, price.AsOf)})
	l.file(r, Finding{Monthly: price.USDPerHour * pricing.HoursPerMonth, Loss: "its address: the next one is another"})
	return nil
}
