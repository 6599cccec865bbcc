//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// OpenCost's default prices, for all nodes alike.
const (
	coreHour = 0.031611
	gibHour  = 0.004237
	gpuHour  = 0.95
	gib      = 1 << 30
	feeHour  = 0.10 // of EKS

	balancerHour = 0.025
	storageMonth = 0.04 // of a GiB
	gp2Month     = 0.06 // to tell the classes apart
)

// allocationReport is the allocation of a report, by OpenCost's names.
type allocationReport struct {
	Allocation struct {
		Minutes     float64
		Bill        struct{ Nodes, Volumes, LoadBalancers, ControlPlane, Total float64 }
		Accuracy    struct{ MissedMonthly float64 }
		Allocations []allocationRow
		NodesByHour bool
		Nodes       []struct {
			Name         string
			Hours, Total float64 // the total is of a month
		}
	}
}

// allocationRow is one allocation.
type allocationRow struct {
	Name                                                     string
	CPUCost, RAMCost, GPUCost, SharedCost, TotalCost         float64
	CPUCoreHours, CPUCoreRequestAverage, CPUCoreUsageAverage float64
	RAMByteHours, RAMByteUsageAverage, GPUHours              float64
	PVCost, PVByteHours, LoadBalancerCost                    float64

	PVs, LBAllocations map[string]struct{ Cost float64 }
}

