// Package load says how much CPU and memory a simulated container uses at any
// minute of its life. It is pure: the same seed, container and minute give the
// same use, so that a test can compute what a tool ought to find without
// asking the Prometheus that the tool asks.
package load

import (
	"fmt"
	"math"
)

// Profile describes the use of one container. CPU is in cores, memory in
// bytes; the zero value of every other field switches its effect off.
type Profile struct {
	// CPU and Memory are the means of a workday without any of the effects below.
	CPU    float64
	Memory float64

	// Daily is the amplitude of the day's wave as a part of the mean: 0.6
	// swings by +-60 %, with the peak at PeakHour (UTC).
	Daily    float64
	PeakHour float64
	// Weekend multiplies CPU on Saturday and Sunday; 0 means 1 (no change).
	Weekend float64
	// Noise is the half width of the uniform noise from minute to minute.
	Noise float64
	// MemoryDaily and MemoryNoise do the same for memory.
	MemoryDaily float64
	MemoryNoise float64

	// Bursts come about every BurstEvery minutes, last BurstLength minutes
	// and multiply CPU by BurstFactor.
	BurstEvery, BurstLength int64
	BurstFactor             float64
	// Spikes are single minutes of SpikeFactor times the CPU, about one in SpikeEvery.
	SpikeEvery  int64
	SpikeFactor float64
	// MemorySpikes are single minutes of MemorySpikeFactor times the memory,
	// about one in MemorySpikeEvery.
	MemorySpikeEvery  int64
	MemorySpikeFactor float64

	// StartMinutes after each start the CPU is StartFactor times as high.
	StartMinutes int64
	StartFactor  float64
	// Leak is the growth of memory in bytes an hour since the container's start.
	Leak float64
	// Warm is the number of minutes in which memory rises from half to all of it.
	Warm int64
}

// Shapes are the named profiles; a workload names one and sets its own means.
var shapes = map[string]Profile{
	"steady":  {Noise: 0.10, MemoryNoise: 0.03},
	"diurnal": {Daily: 0.6, PeakHour: 14, Noise: 0.15, MemoryDaily: 0.1, MemoryNoise: 0.03, StartMinutes: 3, StartFactor: 2},
	"weekly":  {Daily: 0.7, PeakHour: 11, Weekend: 0.25, Noise: 0.15, MemoryDaily: 0.12, MemoryNoise: 0.03},
	"bursty":  {BurstEvery: 180, BurstLength: 15, BurstFactor: 5, Noise: 0.2, MemoryNoise: 0.08},
	"spiky":   {SpikeEvery: 240, SpikeFactor: 12, Noise: 0.2, MemoryNoise: 0.05},
	"leaking": {Noise: 0.1, MemoryNoise: 0.01},
	"idle":    {Noise: 0.3, MemoryNoise: 0.01},
	"batch":   {Noise: 0.25, MemoryNoise: 0.05, Warm: 4},
	"startup": {Daily: 0.3, PeakHour: 15, Noise: 0.1, StartMinutes: 8, StartFactor: 6, MemoryNoise: 0.02, Warm: 30},
	"jvm":     {Daily: 0.4, PeakHour: 13, Noise: 0.15, StartMinutes: 5, StartFactor: 4, MemoryNoise: 0.01, Warm: 600},
	"cache":   {Daily: 0.3, PeakHour: 19, Noise: 0.1, MemoryNoise: 0.005, Warm: 2880},
	"oom":     {Daily: 0.4, PeakHour: 14, Noise: 0.15, MemoryNoise: 0.04, MemorySpikeEvery: 3600, MemorySpikeFactor: 1.6, StartMinutes: 2, StartFactor: 3},
}

// Shape returns the profile of that name, without means.
func Shape(name string) (Profile, error) {
	p, ok := shapes[name]
	if !ok {
		return Profile{}, fmt.Errorf("no usage shape is called %q: see the map shapes in load/profile.go", name)
	}
	return p, nil
}

// Key names one container of one pod under one seed.
type Key struct {
	Seed      uint64
	Namespace string
	Workload  string
	Pod       string
	Container string
}

// stream is the key's own source of noise; the workload's is shared by its
// pods, so that bursts of one workload coincide as real load does.
type stream struct{ pod, workload uint64 }

func (k Key) stream() stream {
	w := mix(k.Seed ^ text(k.Namespace+"/"+k.Workload+"/"+k.Container))
	return stream{pod: mix(w ^ text(k.Pod)), workload: w}
}

// CPUAt is the demand in cores during a minute (Unix time / 60), age minutes
// after the container's start, before any limit cuts it.
func (p Profile) CPUAt(k Key, minute, age int64) float64 { return p.cpu(k.stream(), minute, age) }

func (p Profile) cpu(s stream, minute, age int64) float64 {
	v := p.CPU * wave(p.Daily, p.PeakHour, minute)
	// A pod's share of the workload's load is never quite even.
	v *= 0.92 + 0.16*unit(s.pod)
	if p.Weekend > 0 && weekend(minute) {
		v *= p.Weekend
	}
	v *= 1 + p.Noise*(2*unit(s.pod^uint64(minute)*0x9e3779b97f4a7c15)-1)
	if p.BurstEvery > 0 && burst(s.workload, minute, p.BurstEvery, p.BurstLength) {
		v *= p.BurstFactor
	}
	if p.SpikeEvery > 0 && hit(s.pod+1, minute, p.SpikeEvery) {
		v *= p.SpikeFactor
	}
	if age < p.StartMinutes {
		v *= p.StartFactor
	}
	return math.Max(v, 0)
}

// MemoryAt is the working set in bytes that the container would have during a
// minute, age minutes after its start, before any limit kills it.
func (p Profile) MemoryAt(k Key, minute, age int64) float64 { return p.mem(k.stream(), minute, age) }

func (p Profile) mem(s stream, minute, age int64) float64 {
	v := p.Memory * wave(p.MemoryDaily, p.PeakHour, minute)
	v *= 0.97 + 0.06*unit(s.pod+2)
	if age < p.Warm {
		v *= 0.5 + 0.5*float64(age)/float64(p.Warm)
	}
	v *= 1 + p.MemoryNoise*(2*unit((s.pod+3)^uint64(minute)*0xbf58476d1ce4e5b9)-1)
	if p.MemorySpikeEvery > 0 && hit(s.pod+4, minute, p.MemorySpikeEvery) {
		v *= p.MemorySpikeFactor
	}
	return math.Max(v+p.Leak*float64(age)/60, 0)
}

// wave is a day's sine around 1 with its peak at an hour of the day (UTC).
func wave(amplitude, peakHour float64, minute int64) float64 {
	if amplitude == 0 {
		return 1
	}
	day := float64(minute%1440)/60 - peakHour
	return 1 + amplitude*math.Cos(2*math.Pi*day/24)
}

// weekend: the first of January 1970 was a Thursday.
func weekend(minute int64) bool {
	d := (minute/1440 + 4) % 7
	return d == 0 || d == 6
}

// burst: one burst starts at a random minute of every period.
func burst(s uint64, minute, every, length int64) bool {
	period := minute / every
	start := int64(unit(s^uint64(period)*0x94d049bb133111eb) * float64(every-length))
	in := minute - period*every
	return in >= start && in < start+length
}

func hit(s uint64, minute, every int64) bool {
	return unit(mix(s)^uint64(minute)*0x9e3779b97f4a7c15) < 1/float64(every)
}

// mix is the finalizer of splitmix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// unit maps a hash to [0, 1).
func unit(x uint64) float64 { return float64(mix(x)>>11) / (1 << 53) }

// text is FNV-1a.
func text(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
