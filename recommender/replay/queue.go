package replay

import "math"

// Variability is what makes a pod's queue longer than that of M/M/c. The zero value is M/M/c.
type Variability struct {
	// Service is the Allen-Cunneen factor (ca² + cs²)/2 of arrivals and services that are not
	// Poisson; 1, and 0 as absent, are M/M/c.
	Service float64
	// Load is the coefficient of variation, in [0, 1], of the load about the mean of a step.
	// What is above 1 counts as 1.
	Load float64
}

// SlowFrom is the utilization, in (0, 1), of a pod's cores from which on queueing makes the mean
// response time more than slowdown times the service time. A pod is an M/M/c queue: arrivals and
// services are Poisson, c = cores, and an arrival waits with Erlang's probability C(c, c·u), so that
//
//	response / service = 1 + V · C(c, c·u) / (c · (1 - u))
//
// (L. Kleinrock, Queueing Systems I, 1975, section 3.5). V is the Allen-Cunneen factor (A. O. Allen,
// Probability, Statistics and Queueing Theory, 1990, section 5.3). Load that varies inside a step
// lies at u·(1 + k) and u·(1 - k) for half of the time each, and the mean is over the requests that
// arrive. Each level counts as if it lasted (the pointwise stationary approximation: L. Green and
// P. Kolesar, Management Science 37, 1991). Cores that are not whole lie between the two whole numbers
// beside them; less than one core is one slow server. A slowdown of 1 or less, or NaN, gives 0: any
// queueing is too much.
func SlowFrom(cores, slowdown float64, v Variability) float64 {
	if !(slowdown > 1) {
		return 0
	}
	if !(v.Service > 0) {
		v.Service = 1
	}
	v.Load = min(max(v.Load, 0), 1)
	cores = min(max(cores, 1), mostCores)
	below := math.Floor(cores)
	u := slowFrom(int(below), slowdown, v)
	if part := cores - below; part > 0 {
		u += part * (slowFrom(int(below)+1, slowdown, v) - u)
	}
	return u
}

// Prompt is the millicores that a pod of so many millicores serves before queueing makes the mean
// response slowdown times the service time, at most its request: the level of usage above which an
// autoscaler must have added pods. The audit's advice and the gate's band are both this.
func Prompt(cores, request int64, slowdown float64, v Variability) int64 {
	most := float64(cores) * SlowFrom(float64(cores)/1000, slowdown, v)
	return int64(max(min(most, float64(request)), 1))
}

// mostCores bounds the recursion of Erlang's formula; beyond it a pod is slow next to its last core.
const mostCores = 1024

// slowFrom bisects the utilization; the ratio grows with it, from 1 without bound.
func slowFrom(c int, slowdown float64, v Variability) float64 {
	low, high := 0.0, 1/(1+v.Load)
	for range 50 {
		u := (low + high) / 2
		mean := response(c, u, v.Service)
		if k := v.Load; k > 0 {
			mean = ((1+k)*response(c, (1+k)*u, v.Service) + (1-k)*response(c, (1-k)*u, v.Service)) / 2
		}
		if mean <= slowdown {
			low = u
		} else {
			high = u
		}
	}
	return low
}

// response is the mean response at a utilization, in service times.
func response(c int, u, service float64) float64 {
	return 1 + service*erlangC(c, float64(c)*u)/(float64(c)*(1-u))
}

// erlangC is the probability that an arrival waits at c servers that a load of a erlangs, below c,
// keeps busy; by the recursion of Erlang's B, which cannot overflow.
func erlangC(c int, a float64) float64 {
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	u := a / float64(c)
	return b / (1 - u*(1-b))
}
