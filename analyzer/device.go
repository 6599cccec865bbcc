package analyzer

import "fmt"

// MostDevices bounds the whole devices of one pod or machine. Large machines have 16,
// in parts or shared in time some thousand; a count beyond it is no reading.
const MostDevices = 10_000

// boundDevices takes counts of devices that no machine can have for none, says whose they
// are, and leaves what has them as it is: the pod and the node are not modelled.
func (s *Snapshot) boundDevices() {
	for i := range s.Workloads {
		w := &s.Workloads[i]
		gone := false
		for j := range w.Containers {
			c := &w.Containers[j]
			request, limit := c.Requests.dropDevices(), c.Limits.dropDevices()
			gone = gone || request || limit
		}
		for j := range w.Pods {
			p := &w.Pods[j]
			sum, named := p.Requests.dropDevices(), p.Resources.dropDevices()
			if sum || named || gone {
				p.Spec.Unmodelled = append(p.Spec.Unmodelled, "containers[].resources")
			}
			gone = gone || sum || named
		}
		if gone {
			s.odd(w.String(), fmt.Sprintf("its pods have more than %d devices, more than any machine: they count as none, and its pods stay where they are", MostDevices))
		}
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		capacity, free, named := n.Capacity.dropDevices(), n.Allocatable.dropDevices(), n.Resources.dropDevices()
		if capacity || free || named {
			n.Unmodelled = append(n.Unmodelled, "status.allocatable")
			s.odd("node/"+n.Name, fmt.Sprintf("it has more than %d devices, more than any machine: they count as none, and it stays", MostDevices))
		}
	}
}

// dropDevices takes out what no machine can have, and reports whether there was such.
func (a *Amounts) dropDevices() bool {
	if a.GPU <= MostDevices {
		return false
	}
	a.GPU = 0
	return true
}

func (r Resources) dropDevices() (dropped bool) {
	for name, n := range r {
		if IsDevice(name) && n > MostDevices {
			delete(r, name)
			dropped = true
		}
	}
	return dropped
}

// nameLargest says of which objects CPU or memory will be read as less than it is.
func (s *Snapshot) nameLargest() {
	const less = "more CPU or memory than any machine has: read as 1 PiB and 2^50 millicores at most"
	over := func(a Amounts) bool { return a.CPU > MostAmount || a.Memory > MostAmount }
	for i := range s.Workloads {
		w := &s.Workloads[i]
		named := false
		for j := range w.Containers {
			named = named || over(w.Containers[j].Requests) || over(w.Containers[j].Limits)
		}
		if named {
			s.odd(w.String(), "its containers request "+less)
		}
	}
	for i := range s.Nodes {
		if n := &s.Nodes[i]; over(n.Capacity) || over(n.Allocatable) {
			s.odd("node/"+n.Name, "it has "+less)
		}
	}
}

// Add adds an amount by its name, math.MaxInt64 at most.
func (r Resources) Add(name string, n int64) { r[name] = addAmount(r[name], n) }
