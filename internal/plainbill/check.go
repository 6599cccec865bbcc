package plainbill

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// report is what is recomputed of a report.
type report struct {
	Summary struct{ MonthlyCost, IdleMonthly, OverheadMonthly float64 }
	Nodes   struct {
		Current struct {
			Pools []struct {
				InstanceType, CapacityType, Zone string
				MonthlyCost                      float64
			}
		}
	}
	Workloads []struct {
		Namespace, Kind, Name       string
		MonthlyCost, MonthlySavings float64
	}
	Waste []struct {
		Kind, Target, Container string
		MonthlyCost             float64
	}
}

// check is a report beside what is worked out anew.
type check struct {
	t testing.TB
	*Bill
	report
	rows map[string]float64 // of workloads, by NAMESPACE/KIND/NAME
}

// Check holds a report in JSON of a snapshot's cluster against the bill worked out anew:
// by node, by workload, by namespace and by kind of waste, to the cent. It gives how many findings of each kind were checked.
func Check(t testing.TB, snap *analyzer.Snapshot, text []byte) map[string]int {
	t.Helper()
	c := check{t: t, Bill: Of(snap), rows: map[string]float64{}}
	if err := json.Unmarshal(text, &c.report); err != nil {
		t.Fatal(err)
	}
	c.Planned = true
	total := c.checkNodes()
	c.checkWorkloads(total)
	return c.checkWaste()
}

func (c *check) same(what string, got, want, cents float64) {
	c.t.Helper()
	if math.Abs(got-want) > cents/100+1e-9 {
		c.t.Errorf("%s: got $%.4f, recomputed $%.4f", what, got, want)
	}
}

// checkNodes gives what all nodes cost.
func (c *check) checkNodes() (total float64) {
	pools := map[string]float64{}
	for i := range c.Fleet {
		n := &c.Fleet[i]
		usd := c.hourly(&n.Node) * 730 * n.Share
		capacity := "on-demand"
		if n.Labels["karpenter.sh/capacity-type"] == "spot" {
			capacity = "spot"
		}
		pools[n.Labels["node.kubernetes.io/instance-type"]+" "+capacity+" "+n.Labels["topology.kubernetes.io/zone"]] += usd
		total += usd
	}
	c.same("all nodes", c.Summary.MonthlyCost, total, 0.5)
	c.same("what the system keeps", c.Summary.OverheadMonthly, c.Overhead, 1)
	for _, p := range c.report.Nodes.Current.Pools { // parts are rounded so that they add up
		c.same("nodes "+p.InstanceType+" "+p.Zone, p.MonthlyCost, pools[p.InstanceType+" "+p.CapacityType+" "+p.Zone], 1)
	}
	return total
}

func (c *check) checkWorkloads(total float64) {
	namespaces, counted := map[string][2]float64{}, 0.0
	for _, w := range c.report.Workloads {
		want := c.Bill.Workloads[analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}]
		name := w.Namespace + "/" + w.Kind + "/" + w.Name
		c.rows[name] = want
		c.same(name, w.MonthlyCost, want, 1)
		if w.MonthlySavings > w.MonthlyCost {
			c.t.Errorf("%s frees $%.2f, and costs $%.2f", name, w.MonthlySavings, w.MonthlyCost)
		}
		sum := namespaces[w.Namespace]
		namespaces[w.Namespace] = [2]float64{sum[0] + w.MonthlyCost, sum[1] + want}
		counted += want
	}
	for name, v := range namespaces {
		c.same("namespace "+name, v[0], v[1], 1)
	}
	c.same("idle and overhead", c.Summary.IdleMonthly+c.Summary.OverheadMonthly, total-counted, 1)
}

func (c *check) checkWaste() map[string]int {
	checked, said := map[string]int{}, map[string]bool{}
	for _, w := range c.report.Waste {
		want, ok := c.Bill.Waste(w.Kind, w.Target, w.Container, c.rows)
		if !ok {
			c.t.Errorf("%s %s for $%.2f is of a kind that was not recomputed", w.Kind, w.Target, w.MonthlyCost)
			continue
		}
		c.same(w.Kind+" "+w.Target+" "+w.Container, w.MonthlyCost, want, 1)
		checked[w.Kind]++
		said[w.Kind+" "+w.Target+" "+w.Container] = true
	}
	for _, name := range c.unusedRequests() {
		if !said["unused-requests "+name] {
			c.t.Errorf("%s has unused requests, which nobody says", name)
		}
	}
	return checked
}
