package reports

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Dollars is an amount of money in hundred-thousandths of a dollar inside, so
// that sums are exact, and in dollars with at most five decimals as JSON.
type Dollars int64

const perDollar = 100_000

// MarshalJSON gives dollars.
func (d Dollars) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(d)/perDollar, 'f', -1, 64), nil
}

// UnmarshalJSON reads dollars and rounds them to five decimals.
func (d *Dollars) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("%s is not an amount of money", data)
	}
	*d = Dollars(whole(f * perDollar))
	return nil
}

// Allocation is whose the bill of the window is. It is absent unless asked for.
type Allocation struct {
	// Aggregate is what the allocations are added up by.
	Aggregate []string `json:"aggregate"`
	// Window is what is paid for, on today's nodes. A report of one moment pays for the hour that ends in it.
	Window  AllocationWindow `json:"window"`
	Minutes float64          `json:"minutes"`
	// Seen, from 0 to 1, is the share of the window in which any usage was recorded; what was seen stands for all of it.
	Seen float64 `json:"seen" jsonschema:"minimum=0,maximum=1"`
	// Shared is whose cost all others bear.
	Shared *SharedNamespaces `json:"shared,omitempty"`
	// Bill is what there is to pay for the window: the sum of all allocations' totalCost.
	Bill AllocationBill `json:"bill"`
	// MonthlyBill is the same for a month of 730 hours, rounded to the cent: the sum of all allocations' monthly.total.
	MonthlyBill AllocationBill `json:"monthlyBill"`
	// NodeUse is what becomes of the nodes' monthly bill.
	NodeUse NodeUse `json:"nodeUse"`
	// Nodes is the same for each node; only where aggregated by node.
	Nodes []AllocatedNode `json:"nodes,omitempty"`
	// Accuracy is how exact the pods' cost is.
	Accuracy Accuracy `json:"accuracy"`
	// Allocations are by cost, dearest first; what is nobody's stands last.
	Allocations []AllocationRow `json:"allocations"`
	// MonthlyTotals are the sums over the allocations.
	MonthlyTotals AllocationMonthly `json:"monthlyTotals"`
	// Warnings are the doubts about the allocation.
	Warnings []analyzer.Warning `json:"warnings"`
}

// AllocationWindow is the time that is paid for.
type AllocationWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// SharedNamespaces are namespaces whose cost all others bear.
type SharedNamespaces struct {
	Namespaces []string `json:"namespaces"`
	// Split is weighted, by each one's own cost, or even.
	Split string `json:"split" jsonschema:"enum=weighted,enum=even"`
}

// AllocationBill is what there is to pay, in USD. The parts add up to the total.
type AllocationBill struct {
	Nodes         Dollars `json:"nodes"`
	Volumes       Dollars `json:"volumes"`
	LoadBalancers Dollars `json:"loadBalancers"`
	ControlPlane  Dollars `json:"controlPlane"`
	Total         Dollars `json:"total"`
}

// NodeUse is what becomes of the bill of nodes, in USD a month. The parts add
// up to the total; stranded, free and reserved are what OpenCost calls idle.
type NodeUse struct {
	// Used is what pods other than DaemonSets' used.
	Used USD `json:"used"`
	// Slack is what they requested and did not use.
	Slack      USD `json:"slack"`
	DaemonSets USD `json:"daemonSets"`
	// Stranded is idle on nodes where another resource is full.
	Stranded USD `json:"stranded"`
	// Free is idle and can be had.
	Free USD `json:"free"`
	// Reserved is capacity less allocatable: what nodes keep for the system.
	Reserved USD `json:"reserved"`
	Total    USD `json:"total"`
}

// AllocatedNode is one node's bill by what becomes of it.
type AllocatedNode struct {
	Name         string `json:"name"`
	InstanceType string `json:"instanceType,omitempty"`
	NodeUse
}

// Accuracy is how exact the pods' cost is, in USD a month.
type Accuracy struct {
	// Step is the time over which request and usage are compared.
	Step string `json:"step"`
	// MissedMonthly is the most that the cost could be higher if they were compared at every moment.
	MissedMonthly USD `json:"missedMonthly"`
	// DailyMonthly is the cost that rests on days' means, since no hours were recorded.
	DailyMonthly USD `json:"dailyMonthly"`
	// UnplacedMonthly is the cost of pods whose node is not known.
	UnplacedMonthly USD `json:"unplacedMonthly"`
}

// AllocationMonthly is costs in USD a month of 730 hours. All but slack add up
// to the total.
type AllocationMonthly struct {
	CPU           USD `json:"cpu"`
	Memory        USD `json:"memory"`
	GPU           USD `json:"gpu"`
	Volumes       USD `json:"volumes"`
	LoadBalancers USD `json:"loadBalancers"`
	// Shared is the part of shared namespaces, or the control plane's fee.
	Shared USD `json:"shared"`
	Total  USD `json:"total"`
	// Slack is the part of CPU and memory that was requested and not used.
	Slack USD `json:"slack"`
}

