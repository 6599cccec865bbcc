package manifest

// Budget is a PodDisruptionBudget.
type Budget struct {
	*Document
	Selector                     *Node
	MinAvailable, MaxUnavailable *Node
}

// Budget looks on the document as a disruption budget; nil where it is none.
func (d *Document) Budget() *Budget {
	if d.Group() != "policy" || d.Kind != "PodDisruptionBudget" {
		return nil
	}
	spec := d.Root.Field("spec")
	b := &Budget{Document: d, Selector: spec.Field("selector")}
	if n := spec.Field("minAvailable"); !n.IsNull() {
		b.MinAvailable = n
	}
	if n := spec.Field("maxUnavailable"); !n.IsNull() {
		b.MaxUnavailable = n
	}
	return b
}
