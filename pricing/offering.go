package pricing

// HoursPerMonth turns hourly prices into monthly ones everywhere in plimsoll.
const HoursPerMonth = 730

const bytesPerGiB = 1 << 30

// CapacityType says how a machine is bought.
type CapacityType string

// The capacity types that the tables price.
const (
	OnDemand CapacityType = "on-demand"
	Spot     CapacityType = "spot"
	Reserved CapacityType = "reserved"
	// ByPod is of what is billed pod by pod: no machine is bought.
	ByPod CapacityType = "by-pod"
)

// Offering is an instance type in a region under one capacity type, with its price.
type Offering struct {
	Provider     string // aws, gcp, azure, or the name used in a user's table
	Region       string
	InstanceType string
	Arch         string // amd64 or arm64; empty when unknown

	CPUMillis      int64 // vCPUs in millicores, before any reservation
	MemoryBytes    int64 // machine memory, before any reservation
	GPUs           int64
	GPUName        string // of the GPUs; with GPUs of 0 of another accelerator, such as AWS Inferentia
	LocalDiskBytes int64  // -1 when the source does not say
	MaxPods        int64  // 0 when it depends on the cluster's network settings

	CapacityType CapacityType
	TermYears    int     // 1 or 3 for reserved capacity, else 0
	USDPerHour   float64 // Linux, shared tenancy, list price unless a price file says otherwise

	// InterruptionBand is the share of spot machines reclaimed in the trailing
	// month as AWS publishes it ("<5%", "5-10%", ..., ">20%"); empty when unknown.
	InterruptionBand string

	Source string // where this price was read
	AsOf   string // its date, YYYY-MM-DD or coarser; empty when unknown
}

// Status says how much a price is worth. The zero value is no price at all, so
// that a forgotten check can't pass for a machine that costs nothing.
type Status int

// The three kinds of answer.
const (
	Missing   Status = iota // no price; Reason says why
	Estimated               // worked out from other prices; Reason says how
	Listed                  // stands in a table or in the user's price file
)

// String returns the status as reports print it.
func (s Status) String() string {
	return [...]string{"missing", "estimated", "listed"}[min(max(s, Missing), Listed)]
}

// Cause is the machine-readable half of a price's doubt.
type Cause string

// Causes of an estimated or missing price.
const (
	NoDoubt             Cause = ""
	UnknownProvider     Cause = "unknown provider"
	UnknownRegion       Cause = "unknown region"
	UnknownType         Cause = "unknown instance type"
	UnknownCapacityType Cause = "no price for this capacity type"
	OtherSystem         Cause = "no price for this operating system"
	BrokenTable         Cause = "price table can't be read"
	BilledByPod         Cause = "billed by pod"
)

// Query names one offering. An empty CapacityType means on-demand; TermYears
// matters for reserved capacity alone, where 0 means 1.
type Query struct {
	Provider, Region, InstanceType string
	CapacityType                   CapacityType
	TermYears                      int
}

// Price answers a Query. Offering carries a price only if Status is Estimated or
// Listed; an estimate's hardware is estimated along with it.
type Price struct {
	Offering Offering
	Status   Status
	Cause    Cause
	Reason   string // one sentence for a person; empty for a listed price

	// Low and High bound an estimate by the prices that it was worked out from, in
	// USD an hour; 0 for a price that is none.
	Low, High float64

	own rates // the price file's rates that made this price; zero for others
}

// slot is a price column of a table row.
type slot int

const (
	slotOnDemand slot = iota
	slotSpot
	slotReserved1
	slotReserved3
	slotCount
)

// slotOf finds the column for a capacity type; ok is false for a capacity type
// or term that no table has.
func slotOf(ct CapacityType, years int) (s slot, ok bool) {
	switch {
	case ct == "" || ct == OnDemand:
		return slotOnDemand, true
	case ct == Spot:
		return slotSpot, true
	case ct == Reserved && (years == 0 || years == 1):
		return slotReserved1, true
	case ct == Reserved && years == 3:
		return slotReserved3, true
	}
	return 0, false
}

func (s slot) capacityType() (ct CapacityType, years int) {
	switch s {
	case slotSpot:
		return Spot, 0
	case slotReserved1:
		return Reserved, 1
	case slotReserved3:
		return Reserved, 3
	}
	return OnDemand, 0
}
