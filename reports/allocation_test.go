package reports_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// randomAllocation is an allocation of odd amounts that add up to its bill.
func randomAllocation(r *rand.Rand) *allocation.Allocation {
	a := &allocation.Allocation{Cluster: "prod-eu", Window: analyzer.Window{Start: end.AddDate(0, 0, -14), End: end, Step: 5 * time.Minute}, Hours: 336, Seen: 0.99}
	usd := func() float64 { return r.ExpFloat64() * math.Pow(10, float64(r.IntN(6)-3)) }
	cost := func() pricing.Cost { return pricing.Cost{CPU: usd(), Memory: usd(), GPU: usd() * float64(r.IntN(2))} }
	for i := range 1 + r.IntN(60) {
		item := allocation.Item{
			Ref:       analyzer.Ref{Namespace: fmt.Sprint("ns-", r.IntN(6)), Kind: "Deployment", Name: fmt.Sprint("w-", r.IntN(20))},
			Container: fmt.Sprint("c-", i), Node: fmt.Sprint("node-", r.IntN(4)), Nodes: cost(), Labels: map[string]string{"team": fmt.Sprint(r.IntN(3))},
			Hold: allocation.Hold{PodHours: 336, CPU: allocation.Amount{Requested: 336 * 500, Used: 336 * 200, Held: 336 * 550}},
		}
		item.Slack.CPU = item.Nodes.CPU / 2
		if r.IntN(3) == 0 {
			for range 1 + r.IntN(4) {
				p := allocation.Part{Name: fmt.Sprint("pv-", r.IntN(9)), ByteHours: 336e9, USD: usd()}
				item.Volumes = append(item.Volumes, p)
				item.Volume, item.VolumeByteHours = item.Volume+p.USD, item.VolumeByteHours+p.ByteHours
			}
		}
		if r.IntN(5) == 0 {
			item.LoadBalancer = usd()
			item.LoadBalancers = []allocation.Part{{Name: fmt.Sprint("ns/front-", r.IntN(3)), USD: item.LoadBalancer}}
		}
		a.Items = append(a.Items, item)
		a.Bill.Volumes += item.Volume
		a.Bill.LoadBalancers += item.LoadBalancer
	}
	for i := range 4 {
		n := allocation.Node{Name: fmt.Sprint("node-", i), InstanceType: "m6i.large", Stranded: cost(), Free: cost(), Reserved: cost(), DaemonSets: pricing.Cost{}}
		for j := range a.Items {
			if item := &a.Items[j]; item.Node == n.Name {
				n.Slack.CPU += item.Slack.CPU
				n.Used.CPU += item.Nodes.CPU - item.Slack.CPU
				n.Used.Memory += item.Nodes.Memory
				n.Used.GPU += item.Nodes.GPU
			}
		}
		n.Total = n.Used.Total() + n.Slack.Total() + n.Stranded.Total() + n.Free.Total() + n.Reserved.Total()
		a.Nodes, a.Bill.Nodes = append(a.Nodes, n), a.Bill.Nodes+n.Total
	}
	a.Bill.ControlPlane = 33.6
	a.Bill.UnusedCommitments = usd() * float64(r.IntN(2))
	return a
}

// allocated is a report with the allocation in it.
func allocated(t testing.TB, a *allocation.Allocation, keys string, o allocation.Options) *document.Report {
	t.Helper()
	var err error
	if o.Aggregate, err = allocation.ParseKeys(keys); err != nil {
		t.Fatal(err)
	}
	c := newCluster()
	c.costs.Bill = a.Bill.Nodes * pricing.HoursPerMonth / a.Hours
	c.costs.Idle = c.costs.Bill
	return build.Report(build.Input{Analysis: c.facts, Costs: c.costs, Allocation: a, AllocateBy: o, Version: "test"})
}

// TestAllocationAddsUp checks every sum of the section on random allocations,
// to the last unit of what is printed.
func TestAllocationAddsUp(t *testing.T) {
	fits := compile(t)
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 5))
		a := randomAllocation(r)
		for _, keys := range []string{"namespace", "node", "controller,container", "label:team", "cluster"} {
			for _, o := range []allocation.Options{
				{}, {ShareNamespaces: []string{"ns-1"}}, {ShareNamespaces: []string{"ns-1", "ns-2"}, Split: allocation.Even}, {ShareIdle: allocation.IdleByCluster},
				filterBy(t, "namespace:ns-1", allocation.Options{ShareIdle: allocation.IdleByNode}),
				filterBy(t, "namespace:ns-1,ns-3+container!:c-1", allocation.Options{ShareNamespaces: []string{"ns-2"}}),
			} {
				report := allocated(t, a, keys, o)
				checkAllocation(t, report)
				if t.Failed() {
					t.Fatalf("seed %d, by %s, %+v", seed, keys, o)
				}
				if seed < 3 {
					if err := fits(output(t, "json", report, reports.Options{})); err != nil {
						t.Fatalf("by %s: %v", keys, err)
					}
				}
			}
		}
	}
}

