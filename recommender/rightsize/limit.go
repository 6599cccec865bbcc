package rightsize

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// MemoryLimit is what becomes of memory limits.
type MemoryLimit string

// The ways with memory limits.
const (
	// KeepLimit leaves a limit where it is at or above the advice: lowering it frees nothing.
	KeepLimit MemoryLimit = "keep"
	// RiskLimit sets it to what keeps the promise.
	RiskLimit MemoryLimit = "risk"
	// EqualLimit sets it to the request.
	EqualLimit MemoryLimit = "equal"
)

// Known reports whether the way is one.
func (m MemoryLimit) Known() bool { return m == KeepLimit || m == RiskLimit || m == EqualLimit }

const (
	mib = 1 << 20
	// limitFloor is what a limit has above the highest peak at least: a probe and a shell
	// run within it.
	limitFloor = 16 * mib
)

// HeapFloor is the memory, in bytes, that a runtime's flag calls for: the heap that it may
// grow to, and what the runtime has beside it. 0 without such a flag.
func HeapFloor(r analyzer.Runtime) int64 {
	switch r.Name {
	case "jvm": // metaspace, code cache, threads, buffers
		return r.Heap + max(r.Heap/4, 192*mib, r.Beside)*sign(r.Heap)
	case "node": // the young generation, buffers, code
		return r.Heap + (r.Heap/8+64*mib)*sign(r.Heap)
	case "go": // the flag bounds all that the runtime manages
		return r.Heap + r.Heap/10
	case "dotnet":
		return r.Heap + (r.Heap/5+64*mib)*sign(r.Heap)
	}
	return 0
}

func sign(v int64) int64 {
	if v > 0 {
		return 1
	}
	return 0
}

// Guaranteed reports whether a pod of these containers has the QoS class Guaranteed.
func Guaranteed(containers []analyzer.Container) bool {
	for _, c := range containers {
		if c.Requests.CPU == 0 || c.Requests.Memory == 0 || c.Requests.CPU != c.Limits.CPU || c.Requests.Memory != c.Limits.Memory {
			return false
		}
	}
	return len(containers) > 0
}

// momentLimit is why one reading lowers no limit.
const momentLimit = "the limit equals the request, and one reading does not show what it has to hold"

// limitMemory sets the limit beside the request that was found.
func (s *Sizing) limitMemory(f Facts, p Policy) {
	now := s.Limits.Memory
	if now == 0 {
		return
	}
	floor := max(HeapFloor(f.Runtime), int64(f.Memory.Samples.Max())+limitFloor)
	switch {
	case f.Moment && s.Requests.Memory < now: // what it has to hold was not seen
		if f.Guaranteed && !p.ChangeQoS {
			s.Requests.Memory = now
			s.bound("memory", limitRules(momentLimit), float64(now), "bytes")
		}
	case f.Guaranteed && !p.ChangeQoS:
		if held := min(now, RoundMemory(float64(floor))); held > s.Requests.Memory {
			s.Requests.Memory = held
			s.bound("memory", limitRules("the limit equals the request and has to hold the peak"), float64(held), "bytes")
		}
		s.Limits.Memory = s.Requests.Memory
	case p.MemoryLimit == EqualLimit || p.MemoryLimit == RiskLimit:
		s.Limits.Memory = max(s.Requests.Memory, min(now, RoundMemory(float64(floor))))
		if p.MemoryLimit == EqualLimit {
			s.Requests.Memory = s.Limits.Memory
			s.bound("memory", advice.Bound{Reason: "the limit is to equal the request", Flag: "--memory-limit keep"}, float64(s.Limits.Memory), "bytes")
		}
	default:
		s.Limits.Memory = max(now, s.Requests.Memory)
	}
	s.keepHeapShare(f, p, now)
	s.warnHeap(f)
}

// keepHeapShare leaves the limit where it was, now, if a runtime takes a share of it as its heap.
func (s *Sizing) keepHeapShare(f Facts, p Policy, now int64) {
	if f.Runtime.Percent <= 0 || f.Runtime.Heap != 0 || s.Limits.Memory >= now {
		return
	}
	s.Limits.Memory = now // the heap would shrink with it
	if f.Guaranteed && !p.ChangeQoS {
		s.Requests.Memory = now
		s.bound("memory", limitRules("the limit sizes the heap and equals the request"), float64(now), "bytes")
	}
	s.warn("runtime", fmt.Sprintf("%s gives the heap %g %% of the limit: the limit stays, or flag and limit change in one step", f.Runtime.Flag, f.Runtime.Percent))
}

// limitSteps is the number of sizes that are tried from a lowered limit up to the one now.
const limitSteps = 24

// holdPromise lowers no limit to where the replay says that memory passes it more often
// than is promised: a fleet's margin keeps the promise to the fleet, and this container may
// have more of the risk.
func (s *Sizing) holdPromise(f Facts, need *Need, p Policy) {
	low, now := float64(s.Limits.Memory), float64(f.Limits.Memory)
	if need.model == nil || low >= now {
		return
	}
	sizes := make([]float64, limitSteps+1)
	for i := range sizes {
		sizes[i] = low * math.Pow(now/low, float64(i)/limitSteps)
	}
	for i, fails := range need.Fails(sizes...) {
		if fails.Known && fails.Value > p.Promise.OOM && i < limitSteps {
			continue
		}
		s.Limits.Memory = min(RoundMemory(sizes[i]), f.Limits.Memory)
		break
	}
	if float64(s.Limits.Memory) > low && (p.MemoryLimit == EqualLimit || f.Guaranteed && !p.ChangeQoS) {
		s.Requests.Memory = s.Limits.Memory
		s.bound("memory", limitRules("the limit equals the request and is not lowered to a risk above the promise"), float64(s.Limits.Memory), "bytes")
	}
}

// warnHeap says what a runtime's flag asks of the limit.
func (s *Sizing) warnHeap(f Facts) {
	need := HeapFloor(f.Runtime)
	if need == 0 {
		return
	}
	s.show("memory that "+f.Runtime.Flag+" allows", float64(f.Runtime.Heap), "bytes")
	switch {
	case s.Limits.Memory < f.Limits.Memory:
		s.warn("runtime", fmt.Sprintf("the limit stays at or above the %s that %s calls for: flag and limit go lower in one step or not at all", mebibytes(float64(need)), f.Runtime.Flag))
	case f.Limits.Memory < need:
		s.warn("runtime", fmt.Sprintf("the limit of %s is below the %s that %s calls for", mebibytes(float64(f.Limits.Memory)), mebibytes(float64(need)), f.Runtime.Flag))
	}
}