// allocation makes the section; nil where it was not asked for.
func (b *builder) allocation() *Allocation {
	a := b.Allocation
	if a == nil || a.Hours <= 0 {
		return nil
	}
	start, end := allocation.Span(a.Window)
	out := &Allocation{
		Window: AllocationWindow{seconds(start), seconds(end)}, Minutes: decimals(a.Hours*60, 5), Seen: share(a.Seen),
		Warnings: sortedWarnings(append([]analyzer.Warning{}, a.Warnings...)), Accuracy: accuracy(a),
	}
	for _, k := range b.AllocateBy.Aggregate {
		out.Aggregate = append(out.Aggregate, string(k))
	}
	if names := b.AllocateBy.ShareNamespaces; len(names) > 0 {
		split := b.AllocateBy.Split
		if split == "" {
			split = allocation.Weighted
		}
		out.Shared = &SharedNamespaces{Namespaces: slices.Sorted(slices.Values(names)), Split: string(split)}
	}
	month := monthOf(a)
	out.Bill, out.MonthlyBill = billOf(a.Bill, 1, perDollar), billOf(a.Bill, month, 100)
	out.MonthlyBill.settle(&b.whole)
	out.NodeUse, out.Nodes = nodeUse(a, out.MonthlyBill.Nodes, b.ledger.overhead)
	if !slices.Contains(b.AllocateBy.Aggregate, allocation.ByNode) {
		out.Nodes = nil
	}
	out.rows(a, a.Aggregate(b.AllocateBy), month)
	return out
}

// monthOf is how many windows make a month.
func monthOf(a *allocation.Allocation) float64 { return recommender.HoursPerMonth / a.Hours }

func accuracy(a *allocation.Allocation) Accuracy {
	month := monthOf(a)
	out := Accuracy{
		Step: "1h", MissedMonthly: cents(a.Accuracy.Missed * month), DailyMonthly: cents(a.Accuracy.Daily * month),
		UnplacedMonthly: cents(a.Accuracy.Homeless * month),
	}
	if a.Window.Moment {
		out.Step = "0s"
	}
	return out
}

// apportioned rounds parts times a factor to a unit of so many a dollar. They
// add up to sum, which is theirs to within rounding.
func apportioned(sum Dollars, parts []float64, factor float64, unit int64) []Dollars {
	scaled := make([]float64, len(parts))
	for i, p := range parts {
		scaled[i] = p * factor * float64(unit) / 100 // apportionTo counts hundredths
	}
	units, _ := apportionTo(float64(sum)/float64(perDollar/unit)/100, scaled)
	out := make([]Dollars, len(parts))
	for i, u := range units {
		out[i] = Dollars(int64(u) * (perDollar / unit))
	}
	return out
}

func (d Dollars) usd() USD     { return USD(d / (perDollar / 100)) }
func (u USD) dollars() Dollars { return Dollars(u) * (perDollar / 100) }

func billOf(b allocation.Bill, factor float64, unit int64) AllocationBill {
	round := func(v float64) Dollars {
		return Dollars(whole(finite(v)*factor*float64(unit)) * (perDollar / unit))
	}
	out := AllocationBill{Nodes: round(b.Nodes), Volumes: round(b.Volumes), LoadBalancers: round(b.LoadBalancers), ControlPlane: round(b.ControlPlane)}
	out.add()
	return out
}

func (b *AllocationBill) add() { b.Total = b.Nodes + b.Volumes + b.LoadBalancers + b.ControlPlane }

// settle takes the lines of the summary's bill where only half a cent, rounded
// the other way, tells them apart.
func (b *AllocationBill) settle(summary *AllocationBill) {
	for _, line := range []struct{ own, other *Dollars }{
		{&b.Nodes, &summary.Nodes}, {&b.Volumes, &summary.Volumes}, {&b.LoadBalancers, &summary.LoadBalancers}, {&b.ControlPlane, &summary.ControlPlane},
	} {
		if off := (*line.own - *line.other).usd(); off == 1 || off == -1 {
			*line.own = *line.other
		}
	}
	b.add()
}

