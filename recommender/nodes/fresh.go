package nodes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fresh"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/kubelet"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// freshPlanner plans nodes for pods that have none.
type freshPlanner struct {
	*nodePlanner
	at    pricing.Place
	home  *plannedFrom // stands for a node that nothing is known of
	spots []safe.Spot
	left  fresh.Lefts
	wants fresh.Wants
	bare  map[string]bool // pods without a request
	disks map[string]int  // by pod: the volumes that would be made for it, and stay
}

// runFresh plans the nodes of a cluster of which no node is known, at the place that the
// user names. Without one there is nothing to say.
func runFresh(p *advice.Pass) error {
	at, ok := p.Costs.Catalog.Asked()
	if !ok {
		return nil
	}
	f := &freshPlanner{
		nodePlanner: &nodePlanner{pass: p, byName: map[string]*plannedFrom{}, refers: map[string]bool{}, losing: map[string]bool{}, poolOf: map[string]*nodePool{}, autoscaler: p.Facts.Snapshot.NodeAutoscaler()},
		at:          at, home: &plannedFrom{Node: &analyzer.Node{}}, bare: map[string]bool{}, disks: map[string]int{},
	}
	f.gather()
	if len(f.pods)+len(f.left.List()) == 0 {
		return nil
	}
	r := advice.Advice{Rule: "nodes", Lever: advice.LeverNodes, Subject: nodesSubject}
	reason, err := f.packFresh(p.Context)
	if err != nil {
		return err
	}
	if reason != "" {
		r.Abstain(reason)
	} else if err := f.adviseFresh(&r); err != nil {
		return err
	}
	p.Report(r)
	return nil
}

// gather lists the pods that the cluster would run. What the packer can't hold is left out
// by name: there is no node of today for it to stay on.
func (f *freshPlanner) gather() {
	total := 0
	for i := range f.pass.Facts.Workloads {
		w := &f.pass.Facts.Workloads[i]
		all := fresh.Pods(w)
		if total += len(all); total > mostBeyond || w.Kind == "Node" {
			if len(all) > 0 && w.Kind != "Node" {
				f.left.Add(w.Ref.String(), fmt.Sprintf("with its %d pods there are more than %d", len(all), mostBeyond))
			}
			continue
		}
		for j := range all {
			f.add(w, &all[j])
		}
	}
}

func (f *freshPlanner) add(w *analyzer.WorkloadFacts, pod *analyzer.Pod) {
	bare, disks := fresh.Bare(pod)
	one, holds := f.podOf(w, &bare, f.home, nil)
	f.note(&one)
	switch {
	case w.Kind == "DaemonSet":
		f.daemons = append(f.daemons, daemonPod(one))
		return
	case len(holds) > 0:
		f.left.Add(one.Group, "it has "+holds[0].Text+", which the planner does not model")
		return
	case pin.UsesDevices(pod):
		f.left.Add(one.Group, "it asks for devices, and no node tells which machines have them")
		return
	}
	one.Extended = pin.Needs(&bare, pin.FreshDisks(f.at.Provider, disks))
	if !fresh.SelectsArch(&one) {
		one.Archs = []string{"amd64"}
	}
	f.disks[one.Name] = disks - len(pod.Spec.Ephemeral) // those go with their pod
	f.bare[one.Name] = one.CPU+one.Memory == 0
	f.pods = append(f.pods, placedPod{Pod: one, batch: w.Batch(), added: true})
	f.spots = append(f.spots, safe.Spot{Batch: w.Batch(), Added: true, Ordered: w.Kind == "StatefulSet", Wishes: fresh.Wishes(pod)})
}

// packFresh plans until no pod is left out that was not named. It gives the reason where
// there is no plan.
func (f *freshPlanner) packFresh(ctx context.Context) (string, error) {
	var pods []packing.Pod
	for i := range f.pods {
		pods = append(pods, f.pods[i].Pod)
	}
	f.wants = fresh.Of(append(slices.Clone(pods), f.daemons...), func(key string) bool {
		return pin.Answered(key) || pin.OfMachine(key) || pricing.IsRegionKey(key)
	})
	for i := range f.spots {
		f.spots[i].Pod = &pods[i]
	}
	safe.Keep(f.spots, nil, f.wants.Zones, len(f.wants.Zones))
	f.in = packing.Input{Pods: pods, DaemonSets: f.daemons, Offerings: f.offerings(), Effort: packing.QuickEffort(len(pods))}
	if len(f.in.Offerings) == 0 {
		return f.noTypes(), nil
	}
	for range mostRounds {
		if len(f.in.Pods) == 0 {
			return "no pod can be planned that is not a DaemonSet's", nil
		}
		plan, err := packing.Pack(ctx, f.in)
		if err != nil {
			return "", err
		}
		if len(plan.Abstained) == 0 {
			f.settleZones(&plan)
			f.tieDisks(&plan)
			return "", f.settle(plan)
		}
		f.leave(plan.Abstained)
	}
	return "too many pods have no place on any node, such as of " + f.left.List()[0].Workload, nil
}

// tieDisks ties pods with volumes to the zones that the plan has them in: their disks will be
// there, and what is lost with a node or a zone can't take them elsewhere.
func (f *freshPlanner) tieDisks(plan *packing.Plan) {
	zone := map[string]string{}
	for i := range plan.Nodes {
		for _, name := range plan.Nodes[i].Pods {
			zone[name] = plan.Nodes[i].Offering.Zone
		}
	}
	f.in.Pods = slices.Clone(f.in.Pods)
	for i := range f.in.Pods {
		if p := &f.in.Pods[i]; f.disks[p.Name] > 0 {
			p.Zone, p.SoftZone = zone[p.Name], false
		}
	}
}

