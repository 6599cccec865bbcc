package demand

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
)

// Curve is the on-demand usage of each hour with history, by family, or by
// a family's resources where those are committed to apart, in USD an hour at list
// prices.
type Curve struct {
	Provider, Region string
	Families         []Family
	Hours            [][]float64
	clock            []int // hour of the day, UTC, of each
	Seen             int
	held, spot       float64
	planned          bool        // the hours follow the plan of the nodes
	nodes            [24]float64 // mean nodes by hour of the day, where they do
	Warnings         []analyzer.Warning
}

// fleet is the nodes of one family that are paid for by the hour.
type fleet struct {
	hourly       float64
	machines     machineSum
	alloc, asked analyzer.Amounts // asked is what its pods request now
	now          float64          // the pods' worth now, see podWorth
}

// New makes the curve: what the plan of the nodes comes to with the pods of
// each hour. Without a plan it is what the nodes of each family cost now, times
// how the worth of the pods that run on it moves from hour to hour; the worth is
// by the requests that right-sizing leaves, and idle room above packedTo is left
// out. So is, either way, the share that can live on spot.
func New(p *advice.Pass) (d *Curve, reason string) {
	if why := p.Facts.Snapshot.Partial(); why != "" {
		return nil, why + "; audit the whole cluster for the demand that commitments are to cover"
	}
	if p.Facts.Snapshot.Window.Moment {
		return nil, fmt.Sprintf("one reading shows no hours: %d days of history are needed", purchaseDays)
	}
	d = &Curve{}
	nodes := placeOf(p, d)
	if len(nodes) == 0 {
		return nil, "no node is paid for by the hour: all are spot or reserved, or of no known provider"
	}
	if !followPlan(p, d) {
		followToday(p, d, nodes)
	}
	if len(d.Families) == 0 {
		return nil, "the window has no history of what is to stay on nodes that are paid for by the hour"
	}
	if d.Seen < purchaseDays*24*9/10 {
		return nil, fmt.Sprintf("too little data: %.1f of at least %d days", float64(d.Seen)/24, purchaseDays)
	}
	d.cover(p.Held())
	return d, ""
}

// followToday fills the curve from today's nodes.
func followToday(p *advice.Pass, d *Curve, nodes map[string]string) {
	fleets := fleetsOf(p, nodes)
	for _, f := range slices.Sorted(maps.Keys(fleets)) {
		if fl := fleets[f]; fl.now > 0 {
			d.Families = append(d.Families, Family{CommitmentScope: pricing.CommitmentScope{Family: f}})
		}
	}
	if len(d.Families) > 0 {
		fillHours(p, d, nodes, fleets, false)
		d.apart(fleets)
	}
}

// Before is the on-demand usage at the place of another curve as the cluster is: its
// nodes at the requests of now, by the pods that ran in each hour. Nothing is
// right-sized, rescaled, moved or packed; what held commitments cover is off.
func Before(p *advice.Pass, after *Curve) *Curve {
	d := &Curve{Provider: after.Provider, Region: after.Region}
	nodes := p.Costs.Families(cost.Place{Provider: after.Provider, Region: after.Region})
	fleets := fleetsOf(p, nodes)
	for _, f := range slices.Sorted(maps.Keys(fleets)) {
		if fl := fleets[f]; fl.now > 0 {
			d.Families = append(d.Families, Family{CommitmentScope: pricing.CommitmentScope{Family: f}})
		}
	}
	if len(d.Families) > 0 {
		fillHours(p, d, nodes, fleets, true)
		d.apart(fleets)
		d.cover(p.Held())
	}
	return d
}

// placeOf picks the provider and region that costs most, and gives the family
// of each of its nodes that are bought on demand.
func placeOf(p *advice.Pass, d *Curve) map[string]string {
	places := p.Costs.OnDemand()
	if len(places) == 0 {
		return nil
	}
	if len(places) > 1 {
		d.Warn("several-regions", fmt.Sprintf("only %s of %s is advised on; the nodes elsewhere are left out", places[0].Region, places[0].Provider))
	}
	d.Provider, d.Region = places[0].Provider, places[0].Region
	return p.Costs.Families(places[0])
}

// podWorth prices a pod of a workload by its requests now, at the mean unit
// price.
func podWorth(p *advice.Pass, w *analyzer.WorkloadFacts, pod *analyzer.Pod) float64 {
	var sum float64
	for _, c := range w.ContainersOf(pod) {
		if c.Type != analyzer.TypeInit {
			sum += p.Costs.MeanUnit.Hourly(c.Requests)
		}
	}
	return sum
}

func fleetsOf(p *advice.Pass, family map[string]string) map[string]*fleet {
	out := map[string]*fleet{}
	at := func(f string) *fleet {
		if out[f] == nil {
			out[f] = &fleet{}
		}
		return out[f]
	}
	for _, n := range p.Costs.Nodes {
		if f, ok := family[n.Name]; ok {
			at(f).hourly += n.Hourly - n.Fee
			at(f).machines.add(p.Costs.Catalog, n.Offering, n.Hourly-n.Fee)
		}
	}
	for _, n := range p.Facts.Snapshot.Nodes {
		if f, ok := family[n.Name]; ok {
			at(f).alloc = at(f).alloc.Plus(n.Allocatable)
		}
	}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		for i := range w.Pods {
			pod := &w.Pods[i]
			f, ok := family[pod.Node]
			if !ok || pod.Ended() {
				continue
			}
			at(f).asked = at(f).asked.Plus(pod.Requests)
			if w.Kind != "DaemonSet" { // they come and go with the nodes
				at(f).now += podWorth(p, w, pod)
			}
		}
	}
	return out
}

