package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/internal/plainbill"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// billReport is what of a report is recomputed.
type billReport struct {
	weekReport
	Warnings []struct{ Code string }
	Waste    []struct {
		Kind, Target string
		MonthlyCost  float64
	}
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
	older          map[string]float64 // likewise: more than the type that takes a type's place
	podHours       float64            // of the pods in the window
	least, most    float64            // USD for a GiB-hour, by machine
}

func plainWeekOf(w *weekly, end time.Time) plainWeek {
	out := plainWeek{byNode: map[string]float64{}, older: map[string]float64{}, least: math.Inf(1)}
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
		if next, ok := catalog.Successor(p.Offering); ok {
			out.older[w.types[i]] += ran[i] / hours * 730 * (p.USDPerHour - next.USDPerHour)
		}
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

// TestWasteOfTheWeek recomputes what a week of nodes that come and go is said to waste, by
// plain code: machines of an old generation for the hours that they are paid for, and
// what nobody uses of the requests of one workload. Rows are of the window's pods: the same
// by night and by day, and in --aggregate.
func TestWasteOfTheWeek(t *testing.T) {
	isolate(t)
	byNight := map[string]float64{}
	for _, name := range []string{"night", "day"} {
		hour := map[string]int{"night": 3, "day": 14}[name]
		w, end := newWeekly(), time.Date(2026, 9, 21, hour, 0, 0, 0, time.UTC)
		w.types = []string{"m5.2xlarge", "c5.2xlarge", "m5.2xlarge", "c5.2xlarge"}
		w.write(t, name, end)
		withLazy(t, name, end)
		r := auditWeek(t, name, "--only", "waste,rightsize", "--save-snapshot", name+".snapshot")
		want := plainWeekOf(w, end)
		snap, err := snapshot.Read(name + ".snapshot")
		if err != nil {
			t.Fatal(err)
		}
		checkWeek(t, name, snap)
		plain := plainbill.Of(snap)
		same := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 0.0101 { // rows are rounded so that they add up
				t.Errorf("%s: %s: got %.4f, want %.4f", name, what, got, want)
			}
		}
		rows, sums := map[string]float64{}, 0.0
		for ref, usd := range plain.Workloads {
			rows[ref.String()], sums = usd, sums+usd
		}
		for _, row := range r.Workloads {
			of := row.Namespace + "/" + row.Kind + "/" + row.Name
			same(row.Name, row.MonthlyCost, rows[of])
			if other := byNight[of]; name == "day" && math.Abs(row.MonthlyCost/other-1) > 0.01 {
				t.Errorf("%s costs %.2f by night and %.2f by day", row.Name, other, row.MonthlyCost)
			}
			if name == "night" {
				byNight[of] = row.MonthlyCost
			}
			shared := 0.0
			for _, one := range auditWeek(t, name, "--aggregate", "controller", "--only", "rightsize").Allocation.Allocations {
				if strings.HasSuffix(one.Name, row.Name) {
					shared += one.Monthly.Total
				}
			}
			same(row.Name+" in --aggregate", shared, row.MonthlyCost)
		}
		same("idle", r.Summary.IdleMonthly, want.bill-want.reserved-sums)
		found := map[string]float64{}
		for _, f := range r.Waste {
			found[f.Kind+" "+f.Target] = f.MonthlyCost
		}
		for _, machine := range []string{"m5.2xlarge", "c5.2xlarge"} {
			same("old "+machine, found["old-generation InstanceType/"+machine], want.older[machine])
		}
		lazy := analyzer.Ref{Namespace: "old", Kind: "StatefulSet", Name: "lazy"}
		unused := 0.0
		for i := range plain.Snap.Workloads {
			if of := &plain.Snap.Workloads[i]; of.Ref == lazy {
				unused = min(plain.Unused(of, &of.Containers[0]), rows[lazy.String()])
			}
		}
		same("unused requests", found["unused-requests "+lazy.String()], unused)
		if unused == 0 || want.older["m5.2xlarge"] == 0 || len(r.Waste) != 3 {
			t.Errorf("%s: got %v", name, found)
		}
	}
}

// checkWeek recomputes the whole report of a week of nodes that come and go.
func checkWeek(t *testing.T, name string, snap *analyzer.Snapshot) {
	t.Helper()
	code, out, errs := plimsoll("audit", "--snapshot", name+".snapshot", "-o", "json", "-q", "--no-cache", "--min-savings", "0")
	if code != 0 {
		t.Fatalf("%s: exit %d: %s", name, code, errs)
	}
	if got := plainbill.Of(snap); (len(got.Fleet) > len(snap.Nodes)) != (name == "night") {
		t.Errorf("%s: of %d machines of the window %d are there", name, len(got.Fleet), len(snap.Nodes))
	}
	if checked := plainbill.Check(t, snap, []byte(out)); checked["old-generation"] == 0 || checked["unused-requests"] == 0 {
		t.Errorf("%s: recomputed %v", name, checked)
	}
}

// withLazy adds a workload that uses nearly nothing of what it requests.
func withLazy(t *testing.T, name string, end time.Time) {
	t.Helper()
	objects, err := os.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	dump, err := os.ReadFile(name + ".om")
	if err != nil {
		t.Fatal(err)
	}
	const spec = `containers: [{name: app, image: "a:1", resources: {requests: {cpu: "1", memory: 6Gi}}}]`
	write(t, name+".yaml", string(objects)+fmt.Sprintf(`---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: old, name: lazy}, spec: {replicas: 1, serviceName: lazy, selector: {matchLabels: {app: lazy}}, template: {metadata: {labels: {app: lazy}}, spec: {%[1]s}}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: old, name: lazy-0, labels: {app: lazy}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: lazy, uid: w, controller: true}]}, spec: {nodeName: n0, %[1]s}, status: {phase: Running}}
`, spec))
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(string(dump), "# EOF\n"))
	for _, metric := range []string{"container_cpu_usage_seconds_total", "container_memory_working_set_bytes"} {
		n := 0.0
		for at := end.Add(-240 * time.Hour); !at.After(end); at = at.Add(5 * time.Minute) {
			v := 3e7 + 1e5*float64(int(n)%7)
			if n++; metric == "container_cpu_usage_seconds_total" {
				v = 6 * n // 20m
			}
			fmt.Fprintf(&b, "%s{namespace=\"old\",pod=\"lazy-0\",container=\"app\"} %g %d\n", metric, v, at.Unix())
		}
	}
	write(t, name+".om", b.String()+"# EOF\n")
}
