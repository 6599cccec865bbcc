// Package cluster is the believable cluster: what spec.yaml says, as
// Kubernetes objects and, for the history, as usage profiles.
package cluster

import (
	_ "embed"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/testbed/load"
)

//go:embed spec.yaml
var specYAML []byte

// Kwok holds the objects that tell kwok how pods end, what it measures and how
// much containers use.
//
//go:embed kwok.yaml
var Kwok []byte

// Spec is spec.yaml.
type Spec struct {
	Pools      []Pool      `json:"pools"`
	Classes    []Class     `json:"classes"`
	Volumes    []Spare     `json:"volumes"` // whose claim is gone or never was
	Namespaces []Namespace `json:"namespaces"`
}

// Pool is a group of nodes of one instance type.
type Pool struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Count    int      `json:"count"`
	CPU      int64    `json:"cpu"`    // vCPU
	Memory   int64    `json:"memory"` // GiB
	MaxPods  int64    `json:"maxPods"`
	Arch     string   `json:"arch"` // amd64 when empty
	Spot     bool     `json:"spot"`
	GPU      int64    `json:"gpu"`
	Zones    []string `json:"zones"`    // of us-east-1: a, b, c when empty
	Replaced int      `json:"replaced"` // how many of its nodes were other machines a few days ago
}

// Namespace holds workloads. Labels come from Team and Environment.
type Namespace struct {
	Name        string     `json:"name"`
	Team        string     `json:"team"`
	Environment string     `json:"environment"` // production when empty
	LimitRange  string     `json:"limitRange"`  // default request; the default limit is twice that
	Quota       string     `json:"quota"`       // requests.cpu/requests.memory
	Scrape      string     `json:"scrape"`      // how its containers were scraped: see the Scrape constants
	Claims      []Spare    `json:"claims"`      // that no pod mounts
	Balancers   []Balancer `json:"balancers"`
	Workloads   []Workload `json:"workloads"`
}

// Ways in which the containers of a namespace were scraped.
const (
	ScrapeDuplicate = "duplicate" // by two jobs, kubelet and kubernetes-cadvisor
	ScrapeReplicas  = "replicas"  // by a pair of Prometheus servers, label prometheus_replica
	ScrapeNoID      = "noid"      // without the label id: counters reset within one series
	ScrapeGaps      = "gaps"      // with hours missing
)

// Workload is one controller or bare pod.
type Workload struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Replicas int    `json:"replicas"`
	// Revision is the number of days between rollouts; 0 means one before the history began.
	Revision float64 `json:"revision"`
	// Before is the first container's request up to the last rollout.
	Before string `json:"before"`
	// Schedule of a CronJob or, in the history, how often a Job was run by hand.
	Schedule string `json:"schedule"`
	Run      int64  `json:"run"` // minutes that a Job's pods run
	HPA      *HPA   `json:"hpa"`
	// Requests are counted in the history, by the pods or by an ingress.
	Requests *Requests `json:"requests"`
	PDB      string    `json:"pdb"` // minAvailable, or maxUnavailable after "-"
	Pool     string    `json:"pool"`
	Arch     string    `json:"arch"`
	GPU      bool      `json:"gpu"`
	Spread   bool      `json:"spread"`
	Priority string    `json:"priority"`
	Pending  bool      `json:"pending"` // fits on no node, on purpose
	Host     bool      `json:"host"`    // hostNetwork
	// Governing is the name of a StatefulSet's headless service where it is
	// not the workload's.
	Governing string `json:"governing"`
	// Labels of the object and its pods beside, or in place of, the usual one.
	Labels     map[string]string `json:"labels"`
	Volumes    []Volume          `json:"volumes"`
	Balancer   bool              `json:"balancer"` // its service is a load balancer
	Containers []Container       `json:"containers"`
	Init       []Container       `json:"init"`
	Sidecars   []Container       `json:"sidecars"` // native: init containers with restartPolicy Always
}

