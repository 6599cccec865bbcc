package main

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// plainBill is the bill worked out anew by slow and plain code, from nothing but the
// snapshot's lists and the prices of single machines. See TestBillRecomputes.
type plainBill struct {
	snap      *analyzer.Snapshot
	catalog   *pricing.Catalog
	prices    map[string]pricing.NodePrice
	nodes     map[string]float64 // USD a month
	workloads map[analyzer.Ref]float64
	planned   bool                                 // a plan of the nodes drains what stands empty
	means     map[analyzer.ContainerRef][2]float64 // what a pod's container holds, worked out once
}

func plainBillOf(snap *analyzer.Snapshot) *plainBill {
	b := &plainBill{
		snap: snap, catalog: pricing.New(pricing.Config{}), prices: map[string]pricing.NodePrice{}, nodes: map[string]float64{},
		workloads: map[analyzer.Ref]float64{}, means: map[analyzer.ContainerRef][2]float64{},
	}
	for _, n := range snap.Nodes {
		b.prices[n.Name] = b.catalog.NodePrice(pricing.Node{Name: n.Name, ProviderID: n.ProviderID, Labels: n.Labels, CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory, GPUs: n.Capacity.GPU})
		b.nodes[n.Name] = b.hourly(&n) * 730
		b.node(&n)
	}
	return b
}

// hourly is a machine's list price. Windows has none; EKS Auto Mode takes 12 % more.
func (b *plainBill) hourly(n *analyzer.Node) float64 {
	spot := n.Labels["karpenter.sh/capacity-type"] == "spot"
	usd := b.listed(n, n.Labels["node.kubernetes.io/instance-type"], map[bool]pricing.CapacityType{true: pricing.Spot, false: pricing.OnDemand}[spot])
	switch {
	case n.Labels["kubernetes.io/os"] == "windows":
		return 0
	case n.Labels["eks.amazonaws.com/compute-type"] == "auto":
		return usd + 0.12*b.listed(n, n.Labels["node.kubernetes.io/instance-type"], pricing.OnDemand)
	}
	return usd
}

// listed is what the tables have for a type in the node's region.
func (b *plainBill) listed(n *analyzer.Node, instanceType string, capacity pricing.CapacityType) float64 {
	provider := "aws"
	switch {
	case strings.HasPrefix(n.ProviderID, "gce"):
		provider = "gcp"
	case strings.HasPrefix(n.ProviderID, "azure"):
		provider = "azure"
	}
	return b.catalog.Lookup(pricing.Query{Provider: provider, Region: n.Labels["topology.kubernetes.io/region"], InstanceType: instanceType, CapacityType: capacity}).Offering.USDPerHour
}

// held is what a pod holds on the mean: hour by hour the larger of request and usage.
func (b *plainBill) held(w *analyzer.Workload, c *analyzer.Container) (cpu, memory float64) {
	if known, ok := b.means[analyzer.ContainerRef{Ref: w.Ref, Container: c.Name}]; ok {
		return known[0], known[1]
	}
	defer func() { b.means[analyzer.ContainerRef{Ref: w.Ref, Container: c.Name}] = [2]float64{cpu, memory} }()
	pods := 0.0
	for _, u := range b.snap.Usage {
		if u.Ref != w.Ref || u.Container != c.Name {
			continue
		}
		for _, d := range u.Days {
			for _, h := range d.Hours {
				n := float64(h.Pods)
				cpu += math.Max(float64(c.Requests.CPU)*n, float64(h.CPU))
				memory += math.Max(float64(c.Requests.Memory)*n, float64(h.Memory))
				pods += n
			}
		}
	}
	if pods == 0 {
		return float64(c.Requests.CPU), float64(c.Requests.Memory)
	}
	return cpu / pods, memory / pods
}

// of is what one pod holds of CPU, memory and GPUs: no less than it reserves.
func (b *plainBill) of(w *analyzer.Workload, p *analyzer.Pod) (out [3]float64) {
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != analyzer.TypeInit && (c.Role == "" || c.Role == p.Role) {
			cpu, memory := b.held(w, c)
			out[0], out[1], out[2] = out[0]+cpu, out[1]+memory, out[2]+float64(c.Requests.GPU)
		}
	}
	return [3]float64{math.Max(out[0], float64(p.Requests.CPU)), math.Max(out[1], float64(p.Requests.Memory)), math.Max(out[2], float64(p.Requests.GPU))}
}

