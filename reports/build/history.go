package build

import (
	"math"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// mostSlots is about how many points a plot needs: two weeks of hours.
const mostSlots = 14 * 24

// history packs the usage over time; nil where there is no time.
func (b *builder) history() *document.History {
	w := b.Analysis.Snapshot.Window
	start := w.Start.UTC().Truncate(time.Hour)
	hours := int(math.Ceil(w.End.Sub(start).Hours()))
	if w.Moment || hours <= 0 {
		return nil
	}
	h := &document.History{Start: start, SlotHours: 1, Containers: []document.ContainerHistory{}}
	for _, n := range []int{1, 2, 3, 4, 6, 8, 12, 24, 24 * 7} {
		if h.SlotHours = n; hours <= mostSlots*n {
			break
		}
	}
	h.Slots = (hours + h.SlotHours - 1) / h.SlotHours
	for i := range b.workloads {
		f := &b.workloads[i]
		for j := range f.Containers {
			if c := &f.Containers[j]; len(c.Days) > 0 {
				one := containerHistory(h, f, c)
				b.priceCurve(one.Curve, f)
				b.memoryCurve(&one, f, c.Name)
				b.whatIf(&one, c, analyzer.ContainerRef{Ref: f.Ref, Container: c.Name})
				h.Containers = append(h.Containers, one)
			}
		}
	}
	for i := range b.workloads {
		if x, ok := b.scaledHistory(h, b.workloads[i].Ref); ok {
			h.Scaled = append(h.Scaled, x)
		}
	}
	h.Nodes, h.PlanNodes = b.fills()
	return h
}

// whatIf says what other profiles would advise, and other usage.
func (b *builder) whatIf(h *document.ContainerHistory, c *analyzer.ContainerFacts, k analyzer.ContainerRef) {
	s := b.sized(k)
	if s == nil {
		return
	}
	for _, x := range s.Others {
		to := resources(x.Requests)
		h.Profiles = append(h.Profiles, document.ProfileSetting{Profile: string(x.Profile), CPU: to.CPU, Memory: to.Memory})
	}
	if by := s.WhatIf(c); by != (rightsize.WhatIf{}) {
		to := resources(by.Twice)
		h.Twice, h.AfterOOMKill = &document.TwiceSetting{CPU: to.CPU, Memory: to.Memory}, document.Bytes(by.OOMKill)
	}
}

// scaledHistory is the replayed number of pods of a workload that is to be scaled
// in another way.
func (b *builder) scaledHistory(h *document.History, ref analyzer.Ref) (document.ScaledHistory, bool) {
	scaled, ok := b.Cluster.Scaled(ref)
	if !ok || !scaled.Changed || scaled.Hours == nil {
		return document.ScaledHistory{}, false
	}
	first, pods := int(h.Start.Unix()/3600), make([]float64, h.Slots)
	for n := range pods {
		sum, seen := 0.0, 0.0
		for hour := range h.SlotHours {
			if v, ok := scaled.Hours.At(first + n*h.SlotHours + hour); ok {
				sum, seen = sum+v, seen+1
			}
		}
		pods[n] = sum / seen // no hours are no reading
	}
	return document.ScaledHistory{Namespace: ref.Namespace, Kind: ref.Kind, Name: ref.Name, Pods: document.Quantise(pods)}, true
}

// priceCurve says what the sizes of a curve cost.
func (b *builder) priceCurve(curve []document.CurvePoint, w *analyzer.WorkloadFacts) {
	if !b.priced || w.Replicas <= 0 {
		return
	}
	core := b.Costs.UnitOf(w.Ref).CoreHour * pricing.HoursPerMonth * float64(w.Replicas)
	for i := range curve {
		usd := document.Cents(core * float64(curve[i].CPU) / (1000 * document.MicroPerMilli))
		curve[i].Monthly = &usd
	}
}

// memoryCurve says what memory sizes risk, and what they cost.
func (b *builder) memoryCurve(h *document.ContainerHistory, w *analyzer.WorkloadFacts, container string) {
	s := b.sized(analyzer.ContainerRef{Ref: w.Ref, Container: container})
	if s == nil {
		return
	}
	for _, x := range s.Passed {
		p := document.MemoryPoint{Memory: document.Bytes(x.Bytes)}
		if share := knownShare(&x.Share); share != nil {
			p.Passed = *share
		}
		if b.priced && w.Replicas > 0 {
			usd := document.Cents(b.Costs.UnitOf(w.Ref).GiBHour * pricing.HoursPerMonth * float64(w.Replicas) * float64(x.Bytes) / (1 << 30))
			p.Monthly = &usd
		}
		h.MemoryCurve = append(h.MemoryCurve, p)
	}
}

// sized is what right-sizing says of a container; nil where it says nothing.
func (b *builder) sized(k analyzer.ContainerRef) *rightsize.Sizing {
	i, ok := b.sizing[k]
	if !ok {
		return nil
	}
	return advice.As[rightsize.Sizing](b.recs[i].Detail)
}

func containerHistory(h *document.History, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) document.ContainerHistory {
	out := document.ContainerHistory{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name, Container: c.Name, Days: []document.HistoryDay{}}
	s := newSlots(h)
	for i := range c.Days {
		s.add(&c.Days[i])
		out.Days = append(out.Days, historyDay(&c.Days[i]))
	}
	s.pack(&out)
	for _, x := range backtest.Peers(c, backtest.InPod(w, c)) {
		out.Peers = append(out.Peers, document.PeerSetting{Rule: x.Rule, CPU: document.Microcores(x.CPU), Memory: document.Kibibytes(x.Memory)})
	}
	out.Curve = curve(c)
	peak, starts := rightsize.StartPeak(c.Days)
	out.Starts, out.StartCPU = int64(min(starts, math.MaxInt64)), document.Microcores(peak)
	for _, x := range c.History {
		out.Settings = append(out.Settings, document.HistorySetting{
			Date: dayName(x.Date), Setting: document.Setting{Requests: resources(x.Requests), Limits: resources(x.Limits)},
		})
	}
	return out
}

// curveShares are the shares of time of the curve, the largest first.
var curveShares = []float64{0.5, 0.25, 0.10, 0.05, 0.02, 0.01, 0.001, 0}

// curve says how long CPU was above requests of several sizes.
func curve(c *analyzer.ContainerFacts) []document.CurvePoint {
	if c.CPU.Samples.Count() == 0 {
		return nil
	}
	var out []document.CurvePoint
	for _, above := range curveShares {
		v := c.CPU.Samples.Max()
		if above > 0 {
			v = c.CPU.Samples.Quantile(1 - above)
		}
		p := document.CurvePoint{CPU: document.Microcores(v), Above: above}
		if n := len(out); n > 0 && out[n-1].CPU == p.CPU {
			out[n-1] = p // steady usage: one size, the least time above it
			continue
		}
		out = append(out, p)
	}
	return out
}

func historyDay(d *analyzer.Day) document.HistoryDay {
	out := document.HistoryDay{Date: dayName(d.Date), OOMKills: d.OOMKills, Restarts: d.Restarts}
	if d.CPU.Count() > 0 {
		out.CPUP50, out.CPUP95, out.CPUMax = document.Microcores(d.CPU.Quantile(0.5)), document.Microcores(d.CPU.Quantile(0.95)), document.Microcores(d.CPU.Max())
	}
	if d.Memory.Count() > 0 {
		out.MemoryP50, out.MemoryP95, out.MemoryMax = document.Kibibytes(d.Memory.Quantile(0.5)), document.Kibibytes(d.Memory.Quantile(0.95)), document.Kibibytes(d.Memory.Max())
	}
	if d.Periods > 0 {
		throttled := d.Throttled / d.Periods
		out.ThrottledShare = knownShare(&throttled)
	}
	return out
}

const daySeconds = 24 * 60 * 60

func dayName(date int32) string {
	return time.Unix(int64(date)*daySeconds, 0).UTC().Format(time.DateOnly)
}

// slots adds hours up into slots.
type slots struct {
	first             int64 // hours since 1970 of the first slot
	hours             int   // of a slot
	cpu, memory, pods []float64
	cpuPeak, memPeak  []float64
	seen              []float64 // hours in which there were pods
}

func newSlots(h *document.History) *slots {
	s := &slots{first: h.Start.Unix() / 3600, hours: h.SlotHours}
	for _, list := range []*[]float64{&s.cpu, &s.memory, &s.pods, &s.cpuPeak, &s.memPeak, &s.seen} {
		*list = make([]float64, h.Slots)
	}
	return s
}

func (s *slots) add(d *analyzer.Day) {
	for i, h := range d.Hours {
		at := int64(d.Date)*24 + int64(i) - s.first
		if at < 0 || h.Pods <= 0 {
			continue
		}
		n := int(at) / s.hours
		if n >= len(s.cpu) {
			continue
		}
		s.cpu[n] += float64(h.CPU)
		s.memory[n] += float64(h.Memory)
		s.pods[n] += float64(h.Pods)
		s.seen[n]++
		s.cpuPeak[n], s.memPeak[n] = max(s.cpuPeak[n], float64(h.CPUPeak)), max(s.memPeak[n], float64(h.MemoryPeak))
	}
}

// pack gives the means of one pod, and the peaks, as series.
func (s *slots) pack(out *document.ContainerHistory) {
	none := true
	for n := range s.pods {
		if s.seen[n] == 0 {
			for _, list := range [][]float64{s.cpu, s.memory, s.pods, s.cpuPeak, s.memPeak} {
				list[n] = math.NaN()
			}
			continue
		}
		none = false
		s.cpu[n] /= s.pods[n]
		s.memory[n] /= s.pods[n]
		s.pods[n] /= s.seen[n]
	}
	if none {
		return
	}
	out.CPU = document.Band{Mean: document.Quantise(s.cpu), Peak: document.Quantise(s.cpuPeak)}
	out.Memory = document.Band{Mean: document.Quantise(s.memory), Peak: document.Quantise(s.memPeak)}
	out.Pods = document.Quantise(s.pods)
}
