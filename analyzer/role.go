package analyzer

import (
	"maps"
	"slices"
)

// ContainersOf lists the containers that a pod of the workload has.
func (w *Workload) ContainersOf(p *Pod) []Container {
	if p.Role == "" {
		return w.Containers
	}
	return w.ContainersOfRole(p.Role)
}

// ContainersOfRole lists the containers that the pods of a role have.
func (w *Workload) ContainersOfRole(role string) []Container {
	var out []Container
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Role == "" || c.Role == role {
			out = append(out, *c)
		}
	}
	return out
}

// HasRoles says that the workload's pods are of several roles.
func (w *Workload) HasRoles() bool {
	for i := range w.Containers {
		if w.Containers[i].Role != "" {
			return true
		}
	}
	return false
}

// Roles lists the roles of the workload's pods, sorted; the one role "" where
// all are alike.
func (w *Workload) Roles() []string {
	var out []string
	for i := range w.Containers {
		if r := w.Containers[i].Role; r != "" {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// PodsOf is how many of the workload's replicas are of a role: all of them for
// the role "", else those that have not ended.
func (w *Workload) PodsOf(role string) int32 {
	if role == "" {
		return w.Replicas
	}
	var n int32
	for i := range w.Pods {
		if p := &w.Pods[i]; p.Role == role && !p.Ended() {
			n++
		}
	}
	return n
}

// PodsWith is how many of the workload's replicas have a container.
func (w *Workload) PodsWith(c *Container) int32 { return w.PodsOf(c.Role) }

// Beyond is what a pod of the workload reserves, or is billed for where a provider
// bills it by itself, and its running containers do not request.
func (w *Workload) Beyond(p *Pod) Amounts {
	rest := p.Requests.Max(p.Provisioned)
	for _, c := range w.ContainersOf(p) {
		if c.Type != TypeInit {
			rest.CPU, rest.Memory, rest.GPU = rest.CPU-c.Requests.CPU, rest.Memory-c.Requests.Memory, rest.GPU-c.Requests.GPU
		}
	}
	return rest.Max(Amounts{})
}

// Reserves gives what the scheduler reserves for a pod with these of the
// workload's containers, without the runtime's overhead: requests of the pod as
// a whole stand in the place of the containers' (KEP-2837).
func (w *Workload) Reserves(containers []Container) Amounts {
	return w.PodLevel.Or(PodRequests(containers, Amounts{}))
}

// SetOnPods gives the VPA that sets a container's requests on every new pod, whatever the
// template says; nil where none does.
func (w *WorkloadFacts) SetOnPods(container, resource string) *VPA {
	for _, v := range w.VPAs {
		if v.UpdateMode != "Off" && v.Controls(container, resource) {
			return &v
		}
	}
	return nil
}

// PodHours is the mean number of pods in each hour that any were seen in, by hours since
// 1970. A pod has all containers of its role, and the pods of several roles add up.
func (w *WorkloadFacts) PodHours() map[int]float64 {
	byRole := map[string]map[int]float64{}
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == TypeInit {
			continue
		}
		if byRole[c.Role] == nil {
			byRole[c.Role] = map[int]float64{}
		}
		for _, day := range c.Days {
			for h, hour := range day.Hours {
				if at := int(day.Date)*24 + h; hour.Pods > 0 {
					byRole[c.Role][at] = max(byRole[c.Role][at], float64(hour.Pods))
				}
			}
		}
	}
	out := map[int]float64{}
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		if role != "" {
			for at, pods := range byRole[role] {
				out[at] += pods
			}
		}
	}
	for at, pods := range byRole[""] { // containers that pods of all roles have
		out[at] = max(out[at], pods)
	}
	return out
}
