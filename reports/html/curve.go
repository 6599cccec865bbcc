package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// curves are the pictures of size, risk and money of both resources, or why there is none.
func (out *container) curves(c *document.Container, h *document.ContainerHistory) {
	cpu, memory := brief.Curve(h.Curve), brief.MemoryCurve(h.MemoryCurve)
	for i := range cpu {
		p := &cpu[i]
		out.Curve = append(out.Curve, point{milli(p.CPU), p.Above, []string{brief.UsedCores(p.CPU), cpu.Above(p.CPU), cpu.Money(p.CPU)}})
	}
	out.Sizes = sizesOf(cpu, c)
	for i := range memory {
		p := &memory[i]
		out.MemoryCurve = append(out.MemoryCurve, point{float64(p.Memory), p.Passed, []string{brief.Memory(p.Memory), memory.Passed(p.Memory), memory.Money(p.Memory)}})
	}
	out.MemorySizes = memorySizesOf(memory, c)
	if len(cpu) == 0 {
		out.Without = append(out.Without, "CPU: not known by size, as no CPU usage is in the report.")
	}
	if len(memory) == 0 {
		out.Without = append(out.Without, "Memory: "+brief.NoMemoryCurve(c)+".")
	}
}

// sizesOf are the request and the advice on the curve. The advice's risk is the
// document's, replayed; the request's is of the same window.
func sizesOf(c brief.Curve, of *document.Container) []size {
	if len(c) == 0 {
		return nil
	}
	var out []size
	if now := of.Current.Requests.CPU; now > 0 {
		out = append(out, size{"request", milli(now), brief.Cores(now), "CPU above it " + c.Above(now) + " of the time, " + c.Money(now)})
	}
	if of.Recommended != nil && of.Recommended.Requests.CPU > 0 {
		to := of.Recommended.Requests.CPU
		risk := c.Above(to)
		if p := of.Risk.CPUOverRequest; p != nil {
			risk = document.Percent(*p)
		}
		out = append(out, size{"advice", milli(to), brief.Cores(to), "CPU above it " + risk + " of the time, " + c.Money(to)})
	}
	return out
}

// memorySizesOf are the requests and limits on the curve. A limit has the risk of an OOM
// kill, which is the document's where it is advised; a request has the money.
func memorySizesOf(c brief.MemoryCurve, of *document.Container) []size {
	if len(c) == 0 {
		return nil
	}
	var out []size
	add := func(name string, at document.Bytes, words string) {
		if at > 0 {
			out = append(out, size{name, float64(at), brief.Memory(at), words})
		}
	}
	request := func(at document.Bytes) string {
		return "memory passes it within a week with a chance of " + c.Passed(at) + ", " + c.Money(at)
	}
	limit := func(risk string) string { return "an OOM kill within a week with a chance of " + risk }
	add("request", of.Current.Requests.Memory, request(of.Current.Requests.Memory))
	add("limit", of.Current.Limits.Memory, limit(c.Passed(of.Current.Limits.Memory)))
	if to := of.Recommended; to != nil {
		risk := c.Passed(to.Limits.Memory)
		if p := of.Risk.OOMProbability; p != nil {
			risk = document.Percent(*p)
		}
		add("advice", to.Requests.Memory, request(to.Requests.Memory))
		add("advised limit", to.Limits.Memory, limit(risk))
	}
	return out
}
