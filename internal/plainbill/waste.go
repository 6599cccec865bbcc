package plainbill

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// Waste works a finding's dollars out anew; ok is false of kinds that it does not know.
func (b *Bill) Waste(kind, target, container string, rows map[string]float64) (usd float64, ok bool) {
	_, name, _ := strings.Cut(target, "/")
	switch besidesOf(kind) {
	case "0": // nothing is said to be had for it
		return 0, true
	case "its share of the bill":
		return rows[target], true
	case "the node":
		return b.Nodes[name], true
	}
	switch kind {
	case "daemonset-only-nodes":
		if b.Planned {
			return 0, true // they are drained by the plan, where the dollars stand
		}
		return b.daemonSetsAlone(), true
	case "unused-requests":
		return b.unusedOf(target, container, rows[target])
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
		return math.Min(b.notReady(target), rows[target]), true
	case "hpa-at-min":
		return b.atMinimum(target, rows[target]), true
	case "scaled-to-zero-with-volumes":
		return b.claimsOf(target), true
	case "load-balancer-without-endpoints":
		return 0.0225 * 730, true // a network load balancer's hour in us-east-1
	}
	return b.volumeWaste(kind, name)
}

// unusedOf is what a container's requests cost unused, at most what its workload does.
func (b *Bill) unusedOf(target, container string, most float64) (usd float64, ok bool) {
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		if w.Namespace+"/"+w.Kind+"/"+w.Name != target {
			continue
		}
		for j := range w.Containers {
			if w.Containers[j].Name == container {
				return math.Min(b.Unused(w, &w.Containers[j]), most), true
			}
		}
	}
	return 0, false
}

