package prometheus

import (
	"context"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// peakGrain is the step in seconds at which the samples behind a peak are looked at: no
// usual scrape is faster.
const peakGrain = 15

// aside are series of which some steps hold what cannot be. The engine gives the largest
// sample of each step, so that one impossible reading hides all others of its step.
type aside []*series

// keep takes a series for itself if it is such a one.
func (a *aside) keep(q *query, row *series) bool {
	if q.metric != metricMemory || !slices.ContainsFunc(row.points, impossible) {
		return false
	}
	*a = append(*a, &series{slices.Clone(row.names), slices.Clone(row.values), slices.Clone(row.points)})
	return true
}

func impossible(p point) bool { return !analyzer.HasMemory(p.value) }

// askAgain asks for the peaks of those pods anew, of possible samples alone, and puts them in
// the place of the impossible ones. It gives how many those were, by series. Where that fails
// the steps are lost as they were.
func (t *task) askAgain(ctx context.Context, col *collection, shard []string, ask question, kept aside) (odd []int) {
	dialect, labels := col.dialect, col.dialect.usage
	key := func(row *series) containerKey {
		return containerKey{row.get(labels.namespace), row.get(labels.pod), row.get(labels.container)}
	}
	var pods []string
	for _, row := range kept {
		pods = append(pods, row.get(labels.pod))
	}
	slices.Sort(pods)
	found := map[containerKey]map[int64]float64{}
	for some := range slices.Chunk(slices.Compact(pods), mostPods) {
		ask.query = dialect.possiblePeaks(shard, some)
		a, err := col.client.ask(ctx, ask, func(row *series) {
			at := map[int64]float64{}
			for _, p := range row.points {
				at[p.ms] = p.value
			}
			found[key(row)] = at
		})
		col.heard(a)
		if err != nil {
			break
		}
	}
	for _, row := range kept {
		n := 0
		for i := range row.points {
			p := &row.points[i]
			if v, ok := found[key(row)][p.ms]; ok && impossible(*p) {
				p.value, n = v, n+1
			}
		}
		odd = append(odd, n)
	}
	return odd
}

// possiblePeaks is the query of memory of these pods that leaves out what cannot be.
func (d *dialect) possiblePeaks(shard, pods []string) string {
	selected := d.selector(d.names.memoryName(), append([]string{oneOf(d.usage.namespace, shard), oneOf(d.usage.pod, pods)}, d.ofContainers()...)...)
	return fmt.Sprintf("max %s (max_over_time((%s >= 0 <= %d)[%s:%ds]))", d.usage.by(), selected, int64(analyzer.MostBytes), seconds(max(d.peak, d.slow.peak)), peakGrain)
}
