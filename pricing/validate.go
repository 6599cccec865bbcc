package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// maxProblems bounds how many problems of one file are told.
const maxProblems = 100

// linearWithin is how far a type's price per vCPU may stray from its family's median.
const linearWithin = 0.25

// Problem is one thing wrong with a price file.
type Problem struct {
	File    string
	Line    int // 0 when it concerns the whole file
	Message string
}

// Error gives the problem on one line, as compilers do.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// checkTable applies the sanity rules to a decoded table. Real price lists have
// broken each of these rules, e.g. by holding Windows prices among Linux ones.
func checkTable(file string, rows []row) []Problem {
	var out []Problem
	seen := map[[3]string]int{}
	for i := range rows {
		r := &rows[i]
		if first, ok := seen[r.key()]; ok {
			out = append(out, Problem{file, r.line, fmt.Sprintf("%s in %s stands here and on line %d", r.instanceType, r.region, first)})
			continue
		}
		seen[r.key()] = r.line
		for _, message := range r.check() {
			out = append(out, Problem{file, r.line, message})
		}
	}
	out = append(out, checkLinear(file, rows)...)
	slices.SortStableFunc(out, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return out[:min(len(out), maxProblems)]
}

func (r *row) key() [3]string { return [3]string{r.provider, r.region, r.instanceType} }

// check applies the rules that one row can break by itself.
func (r *row) check() []string {
	var out []string
	bad := func(format string, args ...any) {
		out = append(out, r.instanceType+": "+fmt.Sprintf(format, args...))
	}
	od, spot, r1, r3 := r.usd[slotOnDemand], r.usd[slotSpot], r.usd[slotReserved1], r.usd[slotReserved3]
	if r.cpuMillis <= 0 {
		bad("vcpu must be above 0")
	}
	if r.memoryBytes <= 0 {
		bad("memory_gib must be above 0")
	}
	if od <= 0 {
		bad("on_demand_usd_hour must be above 0")
	}
	if od > maxUSD {
		bad("on_demand_usd_hour is above %d, which no machine costs", maxUSD)
	}
	if spot > od {
		bad("spot price %g is above the on-demand price %g", spot, od)
	}
	if spot > 0 && spot <= 0.02*od {
		bad("spot price %g is not above 2 %% of the on-demand price %g", spot, od)
	}
	if r1 > od {
		bad("1-year price %g is above the on-demand price %g", r1, od)
	}
	if limit := cmp.Or(r1, od); r3 > limit {
		bad("3-year price %g is above the 1-year or on-demand price %g", r3, limit)
	}
	for _, date := range append(r.from.asOf[:], r.from.bandAsOf) {
		if _, ok := parseDate(date); date != "" && !ok {
			bad("as_of %q is not a date; write YYYY-MM-DD", date)
			break
		}
	}
	return out
}

// parseDate reads a date of a price file: day, month or instant. A month means its first day.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// checkLinear looks for types whose price per vCPU strays from their family's.
func checkLinear(file string, rows []row) []Problem {
	families := map[[3]string][]*row{}
	for i := range rows {
		r := &rows[i]
		if r.cpuMillis <= 0 || r.usd[slotOnDemand] <= 0 || r.nonlinear() {
			continue
		}
		key := [3]string{r.provider, r.region, cloud.ParseType(r.provider, r.instanceType).Family}
		families[key] = append(families[key], r)
	}
	var out []Problem
	for key, members := range families {
		perVCPU := make([]float64, len(members))
		for i, r := range members {
			perVCPU[i] = r.perVCPU()
		}
		mid := median(perVCPU)
		for _, r := range members {
			if off := r.perVCPU()/mid - 1; off > linearWithin || off < -linearWithin {
				out = append(out, Problem{file, r.line, fmt.Sprintf(
					"%s: %.5f USD per vCPU-hour is %+.0f %% off the median %.5f of family %s in %s",
					r.instanceType, r.perVCPU(), 100*off, mid, key[2], r.region)})
			}
		}
	}
	return out
}

func (r *row) perVCPU() float64 { return r.usd[slotOnDemand] * 1000 / float64(r.cpuMillis) }

// nonlinear names the types whose price is known not to follow vCPUs: shared CPUs,
// GPUs and other accelerators, bundled local SSDs, Azure's DSv2 (the number is a rank) and E64s_v3
// (sold with less memory per vCPU than its sisters).
func (r *row) nonlinear() bool {
	return r.gpus > 0 || r.gpuName != "" || cloud.ParseType(r.provider, r.instanceType).Burstable ||
		strings.HasSuffix(r.instanceType, "lssd") ||
		r.provider == "azure" && (strings.HasPrefix(r.instanceType, "Standard_DS") || r.instanceType == "Standard_E64s_v3")
}

// median sorts its argument and returns the middle; 0 for none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
