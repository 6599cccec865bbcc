package calibration

import (
	"cmp"
	"math"
	"slices"
)

const (
	// uneven is by how much, of the promise, a third of the fleet may lose more than the
	// fleet does: where a loss is dear to avoid, the other thirds make up for it.
	uneven = 0.1
	// unevenWeeks is the container-weeks at which half of that is allowed: few tell too
	// little of what is dear.
	unevenWeeks = 60
	// spent is the loss, as a multiple of what the largest margin leaves, from which more
	// margin buys nothing worth its price.
	spent = 1.25
)

// allot shares the loss that is promised of the fleet out over its groups, of so many
// weeks each, so that the geometric mean of the margins is least. Peaks are promised to
// each group alike.
func (p *Promise) allot(own *[groups]curve, weeks *[groups]float64) (out [groups]float64) {
	total := 0.0
	for _, w := range weeks {
		total += w
	}
	if p.Measure == Peaks || total == 0 {
		for g := range own {
			out[g] = own[g].keep(p.target())
		}
		return out
	}
	a := allotment{own: own, most: p.target()}
	for g := range own {
		a.share[g] = (weeks[g] + 1) / (total + groups)
		a.limit[g] = own[g].keep(spent * own[g].loss[margins-1] / own[g].weeks)
		a.at[g] = min(own[g].keep((1+uneven*total/(total+unevenWeeks))*a.most), a.limit[g])
	}
	return a.walk()
}

// allotment is how far each group's margin has got.
type allotment struct {
	own              *[groups]curve
	most             float64
	share, limit, at [groups]float64
}

// step is one edge of a group's hull: up to a margin, at a fall of the fleet's loss by so
// much for each unit of the logarithm of the margin.
type step struct {
	group int
	to    float64
	fall  float64
}

// walk raises margins where they buy most, until the fleet loses no more than promised.
func (a *allotment) walk() [groups]float64 {
	var steps []step
	for g := range a.own {
		steps = a.hull(g, steps)
	}
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(y.fall, x.fall) })
	left := a.loss()
	for _, s := range steps {
		if left <= a.most {
			break
		}
		if s.to <= a.at[s.group] {
			continue
		}
		c := &a.own[s.group]
		before, _ := c.at(a.at[s.group])
		after, _ := c.at(s.to)
		if rest := left - a.share[s.group]*(before-after); rest > a.most {
			left, a.at[s.group] = rest, s.to
			continue
		}
		need := before - (left-a.most)/a.share[s.group]
		a.at[s.group] = min(max(c.keep(need), a.at[s.group]), s.to)
		break
	}
	return a.at
}

// loss is the fleet's.
func (a *allotment) loss() float64 {
	sum := 0.0
	for g := range a.own {
		l, _ := a.own[g].at(a.at[g])
		sum += a.share[g] * l
	}
	return sum
}

// hull adds the edges of the lower convex hull of a group's loss over the logarithm of its
// margin: along it each more of margin buys less.
func (a *allotment) hull(g int, steps []step) []step {
	c := &a.own[g]
	fall := func(i, j int) float64 { return (c.loss[i] - c.loss[j]) / float64(j-i) }
	var corners []int
	for j := range margins {
		if marginGrid[j] > a.limit[g]*(1+1e-9) {
			break
		}
		for n := len(corners); n >= 2 && fall(corners[n-2], corners[n-1]) <= fall(corners[n-1], j); n = len(corners) {
			corners = corners[:n-1]
		}
		corners = append(corners, j)
	}
	for k := 1; k < len(corners); k++ {
		steps = append(steps, step{g, marginGrid[corners[k]], fall(corners[k-1], corners[k]) / c.weeks})
	}
	return append(steps, step{g, max(a.limit[g], leastMargin), math.SmallestNonzeroFloat64})
}
