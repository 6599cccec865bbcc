package openmetrics

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// fold turns samples into digests.
type fold struct {
	*catalog
	recorder *analyzer.Recorder
	window   analyzer.Window
	stepMS   int64
	maxGap   int64 // ms across which nothing is known
	// The window's steps are those after firstStep up to lastStep.
	firstStep, lastStep int64
	oldest              int64 // ms of the first sample of all
	odd                 [metrics]int64
	oddOf               [metrics][]string  // containers with such readings
	unmatched           map[[2]string]bool // namespace and pod
	several             []string           // pods of several containers, of which the whole alone is known
}

// done is the step of a series whose samples are all read.
const done = math.MaxInt64

func (f *fold) sample(s *series, x sample) error {
	if s.n == 0 {
		return errChanged
	}
	s.n--
	switch {
	case s.ignored, s.node != nil && !(x.value >= 0):
		return nil
	case math.IsNaN(x.value): // the end of a series has this mark
		if s.n > 0 {
			f.setAside(s, x)
		}
	case x.ms > f.latest, x.value < 0 || math.IsInf(x.value, 0), s.beyond(x.value):
		f.setAside(s, x)
	default:
		f.take(s, x)
	}
	if s.n == 0 && s.metric <= memory {
		f.closeStep(s, done)
	}
	return nil
}

// beyond tells a reading that no machine has, whatever its neighbours in the step are.
func (s *series) beyond(v float64) bool {
	switch {
	case s.metric == memory:
		return !analyzer.HasMemory(v)
	case s.metric == cpu && s.gauge:
		return !analyzer.HasCPU(v)
	}
	return s.metric == cpu && !digest.Counts(v)
}

// setAside counts a sample that cannot be. One of memory tells all the same that the
// pod was there.
func (f *fold) setAside(s *series, x sample) {
	f.oddly(s)
	if s.metric == memory && x.ms <= f.latest && f.intervalOf(s) <= f.stepMS {
		f.openStep(s, x.ms)
		s.weight, s.odd = 1, s.step
	}
}

func (f *fold) take(s *series, x sample) {
	switch s.metric {
	case cpu:
		f.cpu(s, x)
	case memory:
		f.held(s, x)
		f.openStep(s, x.ms)
		s.sum = max(s.sum, x.value)
		s.weight = 1
	case throttled, periods:
		f.count(s, x)
	case requests, limits:
		f.setting(s, x)
	case restarts:
		r := &s.container.restarts
		if s.read == 0 || x.value != (*r)[len(*r)-1].value {
			*r = append(*r, reading{x.ms, x.value})
		}
		s.read = x.ms
	case terminated:
		note(&s.container.oom, s, x)
	case ended:
		note(&s.container.ends, s, x)
	case volumeUsed:
		f.volume(s, x)
	case received, sent:
		f.traffic(s, x)
	case ofNode:
		f.tellNode(s, x)
	}
}

// cpu takes a reading of CPU, a counter or cores in use.
func (f *fold) cpu(s *series, x sample) {
	if s.gauge {
		f.held(s, x)
		f.openStep(s, x.ms)
		s.sum += x.value
		s.weight++
		return
	}
	from := s.read
	rate, taken, ok := f.rate(s, x)
	if ok {
		f.fill(s, from, sample{ms: x.ms, value: rate})
	}
	f.openStep(s, x.ms)
	if ok {
		s.sum += rate * taken
		s.weight += taken
	}
}

// held gives a gauge that is read seldom its value in the steps since it was read last.
func (f *fold) held(s *series, x sample) {
	if s.read != 0 && x.ms-s.read <= f.gapOf(s) {
		f.fill(s, s.read, x)
	}
	s.read = x.ms
}

// fill gives the steps between two readings of a series that is read more seldom than
// once a step the value of the second: each reading speaks for the time since the last.
func (f *fold) fill(s *series, from int64, x sample) {
	if f.intervalOf(s) <= f.stepMS {
		return
	}
	last := (x.ms + f.stepMS - 1) / f.stepMS
	for step := max((from+f.stepMS-1)/f.stepMS, f.firstStep) + 1; step < last; step++ {
		f.openStep(s, step*f.stepMS)
		s.sum, s.weight = x.value, 1
	}
}

// intervalOf is the time between the readings of a series, in ms, an hour at most: its
// own where it has enough of them, else 0. Dumps may hold series of several scrapes.
func (f *fold) intervalOf(s *series) int64 {
	if s.votes < 2 {
		return 0
	}
	return min(s.usual, longestStep.Milliseconds())
}

// gapOf is the time between two readings of a series across which nothing is known, in ms.
func (f *fold) gapOf(s *series) int64 { return max(f.maxGap, f.intervalOf(s)*22/10) }

// volume keeps the most that a volume held in the window.
func (f *fold) volume(s *series, x sample) {
	if step := x.ms / f.stepMS; step >= f.firstStep && step <= f.lastStep && x.value < math.MaxInt64 {
		s.claim.Bytes = max(s.claim.Bytes, int64(x.value))
	}
}

// rate gives the counter's growth per second since the last reading, and the
// seconds that have gone since.
func (f *fold) rate(s *series, x sample) (perSecond, taken float64, ok bool) {
	if s.read == 0 && s.before != nil {
		s.counter, s.read = s.before.counter, s.before.read
	}
	perSecond, ok = s.counter.Rate(x.ms, x.value, f.gapOf(s))
	taken = float64(x.ms-s.read) / 1000
	s.read = max(s.read, x.ms)
	return perSecond, taken, ok
}

