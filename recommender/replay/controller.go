package replay

import "time"

// Latest is the newest Kubernetes minor whose controller this package follows.
const Latest = 37

// Controller is what one cannot see from an HPA: the Kubernetes version and the flags of the
// kube-controller-manager. The zero value is the latest version with the default flags; nil means
// that flag's default, which 0 does not.
type Controller struct {
	// Minor is x of Kubernetes 1.x.
	Minor int
	// Tolerance is --horizontal-pod-autoscaler-tolerance, 0.1.
	Tolerance *float64
	// SyncPeriod is --horizontal-pod-autoscaler-sync-period, 15 s. Only Replay uses it, and no less than a millisecond.
	SyncPeriod *time.Duration
	// DownscaleStabilization is --horizontal-pod-autoscaler-downscale-stabilization, 5 min.
	DownscaleStabilization *time.Duration
	// CPUInitialization is --horizontal-pod-autoscaler-cpu-initialization-period, 5 min.
	CPUInitialization *time.Duration
	// InitialReadinessDelay is --horizontal-pod-autoscaler-initial-readiness-delay, 30 s.
	InitialReadinessDelay *time.Duration
	// ScaleToZero is the gate HPAScaleToZero: alpha since 1.16, on since 1.37.
	ScaleToZero Gate
	// ConfigurableTolerance is the gate HPAConfigurableTolerance: alpha in 1.33, on since 1.35.
	ConfigurableTolerance Gate
	// PodLevelResources is the gate of that name: on since 1.34, when the controller began to read it.
	PodLevelResources Gate
}

// Gate is a feature gate's setting.
type Gate int8

// A gate follows the version's default unless the cluster sets it.
const (
	ByVersion Gate = iota
	On
	Off
)

func (g Gate) enabled(byVersion bool) bool {
	return g == On || g == ByVersion && byVersion
}

// The minors in which the controller's arithmetic changed.
const (
	minorSidecars          = 29 // requests count restartable init containers
	minorMissingContainers = 32 // a pod without the container's sample is missing, no longer an error
	minorSplitTolerance    = 33 // bounds per direction, compared with 1-down and 1+up instead of |1-ratio|
	minorPodResources      = 34 // pod-level requests on by default
	minorOwnTolerance      = 35 // tolerance per HPA on by default
	minorZeroCondition     = 36 // waking needs the ScaledToZero condition
	minorScaleToZero       = 37 // scale to zero on by default
)

// flags is a Controller with its defaults filled in.
type flags struct {
	minor             int
	tolerance         float64
	syncPeriod        time.Duration
	downscaleWindow   time.Duration
	cpuInitialization time.Duration
	readinessDelay    time.Duration
	scaleToZero       bool
	ownTolerance      bool
	podLevel          bool
}

func (c Controller) flags() flags {
	minor := orDefault(c.Minor, Latest)
	return flags{
		minor:             minor,
		tolerance:         flagOr(c.Tolerance, DefaultTolerance),
		syncPeriod:        max(flagOr(c.SyncPeriod, 15*time.Second), time.Millisecond),
		downscaleWindow:   flagOr(c.DownscaleStabilization, 5*time.Minute),
		cpuInitialization: flagOr(c.CPUInitialization, 5*time.Minute),
		readinessDelay:    flagOr(c.InitialReadinessDelay, 30*time.Second),
		scaleToZero:       c.ScaleToZero.enabled(minor >= minorScaleToZero),
		ownTolerance:      minor >= minorSplitTolerance && c.ConfigurableTolerance.enabled(minor >= minorOwnTolerance),
		podLevel:          minor >= minorPodResources && c.PodLevelResources.enabled(true),
	}
}

// DefaultTolerance is the controller's where no flag says otherwise.
const DefaultTolerance = 0.1

// UpTolerance is how far usage may lie above the target before a pod is added, as a share of the
// target, where the autoscaler has no tolerance of its own.
func (c Controller) UpTolerance() float64 { return flagOr(c.Tolerance, DefaultTolerance) }

// OwnTolerance tells whether an autoscaler may have a tolerance of its own.
func (c Controller) OwnTolerance() bool { return c.flags().ownTolerance }

// ReadsPodLevel tells whether utilization is of the pod's own request, where it has one.
func (c Controller) ReadsPodLevel() bool { return c.flags().podLevel }

func flagOr[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// spec is an Autoscaler with the API's defaults filled in, as one controller reads it.
type spec struct {
	flags
	min, max int32
	metrics  []Metric
	hasTotal bool // an Object or External metric, without which zero cannot be left
	behaved  bool // spec.behavior is set
	up, down rules
	tolerance
}

// rules are Rules with nothing left open.
type rules struct {
	window   time.Duration
	choose   Selection
	policies []Policy
}

// tolerance is how far a usage ratio may lie from 1 without moving replicas.
type tolerance struct {
	down, up float64
	// absolute compares |1-ratio|, as the controller did before the bounds were split. The two
	// differ by one rounding: 1.1 is within 0.1 only in the newer form.
	absolute bool
}

func (c Controller) read(a *Autoscaler) spec {
	f := c.flags()
	s := spec{flags: f, min: a.MinReplicas, max: a.MaxReplicas, metrics: a.Metrics, hasTotal: hasTotalMetric(a.Metrics)}
	s.tolerance = tolerance{down: f.tolerance, up: f.tolerance, absolute: f.minor < minorSplitTolerance}
	if len(s.metrics) == 0 {
		s.metrics = []Metric{CPUUtilization(80)}
	}
	if a.Behavior == nil {
		return s
	}
	s.behaved = true
	s.up = a.Behavior.ScaleUp.read(0, []Policy{{PolicyPods, 4, 15 * time.Second}, {PolicyPercent, 100, 15 * time.Second}})
	s.down = a.Behavior.ScaleDown.read(f.downscaleWindow.Truncate(time.Second), []Policy{{PolicyPercent, 100, 15 * time.Second}})
	if t := a.Behavior.ScaleUp.Tolerance; t != nil && f.ownTolerance {
		s.tolerance.up = *t
	}
	if t := a.Behavior.ScaleDown.Tolerance; t != nil && f.ownTolerance {
		s.tolerance.down = *t
	}
	return s
}

func (r Rules) read(window time.Duration, policies []Policy) rules {
	out := rules{window: window, choose: r.Select, policies: policies}
	if r.Window != nil {
		out.window = *r.Window
	}
	if out.choose == "" {
		out.choose = SelectMax
	}
	if len(r.Policies) > 0 {
		out.policies = r.Policies
	}
	return out
}
