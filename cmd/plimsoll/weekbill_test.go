package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// billReport is what of a report is recomputed.
type billReport struct {
	weekReport
	Warnings   []struct{ Code string }
	Allocation *struct {
		NodesByHour   bool
		Minutes       float64
		MonthlyBill   struct{ Nodes, UnusedCommitments float64 }
		NodeUse       struct{ Total, Reserved float64 }
		MonthlyTotals struct{ Total float64 }
		Nodes         []struct {
			Name            string
			Hours           float64
			Total, Reserved float64
		}
		Allocations []struct {
			Name         string
			RAMByteHours float64
			Monthly      struct{ Memory, Total float64 }
		}
	}
}

// auditWeek audits what weekly.write wrote under a name.
func auditWeek(t *testing.T, name string, more ...string) *billReport {
	t.Helper()
	code, out, errs := plimsoll(append([]string{"audit", "--objects", name + ".yaml", "--openmetrics", name + ".om", "-o", "json", "-q", "--no-cache"}, more...)...)
	if code != 0 {
		t.Fatalf("%v: exit %d: %s", more, code, errs)
	}
	var r billReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// plainWeek is what a week of nodes that come and go costs, by plain code: nothing but
// the hours in which each node was there, prices of machines and of their parts.
type plainWeek struct {
	bill, reserved float64            // USD a month
	byNode         map[string]float64 // likewise
	podHours       float64            // of the pods in the window
	least, most    float64            // USD for a GiB-hour, by machine
}

func plainWeekOf(w *weekly, end time.Time) plainWeek {
	out := plainWeek{byNode: map[string]float64{}, least: math.Inf(1)}
	catalog := pricing.New(pricing.Config{})
	hours, ran := 0.0, make([]float64, len(w.types))
	for at := end.Add(-241 * time.Hour); at.Before(end); at = at.Add(time.Hour) { // the first reading is of the hour before
		for i := range w.nodes[at.Hour()] {
			ran[i]++
		}
		hours++
	}
	for at := end.Add(-240 * time.Hour); at.Before(end); at = at.Add(time.Hour) {
		out.podHours += float64(w.pods[at.Hour()])
	}
	for i := range ran {
		p := catalog.NodePrice(pricing.Node{
			ProviderID: "aws:///" + w.zones[i] + "/i-0", CPUMillis: 8000, MemoryBytes: int64(w.gib[i]) << 30,
			Labels: map[string]string{"node.kubernetes.io/instance-type": w.types[i], "topology.kubernetes.io/region": "us-east-1"},
		})
		usd := ran[i] / hours * 730 * p.USDPerHour
		row := fmt.Sprintf("n%d", i)
		if i >= w.nodes[end.Hour()] {
			row = "gone: " + w.types[i] + " " + w.zones[i]
		}
		out.bill, out.byNode[row] = out.bill+usd, usd
		out.reserved += usd * (0.09*p.CPUPerCoreHour + 2*p.MemoryPerGiBHour) / (8*p.CPUPerCoreHour + float64(w.gib[i])*p.MemoryPerGiBHour)
		out.least, out.most = math.Min(out.least, p.MemoryPerGiBHour), math.Max(out.most, p.MemoryPerGiBHour)
	}
	return out
}

// TestBillOfTheWeekSharedOut recomputes, to the cent, what such a week costs by node, and
// wants the rows of every key to be that bill: by night, when most nodes are gone, and by
// day. A workload pays for what its pods held over the week, at what their memory costs.
func TestBillOfTheWeekSharedOut(t *testing.T) {
	isolate(t)
	for name, hour := range map[string]int{"night": 3, "day": 14} {
		w, end := newWeekly(), time.Date(2026, 9, 21, hour, 0, 0, 0, time.UTC)
		w.write(t, name, end)
		want := plainWeekOf(w, end)
		for _, keys := range []string{"node", "namespace", "controller", "controllerKind", "container", "pod", "cluster", "label:app", "namespace,controller"} {
			for _, idle := range []string{"apart", "cluster", "node"} {
				more := []string{"--aggregate", keys, "--only", "rightsize"}
				switch {
				case idle != "apart" && !slices.Contains([]string{"node", "namespace"}, keys):
					continue
				case idle != "apart":
					more = append(more, "--share-idle", idle)
				}
				r := auditWeek(t, name, more...)
				if !r.Allocation.NodesByHour || slices.ContainsFunc(r.Warnings, func(w struct{ Code string }) bool { return w.Code == "bill-of-the-moment" }) {
					t.Errorf("%s by %s: the bill is not the window's", name, keys)
				}
				t.Run(name+" by "+keys+", idle "+idle, func(t *testing.T) { want.check(t, r, keys, idle) })
			}
		}
	}
}

func (want *plainWeek) check(t *testing.T, r *billReport, keys, idle string) {
	a := r.Allocation
	same := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.0051 {
			t.Errorf("%s: got %.2f, want %.2f", what, got, want)
		}
	}
	same("the headline", r.Summary.MonthlyCost, want.bill)
	same("the bill that is shared out", a.MonthlyBill.Nodes, want.bill)
	same("what becomes of the nodes", a.NodeUse.Total, want.bill)
	same("what the system keeps", a.NodeUse.Reserved, want.reserved)
	same("what the system keeps, in the summary", r.Summary.OverheadMonthly, want.reserved)
	sum := 0.0
	for _, row := range a.Allocations {
		if row.Name != "__control_plane__" {
			sum += row.Monthly.Total
		}
		if idle != "apart" || !strings.Contains(row.Name, "web") && !strings.Contains(row.Name, "shop") {
			continue
		}
		held := row.RAMByteHours / (1 << 30) / (a.Minutes / 60) // GiB on the mean: what was seen stands for the whole window
		if want := 3 * want.podHours / 240; keys != "pod" && math.Abs(held/want-1) > 0.01 {
			t.Errorf("%s held %.2f GiB, want %.2f", row.Name, held, want)
		}
		if each, slip := row.Monthly.Memory/(held*730), 0.0051/(held*730); each < want.least-slip || each > want.most+slip {
			t.Errorf("%s pays %.6f for a GiB-hour, want %.6f to %.6f", row.Name, each, want.least, want.most)
		}
	}
	same("the rows", sum, want.bill)
	if keys != "node" {
		return
	}
	if len(a.Nodes) != len(want.byNode) {
		t.Errorf("got nodes %+v, want %v", a.Nodes, want.byNode)
	}
	for _, n := range a.Nodes {
		if usd, ok := want.byNode[n.Name]; !ok || math.Abs(n.Total-usd) > 0.0201 { // of its six parts cents may go to other rows
			t.Errorf("%s costs %.2f, want %.2f", n.Name, n.Total, usd)
		}
	}
}
