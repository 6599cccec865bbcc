package analyzer

// ContainersOf lists the containers that a pod of the workload has.
func (w *Workload) ContainersOf(p *Pod) []Container {
	if p.Role == "" {
		return w.Containers
	}
	var out []Container
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Role == "" || c.Role == p.Role {
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

// PodsWith is how many of the workload's replicas have a container: all of
// them, or those of the container's role that have not ended.
func (w *Workload) PodsWith(c *Container) int32 {
	if c.Role == "" {
		return w.Replicas
	}
	var n int32
	for i := range w.Pods {
		if p := &w.Pods[i]; p.Role == c.Role && p.Phase != "Succeeded" && p.Phase != "Failed" {
			n++
		}
	}
	return n
}
