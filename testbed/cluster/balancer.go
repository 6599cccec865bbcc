package cluster

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Balancer is a service of type LoadBalancer that no workload of the spec has.
type Balancer struct {
	Name string `json:"name"`
	App  string `json:"app"` // whose pods it selects, by AppLabel
	Port int32  `json:"port"`
}

// balancer is a service of type LoadBalancer.
func balancer(namespace, name string, labels, selector map[string]string, port int32) *corev1.Service {
	class := "service.k8s.aws/nlb"
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels},
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerClass: &class, Selector: selector,
			Ports: []corev1.ServicePort{{Name: "web", Port: port, TargetPort: intstr.FromInt32(port), Protocol: corev1.ProtocolTCP}}}}
}

// balancers are the namespace's, beside those of its workloads.
func (ns *Namespace) balancers() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, b := range ns.Balancers {
		app := map[string]string{AppLabel: b.App}
		all = append(all, plain(balancer(ns.Name, b.Name, app, app, b.Port)))
	}
	return all
}

// BalancerStatuses are what the cloud's controller would report of the load
// balancers that it made.
func (s *Spec) BalancerStatuses() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		var names []string
		for _, w := range ns.Workloads {
			if w.Balancer {
				names = append(names, w.Name)
			}
		}
		for _, b := range ns.Balancers {
			names = append(names, b.Name)
		}
		for _, name := range names {
			all = append(all, balancerStatus(ns.Name, name))
		}
	}
	return all
}

func balancerStatus(namespace, name string) *unstructured.Unstructured {
	short := func(s string) string { s = strings.ReplaceAll(s, "-", ""); return s[:min(8, len(s))] }
	id := digest(namespace, name)
	host := fmt.Sprintf("k8s-%s-%s-%010x-%016x.elb.%s.amazonaws.com", short(namespace), short(name), id>>24, digest(fmt.Sprint(id)), Region)
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Service",
		"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"hostname": host}}}}}}
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}
