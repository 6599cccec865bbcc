package manifest

// LimitRange is the part of a LimitRange that concerns containers and pods.
type LimitRange struct {
	*Document
	Items []LimitItem
}

// LimitItem is one entry of a LimitRange.
type LimitItem struct {
	Type                              string // Container, Pod
	Min, Max, Default, DefaultRequest Resources
	// Ratio is the largest limit over request, 0 for none, of CPU and memory.
	RatioCPU, RatioMemory float64
}

// LimitRange looks on the document as a LimitRange; nil where it is none.
func (d *Document) LimitRange() *LimitRange {
	if d.Kind != "LimitRange" || d.Group() != "" {
		return nil
	}
	l := &LimitRange{Document: d}
	for _, n := range d.Root.At("spec", "limits").List() {
		l.Items = append(l.Items, LimitItem{
			Type: n.Field("type").String(), Min: resourcesOf(n.Field("min")), Max: resourcesOf(n.Field("max")),
			Default: resourcesOf(n.Field("default")), DefaultRequest: resourcesOf(n.Field("defaultRequest")),
			RatioCPU: ratio(n.At("maxLimitRequestRatio", "cpu")), RatioMemory: ratio(n.At("maxLimitRequestRatio", "memory")),
		})
	}
	return l
}

func ratio(n *Node) float64 {
	v, err := ParseCPU(n.String())
	if err != nil {
		return 0
	}
	return float64(v) / 1000
}

// Quota is a ResourceQuota's bounds on requests and limits.
type Quota struct {
	*Document
	Requests, Limits Resources
	Pods             *Node
	// Scoped says that the quota counts only some pods.
	Scoped bool
}

// Quota looks on the document as a ResourceQuota; nil where it is none.
func (d *Document) Quota() *Quota {
	if d.Kind != "ResourceQuota" || d.Group() != "" {
		return nil
	}
	spec := d.Root.Field("spec")
	q := &Quota{Document: d, Pods: spec.At("hard", "pods")}
	q.Scoped = len(spec.Field("scopes").List()) > 0 || spec.Field("scopeSelector") != nil
	for _, f := range spec.At("hard").fields() {
		switch f.Name {
		case "cpu", "requests.cpu":
			q.Requests.CPU = amountOf(f.Value, milli)
		case "memory", "requests.memory":
			q.Requests.Memory = amountOf(f.Value, one)
		case "limits.cpu":
			q.Limits.CPU = amountOf(f.Value, milli)
		case "limits.memory":
			q.Limits.Memory = amountOf(f.Value, one)
		}
	}
	return q
}

func (n *Node) fields() []Field {
	if n == nil {
		return nil
	}
	return n.Fields
}
