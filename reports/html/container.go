package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func containerOf(c *document.Container, h *document.ContainerHistory, tail *[]byte) container {
	out := container{Name: brief.Clean(c.Name), Figures: figures(c)}
	if h == nil {
		return out
	}
	out.CPU = usageOf(h.CPU, cpuMarks(c), tail)
	out.Memory = usageOf(h.Memory, memoryMarks(c), tail)
	for i := range h.Days {
		out.Days = append(out.Days, dayOf(&h.Days[i]))
	}
	out.curves(c, h)
	of := brief.Curve(h.Curve)
	for _, p := range h.Peers {
		out.Peers = append(out.Peers, []string{brief.Clean(p.Rule), brief.Cores(p.CPU), brief.Memory(p.Memory), of.Above(p.CPU), of.Money(p.CPU)})
	}
	return out
}

func milli(c document.CPU) float64 { return float64(c) / document.MicroPerMilli }

// figures are the rows of the panel's table: what is set, what is advised, what was used. A
// phone shows the first ones.
func figures(c *document.Container) [][]string {
	cpu := []string{"CPU", brief.Cores(c.Current.Requests.CPU), brief.Cores(c.Current.Limits.CPU), "-", "-", "-", "-", "-", "-"}
	memory := []string{"Memory", brief.Memory(c.Current.Requests.Memory), brief.Memory(c.Current.Limits.Memory), "-", "-", "-", "-", "-", "-"}
	if u := c.Usage.CPU; u != nil {
		copy(cpu[4:], []string{brief.UsedCores(u.Mean), brief.UsedCores(u.P50), brief.UsedCores(u.P95), brief.UsedCores(u.P99), brief.UsedCores(u.Max)})
	}
	if u := c.Usage.Memory; u != nil {
		copy(memory[4:], []string{brief.Memory(u.Mean), brief.Memory(u.P50), brief.Memory(u.P95), brief.Memory(u.P99), brief.Memory(u.Max)})
	}
	if c.OneReading() { // one reading has no percentiles: it stands as the most
		for i := 4; i < 8; i++ {
			cpu[i], memory[i] = "-", "-"
		}
	}
	if to := c.Recommended; to != nil {
		cpu[3], memory[3] = marked(c, brief.Cores(to.Requests.CPU)), marked(c, brief.Memory(to.Requests.Memory))
	}
	return [][]string{cpu, memory}
}

// marked marks advice that rests on one reading.
func marked(c *document.Container, s string) string {
	if c.OneReading() {
		return brief.MomentMark + s
	}
	return s
}

func cpuMarks(c *document.Container) []mark {
	out := []mark{}
	add := func(name string, v document.CPU) {
		if v > 0 {
			out = append(out, mark{name, milli(v), brief.Cores(v)})
		}
	}
	add("request", c.Current.Requests.CPU)
	add("limit", c.Current.Limits.CPU)
	if c.Recommended != nil {
		add("advice", c.Recommended.Requests.CPU)
	}
	return out
}

func memoryMarks(c *document.Container) []mark {
	out := []mark{}
	add := func(name string, v document.Bytes) {
		if v > 0 {
			out = append(out, mark{name, float64(v), brief.Memory(v)})
		}
	}
	add("request", c.Current.Requests.Memory)
	add("limit", c.Current.Limits.Memory)
	if c.Recommended != nil {
		add("advice", c.Recommended.Requests.Memory)
	}
	return out
}

func usageOf(b document.Band, marks []mark, tail *[]byte) *usage {
	if b.Mean.IsZero() || b.Peak.IsZero() {
		return nil
	}
	return &usage{Mean: pack(b.Mean, tail), Peak: pack(b.Peak, tail), Marks: marks}
}

// pack adds a series to the tail as differences, which pack better.
func pack(s document.Series, tail *[]byte) packed {
	out := packed{Low: s.Low, High: s.High, At: len(*tail)}
	last := byte(0)
	for _, p := range s.Points {
		*tail = append(*tail, p-last)
		last = p
	}
	return out
}

func dayOf(d *document.HistoryDay) day {
	kills := ""
	if d.OOMKills > 0 {
		kills = document.Counted(int(d.OOMKills), "OOM kill")
	}
	return day{
		Date: d.Date, CPU: [3]float64{milli(d.CPUP50), milli(d.CPUP95), milli(d.CPUMax)},
		Memory: [3]float64{float64(d.MemoryP50), float64(d.MemoryP95), float64(d.MemoryMax)},
		Text: []string{
			brief.UsedCores(d.CPUP50), brief.UsedCores(d.CPUP95), brief.UsedCores(d.CPUMax),
			brief.Memory(d.MemoryP50), brief.Memory(d.MemoryP95), brief.Memory(d.MemoryMax), kills,
		},
	}
}
