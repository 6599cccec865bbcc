package analyzer

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// LoadBalancer is a Service of type LoadBalancer. Other services cost nothing
// and are not kept.
type LoadBalancer struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Selects says that it has a selector; Pods are those that it selects and
	// that are ready.
	Selects bool     `json:"selects,omitempty"`
	Pods    []string `json:"pods,omitempty"`
	// Addresses is how many the provider gave it: 0 while there is none to pay for.
	Addresses int `json:"addresses,omitempty"`
	// Class is spec.loadBalancerClass, or what else says whose it is: the key of MetalLB's
	// annotation or of K3s' label. Empty where the cluster's own provider answers.
	Class string `json:"class,omitempty"`
	// Internal says that its provider puts it on a load balancer beside that of others.
	Internal bool      `json:"internal,omitempty"`
	Created  time.Time `json:"created,omitzero"`
}

// InternalBalancer reports whether a Service of these annotations is put on a load balancer
// beside that of others.
func InternalBalancer(annotations map[string]string) bool { return cloud.Internal(annotations) }
