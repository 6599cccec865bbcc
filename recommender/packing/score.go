package packing

// EvictionCost is what Karpenter counts for the eviction of one pod: 1 plus its
// deletion cost / 2^27 plus its priority / 2^25, held between -10 and 10.
func (p *Pod) EvictionCost() float64 {
	return min(max(1+float64(p.DeletionCost)/(1<<27)+float64(p.Priority)/(1<<25), -10), 10)
}

// NodeDisruption is what Karpenter counts for the removal of a node with these
// pods: 1 plus the eviction costs above zero.
func NodeDisruption(pods []Pod) float64 {
	sum := 1.0
	for i := range pods {
		sum += max(0, pods[i].EvictionCost())
	}
	return sum
}

// MinScore is the score from which Karpenter's Balanced policy acts.
const MinScore = 0.5

// Score is that of Karpenter's Balanced policy: the share of the cost that a
// move saves over the share of the disruption that it causes. Cost and savings
// may be of any period, the same one. It is zero where nothing can be shared.
func Score(savings, cost, disruption, total float64) float64 {
	if cost <= 0 || disruption <= 0 || total <= 0 {
		return 0
	}
	return (savings / cost) / (disruption / total)
}
