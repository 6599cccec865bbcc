package analyzer

import (
	"cmp"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Ref names a workload: the top-level controller of its pods, or the pod
// itself where nothing controls it.
type Ref struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
}

// String gives namespace/kind/name.
func (r Ref) String() string { return r.Namespace + "/" + r.Kind + "/" + r.Name }

// ContainerRef names a container of a workload's pod template.
type ContainerRef struct {
	Ref
	Container string
}

// Compare orders by namespace, kind, name.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(cmp.Compare(r.Namespace, o.Namespace), cmp.Compare(r.Kind, o.Kind), cmp.Compare(r.Name, o.Name))
}

// PlaceholderAnnotation marks, with "true", pods that only keep room on nodes and give way to
// any other.
const PlaceholderAnnotation = "plimsoll.dev/placeholder"

// Placeholder reports whether the workload's pods only keep room.
func (w *Workload) Placeholder() bool { return w.Annotations[PlaceholderAnnotation] == "true" }

// Workload is one workload as it stands now, or as history last knew it.
type Workload struct {
	Ref
	APIVersion string            `json:"apiVersion,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	// Annotations holds only the plimsoll.dev/ ones.
	Annotations map[string]string `json:"annotations,omitempty"`
	// Replicas is what the controller is asked for now; for a DaemonSet what
	// it schedules, for a CronJob its parallelism.
	Replicas int32 `json:"replicas"`
	// Scalable says that the kind has a scale subresource.
	Scalable   bool        `json:"scalable,omitempty"`
	Containers []Container `json:"containers,omitempty"`
	// Claims are the persistent volume claims that the pod template names.
	// ClaimTemplates are the names of a StatefulSet's own: each of its pods has
	// the claim TEMPLATE-POD of every one. Snapshots of older programs have neither.
	Claims         []string `json:"claims,omitempty"`
	ClaimTemplates []string `json:"claimTemplates,omitempty"`
	// TemplateClaims are ClaimTemplates' claims as every pod would have them, where Template is set.
	TemplateClaims []VolumeClaim `json:"templateClaims,omitempty"`
	Pods           []Pod         `json:"pods,omitempty"`
	// Template is the pod that the workload's template makes, where neither a node nor a pod
	// of it is known: a chart's output has none of them.
	Template *Pod `json:"template,omitempty"`
	// Releases are the revisions that the cluster still keeps, oldest first: a
	// Deployment's or Rollout's ReplicaSets, a StatefulSet's or DaemonSet's
	// ControllerRevisions. Snapshots of older programs have none.
	Releases []Release `json:"releases,omitempty"`
	// PodLevel are the requests of the pod as a whole (spec.resources), which the
	// scheduler counts in place of its containers'.
	PodLevel Amounts `json:"podLevel,omitzero"`
	// Surge is how many pods a rolling update starts before it ends others, a number or a
	// percentage as the object has it; empty where it does not say.
	Surge string `json:"surge,omitempty"`
	// Waits says by which fact the workload waits for what seldom comes: a webhook, a
	// lease, a flag or a port; empty where no object told.
	Waits string `json:"waits,omitempty"`
	// Provided says by which fact the cluster's provider installs it: who manages its
	// fields, or what owns it; empty where no object told.
	Provided string `json:"provided,omitempty"`
	// Past marks a workload that only the history knows.
	Past bool `json:"past,omitempty"`
	// Inferred says that no object told of the workload: what its usage does not
	// show is not known.
	Inferred bool `json:"inferred,omitempty"`
	// RunsBy is the program that bills its runs by the pod, and RunsNode what stands for
	// them; empty of others. See BilledByPod.
	RunsBy   string `json:"-"`
	RunsNode string `json:"-"`
}

// Release is one revision of a workload's pod template.
type Release struct {
	// At is when its object was made: one that is rolled back to keeps its time.
	At time.Time `json:"at"`
	// Revision is what the controller numbered it; 0 where it did not.
	Revision int64 `json:"revision,omitempty"`
	// Images are its containers', where the template was read.
	Images []string `json:"images,omitempty"`
}

// ContainerType tells what part of a pod's life a container has.
type ContainerType string

// The types of container, as the report names them.
const (
	// TypeContainer is an ordinary container.
	TypeContainer ContainerType = "container"
	// TypeInit runs to its end before the ordinary containers start.
	TypeInit ContainerType = "init"
	// TypeSidecar is a native sidecar: an init container with restart policy
	// Always, which runs beside the ordinary containers.
	TypeSidecar ContainerType = "sidecar"
)

// Container is a container of a workload's pods, with the requests and limits
// that the running pods have. Where none run they are the template's, with the
// namespace's defaults.
type Container struct {
	// Name is the container's own. Where pods of several roles have a container
	// of one name with unlike requests, it is ROLE/NAME.
	Name     string        `json:"name"`
	Type     ContainerType `json:"type"`
	Image    string        `json:"image,omitempty"`
	Requests Amounts       `json:"requests,omitzero"`
	Limits   Amounts       `json:"limits,omitzero"`
	// Role is that of the pods which have the container; empty where all have it.
	Role string `json:"role,omitempty"`
	// Injected says that the pods have the container and the template has not.
	Injected bool `json:"injected,omitempty"`
	// Unknown says that the requests and limits are not known, whatever they are.
	Unknown bool `json:"unknown,omitempty"`
	// Altered says that the pods have other amounts than the template, which
	// TemplateRequests and TemplateLimits hold.
	Altered          bool    `json:"altered,omitempty"`
	TemplateRequests Amounts `json:"templateRequests,omitzero"`
	TemplateLimits   Amounts `json:"templateLimits,omitzero"`
	// Least and Most are the bounds of the requests that the running pods have, where the pods
	// are not alike: a resize in place is of one pod. Then Requests are most pods'. Both are zero
	// where all pods have Requests.
	Least Amounts `json:"least,omitzero"`
	Most  Amounts `json:"most,omitzero"`
	// Runtime is what its flags tell the language's runtime about memory.
	Runtime Runtime `json:"runtime,omitzero"`
}

// Runtime is the memory that flags give a language's runtime. Of the flags the numbers
// alone are kept.
type Runtime struct {
	// Name is jvm, go, node or dotnet; empty where no flag was seen.
	Name string `json:"name,omitempty"`
	// Heap is the bytes that a flag lets the heap (for go: the runtime) grow to; Flag is
	// that flag without its value.
	Heap int64  `json:"heap,omitempty"`
	Flag string `json:"flag,omitempty"`
	// Beside is the bytes that further flags allow outside the heap: direct buffers, metaspace.
	Beside int64 `json:"beside,omitempty"`
	// Percent is the share of the memory limit, in percent, that the heap may have: it
	// shrinks with the limit.
	Percent float64 `json:"percent,omitempty"`
}

// Amounts is a set of resource amounts. 0 means not set: to Kubernetes a
// request or limit of zero and none at all come to the same.
type Amounts struct {
	CPU    int64 `json:"cpu,omitempty"`    // millicores
	Memory int64 `json:"memory,omitempty"` // bytes
	GPU    int64 `json:"gpu,omitempty"`    // whole devices, all vendors
}

// Resources are amounts by the name of the resource as Kubernetes has it.
type Resources map[string]int64

// IsDevice tells accelerators that are counted as whole devices, by the names
// of Kubernetes' extended resources. Vendors also count the same device's cores
// or memory under further names, which must not be added to it.
func IsDevice(name string) bool {
	switch name {
	case "nvidia.com/gpu", "nvidia.com/gpu.shared", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe",
		"habana.ai/gaudi":
		return true
	}
	return strings.HasPrefix(name, "nvidia.com/mig-") || cloud.IsAccelerator(name)
}

// Plus adds two sets, math.MaxInt64 at most.
func (a Amounts) Plus(b Amounts) Amounts {
	return Amounts{CPU: addAmount(a.CPU, b.CPU), Memory: addAmount(a.Memory, b.Memory), GPU: addAmount(a.GPU, b.GPU)}
}

// Min gives the smaller of each amount.
func (a Amounts) Min(b Amounts) Amounts {
	return Amounts{CPU: min(a.CPU, b.CPU), Memory: min(a.Memory, b.Memory), GPU: min(a.GPU, b.GPU)}
}

// Max takes the larger amount of each resource.
func (a Amounts) Max(b Amounts) Amounts {
	return Amounts{CPU: max(a.CPU, b.CPU), Memory: max(a.Memory, b.Memory), GPU: max(a.GPU, b.GPU)}
}

// PodRequests gives what the scheduler reserves for a pod of these containers:
// the larger of the running containers' sum (native sidecars included) and
// what any init container needs beside the sidecars started before it, plus
// the runtime's overhead. The formula is the one of KEP-753.
func PodRequests(containers []Container, overhead Amounts) Amounts {
	return podSum(containers, func(c Container) Amounts { return c.Requests }).Plus(overhead)
}

// PodLimits is the same of limits, which quotas count.
func PodLimits(containers []Container) Amounts {
	return podSum(containers, func(c Container) Amounts { return c.Limits })
}

func podSum(containers []Container, of func(Container) Amounts) Amounts {
	var running, sidecars, initPeak Amounts
	for _, c := range containers {
		switch c.Type {
		case TypeSidecar:
			sidecars = sidecars.Plus(of(c))
			running = running.Plus(of(c))
			initPeak = initPeak.Max(sidecars)
		case TypeInit:
			initPeak = initPeak.Max(sidecars.Plus(of(c)))
		default:
			running = running.Plus(of(c))
		}
	}
	return running.Max(initPeak)
}

// Pod is a pod that exists now.
type Pod struct {
	Name string `json:"name"`
	// UID is the API server's. It is not saved: only an engine is asked for it.
	UID     string    `json:"-"`
	Node    string    `json:"node,omitempty"`
	Phase   string    `json:"phase,omitempty"`
	Ready   bool      `json:"ready,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// ReadyAfter is the seconds from start to ready, of a pod that never
	// restarted; 0 where that was not seen.
	ReadyAfter int32   `json:"readyAfter,omitempty"`
	Requests   Amounts `json:"requests,omitzero"` // as PodRequests has it
	// Remade is what the pod would reserve if its controller made it anew, where the template
	// says other than Requests; zero where that comes to the same, or is not known.
	Remade Amounts `json:"remade,omitzero"`
	// Resized names its containers that a resize in place gave more than the template does,
	// in a request or a limit: a new pod would not have it.
	Resized []string `json:"resized,omitempty"`
	// Resources is what the scheduler reserves beside CPU and memory, each by its own
	// name: devices in units, ephemeral-storage and hugepages in bytes. Requests.GPU
	// adds up devices of it. Snapshots of older programs have none.
	Resources Resources `json:"resources,omitempty"`
	QoS       string    `json:"qos,omitempty"`
	// Provisioned is what the provider says that it bills the pod for, where it
	// bills by pod; zero where it says nothing.
	Provisioned Amounts `json:"provisioned,omitzero"`
	Priority    int32   `json:"priority,omitempty"`
	// Role tells pods of one workload apart that are not alike, such as a head
	// and its workers; empty where all are alike.
	Role string  `json:"role,omitempty"`
	Spec PodSpec `json:"spec,omitzero"`
}

