package rightsize

// Promise is what requests are to keep.
type Promise struct {
	// CPU is the share of time, in (0, 1), that usage may be above the request; Broken the
	// share of containers that may be above it for longer. With Broken 0 CPU is the mean over
	// all containers instead.
	CPU, Broken float64
	// OOM is the probability, in (0, 1), with which a container passes its memory within a
	// week.
	OOM float64
}

// Profile is a promise by name.
type Profile string

// The profiles, cheapest first.
const (
	// Saving keeps usage above requests for a twentieth of the time in the mean of the fleet.
	Saving Profile = "saving"
	// Balanced does so for all but a tenth of the containers.
	Balanced Profile = "balanced"
	// Careful allows a fiftieth of the time, for all but a twentieth.
	Careful Profile = "careful"
)

// Profiles lists them, cheapest first.
func Profiles() []Profile { return []Profile{Saving, Balanced, Careful} }

// Promise is what the profile promises; Balanced where it is none.
func (p Profile) Promise() Promise {
	switch p {
	case Saving:
		return Promise{CPU: 0.05, OOM: 0.02}
	case Careful:
		return Promise{CPU: 0.02, Broken: 0.05, OOM: 0.001}
	}
	return Promise{CPU: 0.05, Broken: 0.10, OOM: 0.01}
}

// Known reports whether the profile is one.
func (p Profile) Known() bool { return p == Saving || p == Balanced || p == Careful }
