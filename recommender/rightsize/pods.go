package rightsize

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

const (
	// holdPods is by how much a request may grow so that it holds a few pods that need more
	// than the others; pods that need more than that are named instead.
	holdPods = 2.0
	// podsCoarse is the most by which a pod's need of a day is overstated.
	podsCoarse = 1.125
	// burst is how many times the request a short peak is that is told of.
	burst = 5.0
	// mostDays is the share of days on which something has to be so to be usual.
	mostDays = 0.75
)

// HoldPods raises an amount of CPU, in millicores, so that it holds for each pod, and
// names the pods for which it does not. Days without needs by pod are passed over.
func HoldPods(days []analyzer.Day, amount float64) (held float64, hot []analyzer.PodNeed) {
	var needs digest.Histogram
	seen := 0
	for i := range days {
		if days[i].PodNeed.Count() > 0 {
			needs.Merge(&days[i].PodNeed)
			seen++
		}
	}
	if seen == 0 {
		return amount, nil
	}
	// At most as many pods as are named may be above.
	if pods := float64(needs.Count()) / float64(seen); pods > analyzer.MostNamed {
		amount = max(amount, needs.Quantile(1-analyzer.MostNamed/pods)/podsCoarse)
	}
	hot = hotPods(days, amount)
	most := holdPods * amount
	for len(hot) > 0 && float64(hot[len(hot)-1].CPU) <= most {
		amount = float64(hot[len(hot)-1].CPU)
		hot = hot[:len(hot)-1]
	}
	return amount, hot
}

// hotPods are the pods whose need was above an amount on most of the days that name
// them, neediest first, each with its median need. A pod that is named on a single day
// of several is not usual.
func hotPods(days []analyzer.Day, amount float64) []analyzer.PodNeed {
	needs := map[string][]float64{}
	for i := range days {
		for _, p := range days[i].MostCPU {
			needs[p.Pod] = append(needs[p.Pod], float64(p.CPU)/podsCoarse)
		}
	}
	var hot []analyzer.PodNeed
	for pod, all := range needs {
		slices.Sort(all)
		if median := all[(len(all)-1)/2]; median > amount && (len(all) > 1 || len(days) == 1) {
			hot = append(hot, analyzer.PodNeed{Pod: pod, CPU: float32(median)})
		}
	}
	slices.SortFunc(hot, func(a, b analyzer.PodNeed) int { return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(a.Pod, b.Pod)) })
	return hot
}

// HotPods says for which pods an amount does not hold.
func HotPods(hot []analyzer.PodNeed, amount float64) string {
	names := make([]string, 0, analyzer.MostNamed+1)
	for i, p := range hot {
		if i == analyzer.MostNamed {
			names = append(names, fmt.Sprintf("%d more", len(hot)-i))
			break
		}
		names = append(names, fmt.Sprintf("%s (%.0fm)", p.Pod, p.CPU))
	}
	return fmt.Sprintf("the request of %.0fm does not hold for %s: what these pods do is to be spread, or they need a workload of their own", amount, strings.Join(names, ", "))
}

// DailyPeak finds the hour of the day whose peaks are at least a burst above an amount on
// most days; at is -1 without one.
func DailyPeak(days []analyzer.Day, amount float64) (at int, peak float64) {
	at = -1
	for hour := range 24 {
		seen, above, most := 0, 0, 0.0
		for i := range days {
			if len(days[i].Hours) != 24 || days[i].Hours[hour].CPUPeak == 0 {
				continue
			}
			seen++
			if v := float64(days[i].Hours[hour].CPUPeak); v >= burst*amount {
				above++
				most = max(most, v)
			}
		}
		if seen >= 3 && float64(above) >= mostDays*float64(seen) && most > peak {
			at, peak = hour, most
		}
	}
	return at, peak
}

// StartPeak is the highest CPU within ten minutes of the start of a pod, in millicores,
// and the number of such samples.
func StartPeak(days []analyzer.Day) (peak float64, samples uint64) {
	for i := range days {
		peak = max(peak, days[i].Start.Max())
		samples += days[i].Start.Count()
	}
	return peak, samples
}
