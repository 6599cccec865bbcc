package analyzer

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// RequestRate is how many requests a workload got over the window, by one
// counter of an engine.
type RequestRate struct {
	Ref
	// Counter is the metric's name.
	Counter string    `json:"counter"`
	By      CountedBy `json:"by"`
	// Query is PromQL whose value is the requests a second to all pods of the
	// workload together, over the last RangeSeconds.
	Query        string       `json:"query"`
	RangeSeconds int32        `json:"rangeSeconds"`
	Days         []RequestDay `json:"days"`
}

// CountedBy is what a counter's series name.
type CountedBy string

// The ways in which requests are counted.
const (
	// CountedByPod series are a pod's own: with its end they end.
	CountedByPod CountedBy = "pod"
	// CountedByWorkload series are a mesh's, counted beside the pods.
	CountedByWorkload CountedBy = "workload"
	// CountedByService series are an ingress's: they go on while no pod runs.
	CountedByService CountedBy = "service"
	// CountedByTrigger values are what a trigger of a ScaledObject read.
	CountedByTrigger CountedBy = "trigger"
)

// RequestDay is one UTC day of requests.
type RequestDay struct {
	Date int32 `json:"date"` // days since 1970-01-01 UTC
	// Load is in thousandths of a request a second, of as many series (pods,
	// where these are counted) as there were.
	Load Load `json:"load"`
}

// RequestRecorder folds samples of request rates into days. It is not safe for
// concurrent use: give each shard its own and add them up with MergeRequests.
type RequestRecorder struct {
	window Window
	days   map[requestKey]map[int32]*Load
}

type requestKey struct {
	Ref
	counter string
}

// NewRequestRecorder makes a recorder that keeps samples within w.
func NewRequestRecorder(w Window) *RequestRecorder {
	return &RequestRecorder{window: w, days: map[requestKey]map[int32]*Load{}}
}

// Add records a mean rate, in requests a second, of one series over the step
// that ends at ms (Unix milliseconds). It reports whether the sample was taken:
// those outside the window, impossible ones and those of workloads that cannot
// be scaled are not.
func (r *RequestRecorder) Add(ref Ref, counter string, ms int64, perSecond float64) bool {
	if ms <= r.window.Start.UnixMilli() || ms > r.window.End.UnixMilli() || !(perSecond >= 0) || math.IsInf(perSecond, 1) || !hasLoad(ref.Kind) {
		return false
	}
	k := requestKey{ref, counter}
	if r.days[k] == nil {
		r.days[k] = map[int32]*Load{}
	}
	date := DayOf(ms - 1)
	l := r.days[k][date]
	if l == nil {
		l = &Load{}
		r.days[k][date] = l
	}
	to := (ms-1-int64(date)*86_400_000)/1000 + 1
	l.add(to-max(int64(r.window.Step.Seconds()), 1), to, 1000*perSecond)
	return true
}

// Requests gives what was recorded, sorted. The recorder is not used
// afterwards.
func (r *RequestRecorder) Requests() []RequestRate {
	out := make([]RequestRate, 0, len(r.days))
	for k, days := range r.days {
		q := RequestRate{Ref: k.Ref, Counter: k.counter}
		for date, l := range days {
			l.quantize()
			q.Days = append(q.Days, RequestDay{Date: date, Load: *l})
		}
		slices.SortFunc(q.Days, func(a, b RequestDay) int { return cmp.Compare(a.Date, b.Date) })
		out = append(out, q)
	}
	slices.SortFunc(out, compareRequests)
	return out
}

// MergeRequests adds lists of separate series or days up into one sorted list.
// The lists are not used afterwards.
func MergeRequests(lists ...[]RequestRate) []RequestRate {
	at := map[requestKey]int{}
	var out []RequestRate
	for _, list := range lists {
		for _, q := range list {
			k := requestKey{q.Ref, q.Counter}
			i, ok := at[k]
			if !ok {
				at[k] = len(out)
				out = append(out, q)
				continue
			}
			for _, d := range q.Days {
				out[i].merge(d)
			}
		}
	}
	slices.SortFunc(out, compareRequests)
	return out
}

func (r *RequestRate) merge(d RequestDay) {
	j, ok := slices.BinarySearchFunc(r.Days, d.Date, func(x RequestDay, date int32) int { return cmp.Compare(x.Date, date) })
	if ok {
		r.Days[j].Load.Merge(&d.Load)
	} else {
		r.Days = slices.Insert(r.Days, j, d)
	}
}

func compareRequests(a, b RequestRate) int {
	return cmp.Or(a.Compare(b.Ref), cmp.Compare(a.Counter, b.Counter))
}

// Along gives the requests a second in each slot of a load curve, and the
// number of slots that were seen; NaN where nothing is known. A gap of up to an
// hour repeats the slot before it.
func (r *RequestRate) Along(c LoadCurve) (perSecond []float64, seen int) {
	perSecond = make([]float64, len(c.CPU))
	for i := range perSecond {
		perSecond[i] = math.NaN()
	}
	first := c.Start.Unix() / digest.SlotSeconds
	for i := range r.Days {
		at := int64(r.Days[i].Date)*digest.SlotsPerDay - first
		for slot := range digest.SlotsPerDay {
			j := at + int64(slot)
			if j < 0 || j >= int64(len(perSecond)) {
				continue
			}
			if milli, n := r.Days[i].Load.At(slot); n > 0 {
				perSecond[j] = milli / 1000
				seen++
			}
		}
	}
	bridge(perSecond)
	return perSecond, seen
}

// bridge fills gaps of up to longestGap slots after the first value.
func bridge(v []float64) {
	last := -1
	for i := range v {
		if math.IsNaN(v[i]) {
			continue
		}
		if last >= 0 && i-last-1 <= longestGap {
			for j := last + 1; j < i; j++ {
				v[j] = v[last]
			}
		}
		last = i
	}
}
