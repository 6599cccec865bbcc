package rightsize

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// Fleet is what the containers' own past teaches of margins. The zero value has learnt
// nothing: the built-in prior decides. It must not change while it is used.
type Fleet struct {
	models map[modelKey]*calibration.Model
}

type modelKey struct {
	class   calibration.Class
	promise calibration.Promise
}

// Learn replays the containers' history for each promise. Those of moments have none.
func Learn(containers []*Member, promises ...Promise) *Fleet {
	f := &Fleet{models: map[modelKey]*calibration.Model{}}
	for _, class := range []calibration.Class{calibration.Running, calibration.Batch} {
		var cpu, memory []calibration.History
		for _, m := range containers {
			if m.class() != class {
				continue
			}
			if c := m.Facts; c.CPU.Samples.Count() > 0 {
				cpu = append(cpu, cpuHistory(c.Days, class))
			}
			if c := m.Facts; c.Memory.Samples.Count() > 0 {
				memory = append(memory, memoryHistory(c.Days))
			}
		}
		f.learn(class, cpu, promises, Promise.cpu)
		f.learn(class, memory, promises, Promise.memory)
	}
	return f
}

// Member is a container of the fleet.
type Member struct {
	Facts *analyzer.ContainerFacts
	Batch bool // its pods run to an end
}

func (m *Member) class() calibration.Class {
	return classOf(m.Batch || m.Facts.Type == analyzer.TypeInit)
}

func classOf(batch bool) calibration.Class {
	if batch {
		return calibration.Batch
	}
	return calibration.Running
}

func (f *Fleet) learn(class calibration.Class, all []calibration.History, promises []Promise, of func(Promise) calibration.Promise) {
	var want []calibration.Promise
	for _, p := range promises {
		want = append(want, of(p))
	}
	models := calibration.Calibrate(class, all, want...)
	for i := range models {
		f.models[modelKey{class, want[i]}] = &models[i]
	}
}

// model gives that of a promise; one that nothing was learnt for has the prior alone.
func (f *Fleet) model(class calibration.Class, p calibration.Promise) *calibration.Model {
	if f != nil {
		if m := f.models[modelKey{class, p}]; m != nil {
			return m
		}
	}
	return &calibration.Calibrate(class, nil, p)[0]
}

// cpu is the promise about CPU in the engine's terms. The promise to each container
// holds each hour of the day too: an hour a day is less than a twentieth of the time.
func (p Promise) cpu() calibration.Promise {
	return calibration.Promise{Measure: calibration.OverTime, Time: p.CPU, Containers: p.Broken, HoldHours: p.Broken > 0}
}

func (p Promise) memory() calibration.Promise {
	return calibration.Promise{Measure: calibration.Peaks, Time: p.OOM}
}

// cpuHistory is a container's CPU by the day, without the starts of its pods. What runs to
// an end has no start apart from its work.
func cpuHistory(days []analyzer.Day, class calibration.Class) calibration.History {
	out := make(calibration.History, 0, len(days))
	for i := range days {
		d := &days[i]
		samples := &d.CPU
		if class == calibration.Running && d.Start.Count() > 0 && d.Start.Count() < d.CPU.Count() {
			steady := d.CPU.Minus(&d.Start)
			samples = &steady
		}
		out = append(out, calibration.Day{Samples: samples, Share: shareOf(d), Hours: hoursOf(d)})
	}
	return out
}

func memoryHistory(days []analyzer.Day) calibration.History {
	out := make(calibration.History, 0, len(days))
	for i := range days {
		out = append(out, calibration.Day{Samples: &days[i].Memory, Share: shareOf(&days[i])})
	}
	return out
}

func shareOf(d *analyzer.Day) float64 { return float64(d.Seen.Count()) / digest.SlotsPerDay }

// hoursOf is the mean CPU of a pod in each hour of the day.
func hoursOf(d *analyzer.Day) []float64 {
	if len(d.Hours) != 24 {
		return nil
	}
	out := make([]float64, 24)
	for i, h := range d.Hours {
		pods := float64(h.Pods)
		if pods == 0 && d.Memory.Count() == 0 { // pods are counted by their memory
			pods = float64(d.PodCPU.Count())
		}
		out[i] = -1
		if pods > 0 {
			out[i] = float64(h.CPU) / pods
		}
	}
	return out
}