// TestE2EAllocationIsOpenCosts works OpenCost's formulas out from what
// Prometheus and the API server say, with no code of plimsoll's, and compares
// every container, namespace, volume, load balancer and the idle to the cent.
func TestE2EAllocationIsOpenCosts(t *testing.T) {
	dir := t.TempDir()
	prices, snapshot := filepath.Join(dir, "prices.yaml"), filepath.Join(dir, "bed.snapshot")
	text := fmt.Sprintf("prices: [{usdPerVCPUHour: %g, usdPerGiBHour: %g, usdPerGPUHour: %g}]\n", coreHour, gibHour, gpuHour) +
		fmt.Sprintf("services: [{service: storage, usdPerGiBMonth: %g}, {service: storage, class: gp2, usdPerGiBMonth: %g}, {service: load-balancer, usdPerHour: %g}]\n",
			storageMonth, gp2Month, balancerHour)
	if err := os.WriteFile(prices, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	live.audit(t, live.Kubeconfig, "--end", live.end(), "--only", "rightsize", "--save-snapshot", snapshot)
	o := newOpenCost(t)
	by := func(keys string) allocationReport {
		var r allocationReport
		out := live.audit(t, "/nonexistent", "--snapshot", snapshot, "--only", "rightsize", "--pricing", prices, "--aggregate", keys)
		if err := json.Unmarshal([]byte(out.out), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	o.compare(by("namespace,controller,container"), func(k *kept) string { return k.workload + "/" + k.container })
	o.compare(by("namespace"), func(k *kept) string { ns, _, _ := strings.Cut(k.workload, "/"); return ns })
	o.compare(by("cluster"), func(*kept) string { return "testbed" })
	o.accuracy(by("cluster"))
	o.fleet(by("node"))
}

// fleet compares the nodes one by one, and those that are gone as one.
func (o *openCost) fleet(r allocationReport) {
	o.t.Helper()
	if !r.Allocation.NodesByHour {
		o.t.Error("the nodes are not those of the window's hours")
	}
	var got, want [2]float64 // hours and USD of those that are gone
	for _, n := range o.nodes {
		if !n.today {
			want[0], want[1] = want[0]+n.hours, want[1]+n.usd
		}
	}
	for _, row := range r.Allocation.Nodes {
		usd := row.Total * o.hours / 730
		n := o.nodes[row.Name]
		if n == nil {
			got[0], got[1] = got[0]+row.Hours, got[1]+usd
			continue
		}
		if math.Abs(row.Hours-n.hours) > 0.0051 || math.Abs(usd-n.usd) > 0.0201 { // of its six parts cents may go to other rows
			o.t.Errorf("%s costs %.2f in %.2f hours, by OpenCost's formulas %.2f in %.2f", row.Name, usd, row.Hours, n.usd, n.hours)
		}
	}
	if want[0] == 0 || math.Abs(got[0]-want[0]) > 0.1 || math.Abs(got[1]-want[1]) > 0.1 {
		o.t.Errorf("nodes that are gone cost %.2f in %.2f hours, by OpenCost's formulas %.2f in %.2f", got[1], got[0], want[1], want[0])
	}
}

// formulaRow is what an allocation costs by OpenCost's formulas.
type formulaRow struct {
	cpu, memory, gpu, volume, byteHours, balancer float64
	volumes, balancers                            map[string]float64
}

// rows adds the containers up by name; all is what the nodes' part comes to.
func (o *openCost) rows(name func(*kept) string) (out map[string]*formulaRow, all float64) {
	out = map[string]*formulaRow{}
	for _, k := range o.kept {
		cpu, memory, gpu := o.cost(k)
		all += cpu + memory + gpu
		if out[name(k)] == nil {
			out[name(k)] = &formulaRow{}
		}
		w := out[name(k)]
		w.cpu, w.memory, w.gpu = w.cpu+cpu, w.memory+memory, w.gpu+gpu
		w.volume, w.byteHours, w.balancer = w.volume+k.volume, w.byteHours+k.byteHours, w.balancer+k.balancer
		for name, usd := range k.volumes {
			w.volumes = plus(w.volumes, name, usd)
		}
		for name, usd := range k.balancers {
			w.balancers = plus(w.balancers, name, usd)
		}
	}
	return out, all
}

// differ reports an amount that is not what the formulas say, to the cent.
func (o *openCost) differ(what string, got, want float64) {
	o.t.Helper()
	if math.Abs(got-want) > 0.005 {
		o.t.Errorf("%s costs %.5f, by OpenCost's formulas %.5f", what, got, want)
	}
}

// compare holds the report's allocations to OpenCost's formulas.
func (o *openCost) compare(r allocationReport, name func(*kept) string) {
	o.t.Helper()
	want, all := o.rows(name)
	var nodes, sum float64
	for _, n := range o.nodes {
		nodes += n.usd
	}
	found := 0
	for i := range r.Allocation.Allocations {
		a := &r.Allocation.Allocations[i]
		sum += a.TotalCost
		switch w := want[a.Name]; {
		case a.Name == "__idle__":
			o.differ("idle", a.TotalCost, nodes-all)
		case a.Name == "__control_plane__":
			o.differ("the control plane", a.TotalCost, o.hours*feeHour)
		case w == nil:
			o.t.Errorf("%s costs %.5f and is not known to OpenCost's formulas", a.Name, a.TotalCost)
		default:
			found++
			o.compareRow(a, w)
		}
	}
	whole := nodes + o.volumes + o.balancers + o.hours*feeHour
	o.differ("the whole", sum, whole)
	o.differ("the bill for volumes", r.Allocation.Bill.Volumes, o.volumes)
	o.differ("the bill for load balancers", r.Allocation.Bill.LoadBalancers, o.balancers)
	if o.differ("the bill", r.Allocation.Bill.Total, whole); found != len(want) {
		o.t.Errorf("%d of %d allocations are in the report", found, len(want))
	}
	o.t.Logf("%d allocations, nodes %.2f USD, pods %.2f, volumes %.2f, load balancers %.2f", found, nodes, all, o.volumes, o.balancers)
}

// compareRow compares one allocation, its volumes and load balancers one by one too.
func (o *openCost) compareRow(a *allocationRow, w *formulaRow) {
	o.t.Helper()
	o.differ(a.Name+": CPU", a.CPUCost, w.cpu)
	o.differ(a.Name+": memory", a.RAMCost, w.memory)
	o.differ(a.Name+": GPU", a.GPUCost, w.gpu)
	o.differ(a.Name+": volumes", a.PVCost, w.volume)
	o.differ(a.Name+": GiB-hours of volumes", a.PVByteHours/gib, w.byteHours/gib)
	o.differ(a.Name+": load balancers", a.LoadBalancerCost, w.balancer)
	for _, parts := range []struct {
		got  map[string]struct{ Cost float64 }
		want map[string]float64
	}{{a.PVs, w.volumes}, {a.LBAllocations, w.balancers}} {
		if len(parts.got) != len(parts.want) {
			o.t.Errorf("%s has %d volumes or load balancers, by OpenCost's formulas %d", a.Name, len(parts.got), len(parts.want))
		}
		for name, usd := range parts.want {
			o.differ(a.Name+": "+name, parts.got[name].Cost, usd)
		}
	}
}

// accuracy holds the error that the report states to the truth: OpenCost
// compares request and usage at every sample of every pod, not by the hour.
func (o *openCost) accuracy(r allocationReport) {
	o.t.Helper()
	var hourly, scraped float64
	for _, k := range o.kept {
		hourly += k.cpu.hourly*coreHour + k.memory.hourly/gib*gibHour
		scraped += k.cpu.scraped*coreHour + k.memory.scraped/gib*gibHour
	}
	missed := r.Allocation.Accuracy.MissedMonthly * o.hours / 730
	o.t.Logf("pods cost %.2f by the hour, %.2f by the sample (%+.3f %%); the report says at most %.2f more", hourly, scraped, 100*(scraped/hourly-1), missed)
	if scraped > hourly+missed || scraped < hourly*0.99 {
		o.t.Errorf("by the sample the pods cost %.2f, by the hour %.2f and at most %.2f more", scraped, hourly, missed)
	}
}