// leave takes out what the packer left out.
func (f *freshPlanner) leave(all []packing.Abstention) {
	why := map[string]string{}
	for _, a := range all {
		why[a.Pod] = a.Reason
	}
	f.in.Pods = slices.DeleteFunc(f.in.Pods, func(p packing.Pod) bool {
		reason, out := why[p.Name]
		if out {
			f.left.Add(p.Group, reason)
		}
		return out
	})
}

// offerings are the general types on demand, and those that pods name, in as many zones as
// a cluster has; a pool for each set of labels that pods select by.
func (f *freshPlanner) offerings() (out []packing.Offering) {
	o := f.pass.Options.Nodes
	m := &machines{archs: f.wants.Archs, largest: f.wants.Largest, asked: o}
	for _, labels := range f.wants.Labels {
		fresh.Promise(labels, f.at, f.refers)
		pool := &nodePool{poolKey: poolKey{f.at.Provider, f.at.Region, string(pricing.OnDemand), natureOf(labels, nil)}, labels: labels}
		stock := pin.StockOf(f.at.Provider, nil)
		for _, one := range f.pass.Costs.Catalog.Offerings(f.at.Provider, f.at.Region) {
			leaves, known := m.leaves(&one, &kubelet.Setting{})
			if !known || !m.takes(&one, pool.capacityType) || one.GPUs > 0 || !one.General() && !f.wants.Types[one.InstanceType] || !pin.Allowed(one.InstanceType, o.Types, o.DenyTypes) {
				continue
			}
			for _, zone := range f.wants.Zones {
				for _, offer := range pin.Bursting(pool.offering(one, zone, one.USDPerHour, leaves, m, stock), one, leaves.CPU) {
					f.poolOf[kindOf(&offer)] = pool
					out = append(out, offer)
				}
			}
		}
	}
	return packing.InOrder(out)
}

// namedPools are pools whose zone has no name where it is of the user's choice.
func namedPools(all []Pool) []Pool {
	counts := map[Pool]int{}
	for _, p := range all {
		count := p.Count
		p.Zone, p.Count = freshZone(p.Zone), 0
		counts[p] += count
	}
	return countedPools(counts)
}

// anywhere are placeholders that are in no zone without a name: Spread puts them evenly
// into zones instead.
func anywhere(all []reserve.Pods) (out []reserve.Pods) {
	for _, p := range all {
		if p.Zone == "" || freshZone(p.Zone) != "" {
			out = append(out, p)
			continue
		}
		p.Zone, p.Spread = "", true
		same := func(o reserve.Pods) bool {
			return o.Spread && o.Group == p.Group && o.CPU == p.CPU && o.Memory == p.Memory && o.GPUs == p.GPUs && maps.Equal(o.Devices, p.Devices)
		}
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].Count += p.Count
		} else {
			out = append(out, p)
		}
	}
	return out
}

// freshZone is a zone that pods name; nothing for one of the user's choice.
func freshZone(zone string) string {
	if strings.HasPrefix(zone, "zone-") {
		return ""
	}
	return zone
}

// adviseFresh fills in the plan. It saves nothing, since nothing runs.
func (f *freshPlanner) adviseFresh(r *advice.Advice) error {
	volumes, err := fresh.VolumesOf(f.pass.Facts, f.pass.Costs.Catalog, f.at, len(f.plan.Nodes))
	if err != nil {
		return err
	}
	plan := &Plan{Pods: len(f.in.Pods), Style: f.style(), Survived: f.survived}
	plan.Exact, plan.LowerBound = f.exact*pricing.HoursPerMonth, f.plan.LowerBound*pricing.HoursPerMonth
	f.moves.Launch = f.plan.Nodes
	f.way(plan)
	f.place(plan)
	plan.Launch = namedPools(plan.Launch)
	plan.Pools = plan.Launch
	for _, pool := range plan.Pools {
		plan.Monthly += float64(pool.Count) * pool.Hourly * pricing.HoursPerMonth
	}
	if plan.LowerBound > 0 {
		plan.GapPercent = max(0, 100*(plan.Monthly/plan.LowerBound-1))
	}
	plan.Groups = f.groups()
	f.nameGroups(plan, f.plan.Nodes)
	plan.Reserve.Pods = anywhere(plan.Reserve.Pods)
	for i := range plan.Groups {
		plan.Groups[i].Zones = slices.DeleteFunc(plan.Groups[i].Zones, func(z string) bool { return freshZone(z) == "" })
	}
	plan.Fresh = &fresh.Cluster{Place: f.at, Zones: len(f.wants.Zones), LeftOut: f.left.List(), Selected: f.wants.Selected(), Volumes: volumes}
	for i := range f.in.Pods {
		if f.bare[f.in.Pods[i].Name] {
			plan.Fresh.Unrequested++
		}
	}
	r.Detail, r.Confidence = plan, f.pass.Cluster.Confidence()
	r.Cite(sources(f.pass.Costs.Catalog, plan.Groups))
	r.Title = "a fresh cluster for these pods: " + plan.machines()
	r.Show("pods planned", float64(plan.Pods), "count")
	r.Show("lower bound", plan.LowerBound, "usd")
	r.Show("gap to the lower bound", plan.GapPercent, "percent")
	f.fewerThanAsked(r, len(f.plan.Nodes))
	plan.Fresh.Warn(r, f.pass.Facts.Snapshot.Partial())
	return nil
}
