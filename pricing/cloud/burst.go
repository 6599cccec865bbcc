package cloud

// Burst is how a type of machine shares its CPU; the zero value is of one that does not.
type Burst struct {
	// Baseline is the share of its CPU, in tenths of a percent, that it may use for good.
	Baseline int64
	// Surplus is what Linux costs for an hour of a vCPU beyond that, in USD; 0 where
	// no more is on sale.
	Surplus float64
	// Shared says that a node's allocatable leaves out most of what is shared.
	Shared bool
}

// BurstOf is that of a cloud's type.
func BurstOf(name, instanceType string) Burst {
	if c := Of(name); c != nil && c.Burst != nil {
		return c.Burst(instanceType)
	}
	return Burst{}
}
