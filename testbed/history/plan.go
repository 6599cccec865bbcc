// Package history makes up the past of the pods that run in a testbed, and of
// pods that are gone: what ran where from when to when, what it used, and
// which series kubelets and kube-state-metrics left of it. It is pure.
package history

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
)

// Plan is what a history is made for: the pods that the API server has, and
// the time.
type Plan struct {
	Seed        uint64    `json:"seed"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	KSMInstance string    `json:"ksmInstance"` // the label instance of kube-state-metrics' series
	Pods        []Pod     `json:"pods"`
}

// Pod is one pod as the API server has it.
type Pod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Node      string `json:"node"`
	IP        string `json:"ip"`
	HostIP    string `json:"hostIP"`
	OwnerKind string `json:"ownerKind"` // empty for a bare pod
	OwnerName string `json:"ownerName"`
	// WorkloadKind and WorkloadName are the top controller.
	WorkloadKind string `json:"workloadKind"`
	WorkloadName string `json:"workloadName"`
	Phase        string `json:"phase"`
}

// FromAPI reads a pod; it reports false for a pod of no workload of the spec.
func FromAPI(p *corev1.Pod) (Pod, bool) {
	kind, name, ok := strings.Cut(p.Annotations[cluster.WorkloadAnnotation], "/")
	if !ok {
		return Pod{}, false
	}
	out := Pod{Namespace: p.Namespace, Name: p.Name, UID: string(p.UID), Node: p.Spec.NodeName,
		IP: p.Status.PodIP, HostIP: p.Status.HostIP, WorkloadKind: kind, WorkloadName: name, Phase: string(p.Status.Phase)}
	if o := metav1.GetControllerOf(p); o != nil {
		out.OwnerKind, out.OwnerName = o.Kind, o.Name
	}
	return out, true
}