// Requests is a counter of the requests that a workload gets. There are as many
// as the first container's demand pays for, before any limit cuts it and
// without what its start takes.
type Requests struct {
	Counter string `json:"counter"` // its metric
	Cost    string `json:"cost"`    // CPU-seconds of a request, as a quantity
	// Ingress says that an ingress counts them on their way to the workload's service.
	Ingress bool `json:"ingress"`
	// Hours of workdays, UTC, outside of which there are none, as "8-18".
	Hours string `json:"hours"`
}

// HPA is an autoscaler; Swing is how many pods more than now the busiest hours had.
type HPA struct {
	Min     int      `json:"min"`
	Max     int      `json:"max"`
	Swing   int      `json:"swing"`
	Slow    bool     `json:"slow"` // scales down slowly
	Metrics []Metric `json:"metrics"`
}

// Metric is of type External when External is set, of type ContainerResource
// when Container is, else of type Resource.
type Metric struct {
	Resource    string `json:"resource"`
	Container   string `json:"container"`
	External    string `json:"external"`
	Utilization int32  `json:"utilization"`
	Average     string `json:"average"` // AverageValue in place of Utilization
}

// Container has requests, limits and uses as "cpu/memory", "-" for none.
type Container struct {
	Name    string `json:"name"`
	Port    int32  `json:"port"`
	Request string `json:"request"`
	Limit   string `json:"limit"`
	Use     string `json:"use"`   // means in the history
	Live    string `json:"live"`  // what kwok reports now; Use when empty
	Shape   string `json:"shape"` // of package load; steady when empty
	Leak    string `json:"leak"`  // growth of memory an hour
}

// Load reads and checks spec.yaml.
func Load() (*Spec, error) {
	s := &Spec{}
	if err := yaml.UnmarshalStrict(specYAML, s); err != nil {
		return nil, fmt.Errorf("read spec.yaml: %w", err)
	}
	for _, n := range s.Namespaces {
		for _, w := range n.Workloads {
			if w.Requests != nil {
				if _, _, _, err := w.Requests.read(); err != nil {
					return nil, fmt.Errorf("spec.yaml: %s/%s: %w", n.Name, w.Name, err)
				}
			}
			for _, c := range w.All() {
				if _, err := c.Load(); err != nil {
					return nil, fmt.Errorf("spec.yaml: %s/%s: container %s: %w", n.Name, w.Name, c.Name, err)
				}
			}
		}
	}
	return s, s.checkStorage()
}

// All are the workload's containers of every type, init containers first.
func (w *Workload) All() []Container {
	var all []Container
	return append(append(append(all, w.Init...), w.Sidecars...), w.Containers...)
}

// Long are the containers that run as long as the pod: sidecars and containers.
func (w *Workload) Long() []Container {
	var all []Container
	return append(append(all, w.Sidecars...), w.Containers...)
}

// Rate gives the requests a second that a demand in cores stands for at a
// minute of Unix time.
func (r *Requests) Rate() func(cores float64, minute int64) float64 {
	cost, from, to, _ := r.read() // Load has checked it
	return func(cores float64, minute int64) float64 {
		if day := (minute/1440 + 4) % 7; r.Hours != "" && (day == 0 || day == 6 || minute%1440 < from*60 || minute%1440 >= to*60) {
			return 0
		}
		return cores / cost
	}
}

// Millicores is what one request a second takes.
func (r *Requests) Millicores() float64 {
	cost, _, _, _ := r.read() // Load has checked it
	return 1000 * cost
}

func (r *Requests) read() (cost float64, from, to int64, err error) {
	q, err := resource.ParseQuantity(r.Cost)
	if err != nil || q.Sign() <= 0 {
		return 0, 0, 0, fmt.Errorf("requests: cost %q is no quantity above 0", r.Cost)
	}
	if r.Hours != "" {
		if _, err := fmt.Sscanf(r.Hours, "%d-%d", &from, &to); err != nil {
			return 0, 0, 0, fmt.Errorf("requests: hours %q: want them as 8-18", r.Hours)
		}
	}
	return q.AsApproximateFloat64(), from, to, nil
}