// Ended reports whether the pod has run to its end, well or not: it holds
// nothing of its node any more.
func (p *Pod) Ended() bool { return p.Phase == "Succeeded" || p.Phase == "Failed" }

// PodSpec is what decides where a pod may run and what holds it there.
type PodSpec struct {
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	Tolerations  []Toleration      `json:"tolerations,omitempty"`
	// LocalStorage says that the pod has an emptyDir or hostPath volume.
	LocalStorage bool `json:"localStorage,omitempty"`
	// Local tells which; nil beside LocalStorage where an older program did not tell.
	Local  *LocalData `json:"local,omitempty"`
	Claims []string   `json:"claims,omitempty"` // persistent volume claims
	// Ephemeral are the generic ephemeral volumes, by the volume's name: claims, POD-NAME among
	// Claims, that are made with the pod and go with it, and so does what they hold.
	Ephemeral []VolumeClaim `json:"ephemeral,omitempty"`
	// Constraints names what else binds the pod: affinity, spread.
	Constraints []string `json:"constraints,omitempty"`
	// Affinity, Spread and AntiAffinity hold the required node affinity (one
	// term must hold), spread and anti-affinity that Constraints names, where
	// these types can say all of it; else the field is empty.
	Affinity      []NodeTerm        `json:"affinity,omitempty"`
	Spread        []TopologySpread  `json:"spread,omitempty"`
	AntiAffinity  []PodAntiAffinity `json:"antiAffinity,omitempty"`
	GraceSeconds  int64             `json:"graceSeconds,omitempty"`
	HostNetwork   bool              `json:"hostNetwork,omitempty"`
	PriorityClass string            `json:"priorityClass,omitempty"`
	// SoftSpread and SoftAntiAffinity are wishes of the pod, which bind nothing: those
	// that these types can say.
	SoftSpread       []TopologySpread  `json:"softSpread,omitempty"`
	SoftAntiAffinity []PodAntiAffinity `json:"softAntiAffinity,omitempty"`
	// Scheduler places the pod; empty means the default one.
	Scheduler string `json:"scheduler,omitempty"`
	// SafeToEvict says that the pod's owner allows its eviction by an annotation.
	SafeToEvict bool `json:"safeToEvict,omitempty"`
	// Unmodelled names what else the pod's spec sets and no rule can hold: fields of the
	// Kubernetes API, such as "schedulingGroup" or "volumes[].iscsi".
	Unmodelled []string `json:"unmodelled,omitempty"`
}

