package object

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func volumeOf(o *corev1.PersistentVolume) analyzer.Volume {
	v := analyzer.Volume{
		Name: o.Name, Class: o.Spec.StorageClassName, Phase: string(o.Status.Phase),
		Capacity: storageOf(o.Spec.Capacity), Reclaim: string(o.Spec.PersistentVolumeReclaimPolicy), Created: created(o),
	}
	if o.Spec.CSI != nil {
		v.Driver = o.Spec.CSI.Driver
	}
	v.Source = sourceOf(&o.Spec.PersistentVolumeSource)
	v.Affinity = volumeTerms(o)
	v.Shared = slices.ContainsFunc(o.Spec.AccessModes, func(m corev1.PersistentVolumeAccessMode) bool {
		return m == corev1.ReadWriteMany || m == corev1.ReadOnlyMany
	})
	v.Unmodelled = unmodelled(reflect.ValueOf(o.Spec), persistentFields(), "")
	if r := o.Spec.ClaimRef; r != nil {
		v.Claim = r.Namespace + "/" + r.Name
	}
	return v
}

// priced are the parameters of a StorageClass that decide what its volumes cost.
var priced = []string{
	"type", "skuname", "storageaccounttype", "iops", "iopspergb", "throughput", "provisioned-iops-on-create", "provisioned-throughput-on-create",
	"replication-type", "diskiopsreadwrite", "diskmbpsreadwrite",
}

// storageClassOf keeps those alone: others may name secrets.
func storageClassOf(o *storagev1.StorageClass) analyzer.StorageClass {
	c := analyzer.StorageClass{Name: o.Name, Provisioner: o.Provisioner}
	for k, v := range o.Parameters {
		if k = strings.ToLower(k); slices.Contains(priced, k) {
			put(&c.Parameters, k, v)
		}
	}
	return c
}

// sourceOf is the name of the field that says what a volume is.
func sourceOf(s *corev1.PersistentVolumeSource) string {
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return "none"
}

// zoneLabels are those by which volumes of older clusters say their zone, which the
// scheduler reads as it does node affinity; "__" stands between several zones.
func zoneLabels() []string {
	return []string{corev1.LabelTopologyZone, corev1.LabelFailureDomainBetaZone}
}

// volumeTerms is the nodes from which a volume can be reached.
func volumeTerms(o *corev1.PersistentVolume) []analyzer.NodeTerm {
	var zones analyzer.NodeTerm
	for _, key := range zoneLabels() {
		if zone := o.Labels[key]; zone != "" {
			zones = analyzer.NodeTerm{{Key: corev1.LabelTopologyZone, Operator: "In", Values: strings.Split(zone, "__")}}
			break
		}
	}
	if o.Spec.NodeAffinity == nil || o.Spec.NodeAffinity.Required == nil {
		if zones == nil {
			return nil
		}
		return []analyzer.NodeTerm{zones}
	}
	var out []analyzer.NodeTerm
	for _, t := range o.Spec.NodeAffinity.Required.NodeSelectorTerms {
		term := slices.Clone(zones)
		for _, e := range t.MatchExpressions {
			term = append(term, analyzer.NodeRequirement{Key: e.Key, Operator: string(e.Operator), Values: e.Values})
		}
		for _, e := range t.MatchFields { // the node's name is the only field there is
			term = append(term, analyzer.NodeRequirement{Key: corev1.LabelHostname, Operator: string(e.Operator), Values: e.Values})
		}
		out = append(out, term)
	}
	return out
}

func claimOf(o *corev1.PersistentVolumeClaim) analyzer.VolumeClaim {
	c := analyzer.VolumeClaim{
		Namespace: namespaceOf(o), Name: o.Name, Volume: o.Spec.VolumeName, Phase: string(o.Status.Phase),
		Requested: storageOf(o.Spec.Resources.Requests), Capacity: storageOf(o.Status.Capacity), Created: created(o),
	}
	if o.Spec.StorageClassName != nil {
		c.Class = *o.Spec.StorageClassName
	}
	return c
}