// filterBy adds a filter to options.
func filterBy(t *testing.T, text string, o allocation.Options) allocation.Options {
	t.Helper()
	var err error
	if o.Filter, err = allocation.ParseFilter(text); err != nil {
		t.Fatal(err)
	}
	o.FilterText = text
	return o
}

func checkAllocation(t *testing.T, r *document.Report) {
	t.Helper()
	a := r.Allocation
	var total document.Dollars
	var monthly document.AllocationMonthly
	for _, row := range a.Allocations {
		if sum := row.CPUCost + row.GPUCost + row.RAMCost + row.PVCost + row.NetworkCost + row.LoadBalancerCost + row.SharedCost + row.ExternalCost; sum != row.TotalCost {
			t.Errorf("%s: parts %d, total %d", row.Name, sum, row.TotalCost)
		}
		checkParts(t, &row)
		if row.CPUCostIdle > row.CPUCost || row.RAMCostIdle > row.RAMCost || a.ShareIdle == "" && row.CPUCostIdle+row.RAMCostIdle != 0 {
			t.Errorf("%s: idle %d of CPU %d, %d of memory %d", row.Name, row.CPUCostIdle, row.CPUCost, row.RAMCostIdle, row.RAMCost)
		}
		m := row.Monthly
		if sum := m.CPU + m.Memory + m.GPU + m.Volumes + m.LoadBalancers + m.Shared; sum != m.Total {
			t.Errorf("%s: monthly parts %d, total %d", row.Name, sum, m.Total)
		}
		total += row.TotalCost
		monthly.Total += m.Total
		monthly.CPU += m.CPU
		monthly.Volumes += m.Volumes
	}
	if total != a.Bill.Total || total != a.Bill.Nodes+a.Bill.Volumes+a.Bill.LoadBalancers+a.Bill.ControlPlane+a.Bill.UnusedCommitments {
		t.Errorf("allocations add up to %d, the bill is %+v", total, a.Bill)
	}
	cents := func(u document.USD) document.Dollars { return document.Dollars(u) * 1000 }
	if cents(monthly.Total) != a.MonthlyBill.Total || monthly.Total != a.MonthlyTotals.Total || monthly.CPU != a.MonthlyTotals.CPU || monthly.Volumes != a.MonthlyTotals.Volumes {
		t.Errorf("monthly %+v, bill %+v, totals %+v", monthly, a.MonthlyBill, a.MonthlyTotals)
	}
	if cents(a.NodeUse.Total) != a.MonthlyBill.Nodes || cents(*r.Summary.MonthlyCost) != a.MonthlyBill.Nodes {
		t.Errorf("nodes: used %d, bill %d, summary %d", a.NodeUse.Total, a.MonthlyBill.Nodes, *r.Summary.MonthlyCost)
	}
	if a.Shared == nil && cents(a.MonthlyTotals.Volumes) != a.MonthlyBill.Volumes {
		t.Errorf("volumes %d, bill %d", a.MonthlyTotals.Volumes, a.MonthlyBill.Volumes)
	}
	u := a.NodeUse
	if sum := u.Used + u.Slack + u.DaemonSets + u.Stranded + u.Free + u.Reserved; sum != u.Total {
		t.Errorf("what becomes of the nodes adds up to %d of %d", sum, u.Total)
	}
	var nodes document.USD
	for _, n := range a.Nodes {
		nodes += n.Total
	}
	if slices.Contains(a.Aggregate, "node") && nodes != u.Total {
		t.Errorf("nodes add up to %d of %d", nodes, u.Total)
	}
}

