package history

import "slices"

// What goes over a pod's network: probes and scrapes at all times, and what the
// CPU that it uses pays for, in bytes a second and bytes a CPU-second.
const (
	probesIn, probesOut = 90, 80
	servedIn, servedOut = 15e3, 25e3
)

// network emits the traffic of a pod, as the kubelet sees its sandbox's interface.
// A pod on its node's network has none of its own. Containers whose shape is idle
// serve nobody: they are probed and scraped alone.
func (w *writer) network(uses []use, whole use, t target, labels []string) {
	if w.life.Workload.Host {
		return
	}
	works := slices.ContainsFunc(uses, func(u use) bool { return u.Shape != "idle" })
	from, to := w.h.clip(w.life.From, w.life.To)
	for _, way := range []struct {
		name           string
		probes, served float64
	}{{"receive", probesIn, servedIn}, {"transmit", probesOut, servedOut}} {
		times, values := w.h.counter(w.life, whole.run, t, from, to, func(i int64) float64 {
			if !works {
				return way.probes
			}
			return way.probes + way.served*whole.run.CPU[i]
		}, 60)
		w.send(Series{Labels: with(labels, "__name__", "container_network_"+way.name+"_bytes_total", "interface", "eth0"), Times: times, Values: floor(values)})
	}
}