// nodeUse gives what becomes of all nodes' bill, which is sum, and of each one's.
// What is reserved is as in the summary where only rounding tells them apart.
func nodeUse(a *allocation.Allocation, sum Dollars, reserved USD) (NodeUse, []AllocatedNode) {
	month := monthOf(a)
	parts, kinds := make([]float64, 0, 6*len(a.Nodes)), make([]float64, 6)
	for i := range a.Nodes {
		n := &a.Nodes[i]
		parts = append(parts, n.Used.Total(), n.Slack.Total(), n.DaemonSets.Total(), n.Stranded.Total(), n.Free.Total(), n.Reserved.Total())
		for kind := range kinds {
			kinds[kind] += parts[6*i+kind]
		}
	}
	whole := apportioned(sum, kinds, month, 100)
	if off := reserved - whole[5].usd(); off == 1 || off == -1 {
		whole = append(apportioned(sum-reserved.dollars(), kinds[:5], month, 100), reserved.dollars())
	}
	cents := make([]Dollars, len(parts))
	for kind, sum := range whole {
		of := make([]float64, len(a.Nodes))
		for i := range of {
			of[i] = parts[6*i+kind]
		}
		for i, d := range apportioned(sum, of, month, 100) {
			cents[6*i+kind] = d
		}
	}
	var all NodeUse
	out := make([]AllocatedNode, 0, len(a.Nodes))
	for i := range a.Nodes {
		p := cents[6*i : 6*i+6]
		u := NodeUse{Used: p[0].usd(), Slack: p[1].usd(), DaemonSets: p[2].usd(), Stranded: p[3].usd(), Free: p[4].usd(), Reserved: p[5].usd()}
		u.Total = u.Used + u.Slack + u.DaemonSets + u.Stranded + u.Free + u.Reserved
		all.add(u)
		out = append(out, AllocatedNode{a.Nodes[i].Name, a.Nodes[i].InstanceType, u})
	}
	return all, out
}

func (u *NodeUse) add(o NodeUse) {
	u.Used += o.Used
	u.Slack += o.Slack
	u.DaemonSets += o.DaemonSets
	u.Stranded += o.Stranded
	u.Free += o.Free
	u.Reserved += o.Reserved
	u.Total += o.Total
}

// rowParts is how many kinds of cost a row has.
const rowParts = 6

// rows rounds the rows' costs so that they add up to the bill, in every way.
func (out *Allocation) rows(a *allocation.Allocation, rows []allocation.Row, month float64) {
	parts := make([]float64, 0, rowParts*len(rows))
	for i := range rows {
		r := &rows[i]
		parts = append(parts, r.Nodes.CPU, r.Nodes.Memory, r.Nodes.GPU, r.Volume, r.LoadBalancer, r.Shared+r.ControlPlane)
	}
	fine, coarse := out.round(out.Bill, parts, 1, perDollar), out.round(out.MonthlyBill, parts, month, 100)
	out.Allocations = make([]AllocationRow, 0, len(rows))
	for i := range rows {
		r := rowOf(&rows[i], out, a.Hours)
		r.cost(fine[rowParts*i:])
		r.single(&rows[i], a)
		r.Monthly = monthlyOf(coarse[rowParts*i:], cents(rows[i].Slack.Total()*month))
		out.MonthlyTotals.add(r.Monthly)
		out.Allocations = append(out.Allocations, r)
	}
}

// round rounds the rows' parts to the bill: where nothing is shared each line
// of the bill to its own kinds of cost, else all to the total.
func (out *Allocation) round(bill AllocationBill, parts []float64, factor float64, unit int64) []Dollars {
	if out.Shared != nil {
		return apportioned(bill.Total, parts, factor, unit)
	}
	all := make([]Dollars, len(parts))
	for _, line := range []struct {
		sum      Dollars
		from, to int // kinds of cost
	}{{bill.Nodes, 0, 3}, {bill.Volumes, 3, 4}, {bill.LoadBalancers, 4, 5}, {bill.ControlPlane, 5, 6}} {
		sums := make([]float64, line.to-line.from)
		for kind := range sums {
			for i := line.from + kind; i < len(parts); i += rowParts {
				sums[kind] += parts[i]
			}
		}
		for kind, sum := range apportioned(line.sum, sums, factor, unit) {
			roundKind(all, parts, line.from+kind, sum, factor, unit)
		}
	}
	return all
}

// roundKind rounds one kind of cost over all rows.
func roundKind(all []Dollars, parts []float64, kind int, sum Dollars, factor float64, unit int64) {
	of := make([]float64, 0, len(parts)/rowParts)
	for i := kind; i < len(parts); i += rowParts {
		of = append(of, parts[i])
	}
	for i, d := range apportioned(sum, of, factor, unit) {
		all[kind+i*rowParts] = d
	}
}

func monthlyOf(p []Dollars, slack USD) AllocationMonthly {
	m := AllocationMonthly{
		CPU: p[0].usd(), Memory: p[1].usd(), GPU: p[2].usd(), Volumes: p[3].usd(), LoadBalancers: p[4].usd(), Shared: p[5].usd(), Slack: slack,
	}
	m.Total = m.CPU + m.Memory + m.GPU + m.Volumes + m.LoadBalancers + m.Shared
	return m
}

func (m *AllocationMonthly) add(o AllocationMonthly) {
	m.CPU += o.CPU
	m.Memory += o.Memory
	m.GPU += o.GPU
	m.Volumes += o.Volumes
	m.LoadBalancers += o.LoadBalancers
	m.Shared += o.Shared
	m.Total += o.Total
	m.Slack += o.Slack
}