// node shares one node's price out: each resource by its unit price, each pod by what it
// holds, and all of them no more than is allocatable.
func (b *plainBill) node(n *analyzer.Node) {
	p := b.prices[n.Name]
	capacity := [3]float64{float64(n.Capacity.CPU), float64(n.Capacity.Memory), float64(p.GPUs)}
	allocatable := [3]float64{float64(n.Allocatable.CPU), float64(n.Allocatable.Memory), float64(p.GPUs)}
	worth := [3]float64{p.CPUPerCoreHour * capacity[0] / 1000, p.MemoryPerGiBHour * capacity[1] / (1 << 30), p.GPUPerHour * capacity[2]}
	for r := range 3 {
		if capacity[r] == 0 || worth[r] == 0 {
			continue
		}
		pot := b.nodes[n.Name] * worth[r] / (worth[0] + worth[1] + worth[2])
		type claim struct {
			ref  analyzer.Ref
			held float64
		}
		var claims []claim
		sum := 0.0
		for i := range b.snap.Workloads {
			w := &b.snap.Workloads[i]
			for j := range w.Pods {
				if pod := &w.Pods[j]; pod.Node == n.Name && pod.Phase != "Succeeded" && pod.Phase != "Failed" {
					held := b.of(w, pod)[r]
					claims, sum = append(claims, claim{w.Ref, held}), sum+held
				}
			}
		}
		for _, c := range claims {
			b.workloads[c.ref] += pot * c.held / capacity[r] * math.Min(1, allocatable[r]/sum)
		}
	}
}