// LocalData is what a pod keeps on its node, and loses with it.
type LocalData struct {
	// EmptyDirs counts the emptyDir volumes on the node's disk that the owner has not
	// declared safe to lose.
	EmptyDirs int `json:"emptyDirs,omitempty"`
	// HostPaths are the node's paths that a container may write to, sorted.
	HostPaths []string `json:"hostPaths,omitempty"`
}

// The names in PodSpec.Constraints. Preferences are not among them: they bind
// nothing.
const (
	ConstraintNodeAffinity = "nodeAffinity"
	ConstraintAffinity     = "podAffinity"
	ConstraintAntiAffinity = "podAntiAffinity"
	ConstraintSpread       = "topologySpread"
	ConstraintHostPort     = "hostPort"
	ConstraintClaims       = "resourceClaims"
	// ConstraintKeep marks a pod that asks not to be evicted by the
	// autoscalers of nodes.
	ConstraintKeep = "doNotDisrupt"
)

// Toleration lets a pod run on nodes with a matching taint.
type Toleration struct {
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator,omitempty"`
	Value    string `json:"value,omitempty"`
	Effect   string `json:"effect,omitempty"`
}

// Or fills in what is not set from b.
func (a Amounts) Or(b Amounts) Amounts {
	return Amounts{CPU: cmp.Or(a.CPU, b.CPU), Memory: cmp.Or(a.Memory, b.Memory), GPU: cmp.Or(a.GPU, b.GPU)}
}
