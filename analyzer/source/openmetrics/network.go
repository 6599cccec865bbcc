package openmetrics

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

const (
	hourMS = 3_600_000
	// leastOfHour is the seconds of an hour that must be known, for its mean to stand.
	leastOfHour = 1800
)

// wireKey names one direction of one interface of a pod.
type wireKey struct {
	namespace, pod, device string
	metric                 metric
}

// wire is what one series of traffic tells, by the hour.
type wire struct {
	wireKey
	first int64 // hours since 1970 of hours[0]
	hours []hourOfWire
}

// hourOfWire is what was counted in an hour, and for how long.
type hourOfWire struct{ bytes, seconds float64 }

// addWire enters a series of a pod's traffic. The traffic of nodes and of the
// loopback is not read.
func (c *catalog) addWire(m metric, l map[string]string) *series {
	if l["pod"] == "" || l["interface"] == "lo" {
		return nil
	}
	w := &wire{wireKey: wireKey{c.intern(l["namespace"]), c.intern(l["pod"]), c.intern(l["interface"]), m}}
	c.wires = append(c.wires, w)
	c.found[m] = true
	return &series{metric: m, first: -1, gap: math.MaxInt64, wire: w}
}

// traffic adds the growth of a counter to the hour in which it was read.
func (f *fold) traffic(s *series, x sample) {
	rate, taken, ok := f.rate(s, x)
	hour := (x.ms - 1) / hourMS
	if !ok || x.ms <= f.window.Start.UnixMilli() || x.ms > f.window.End.UnixMilli() {
		return
	}
	w := s.wire
	if len(w.hours) == 0 {
		w.first = hour
	}
	for int64(len(w.hours)) <= hour-w.first {
		w.hours = append(w.hours, hourOfWire{})
	}
	at := &w.hours[hour-w.first]
	at.bytes, at.seconds = at.bytes+rate*taken, at.seconds+taken
}

// network adds up what pods received and sent by the hour, as the query of an engine
// does: of series that tell the same the largest counts, of interfaces the sum.
func (f *fold) network() []analyzer.NetworkUsage {
	most := map[wireKey]map[int64]float64{}
	for _, w := range f.wires {
		for i, h := range w.hours {
			if h.seconds < leastOfHour {
				continue
			}
			if most[w.wireKey] == nil {
				most[w.wireKey] = map[int64]float64{}
			}
			hour := w.first + int64(i)
			most[w.wireKey][hour] = max(most[w.wireKey][hour], h.bytes/h.seconds)
		}
	}
	type podHour struct {
		namespace, pod string
		hour           int64
	}
	in, out := map[podHour]float64{}, map[podHour]float64{}
	for k, hours := range most {
		to := in
		if k.metric == sent {
			to = out
		}
		for hour, rate := range hours {
			to[podHour{k.namespace, k.pod, hour}] += rate
		}
	}
	var rec analyzer.NetworkRecorder
	for at, rate := range in {
		if also, ok := out[at]; ok {
			ref, _ := f.owners.Resolve(at.namespace, at.pod)
			rec.Add(ref, rate+also)
		}
	}
	return rec.Network()
}
