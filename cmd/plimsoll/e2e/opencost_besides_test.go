//go:build e2e

package e2e_test

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// unallocated is what no pod has, of a namespace.
const unallocated = "__unallocated__"

// besides adds what is no node: volumes to the pods that mount them, load
// balancers to the pods that their endpoints name. Pods have equal parts, and
// so have the containers of a pod.
func (o *openCost) besides(client kubernetes.Interface, pods []corev1.Pod, owners map[string]string) {
	o.t.Helper()
	ctx := context.Background()
	volumes, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	services, err := client.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	byName, mounts := map[string]*corev1.Pod{}, map[string][]*corev1.Pod{}
	for i := range pods {
		p := &pods[i]
		byName[p.Namespace+"/"+p.Name] = p
		for _, v := range p.Spec.Volumes {
			if c := v.PersistentVolumeClaim; c != nil && !ended(p) {
				mounts[p.Namespace+"/"+c.ClaimName] = append(mounts[p.Namespace+"/"+c.ClaimName], p)
			}
		}
	}
	for i := range volumes.Items {
		v := &volumes.Items[i]
		namespace, claim := "__unmounted__", ""
		if r := v.Spec.ClaimRef; r != nil {
			namespace, claim = r.Namespace, r.Name
		}
		month := storageMonth
		if v.Spec.StorageClassName == "gp2" {
			month = gp2Month
		}
		byteHours := o.hours * v.Spec.Capacity.Storage().AsApproximateFloat64()
		usd := byteHours / gib * month / 730
		o.volumes += usd
		o.spread(namespace, mounts[namespace+"/"+claim], owners, func(k *kept, part float64) {
			k.byteHours += byteHours * part
			k.volume += usd * part
			k.volumes = plus(k.volumes, "cluster=testbed:name="+v.Name, usd*part)
		})
	}
	for i := range services.Items {
		s := &services.Items[i]
		if s.Spec.Type != corev1.ServiceTypeLoadBalancer || len(s.Status.LoadBalancer.Ingress) == 0 {
			continue
		}
		o.balancers += o.hours * balancerHour
		var behind []*corev1.Pod
		for _, name := range o.endpoints(client, s) {
			behind = append(behind, byName[s.Namespace+"/"+name])
		}
		o.spread(s.Namespace, behind, owners, func(k *kept, part float64) {
			k.balancer += o.hours * balancerHour * part
			k.balancers = plus(k.balancers, "testbed/"+s.Namespace+"/"+s.Name, o.hours*balancerHour*part)
		})
	}
}

// plus adds to the sum of a name.
func plus(sums map[string]float64, name string, usd float64) map[string]float64 {
	if sums == nil {
		sums = map[string]float64{}
	}
	sums[name] += usd
	return sums
}

// spread gives every container of pods its part; without pods the namespace
// has all. A pod that an autoscaler made after the history is as its siblings.
func (o *openCost) spread(namespace string, pods []*corev1.Pod, owners map[string]string, give func(k *kept, part float64)) {
	if len(pods) == 0 {
		give(o.container([2]string{namespace + "/" + unallocated, unallocated}), 1)
	}
	pods = slices.DeleteFunc(pods, func(p *corev1.Pod) bool { return p == nil || owners[p.Namespace+"/"+p.Name] == "" })
	for _, p := range pods {
		var names []string
		for _, c := range p.Spec.Containers {
			names = append(names, c.Name)
		}
		for _, c := range p.Spec.InitContainers {
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				names = append(names, c.Name)
			}
		}
		for _, c := range names {
			give(o.container([2]string{owners[p.Namespace+"/"+p.Name], c}), 1/float64(len(pods)*len(names)))
		}
	}
}

// endpoints are the ready pods behind a service, by its endpoint slices.
func (o *openCost) endpoints(client kubernetes.Interface, s *corev1.Service) (names []string) {
	o.t.Helper()
	list, err := client.DiscoveryV1().EndpointSlices(s.Namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + s.Name})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, slice := range list.Items {
		for _, e := range slice.Endpoints {
			if e.TargetRef != nil && e.Conditions.Ready != nil && *e.Conditions.Ready {
				names = append(names, e.TargetRef.Name)
			}
		}
	}
	return names
}
