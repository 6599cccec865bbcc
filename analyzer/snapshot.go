package analyzer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SchemaVersion is the version of the Snapshot's form. It grows when a program
// that knows only the older form would misread the newer one.
//
// Version 2 added what each pod needed of a day, starts, and the flags of runtimes.
const SchemaVersion = 2

// Snapshot is everything known of one cluster over one window. All lists are
// sorted (see Sort), so that equal clusters give equal bytes.
type Snapshot struct {
	Cluster string `json:"cluster"`
	// KubernetesVersion is the API server's, such as "v1.34.2"; empty where it
	// is not known.
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`
	// Selection says in words what alone was read of the cluster, such as "namespaces
	// shop"; empty where all was, and in snapshots of older programs.
	Selection string `json:"selection,omitempty"`

	Window  Window   `json:"window"`
	Sources []Source `json:"sources,omitempty"`
	Nodes   []Node   `json:"nodes,omitempty"`
	// NodeHistory is nil where no engine or dump told of the window's nodes, as in
	// snapshots of older programs.
	NodeHistory *NodeHistory `json:"nodeHistory,omitempty"`

	Namespaces []Namespace      `json:"namespaces,omitempty"`
	Workloads  []Workload       `json:"workloads,omitempty"`
	Usage      []ContainerUsage `json:"usage,omitempty"`
	// Requests are the request rates of workloads that have such a counter.
	Requests []RequestRate `json:"requests,omitempty"`
	// Network is the traffic of workloads' pods; snapshots of older programs have none,
	// as clusters whose kubelets' network series are not scraped.
	Network []NetworkUsage `json:"network,omitempty"`

	// HPAController is nil where kube-controller-manager was not seen, as on most
	// managed clusters.
	HPAController *HPAController `json:"hpaController,omitempty"`

	HPAs          []HPA           `json:"hpas,omitempty"`
	ScaledObjects []ScaledObject  `json:"scaledObjects,omitempty"`
	VPAs          []VPA           `json:"vpas,omitempty"`
	PDBs          []PDB           `json:"pdbs,omitempty"`
	LimitRanges   []LimitRange    `json:"limitRanges,omitempty"`
	Quotas        []ResourceQuota `json:"quotas,omitempty"`

	Volumes       []Volume       `json:"volumes,omitempty"`
	VolumeClaims  []VolumeClaim  `json:"volumeClaims,omitempty"`
	LoadBalancers []LoadBalancer `json:"loadBalancers,omitempty"`
	// Services is how many Services there are, of every type; 0 where they were not
	// read, as in snapshots of older programs: every cluster has one.
	Services int `json:"services,omitempty"`
	// StorageClasses are the classes of volumes; snapshots of older programs have none.
	StorageClasses []StorageClass `json:"storageClasses,omitempty"`

	Warnings []Warning `json:"warnings,omitempty"`
}

// OfThese says in words what is selected of what was selected before; either is empty
// where it is all.
func OfThese(before, then string) string {
	if before == "" || then == "" || before == then {
		return cmp.Or(then, before)
	}
	return before + ", of these " + then
}

// Minor is x of the cluster's Kubernetes 1.x, 0 where it is not known.
func (s *Snapshot) Minor() int {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(s.KubernetesVersion, "v"), "1.")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil || n > 1000 {
		return 0
	}
	return n
}

// ControlPlaneMinor is x of the control plane's Kubernetes 1.x: the API server's, else
// that of the newest kubelet, which is never newer; 0 where neither is known.
func (s *Snapshot) ControlPlaneMinor() int {
	minor := s.Minor()
	for i := 0; i < len(s.Nodes) && s.KubernetesVersion == ""; i++ {
		minor = max(minor, (&Snapshot{KubernetesVersion: s.Nodes[i].Kubelet}).Minor())
	}
	return minor
}

// Window is the time that a snapshot covers: [Start, End), sampled every Step.
// A Moment window has no history: End alone counts and usage is one reading.
type Window struct {
	Start  time.Time     `json:"start"`
	End    time.Time     `json:"end"`
	Step   time.Duration `json:"step"`
	Moment bool          `json:"moment,omitempty"`
}

// Slots is the number of five-minute slots in the window.
func (w Window) Slots() int { return int(w.End.Sub(w.Start) / (5 * time.Minute)) }

// DayOf gives the UTC day of a time in Unix milliseconds, as days since
// 1970-01-01.
func DayOf(ms int64) int32 {
	const day = 86_400_000
	d := ms / day
	if ms%day < 0 {
		d--
	}
	return int32(d)
}

// Source tells where a part of the snapshot came from. Name never holds a
// credential.
type Source struct {
	Kind string `json:"kind"` // kubernetes, metrics-server, prometheus, openmetrics, objects
	Name string `json:"name"`
	// Reads says what this source contributed: inventory, usage.
	Reads string `json:"reads,omitempty"`
}

// Namespace is a namespace with its labels.
type Namespace struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations holds only the plimsoll.dev/ ones.
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Warning is a doubt that travels with the data: a right refused, a metric
// missing, a number that rests on little. It weakens the answer visibly.
type Warning struct {
	// Code is a stable word for programs, such as "forbidden" or "no-history".
	Code string `json:"code"`
	// Subject is what the warning is about: a resource, a metric, a workload.
	Subject string `json:"subject,omitempty"`
	// Message is one sentence for people: what is missing, what follows from
	// it, what to do.
	Message string `json:"message"`
	// Within names the namespaces that the warning is of, separated by commas;
	// empty where it may be of all.
	Within string `json:"within,omitempty"`
	// Beside says that usage was read whole and what was not read stands beside
	// it: requests do not rest on it, all else may.
	Beside bool `json:"beside,omitempty"`
}

// Concerns reports whether the warning is of a namespace.
func (w Warning) Concerns(namespace string) bool {
	return w.Within == "" || slices.Contains(strings.Split(w.Within, ","), namespace)
}

// String gives the warning as one line.
func (w Warning) String() string {
	if w.Subject == "" {
		return w.Message
	}
	return fmt.Sprintf("%s: %s", w.Subject, w.Message)
}

// UnreadOf gives the warnings of what a source was asked for and broke off at.
func UnreadOf(warnings []Warning) []Warning {
	var out []Warning
	for _, w := range warnings {
		if w.Code == WarnUnread {
			out = append(out, w)
		}
	}
	return out
}

// Unread gives the first warning of what a source was asked for and broke off
// at; empty where all was read.
func (s *Snapshot) Unread() string { return Unread(s.Warnings) }

// UnreadUsage reports whether a source broke off at what requests rest on.
func (s *Snapshot) UnreadUsage() bool {
	return slices.ContainsFunc(s.Warnings, func(w Warning) bool { return w.Code == WarnUnread && !w.Beside })
}

// Unread is that of the warnings of a snapshot or a report.
func Unread(warnings []Warning) string {
	for _, w := range warnings {
		if w.Code == WarnUnread {
			return w.String()
		}
	}
	return ""
}

// Partial is that of the snapshot's warnings.
func (s *Snapshot) Partial() string { return Partial(s.Warnings) }

// Partial says why workloads may be missing whose pods are on the nodes: the
// user selected some, or the rights allow to see some only. It is empty where
// none is known to be missing. What looks empty then may not be.
func Partial(warnings []Warning) string {
	for _, w := range warnings {
		switch {
		case w.Code == WarnSelection:
			return "only a part of the workloads was selected"
		case w.Code == WarnUnread:
			return "a source broke off (" + w.Subject + ")"
		case w.Code == WarnForbidden && (w.Subject == "list pods" || strings.HasPrefix(w.Subject, "namespace ")):
			return "only a part of the pods may be read"
		}
	}
	return ""
}

// Warnings as sources raise them.
const (
	// WarnForbidden marks a list that the API server refused.
	WarnForbidden = "forbidden"
	// WarnMissing marks an API, metric or object that is not there. Of MetricRestarts it
	// says that no OOM kill is known.
	WarnMissing = "missing"
	// WarnNoHistory marks usage that is one moment and no history.
	WarnNoHistory = "no-history"
	// WarnPartial marks an answer that its source called incomplete.
	WarnPartial = "partial"
	// WarnSelection marks what was left out because the user asked so.
	WarnSelection = "selection"
	// WarnUnused marks a name that the user gave and that nothing is of.
	WarnUnused = "unused"
	// WarnUnmatched marks usage whose workload is not known.
	WarnUnmatched = "unmatched"
	// WarnPlaceholder marks a workload that only keeps room on nodes.
	WarnPlaceholder = "placeholder"
	// WarnOdd marks values that cannot be right and were left out.
	WarnOdd = "odd-value"
	// WarnSkipped marks an object that could not be read and was left out.
	WarnSkipped = "skipped"
	// WarnCluster marks which of several clusters in one engine was read.
	WarnCluster = "cluster"
	// WarnDerived marks usage that is read from another's sums of it.
	WarnDerived = "derived"
	// WarnUnread marks what a source was asked for and broke off at: the report
	// is partial, and nothing that may rest on it is lowered or removed.
	WarnUnread = "unread"
	// WarnUnreachable marks a source that did not answer.
	WarnUnreachable = "unreachable"
)

// MetricRestarts is the metric, of kube-state-metrics, that tells of restarts and of OOM
// kills.
const MetricRestarts = "kube_pod_container_status_restarts_total"

// Sort brings every list of the snapshot into its one order.
func (s *Snapshot) Sort() {
	slices.SortFunc(s.Sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(s.Nodes, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Namespaces, func(a, b Namespace) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Workloads, func(a, b Workload) int { return a.Compare(b.Ref) })
	for i := range s.Workloads {
		slices.SortFunc(s.Workloads[i].Pods, func(a, b Pod) int { return cmp.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(s.Usage, compareUsage)
	slices.SortFunc(s.Requests, compareRequests)
	sortNetwork(s.Network)
	slices.SortFunc(s.ScaledObjects, func(a, b ScaledObject) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.HPAs, func(a, b HPA) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.VPAs, func(a, b VPA) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.PDBs, func(a, b PDB) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.LimitRanges, func(a, b LimitRange) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.Quotas, func(a, b ResourceQuota) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.Volumes, func(a, b Volume) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.StorageClasses, func(a, b StorageClass) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.VolumeClaims, func(a, b VolumeClaim) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.LoadBalancers, func(a, b LoadBalancer) int { return compareNames(a.Namespace, a.Name, b.Namespace, b.Name) })
	slices.SortFunc(s.Warnings, CompareWarnings)
	s.Warnings = slices.Compact(s.Warnings)
}

// CompareWarnings orders warnings by code, subject and message.
func CompareWarnings(a, b Warning) int {
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Message, b.Message))
}

func compareNames(ns1, n1, ns2, n2 string) int {
	return cmp.Or(cmp.Compare(ns1, ns2), cmp.Compare(n1, n2))
}