// Load is the container's profile under its limits.
func (c *Container) Load() (load.Container, error) {
	name := c.Shape
	if name == "" {
		name = "steady"
	}
	p, err := load.Shape(name)
	if err != nil {
		return load.Container{}, err
	}
	if p.CPU, p.Memory, err = numbers(c.Use); err != nil {
		return load.Container{}, err
	}
	if c.Leak != "" {
		q, err := resource.ParseQuantity(c.Leak)
		if err != nil {
			return load.Container{}, err
		}
		p.Leak = q.AsApproximateFloat64()
	}
	out := load.Container{Profile: p}
	out.CPULimit, out.MemoryLimit, err = numbers(c.Limit)
	return out, err
}

// numbers reads "cpu/memory" as cores and bytes; a part that is "-" is 0.
func numbers(pair string) (cpu, memory float64, err error) {
	c, m, err := quantities(pair)
	if err != nil {
		return 0, 0, err
	}
	if c != nil {
		cpu = c.AsApproximateFloat64()
	}
	if m != nil {
		memory = m.AsApproximateFloat64()
	}
	return cpu, memory, nil
}

// Settings are a container's requests and limits as CPU request, memory
// request, CPU limit, memory limit in cores and bytes (0 is none), after what
// the API server fills in: a missing request is the limit, else the
// namespace's default; a missing limit is the namespace's default.
func Settings(ns *Namespace, request, limit string) [4]float64 {
	var s [4]float64
	s[0], s[1], _ = numbers(request) // Load has checked the pairs
	s[2], s[3], _ = numbers(limit)
	var defaults [2]float64
	defaults[0], defaults[1], _ = numbers(ns.LimitRange)
	for i, d := range defaults {
		if s[i] == 0 {
			s[i] = s[i+2]
		}
		if s[i] == 0 {
			s[i] = d
		}
		if s[i+2] == 0 {
			s[i+2] = 2 * d
		}
	}
	return s
}

func quantities(pair string) (cpu, memory *resource.Quantity, err error) {
	if pair == "" {
		return nil, nil, nil
	}
	c, m, ok := strings.Cut(pair, "/")
	if !ok {
		return nil, nil, fmt.Errorf("%q is not cpu/memory", pair)
	}
	part := func(s string) *resource.Quantity {
		if s == "-" || err != nil {
			return nil
		}
		q, e := resource.ParseQuantity(s)
		if e != nil {
			err = fmt.Errorf("%q: %w", pair, e)
		}
		return &q
	}
	cpu, memory = part(c), part(m)
	return cpu, memory, err
}

// NodeCount is the number of nodes.
func (s *Spec) NodeCount() int {
	n := 0
	for _, p := range s.Pools {
		n += p.Count
	}
	return n
}

// WorkloadCount is the number of workloads.
func (s *Spec) WorkloadCount() int {
	n := 0
	for _, ns := range s.Namespaces {
		n += len(ns.Workloads)
	}
	return n
}

// PodCount is the number of pods that run when all is well; those of Jobs,
// which end, are not counted.
func (s *Spec) PodCount() int { return s.ConfinedPodCount() + s.podCount(false) }

// ConfinedPodCount is how many of them can't run on every node.
func (s *Spec) ConfinedPodCount() int { return s.podCount(true) }

func (s *Spec) podCount(confined bool) int {
	n := 0
	for _, ns := range s.Namespaces {
		for _, w := range ns.Workloads {
			switch {
			case w.confined() != confined:
			case w.Pending:
			case w.Kind == "DaemonSet":
				n += s.NodeCount()
			case w.Kind == "Pod":
				n++
			case w.Kind == "Job" || w.Kind == "CronJob":
			default:
				n += w.Replicas
			}
		}
	}
	return n
}

// Find returns a workload and its namespace.
func (s *Spec) Find(namespace, kind, name string) (*Namespace, *Workload, bool) {
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		for j := range ns.Workloads {
			if w := &ns.Workloads[j]; ns.Name == namespace && w.Kind == kind && w.Name == name {
				return ns, w, true
			}
		}
	}
	return nil, nil, false
}