// checkParts asserts that the volumes and load balancers one by one come to
// what the row says of all.
func checkParts(t *testing.T, row *document.AllocationRow) {
	t.Helper()
	var volumes, balancers document.Dollars
	var byteHours float64
	for _, p := range row.PVs {
		volumes, byteHours = volumes+p.Cost, byteHours+p.ByteHours
	}
	for _, p := range row.LBAllocations {
		balancers += p.Cost
	}
	if volumes != row.PVCost || math.Abs(byteHours-row.PVByteHours) > float64(len(row.PVs)+1) {
		t.Errorf("%s: pvs add up to %d and %g byte-hours, pvCost is %d and pvByteHours %g", row.Name, volumes, byteHours, row.PVCost, row.PVByteHours)
	}
	if balancers != row.LoadBalancerCost {
		t.Errorf("%s: lbAllocations add up to %d, loadBalancerCost is %d", row.Name, balancers, row.LoadBalancerCost)
	}
}

// TestAllocationNames holds the names to those of OpenCost's allocation API.
func TestAllocationNames(t *testing.T) {
	r := allocated(t, randomAllocation(rand.New(rand.NewPCG(1, 1))), "namespace", allocation.Options{})
	data, err := json.Marshal(r.Allocation.Allocations[0])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(`name properties window start end minutes
		cpuCores cpuCoreRequestAverage cpuCoreLimitAverage cpuCoreUsageAverage cpuCoreHours cpuCost cpuCostAdjustment cpuCostIdle cpuEfficiency
		gpuCount gpuHours gpuCost gpuCostAdjustment gpuCostIdle gpuEfficiency gpuAllocation
		ramBytes ramByteRequestAverage ramByteLimitAverage ramByteUsageAverage ramByteHours ramCost ramCostAdjustment ramCostIdle ramEfficiency
		pvBytes pvByteHours pvCost pvCostAdjustment pvs
		networkTransferBytes networkReceiveBytes networkCost networkCrossZoneCost networkCrossRegionCost networkInternetCost networkCostAdjustment
		loadBalancerCost loadBalancerCostAdjustment lbAllocations sharedCost externalCost totalCost totalEfficiency`) {
		if _, ok := got[name]; !ok {
			t.Errorf("there is no %s in %s", name, data)
		}
	}
	for _, name := range []string{"cluster", "namespace"} {
		if !strings.Contains(string(got["properties"]), `"`+name+`":`) {
			t.Errorf("properties have no %s: %s", name, got["properties"])
		}
	}
	last := r.Allocation.Allocations
	if last[len(last)-2].Name != "__idle__" {
		t.Errorf("the last but one is %s, want __idle__", last[len(last)-2].Name)
	}
}

func TestAllocationTable(t *testing.T) {
	a := randomAllocation(rand.New(rand.NewPCG(4, 1)))
	a.Prices = []pricing.Provenance{{Provider: "aws", AsOf: "2024-07-01", Source: "list"}}
	a.Warnings = []analyzer.Warning{{Code: "price", Subject: "2 volumes", Message: "storage class \"odd\" is priced as EBS gp3 storage"}}
	a.Accuracy.Missed = 1.5
	for name, tt := range map[string]struct {
		keys   string
		format string
		o      reports.Options
		by     allocation.Options
	}{
		"allocation-80.txt":      {keys: "namespace", format: "table", o: reports.Options{Width: 80}},
		"allocation-shared.txt":  {keys: "label:team", format: "table", o: reports.Options{Width: 80}, by: allocation.Options{ShareNamespaces: []string{"ns-1"}, Split: allocation.Even}},
		"allocation-node-80.txt": {keys: "node", format: "table", o: reports.Options{Width: 80}},
		"allocation-idle-80.txt": {keys: "namespace", format: "table", o: reports.Options{Width: 80}, by: filterBy(t, `namespace:"ns-1","ns-2"`, allocation.Options{ShareIdle: allocation.IdleByCluster})},
		"allocation-wide.txt":    {keys: "namespace,controller", format: "wide", o: reports.Options{Top: 5}},
	} {
		got := output(t, tt.format, allocated(t, a, tt.keys, tt.by), tt.o)
		golden(t, filepath.Join(goldens, name), got)
		for line := range strings.Lines(got) {
			if w := displaywidth.String(strings.TrimRight(line, "\n")); tt.format == "table" && w > 80 {
				t.Errorf("%s: %d cells: %s", name, w, line)
			}
		}
	}
}

// TestAllocationSurvivesReading prints the same from a saved report.
func TestAllocationSurvivesReading(t *testing.T) {
	r := allocated(t, randomAllocation(rand.New(rand.NewPCG(9, 1))), "node", allocation.Options{})
	again, err := document.Read(strings.NewReader(output(t, "json", r, reports.Options{})))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"table", "json", "yaml"} {
		if output(t, format, again, reports.Options{}) != output(t, format, r, reports.Options{}) {
			t.Errorf("%s of the report that was read differs", format)
		}
	}
}
