package allocation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Besides is what the snapshot's window costs beside the nodes: the bill without
// them, and nobody's yet. It is Of without its larger part.
func Besides(s *analyzer.Snapshot, catalog *pricing.Catalog) (*Allocation, error) {
	a := newAllocator(s, catalog)
	a.priceNodes()
	a.Prices = nil
	if err := a.besides(); err != nil {
		return nil, err
	}
	a.sort()
	return a.Allocation, nil
}

// besides puts what is no node on the bill: volumes, load balancers and the
// control plane.
func (a *allocator) besides() error {
	a.bought = a.placesOf()
	if err := a.volumes(); err != nil {
		return err
	}
	if err := a.loadBalancers(); err != nil {
		return err
	}
	return a.controlPlane()
}

func (a *allocator) placesOf() *Places {
	taken := make(map[string]pricing.Offering, len(a.bills))
	for i := range a.bills {
		taken[a.bills[i].Name] = a.bills[i].Price.Offering
	}
	return PlacesOf(a.snapshot, taken)
}

// disk is a volume that is paid for.
type disk struct {
	name, class      string
	volume           string
	namespace, claim string // of the claim it is or was bound to
	bytes            int64
}

// disks lists the persistent volumes; where they could not be read, the bound
// claims stand for them.
func (a *allocator) disks() []disk {
	var out []disk
	seen := map[string]bool{}
	for i := range a.snapshot.Volumes {
		v := &a.snapshot.Volumes[i]
		namespace, claim, _ := strings.Cut(v.Claim, "/")
		out = append(out, disk{"PersistentVolume/" + v.Name, v.Class, v.Name, namespace, claim, v.Capacity})
		seen[v.Name] = true
	}
	for i := range a.snapshot.VolumeClaims {
		c := &a.snapshot.VolumeClaims[i]
		if c.Phase == "Bound" && !seen[c.Volume] {
			name := "PersistentVolumeClaim/" + c.Namespace + "/" + c.Name
			out = append(out, disk{name, c.Class, c.Volume, c.Namespace, c.Name, max(c.Capacity, c.Requested)})
		}
	}
	return out
}

// volumes bills every volume to the pods that mount it, in equal parts.
func (a *allocator) volumes() error {
	mounts := a.mounts()
	assumed := map[string]int{}
	for _, d := range a.disks() {
		at := a.bought.Volume(d.volume)
		price, err := a.catalog.VolumePrice(at.Provider, at.Region, a.bought.VolumeKind(a.snapshot, d.volume, d.class))
		if err != nil {
			return fmt.Errorf("pricing %s: %w", d.name, err)
		}
		switch unpriced := price.Unpriced(d.bytes); {
		case unpriced != "":
			assumed[fmt.Sprintf("storage class %q is not priced and in no sum: %s has no price here; give it with --pricing", d.class, unpriced)]++
			continue
		case price.Assumed:
			assumed[fmt.Sprintf("storage class %q%s is priced as %s, %.3g USD per GiB and month", d.class, in(at.Region), price.Item, price.USDPerGiB)]++
		}
		a.cite(pricing.OfVolumes, at, price.Source, price.AsOf)
		byteHours := float64(d.bytes) * a.Hours
		usd := price.Monthly(d.bytes) * a.Hours / pricing.HoursPerMonth
		a.Bill.Volumes += usd
		a.share(d.namespace, mounts[d.namespace+"/"+d.claim], func(i *Item, part float64) {
			i.Volume += usd * part
			i.VolumeByteHours += byteHours * part
			i.Volumes = withPart(i.Volumes, Part{d.volume, byteHours * part, usd * part})
		})
	}
	for message, n := range assumed {
		a.warn("price", counted(n, "volume"), message)
	}
	return nil
}