// count adds the growth of a counter of CFS periods to its day.
func (f *fold) count(s *series, x sample) {
	rate, taken, ok := f.rate(s, x)
	if !ok || s.spare {
		return
	}
	d := s.container.sink.Day(x.ms)
	switch {
	case d == nil:
	case s.metric == throttled:
		d.Throttled += rate * taken
	default:
		d.Periods += rate * taken
	}
}

// setting notes a request or limit that was in force.
func (f *fold) setting(s *series, x sample) {
	d := s.container.sink.Day(x.ms)
	if d == nil || x.value >= math.MaxInt64/1000 || s.resource == ofGPU && x.value > analyzer.MostDevices {
		return
	}
	var a analyzer.Amounts
	switch s.resource {
	case ofCPU:
		a.CPU = int64(math.Round(x.value * 1000))
	case ofMemory:
		a.Memory = int64(math.Round(x.value))
	case ofGPU:
		a.GPU = int64(math.Round(x.value))
	}
	if s.metric == requests {
		d.Requests = d.Requests.Max(a)
	} else {
		d.Limits = d.Limits.Max(a)
	}
}

// note lengthens the series' last span where the fact still holds.
func note(spans *[]span, s *series, x sample) {
	last := len(*spans) - 1
	switch {
	case x.value == 0:
		s.read = 0
		return
	case s.read != 0 && x.ms-s.read <= spanGap:
		(*spans)[last].to = x.ms
	default:
		*spans = append(*spans, span{x.ms, x.ms})
	}
	s.read = x.ms
}

// openStep makes the step of ms the series' open one. A step takes the samples
// after its predecessor's end up to its own.
func (f *fold) openStep(s *series, ms int64) {
	if step := (ms + f.stepMS - 1) / f.stepMS; step != s.step {
		f.closeStep(s, step)
	}
}

// closeStep hands what the open step has gathered on and opens the next.
func (f *fold) closeStep(s *series, next int64) {
	step, value, some := s.step, s.sum, s.weight > 0
	if some {
		value /= s.weight
	}
	s.step, s.sum, s.weight = next, 0, 0
	sets := s.container.sets[s.metric]
	if len(sets) == 1 {
		if some {
			f.record(s, step, value)
		}
		return
	}
	t := &s.container.mem
	if s.metric == cpu {
		t = &s.container.cpu
	}
	if some && step > f.firstStep && step <= f.lastStep {
		t.put(step, value)
	}
	n := t.before(f.frontier(sets))
	for i, v := range t.pending[:n] {
		if !math.IsNaN(v) {
			f.record(s, t.from+int64(i), v)
		}
	}
	t.drop(n)
}

func (f *fold) record(s *series, step int64, v float64) {
	ms := step * f.stepMS
	taken := false
	if s.metric == cpu {
		taken = s.container.sink.CPU(ms, v*1000) // cores to millicores
	} else {
		taken = s.container.sink.Memory(ms, v)
	}
	if !taken && step > f.firstStep && step <= f.lastStep && (s.metric != memory || s.odd != step) {
		f.oddly(s)
	}
}

// oddly counts a reading that cannot be, and keeps the first containers' names.
func (f *fold) oddly(s *series) {
	const most = 3
	f.odd[s.metric]++
	name := ""
	if c := s.container; c != nil {
		name = c.namespace + "/" + c.pod + "/" + c.name
	}
	if names := f.oddOf[s.metric]; name != "" && len(names) <= most && !slices.Contains(names, name) {
		f.oddOf[s.metric] = append(names, name)
	}
}

// frontier is the least step that some label set may still add to.
func (f *fold) frontier(sets []*series) int64 {
	least := int64(done)
	for _, s := range sets {
		if s.step != 0 {
			least = min(least, s.step)
		} else if s.n > 0 {
			least = min(least, (s.first+f.stepMS-1)/f.stepMS)
		}
	}
	return least
}

// track holds the steps of a container between the slowest and the fastest of
// its label sets, so that each step counts once, with its largest value.
type track struct {
	from    int64     // the step of pending[0]
	pending []float64 // NaN where there is none
}

// put enters a value that others may join.
func (t *track) put(step int64, v float64) {
	if len(t.pending) == 0 {
		t.from = step
	}
	if step < t.from { // before all that waits
		t.pending = append(make([]float64, t.from-step, int(t.from-step)+len(t.pending)), t.pending...)
		for i := range t.pending[:t.from-step] {
			t.pending[i] = math.NaN()
		}
		t.from = step
	}
	for int64(len(t.pending)) <= step-t.from {
		t.pending = append(t.pending, math.NaN())
	}
	if i := step - t.from; !(t.pending[i] >= v) {
		t.pending[i] = v
	}
}

// before is the number of waiting steps before the step least.
func (t *track) before(least int64) int {
	return int(min(max(least-t.from, 0), int64(len(t.pending))))
}

// drop forgets the first n waiting steps.
func (t *track) drop(n int) {
	t.from += int64(n)
	t.pending = append(t.pending[:0], t.pending[n:]...)
	if len(t.pending) == 0 && cap(t.pending) > 16 {
		t.pending = nil
	}
}

// close files what is counted at the end.
func (f *fold) close() {
	for _, c := range f.order {
		if c.sink == nil { // nothing of it was read
			continue
		}
		f.closeRestarts(c)
		c.sink.Close()
	}
}
