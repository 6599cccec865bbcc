package main

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// otherPrices are the cases whose machines or volumes no single list price tells: types
// that no table has, and disks of several regions.
var otherPrices = []string{"purchase/no-table", "waste/volume-elsewhere"}

// TestCasesRecompute works the bill and the waste of every rule case's cluster out anew,
// to the cent, so that kinds of waste that the demo lacks are recomputed too.
func TestCasesRecompute(t *testing.T) {
	files, err := filepath.Glob("../../testdata/rules/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	checked := map[string]int{}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "../../testdata/rules/"), ".txtar")
		if !strings.HasPrefix(name, otherPrices[0]) && !strings.HasPrefix(name, otherPrices[1]) {
			t.Run(name, func(t *testing.T) { recomputeCase(t, file, checked) })
		}
	}
	for _, kind := range waste.Kinds() {
		if kind.Besides != "0" && checked[kind.Code] == 0 {
			t.Errorf("no finding of the kind %s was recomputed", kind.Code)
		}
	}
}

func recomputeCase(t *testing.T, file string, checked map[string]int) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	snap := casetest.Snapshot(t, a)
	facts := analyzer.Analyze(snap)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	recs, err := recommender.Run(context.Background(), facts, costs, advice.Options{Levers: []advice.Lever{advice.LeverWaste}})
	if err != nil {
		t.Fatal(err)
	}
	plain, total, rows := plainBillOf(snap), 0.0, map[string]float64{}
	same := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.005 {
			t.Errorf("%s: got $%.4f, recomputed $%.4f", what, got, want)
		}
	}
	for _, n := range costs.Nodes {
		if !n.ByPod {
			same("node "+n.Name, n.Hourly*pricing.HoursPerMonth, plain.nodes[n.Name])
			total += plain.nodes[n.Name]
		}
	}
	same("all nodes", costs.Bill, total)
	for ref, w := range costs.Workloads {
		same(ref.String(), w.Monthly, plain.workloads[ref])
		rows[ref.String()] = plain.workloads[ref]
	}
	for i := range recs {
		r := &recs[i]
		f := advice.As[waste.Finding](r.Detail)
		if f == nil {
			continue
		}
		target := r.Workload.String()
		if r.Subject != "" {
			target = r.Subject
		}
		want, ok := plain.waste(f.Kind.Code, target, r.Container, rows)
		if !ok {
			t.Errorf("%s %s for $%.2f is of a kind that was not recomputed", f.Kind.Code, target, f.Monthly)
		}
		same(f.Kind.Code+" "+target+" "+r.Container, f.Monthly, want)
		checked[f.Kind.Code]++
	}
}

// daemonSetsAlone is what nodes cost on which nothing but DaemonSets run: nothing where
// nothing else runs on any, since such a cluster waits for its work.
func (b *plainBill) daemonSetsAlone() (usd float64) {
	used := false
	for _, n := range b.snap.Nodes {
		daemons, others := 0, 0
		for i := range b.snap.Workloads {
			for _, p := range b.snap.Workloads[i].Pods {
				switch {
				case p.Node != n.Name || p.Ended():
				case b.snap.Workloads[i].Kind == "DaemonSet":
					daemons++
				default:
					others++
				}
			}
		}
		if daemons > 0 && others == 0 {
			usd += b.nodes[n.Name]
		}
		used = used || others > 0
	}
	if !used {
		return 0
	}
	return usd
}

// older is what the nodes of a type on demand cost more than the type that takes its place.
func (b *plainBill) older(name string) (usd float64) {
	for i := range b.snap.Nodes {
		n := &b.snap.Nodes[i]
		if n.Labels["node.kubernetes.io/instance-type"] != name || n.Labels["karpenter.sh/capacity-type"] == "spot" {
			continue
		}
		now := b.prices[n.Name].Offering
		now.USDPerHour = b.listed(n, name, pricing.OnDemand)
		next, _ := b.catalog.Successor(now)
		fee := 1.0
		if n.Labels["eks.amazonaws.com/compute-type"] == "auto" {
			fee = 1.12
		}
		usd += 730 * fee * (b.listed(n, name, pricing.OnDemand) - b.listed(n, next.InstanceType, pricing.OnDemand))
	}
	return usd
}

// notReady is what the pods that are not ready request, at the mean unit price of the
// nodes that the workload's pods are on.
func (b *plainBill) notReady(target string) (usd float64) {
	for i := range b.snap.Workloads {
		w := &b.snap.Workloads[i]
		if w.Ref.String() != target {
			continue
		}
		core, gib, pods, cpu, memory := 0.0, 0.0, 0.0, 0.0, 0.0
		for _, p := range w.Pods {
			if price, ok := b.prices[p.Node]; ok {
				core, gib, pods = core+price.CPUPerCoreHour, gib+price.MemoryPerGiBHour, pods+1
				if !p.Ready && !p.Ended() {
					cpu, memory = cpu+float64(p.Requests.CPU)/1000, memory+float64(p.Requests.Memory)/(1<<30)
				}
			}
		}
		usd += 730 * (cpu*core + memory*gib) / pods
	}
	return usd
}

// atMinimum is what the pods cost that an HPA has above what the busiest hour's CPU calls
// for at its target, one more pod counted in, and two at least.
func (b *plainBill) atMinimum(target string, cost float64) float64 {
	for i := range b.snap.Workloads {
		w := &b.snap.Workloads[i]
		if w.Ref.String() != target {
			continue
		}
		request, busiest, hours := 0.0, 0.0, map[int64]float64{}
		for _, c := range w.Containers {
			if c.Type != analyzer.TypeInit {
				request += float64(c.Requests.CPU)
			}
		}
		for _, u := range b.snap.Usage {
			for _, d := range u.Days {
				for h := range d.Hours {
					if at := int64(d.Date)*24 + int64(h); u.Ref == w.Ref {
						hours[at] += float64(d.Hours[h].CPU)
						busiest = math.Max(busiest, hours[at])
					}
				}
			}
		}
		for _, h := range b.snap.HPAs {
			if h.Target == w.Ref {
				need := math.Max(2, 1+math.Ceil(busiest/(request*float64(h.Metrics[0].Target)/100)))
				return cost * (float64(h.Min) - need) / float64(w.Replicas)
			}
		}
	}
	return 0
}