// packing is the factor by which packing would bring the family's nodes down:
// requests leave room below packedTo.
func (f *fleet) packing() float64 {
	return min(1, max(cost.Ratio(f.asked.CPU, f.alloc.CPU), cost.Ratio(f.asked.Memory, f.alloc.Memory))/packedTo)
}

// fillHours adds up what each hour's pods are worth on each family: as the levers so
// far leave them, or as they are. What is told to go is left out.
func fillHours(p *advice.Pass, d *Curve, family map[string]string, fleets map[string]*fleet, asIs bool) {
	scale, total := make([]float64, len(d.Families)), 0.0
	for j, f := range d.Families {
		fl := fleets[f.Family]
		scale[j] = fl.hourly / fl.now
		total += fl.hourly
	}
	h := hourSums{hours: map[int][]float64{}, spot: map[int]float64{}, families: len(d.Families)}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		if w.Kind == "DaemonSet" || p.Cluster.Idle(w.Ref) {
			continue
		}
		stays, rescaled := 1-p.Cluster.OnSpot(w.Ref), p.Cluster.Rescaled(w.Ref)
		requests := func(c *analyzer.ContainerFacts) analyzer.Amounts {
			return p.Cluster.Requests(analyzer.ContainerRef{Ref: w.Ref, Container: c.Name})
		}
		if asIs {
			stays, rescaled, requests = 1, 1, func(c *analyzer.ContainerFacts) analyzer.Amounts { return c.Requests }
		}
		for j := range w.Containers {
			if c := &w.Containers[j]; c.Type != analyzer.TypeInit {
				shares := d.shares(w, c.Role, family, fleets, total)
				for k := range shares {
					shares[k] *= scale[k]
				}
				h.add(c.Days, shares, rescaled*p.Costs.MeanUnit.Hourly(requests(c)), stays)
			}
		}
	}
	h.whole(p.Facts.Snapshot.Window)
	d.finish(h, fleets, asIs)
}

// whole leaves out the hours that the window only touches: they hold a part of
// the pods.
func (s *hourSums) whole(w analyzer.Window) {
	first, last := hourly.WholeHours(w)
	maps.DeleteFunc(s.hours, func(at int, _ []float64) bool { return at < first || at >= last })
}

// hourSums adds up demand by hours since 1970.
type hourSums struct {
	hours    map[int][]float64
	spot     map[int]float64
	families int
}

// add adds a container's pods, each worth so many USD an hour, by the shares of
// the families; the share that stays is bought on demand, the rest on spot.
func (s *hourSums) add(days []analyzer.Day, shares []float64, worth, stays float64) {
	for _, day := range days {
		for h, hour := range day.Hours {
			if hour.Pods <= 0 {
				continue
			}
			at := int(day.Date)*24 + h
			if s.hours[at] == nil {
				s.hours[at] = make([]float64, s.families)
			}
			for k, share := range shares {
				v := share * worth * float64(hour.Pods)
				s.hours[at][k] += v * stays
				s.spot[at] += v * (1 - stays)
			}
		}
	}
}

// finish sorts the hours and packs.
func (d *Curve) finish(s hourSums, fleets map[string]*fleet, asIs bool) {
	pack := make([]float64, len(d.Families)) // the hours carry today's idle share along
	for j, f := range d.Families {
		if pack[j] = 1; !asIs {
			pack[j] = fleets[f.Family].packing()
		}
	}
	for _, at := range slices.Sorted(maps.Keys(s.hours)) {
		row := s.hours[at]
		for j := range row {
			row[j] *= pack[j]
			d.Families[j].Mean += row[j]
		}
		d.Hours, d.clock = append(d.Hours, row), append(d.clock, ((at%24)+24)%24)
		d.spot += s.spot[at]
	}
	d.Seen = len(d.Hours)
	for j := range d.Families {
		d.Families[j].Mean /= float64(max(d.Seen, 1))
	}
	d.spot /= float64(max(d.Seen, 1))
}

// shares splits a workload over the families by where its pods of a role run now;
// one without such pods is split as the whole is.
func (d *Curve) shares(w *analyzer.WorkloadFacts, role string, family map[string]string, fleets map[string]*fleet, total float64) []float64 {
	out := make([]float64, len(d.Families))
	pods := 0.0
	for _, pod := range w.Pods {
		if pod.Node == "" || pod.Ended() || role != "" && pod.Role != role {
			continue
		}
		pods++
		for j, f := range d.Families {
			if name, ok := family[pod.Node]; ok && name == f.Family {
				out[j]++
			}
		}
	}
	for j, f := range d.Families {
		if pods > 0 {
			out[j] /= pods
		} else if total > 0 {
			out[j] = fleets[f.Family].hourly / total
		}
	}
	return out
}
