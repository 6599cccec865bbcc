package load

import "math"

// Container is a profile under its limits.
type Container struct {
	Profile     Profile
	CPULimit    float64 // cores; 0 means none
	MemoryLimit float64 // bytes; 0 means none
}

// Run is what a container did in the minutes [From, From+len(CPU)).
type Run struct {
	From int64 // Unix time / 60
	// CPU is the mean use in cores of each minute, Memory the working set in
	// bytes at its end (0 while the container is down), Throttled the part of
	// the minute's CFS periods that were throttled.
	CPU, Memory, Throttled []float64
	// Restarts are the minutes in which a container started anew, the first
	// start excepted. Every restart here follows an OOM kill.
	Restarts []int64
}

// downMinutes is how long a container stays down after an OOM kill: the
// kubelet's back-off, as a scrape a minute sees it.
const downMinutes = 2

// Resolution of CPU in cores: with minutes of 60 s a counter then moves in
// steps that binary floating point holds exactly.
const cpuResolution = 1.0 / 4096

// memoryResolution is 64 KiB: a few pages.
const memoryResolution = 65536

// Simulate runs a container over the minutes [from, to). A container that
// reaches its memory limit is killed, stays down for two minutes and starts anew.
func Simulate(k Key, c Container, from, to int64) Run {
	n := max(to-from, 0)
	r := Run{From: from, CPU: make([]float64, n), Memory: make([]float64, n), Throttled: make([]float64, n)}
	s := k.stream()
	start := from
	for m := from; m < to; m++ {
		i, age := m-from, m-start
		if age < 0 {
			continue // down
		}
		if age == 0 && m != from {
			r.Restarts = append(r.Restarts, m)
		}
		r.CPU[i], r.Throttled[i] = throttle(c.Profile.cpu(s, m, age), c.CPULimit)
		mem := c.Profile.mem(s, m, age)
		if c.MemoryLimit > 0 && mem >= c.MemoryLimit {
			r.Memory[i] = c.MemoryLimit
			start = m + 1 + downMinutes
			continue
		}
		r.Memory[i] = math.Max(math.Floor(mem/memoryResolution), 1) * memoryResolution
	}
	return r
}

// throttle cuts a demand at the limit. Periods are throttled from 70 % of the
// limit on, as work is not spread evenly over a minute's 600 periods.
func throttle(demand, limit float64) (cpu, throttled float64) {
	cpu = math.Round(demand/cpuResolution) * cpuResolution
	if limit <= 0 {
		return cpu, 0
	}
	part := (demand/limit - 0.7) / 0.6
	part = math.Min(math.Max(part, 0), 0.95)
	if cpu > limit {
		cpu = math.Floor(limit/cpuResolution) * cpuResolution
	}
	return cpu, math.Round(part*600) / 600
}