func in(region string) string {
	if region == "" {
		return ""
	}
	return " in " + region
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sitter is a pod that something is billed to.
type sitter struct {
	pod *analyzer.Pod
	of  *analyzer.Workload
}

// mounts are the pods that mount each claim, by namespace/name.
func (a *allocator) mounts() map[string][]sitter {
	out := map[string][]sitter{}
	for p, w := range running(a.snapshot) {
		for _, c := range p.Spec.Claims {
			k := w.Namespace + "/" + c
			out[k] = append(out[k], sitter{p, w})
		}
	}
	return out
}

// share gives every pod an equal part, and every container of it an equal part
// of that. What has no pod falls to its namespace.
func (a *allocator) share(namespace string, to []sitter, give func(item *Item, part float64)) {
	if len(to) == 0 {
		give(a.item(analyzer.Ref{Namespace: namespace}, "", "", ""), 1)
		return
	}
	for _, s := range to {
		names := containersOf(s)
		for _, c := range names {
			give(a.item(s.of.Ref, c, a.locate(s), a.podName(s.pod)), 1/float64(len(to)*len(names)))
		}
	}
}

// locate gives the pod's node where it has a bill.
func (a *allocator) locate(s sitter) string {
	if _, ok := a.byNode[s.pod.Node]; ok {
		return s.pod.Node
	}
	return ""
}

// containersOf names the containers of a pod that keep running.
func containersOf(s sitter) []string {
	var out []string
	for _, c := range s.of.ContainersOf(s.pod) {
		if c.Type != analyzer.TypeInit {
			out = append(out, c.Name)
		}
	}
	if len(out) == 0 {
		out = []string{""}
	}
	return out
}

// paidBalancers lists those that the provider bills. The others are named.
func (a *allocator) paidBalancers(provider string) (paid []*analyzer.LoadBalancer) {
	for i := range a.snapshot.LoadBalancers {
		switch b := &a.snapshot.LoadBalancers[i]; {
		case b.Addresses == 0:
		case pricing.CloudBalancer(provider, b.Class):
			paid = append(paid, b)
		default:
			a.warn("not-counted", "Service/"+b.Namespace+"/"+b.Name, "not priced: a load balancer of "+b.Class+" is none of the cloud's; what it runs on is in the bill, what another company asks is not")
		}
	}
	return paid
}

// loadBalancers bills those that have an address to the pods behind them, in equal
// parts: some providers have one price for several.
func (a *allocator) loadBalancers() error {
	pods := map[string]sitter{}
	for p, w := range running(a.snapshot) {
		pods[w.Namespace+"/"+p.Name] = sitter{p, w}
	}
	paid := a.paidBalancers(a.bought.Home.Provider)
	for _, internal := range []bool{false, true} {
		together := slices.DeleteFunc(slices.Clone(paid), func(b *analyzer.LoadBalancer) bool { return b.Internal != internal })
		if err := a.balancersOf(together, pods); err != nil {
			return err
		}
	}
	if len(paid) > 0 {
		a.warn("not-counted", counted(len(paid), "load balancer"), "the traffic through them is not counted: only what they cost an hour is")
	}
	return nil
}

// balancersOf bills those of which a provider puts several together.
func (a *allocator) balancersOf(together []*analyzer.LoadBalancer, pods map[string]sitter) error {
	home := a.bought.Home
	price, err := a.catalog.LoadBalancers(home.Provider, home.Region, len(together))
	if err != nil {
		return fmt.Errorf("pricing load balancers: %w", err)
	}
	if len(together) == 0 {
		return nil
	}
	usd := price.USDPerHour * a.Hours / float64(len(together))
	for _, b := range together {
		var behind []sitter
		for _, name := range b.Pods {
			if s, ok := pods[b.Namespace+"/"+name]; ok {
				behind = append(behind, s)
			}
		}
		a.Bill.LoadBalancers += usd
		a.share(b.Namespace, behind, func(i *Item, part float64) {
			i.LoadBalancer += usd * part
			i.LoadBalancers = withPart(i.LoadBalancers, Part{Name: b.Namespace + "/" + b.Name, USD: usd * part})
		})
	}
	a.cite(pricing.OfLoadBalancers, home, price.Source, price.AsOf)
	if price.Reason != "" {
		a.warn("price", counted(len(together), "load balancer"), price.Reason)
	}
	return nil
}

// controlPlane bills the fee of a managed control plane. One whose nodes are
// among the cluster's is paid for with them, and one that users run has no fee.
func (a *allocator) controlPlane() error {
	if slices.ContainsFunc(a.snapshot.Nodes, runsControlPlane) || len(a.bills) == 0 {
		return nil
	}
	home, managed := a.bought.Home, slices.ContainsFunc(a.snapshot.Nodes, managedNode)
	minor := a.snapshot.ControlPlaneMinor()
	if !managed {
		minor = 0 // an old version costs more where it is managed, and nobody says so
	}
	price, err := a.catalog.ControlPlaneOf(home.Provider, home.Region, minor, a.snapshot.Window.End)
	if err != nil {
		return fmt.Errorf("pricing the control plane: %w", err)
	}
	of := cloud.Of(cloud.Canonical(home.Provider))
	if listed := of != nil && price.Item == of.ControlPlane; listed && !managed && slices.ContainsFunc(a.snapshot.Nodes, selfRun) {
		a.warn("price", "control plane", "its nodes say that it is run by its users: no fee is counted")
		return nil
	}
	a.Bill.ControlPlane = price.USDPerHour * a.Hours
	if price.USDPerHour > 0 {
		a.cite(pricing.OfControlPlane, home, price.Source, price.AsOf)
	}
	reason := price.Reason
	if reason == "" && !managed {
		reason = fmt.Sprintf("no node says that the control plane is managed; it is priced as %s, %g USD an hour", price.Item, price.USDPerHour)
	}
	if reason != "" {
		a.warn("price", "control plane", reason)
	}
	return nil
}

// Extended reports whether the control plane is one that costs more for its old version.
func Extended(s *analyzer.Snapshot) bool {
	pays := slices.ContainsFunc(s.Nodes, func(n analyzer.Node) bool {
		of := cloud.OfNode(n.ProviderID, n.Labels)
		return of != nil && of.Extended != "" && managedNode(n)
	})
	return pays && pricing.ExtendedSupport(s.ControlPlaneMinor(), s.Window.End)
}

func runsControlPlane(n analyzer.Node) bool {
	for _, role := range []string{"control-plane", "master"} {
		if _, ok := n.Labels["node-role.kubernetes.io/"+role]; ok {
			return true
		}
	}
	return false
}

// managedNode reports whether a node says that its cloud runs the control plane.
func managedNode(n analyzer.Node) bool {
	return slices.ContainsFunc(cloud.All(), func(c *cloud.Cloud) bool { return c.RunsControlPlane(n.Kubelet, n.Labels) })
}

func selfRun(n analyzer.Node) bool { return cloud.SelfRun(n.Kubelet, n.Labels) }

// cite notes where a price of something came from.
func (a *allocator) cite(of string, at pricing.Place, source, asOf string) {
	p := pricing.SourceOf(of, at.Provider, source, asOf)
	if !slices.Contains(a.Prices, p) {
		a.Prices = append(a.Prices, p)
	}
}