// volumeWaste is what a volume or a claim costs of which nothing, or not all, is used.
func (b *Bill) volumeWaste(kind, name string) (usd float64, ok bool) {
	if kind == "unbound-volume" {
		for _, v := range b.Snap.Volumes {
			if v.Name == name {
				return float64(v.Capacity) / (1 << 30) * perGiB[v.Class], true
			}
		}
		return 0, false
	}
	for _, c := range b.Snap.VolumeClaims {
		if c.Namespace+"/"+c.Name != name {
			continue
		}
		size := float64(max(c.Capacity, c.Requested)) / (1 << 30)
		switch kind {
		case "unmounted-volume":
			return size * perGiB[c.Class], true
		case "oversized-volume": // what it has beyond the most that it held and 30 %, in whole GiB
			enough := math.Max(1, math.Ceil(float64(c.Used)*1.3/(1<<30)))
			return (size - enough) * perGiB[c.Class], true
		}
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

// Unused is what the requests of a container cost above the CPU that it stays below in
// 99 of 100 samples, and above its memory's peak, where that is nine tenths of them: at
// the mean unit price of the nodes that its pods are on, and no more than it did not use of
// what it held.
func (b *Bill) Unused(w *analyzer.Workload, c *analyzer.Container) (usd float64) {
	type held struct {
		value float64
		count uint64
	}
	var cpu []held
	total, peak, days := uint64(0), 0.0, 0
	for _, u := range b.Snap.Usage {
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
		if price, ok := b.Prices[p.Node]; ok {
			core, gib, pods = core+price.CPUPerCoreHour, gib+price.MemoryPerGiBHour, pods+1
		}
	}
	if pods == 0 {
		return 0
	}
	return math.Min(730*b.podsOf(w, c)*(free(float64(c.Requests.CPU), p99)/1000*core+free(float64(c.Requests.Memory), peak)/(1<<30)*gib)/pods, b.slack[containerKey{w.Ref, c.Name}])
}

// podsOf is how many pods with a container there are: those of today, and the mean of the
// window where their number is not the workload's own.
func (b *Bill) podsOf(w *analyzer.Workload, c *analyzer.Container) float64 {
	mean := b.pods[containerKey{w.Ref, c.Name}]
	varies := w.HasRoles() || w.Kind == "DaemonSet" && b.byHour || slices.ContainsFunc(b.Snap.HPAs, func(h analyzer.HPA) bool { return h.Target == w.Ref })
	if varies && mean > 0 {
		return mean
	}
	return float64(w.PodsWith(c))
}

// unusedRequests names the containers that have unused requests worth 5 USD a month, of
// workloads that run all the time, work and are no add-ons.
func (b *Bill) unusedRequests() (names []string) {
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		if w.Batch() || w.AddOn() || slices.Contains([]string{"forgotten-demo", "card-gateway", "sms-sender", "debug-shell"}, w.Name) { // the idle ones
			continue
		}
		for j := range w.Containers {
			if c := &w.Containers[j]; c.Type != analyzer.TypeInit && b.Unused(w, c) >= 5 {
				names = append(names, w.Namespace+"/"+w.Kind+"/"+w.Name+" "+c.Name)
			}
		}
	}
	return names
}

// claimsOf is what the bound claims of a workload cost: those that its pod template
// names, and those that are named after a set and a number.
func (b *Bill) claimsOf(target string) (usd float64) {
	for _, w := range b.Snap.Workloads {
		if w.Namespace+"/"+w.Kind+"/"+w.Name != target {
			continue
		}
		for _, c := range b.Snap.VolumeClaims {
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

// daemonSetsAlone is what nodes cost on which nothing but DaemonSets run: nothing where
// nothing else runs on any, since such a cluster waits for its work.
func (b *Bill) daemonSetsAlone() (usd float64) {
	used := false
	for _, n := range b.Snap.Nodes {
		daemons, others := 0, 0
		for i := range b.Snap.Workloads {
			for _, p := range b.Snap.Workloads[i].Pods {
				switch {
				case p.Node != n.Name || p.Ended():
				case b.Snap.Workloads[i].Kind == "DaemonSet":
					daemons++
				default:
					others++
				}
			}
		}
		if daemons > 0 && others == 0 {
			usd += b.Nodes[n.Name]
		}
		used = used || others > 0
	}
	if !used {
		return 0
	}
	return usd
}

// older is what the nodes of a type on demand cost more than the type that takes its place.
func (b *Bill) older(name string) (usd float64) {
	for i := range b.Fleet {
		n := &b.Fleet[i].Node
		if n.Labels["node.kubernetes.io/instance-type"] != name || n.Labels["karpenter.sh/capacity-type"] == "spot" {
			continue
		}
		now := b.priceOf(n).Offering
		now.USDPerHour = b.listed(n, name, pricing.OnDemand)
		next, _ := b.catalog.Successor(now)
		fee := 1.0
		if n.Labels["eks.amazonaws.com/compute-type"] == "auto" {
			fee = 1.12
		}
		usd += 730 * b.Fleet[i].Share * fee * (b.listed(n, name, pricing.OnDemand) - b.listed(n, next.InstanceType, pricing.OnDemand))
	}
	return usd
}

// notReady is what the pods that are not ready request, at the mean unit price of the
// nodes that the workload's pods are on.
func (b *Bill) notReady(target string) (usd float64) {
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		if w.Ref.String() != target {
			continue
		}
		core, gib, pods, cpu, memory := 0.0, 0.0, 0.0, 0.0, 0.0
		for _, p := range w.Pods {
			if price, ok := b.Prices[p.Node]; ok {
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
func (b *Bill) atMinimum(target string, cost float64) float64 {
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		if w.Ref.String() != target {
			continue
		}
		request, busiest, hours := 0.0, 0.0, map[int64]float64{}
		for _, c := range w.Containers {
			if c.Type != analyzer.TypeInit {
				request += float64(c.Requests.CPU)
			}
		}
		for _, u := range b.Snap.Usage {
			for _, d := range u.Days {
				for h := range d.Hours {
					if at := int64(d.Date)*24 + int64(h); u.Ref == w.Ref {
						hours[at] += float64(d.Hours[h].CPU)
						busiest = math.Max(busiest, hours[at])
					}
				}
			}
		}
		for _, h := range b.Snap.HPAs {
			if h.Target == w.Ref {
				need := math.Max(2, 1+math.Ceil(busiest/(request*float64(h.Metrics[0].Target)/100)))
				return cost * (float64(h.Min) - need) / math.Max(float64(w.Replicas), float64(h.Min))
			}
		}
	}
	return 0
}
