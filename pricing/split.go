package pricing

import (
	"cmp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// rates are what one vCPU and one GiB of memory cost an hour.
type rates struct {
	cpu, gib float64
}

// cost of a machine at these rates, without its GPUs.
func (r rates) cost(cpuMillis, memoryBytes int64) float64 {
	return r.cpu*float64(cpuMillis)/1000 + r.gib*float64(memoryBytes)/bytesPerGiB
}

// rateBook holds the rates of a region: one pair per group of sister families,
// and the region's general-purpose rates.
type rateBook struct {
	groups map[string]rates
	// The medians of the generations that suit any workload: on amd64, which
	// costs more and is taken where nothing is known, and on arm64.
	general, arm rates

	source, asOf string // of the prices behind the fit: all sources, the oldest date
}

// leastSquares fits price/vCPU = cpu + gib * (GiB/vCPU) over the types of a group.
// Dividing by vCPU gives every size of a family the same weight.
type leastSquares struct {
	n, x, xx, y, xy float64
}

func (f *leastSquares) add(r *row) {
	cores := float64(r.cpuMillis) / 1000
	x, y := float64(r.memoryBytes)/bytesPerGiB/cores, r.usd[slotOnDemand]/cores
	f.n, f.x, f.xx, f.y, f.xy = f.n+1, f.x+x, f.xx+x*x, f.y+y, f.xy+x*y
}

// solve returns the fitted rates; ok is false when the types all have the same
// memory per vCPU, or the fit makes one resource cost nothing.
func (f *leastSquares) solve() (r rates, ok bool) {
	det := f.n*f.xx - f.x*f.x
	if f.n < 2 || det < 1e-6*f.n*f.xx {
		return rates{}, false
	}
	r = rates{cpu: (f.xx*f.y - f.x*f.xy) / det, gib: (f.n*f.xy - f.x*f.y) / det}
	return r, r.cpu > 0 && r.gib > 0
}

// fitRates derives what vCPU and memory cost in one region from the on-demand
// prices: within a generation, the families with little and much memory differ in nothing else.
func fitRates(rows []*row) rateBook {
	fits := map[string]*leastSquares{}
	// By architecture the generations with machines for any workload, with no
	// more network or disk than those need.
	plain := map[string]map[string]bool{"amd64": {}, "arm64": {}}
	book := rateBook{groups: map[string]rates{}}
	for _, r := range rows {
		name := cloud.ParseType(r.provider, r.instanceType)
		if name.Group == "" || r.nonlinear() {
			continue
		}
		if fits[name.Group] == nil {
			fits[name.Group] = &leastSquares{}
		}
		fits[name.Group].add(r)
		if o := r.offering(slotOnDemand); o.General() && plain[r.arch] != nil {
			plain[r.arch][name.Group] = true
		}
		book.cite(r.from.source[slotOnDemand], r.from.asOf[slotOnDemand])
	}
	for group, fit := range fits {
		if r, ok := fit.solve(); ok {
			book.groups[group] = r
		}
	}
	everything := map[string]bool{}
	for group := range book.groups {
		everything[group] = true
	}
	// A region of old or special machines alone has no plain ones.
	book.general = cmp.Or(book.median(plain["amd64"]), book.median(plain["arm64"]), book.median(everything))
	book.arm = cmp.Or(book.median(plain["arm64"]), book.general)
	return book
}

// median is what the generations named usually cost.
func (b *rateBook) median(of map[string]bool) rates {
	var cpu, gib []float64
	for group, r := range b.groups {
		if of[group] {
			cpu, gib = append(cpu, r.cpu), append(gib, r.gib)
		}
	}
	return rates{cpu: median(cpu), gib: median(gib)}
}

// cite adds a source to those of the fit and keeps the oldest date.
func (b *rateBook) cite(source, asOf string) {
	if !strings.Contains(b.source, source) {
		b.source = strings.TrimPrefix(b.source+"+"+source, "+")
	}
	if asOf != "" && (b.asOf == "" || asOf < b.asOf) {
		b.asOf = asOf
	}
}

// of returns the rates to split a type's price by: its group's, else the
// region's of the architecture.
func (b rateBook) of(provider, instanceType, arch string) rates {
	if r, ok := b.groups[cloud.ParseType(provider, instanceType).Group]; ok {
		return r
	}
	if arch == "arm64" {
		return b.arm
	}
	return b.general
}

// shares splits a machine's price into CPU, memory and GPUs so that the three add
// up to it exactly. Without GPUs the rates only set the proportion. With GPUs the
// rates stand and the GPUs bear the rest; if nothing is left for them, they are free.
func (r rates) shares(usd float64, cpuMillis, memoryBytes, gpus int64) (cpu, memory, gpu float64) {
	base := r.cost(cpuMillis, memoryBytes)
	if base <= 0 {
		if gpus > 0 {
			return 0, 0, usd
		}
		return usd, 0, 0
	}
	if gpus > 0 && usd > base {
		cpu = r.cpu * float64(cpuMillis) / 1000
		memory = base - cpu
		return cpu, memory, usd - cpu - memory
	}
	cpu = usd * (r.cpu * float64(cpuMillis) / 1000 / base)
	return cpu, usd - cpu, 0
}
