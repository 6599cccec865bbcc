package packing

import (
	"cmp"
	"maps"
	"slices"
)

// resources are what a node offers pods once its DaemonSets run.
type resources struct {
	cpu, memory, pods, gpus int64
	extended                map[string]int64
}

// rooms is what each offering leaves after the DaemonSets that it admits. It may share
// maps with the offerings: clone before taking from it.
func (in Input) rooms() []resources {
	out := make([]resources, len(in.Offerings))
	for i := range in.Offerings {
		o := &in.Offerings[i]
		r, own := resources{o.CPU, o.Memory, o.Pods, o.GPUs, o.Extended}, false
		for d := range in.DaemonSets {
			if ds := &in.DaemonSets[d]; Admits(o, ds) {
				if len(ds.Extended) > 0 && !own {
					r, own = r.clone(), true
				}
				r.take(ds)
			}
		}
		out[i] = r
	}
	return out
}

func (r *resources) take(p *Pod) {
	r.cpu -= p.CPU
	r.memory -= p.Memory
	r.gpus -= p.GPUs
	r.pods--
	for name, v := range p.Extended {
		if r.extended == nil {
			r.extended = map[string]int64{}
		}
		r.extended[name] -= v
	}
}

func (r *resources) fits(p *Pod) bool {
	if p.CPU > r.cpu || p.Memory > r.memory || p.GPUs > r.gpus || r.pods < 1 {
		return false
	}
	for name, v := range p.Extended {
		if v > r.extended[name] {
			return false
		}
	}
	return true
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

func (r *resources) release(p *Pod) {
	r.cpu += p.CPU
	r.memory += p.Memory
	r.gpus += p.GPUs
	r.pods++
	for name, v := range p.Extended {
		r.extended[name] += v
	}
}

// become makes r a copy of other, in r's own map.
func (r *resources) become(other *resources) {
	own := r.extended
	clear(own)
	*r = *other
	if r.extended = own; own == nil {
		r.extended = maps.Clone(other.extended)
		return
	}
	maps.Copy(own, other.extended)
}

func (r resources) clone() resources {
	r.extended = maps.Clone(r.extended)
	return r
}