// claimNames are the claims that a pod spec names, sorted.
func claimNames(s *corev1.PodSpec) []string {
	var out []string
	for i := range s.Volumes {
		if c := s.Volumes[i].PersistentVolumeClaim; c != nil {
			out = append(out, c.ClaimName)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// claimsOf gives the claims of a workload's template, from where its containers
// come; its pods name theirs themselves.
func (v *Inventory) claimsOf(c *controller, g *group) (claims, templates []string) {
	if c != nil && len(c.containers) == 0 && c.templateFrom != nil {
		if t := v.controllers[*c.templateFrom]; t != nil {
			c = t
		}
	}
	if c != nil && len(c.containers) > 0 {
		return c.claims, c.claimTemplates
	}
	for _, child := range g.children {
		claims, templates = append(claims, child.claims...), append(templates, child.claimTemplates...)
	}
	slices.Sort(claims)
	slices.Sort(templates)
	return slices.Compact(claims), slices.Compact(templates)
}

func storageOf(list corev1.ResourceList) int64 {
	q, ok := list[corev1.ResourceStorage]
	if !ok {
		return 0
	}
	return positive(q.Value())
}

func created(o metav1.Object) time.Time {
	if t := o.GetCreationTimestamp(); !t.IsZero() {
		return t.UTC()
	}
	return time.Time{}
}

// balancer is a load balancer before its selector is evaluated.
type balancer struct {
	service  analyzer.LoadBalancer
	selector labels.Selector
}

// addService keeps load balancers, since other services cost nothing, and of
// all services whom they send to: without a selector nobody that is known.
func (v *Inventory) addService(o *corev1.Service) {
	to := labels.Nothing()
	if len(o.Spec.Selector) > 0 {
		to = labels.SelectorFromSet(o.Spec.Selector)
	}
	put(&v.services, keyOf(o), to)
	if o.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return
	}
	b := balancer{service: analyzer.LoadBalancer{
		Namespace: namespaceOf(o), Name: o.Name, Selects: len(o.Spec.Selector) > 0,
		Addresses: len(o.Status.LoadBalancer.Ingress), Created: created(o), Class: balancerClass(o), Internal: analyzer.InternalBalancer(o.Annotations),
	}}
	if b.service.Selects {
		b.selector = labels.SelectorFromSet(o.Spec.Selector)
	}
	put(&v.balancers, keyOf(o), b)
}

// ownBalancers are annotations by which load balancers that run in the cluster itself mark
// the Services that they serve. Sources: MetalLB's and kube-vip's documentation.
var ownBalancers = []string{
	"metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool", "kube-vip.io/loadbalancerIPs", "kube-vip.io/vipHost",
}

// servedByK3s is the label of the pods by which K3s serves a Service on its nodes' own
// addresses; its value is the Service's name.
const servedByK3s = "svccontroller.k3s.cattle.io/svcname"

// balancerClass says whose a load balancer is.
func balancerClass(o *corev1.Service) string {
	if c := o.Spec.LoadBalancerClass; c != nil && *c != "" {
		return *c
	}
	for _, key := range ownBalancers {
		if o.Annotations[key] != "" {
			return key
		}
	}
	return ""
}

// fillStorage puts volumes, claims and load balancers into a snapshot. A volume
// goes with the namespace of its claim; one that never had a claim is of the
// whole cluster.
func (v *Inventory) fillStorage(s *analyzer.Snapshot, sel Selection) {
	s.Services += len(v.services)
	for _, p := range v.volumes {
		if ns, _, ok := strings.Cut(p.Claim, "/"); sel.String() == "" || ok && sel.In(ns) {
			s.Volumes = append(s.Volumes, p)
		}
	}
	for _, c := range v.classes {
		s.StorageClasses = append(s.StorageClasses, c)
	}
	for _, c := range v.claims {
		if sel.In(c.Namespace) {
			s.VolumeClaims = append(s.VolumeClaims, c)
		}
	}
	for k, b := range v.balancers {
		if !sel.In(k.namespace) {
			continue
		}
		v.fillBalancer(k, &b)
		s.LoadBalancers = append(s.LoadBalancers, b.service)
	}
}

// fillBalancer finds the pods that a load balancer's Service sends to, and K3s' own that serve
// it.
func (v *Inventory) fillBalancer(k podKey, b *balancer) {
	for key, p := range v.pods {
		if b.service.Selects && key.namespace == k.namespace && p.pod.Ready && b.selector.Matches(p.labels) {
			b.service.Pods = append(b.service.Pods, p.pod.Name)
		}
		if b.service.Class == "" && p.labels.Get(servedByK3s) == k.name && cmp.Or(p.labels.Get("svccontroller.k3s.cattle.io/svcnamespace"), k.namespace) == k.namespace {
			b.service.Class = servedByK3s
		}
	}
	slices.SortFunc(b.service.Pods, cmp.Compare[string])
}