// TestBillRecomputes works the demo's bill, which is that of the testbed's cluster, out
// anew: by node, by workload, by namespace and by kind of waste, to the cent.
func TestBillRecomputes(t *testing.T) {
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := plimsoll("audit", "--demo", "-q", "-o", "json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var r struct {
		Summary struct{ MonthlyCost, IdleMonthly, OverheadMonthly float64 }
		Nodes   struct {
			Current struct {
				Pools []struct {
					InstanceType, CapacityType, Zone string
					Count                            int
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
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	plain := plainBillOf(snap)
	plain.planned = true
	same := func(what string, got, want, cents float64) {
		t.Helper()
		if math.Abs(got-want) > cents/100+1e-9 {
			t.Errorf("%s: got $%.4f, recomputed $%.4f", what, got, want)
		}
	}
	total := 0.0
	pools := map[string]float64{}
	for _, n := range snap.Nodes {
		capacity := map[bool]string{true: "spot", false: "on-demand"}[n.Labels["karpenter.sh/capacity-type"] == "spot"]
		pools[n.Labels["node.kubernetes.io/instance-type"]+" "+capacity+" "+n.Labels["topology.kubernetes.io/zone"]] += plain.nodes[n.Name]
		total += plain.nodes[n.Name]
	}
	same("all nodes", r.Summary.MonthlyCost, total, 0.5)
	for _, p := range r.Nodes.Current.Pools { // parts are rounded so that they add up
		same("nodes "+p.InstanceType+" "+p.Zone, p.MonthlyCost, pools[p.InstanceType+" "+p.CapacityType+" "+p.Zone], 1)
	}
	namespaces, counted, rows := map[string][2]float64{}, 0.0, map[string]float64{}
	for _, w := range r.Workloads {
		want := plain.workloads[analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}]
		rows[w.Namespace+"/"+w.Kind+"/"+w.Name] = want
		same(w.Namespace+"/"+w.Kind+"/"+w.Name, w.MonthlyCost, want, 1)
		if w.MonthlyCost > 0 && w.MonthlySavings > w.MonthlyCost+0.01 {
			t.Errorf("%s/%s/%s frees $%.2f, and costs $%.2f", w.Namespace, w.Kind, w.Name, w.MonthlySavings, w.MonthlyCost)
		}
		sum := namespaces[w.Namespace]
		namespaces[w.Namespace] = [2]float64{sum[0] + w.MonthlyCost, sum[1] + want}
		counted += want
	}
	for name, v := range namespaces {
		same("namespace "+name, v[0], v[1], 1)
	}
	same("idle and overhead", r.Summary.IdleMonthly+r.Summary.OverheadMonthly, total-counted, 1)
	checked := map[string]int{}
	for _, w := range r.Waste {
		if want, ok := plain.waste(w.Kind, w.Target, w.Container, rows); ok {
			same(w.Kind+" "+w.Target+" "+w.Container, w.MonthlyCost, want, 1)
			checked[w.Kind]++
		} else {
			t.Errorf("%s %s for $%.2f is of a kind that was not recomputed", w.Kind, w.Target, w.MonthlyCost)
		}
	}
	for _, kind := range []string{"idle-workload", "quiet-workload", "unused-requests", "underused-node", "daemonset-only-nodes", "old-generation", "unbound-volume", "unmounted-volume", "oversized-volume", "scaled-to-zero-with-volumes", "load-balancer-without-endpoints"} {
		if checked[kind] == 0 {
			t.Errorf("no finding of the kind %s was recomputed", kind)
		}
	}
	for _, name := range plain.unusedRequests() {
		if !slices.ContainsFunc(r.Waste, func(w struct {
			Kind, Target, Container string
			MonthlyCost             float64
		}) bool {
			return w.Kind == "unused-requests" && w.Target+" "+w.Container == name
		}) {
			t.Errorf("%s has unused requests, which nobody says", name)
		}
	}
}

// waste works a finding's dollars out anew; ok is false of kinds that it does not know.
func (b *plainBill) waste(kind, target, container string, rows map[string]float64) (usd float64, ok bool) {
	_, name, _ := strings.Cut(target, "/")
	switch besidesOf(kind) {
	case "0": // nothing is said to be had for it
		return 0, true
	case "its share of the bill":
		return rows[target], true
	case "the node":
		return b.nodes[name], true
	}
	switch kind {
	case "daemonset-only-nodes":
		if b.planned {
			return 0, true // they are drained by the plan, where the dollars stand
		}
		return b.daemonSetsAlone(), true
	case "unused-requests":
		for i := range b.snap.Workloads {
			if w := &b.snap.Workloads[i]; w.Namespace+"/"+w.Kind+"/"+w.Name == target {
				for j := range w.Containers {
					if w.Containers[j].Name == container {
						return math.Min(b.unused(w, &w.Containers[j]), rows[target]), true
					}
				}
			}
		}
	case "old-generation":
		return b.older(name), true
	case "idle-namespace":
		for row, cost := range rows {
			if strings.HasPrefix(row, name+"/") {
				usd += cost
			}
		}
		return usd, true
	case "pods-not-ready":
		return b.notReady(target), true
	case "hpa-at-min":
		return b.atMinimum(target, rows[target]), true
	case "unbound-volume":
		for _, v := range b.snap.Volumes {
			if v.Name == name {
				return float64(v.Capacity) / (1 << 30) * perGiB[v.Class], true
			}
		}
	case "unmounted-volume":
		for _, c := range b.snap.VolumeClaims {
			if c.Namespace+"/"+c.Name == name {
				return float64(max(c.Capacity, c.Requested)) / (1 << 30) * perGiB[c.Class], true
			}
		}
	case "oversized-volume": // what it has beyond the most that it held and 30 %, in whole GiB
		for _, c := range b.snap.VolumeClaims {
			if c.Namespace+"/"+c.Name == name {
				enough := math.Max(1, math.Ceil(float64(c.Used)*1.3/(1<<30)))
				return (float64(max(c.Capacity, c.Requested))/(1<<30) - enough) * perGiB[c.Class], true
			}
		}
	case "scaled-to-zero-with-volumes":
		return b.claimsOf(target), true
	case "load-balancer-without-endpoints":
		return 0.0225 * 730, true // a network load balancer's hour in us-east-1
	}
	return 0, false
}

// besidesOf is what a kind says that its dollars are.
func besidesOf(kind string) string {
	for _, k := range waste.Kinds() {
		if k.Code == kind {
			return k.Besides
		}
	}
	return ""
}

// unused is what the requests of a container cost above the CPU that it stays below in
// 99 of 100 samples, and above its memory's peak, where that is nine tenths of them: at
// the mean unit price of the nodes that its pods are on.
func (b *plainBill) unused(w *analyzer.Workload, c *analyzer.Container) (usd float64) {
	type held struct {
		value float64
		count uint64
	}
	var cpu []held
	total, peak, days := uint64(0), 0.0, 0
	for _, u := range b.snap.Usage {
		if u.Ref == w.Ref && u.Container == c.Name {
			for i := range u.Days {
				for value, n := range u.Days[i].CPU.All() {
					cpu, total = append(cpu, held{value, n}), total+n
				}
				peak, days = math.Max(peak, u.Days[i].Memory.Max()), days+1
			}
		}
	}
	if days < 7 {
		return 0
	}
	slices.SortFunc(cpu, func(a, b held) int { return cmp.Compare(a.value, b.value) })
	p99, seen := 0.0, uint64(0)
	for _, h := range cpu {
		if p99 = h.value; float64(seen+h.count) >= 0.99*float64(total) {
			break
		}
		seen += h.count
	}
	free := func(request, used float64) float64 {
		if request-used >= 0.9*request {
			return request - used
		}
		return 0
	}
	core, gib, pods := 0.0, 0.0, 0.0
	for _, p := range w.Pods {
		if price, ok := b.prices[p.Node]; ok {
			core, gib, pods = core+price.CPUPerCoreHour, gib+price.MemoryPerGiBHour, pods+1
		}
	}
	if pods == 0 {
		return 0
	}
	return 730 * float64(w.PodsWith(c)) * (free(float64(c.Requests.CPU), p99)/1000*core + free(float64(c.Requests.Memory), peak)/(1<<30)*gib) / pods
}

// unusedRequests names the containers that have unused requests worth 5 USD a month, of
// workloads that run all the time, work and are no add-ons.
func (b *plainBill) unusedRequests() (names []string) {
	for i := range b.snap.Workloads {
		w := &b.snap.Workloads[i]
		if w.Batch() || w.AddOn() || slices.Contains([]string{"forgotten-demo", "card-gateway", "sms-sender", "debug-shell"}, w.Name) { // the idle ones
			continue
		}
		for j := range w.Containers {
			if c := &w.Containers[j]; c.Type != analyzer.TypeInit && b.unused(w, c) >= 5 {
				names = append(names, w.Namespace+"/"+w.Kind+"/"+w.Name+" "+c.Name)
			}
		}
	}
	return names
}

// claimsOf is what the bound claims of a workload cost: those that its pod template
// names, and those that are named after a set and a number.
func (b *plainBill) claimsOf(target string) (usd float64) {
	for _, w := range b.snap.Workloads {
		if w.Namespace+"/"+w.Kind+"/"+w.Name != target {
			continue
		}
		for _, c := range b.snap.VolumeClaims {
			named := slices.Contains(w.Claims, c.Name) || w.Kind == "StatefulSet" && ofSet(c.Name, &w)
			if c.Namespace == w.Namespace && c.Phase == "Bound" && named {
				usd += float64(max(c.Capacity, c.Requested)) / (1 << 30) * perGiB[c.Class]
			}
		}
	}
	return usd
}

// ofSet reports whether a claim is TEMPLATE-SET-NUMBER.
func ofSet(claim string, set *analyzer.Workload) bool {
	template, number, ok := strings.Cut(claim, "-"+set.Name+"-")
	return ok && (len(set.ClaimTemplates) == 0 || slices.Contains(set.ClaimTemplates, template)) && number != "" && strings.Trim(number, "0123456789") == ""
}

// perGiB is USD a month of a GiB in us-east-1, by the classes of the demo and of the
// rule cases; none is EBS's usual gp3, and what is not here has no price.
var perGiB = map[string]float64{"gp2": 0.10, "gp3": 0.08, "fast": 0.08, "": 0.08, "two-zones": 0.20}
