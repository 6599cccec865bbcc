package cluster

import (
	"fmt"
	"hash/fnv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Class is a storage class.
type Class struct {
	Name        string `json:"name"`
	Provisioner string `json:"provisioner"`
	Type        string `json:"type"` // the cloud's
	Default     bool   `json:"default"`
}

// Volume is a volume of a workload: a claim for each pod of a StatefulSet, one
// that all pods mount for any other kind.
type Volume struct {
	Name  string `json:"name"` // of the volume in the pods; also the claim's, but for StatefulSets
	Class string `json:"class"`
	Size  string `json:"size"`
	Zone  string `json:"zone"` // of the first claim: a when empty; the next ones go round
	// Held is what the fullest of them held at the end of the history, and Grows
	// what they gained in a day.
	Held  string `json:"held"`
	Grows string `json:"grows"`
	// Claims are how many a StatefulSet has had pods for, where it has fewer now.
	Claims int `json:"claims"`
}

// Spare is a volume that no pod mounts.
type Spare struct {
	Claim string `json:"claim"` // of a namespace: its name; of the cluster: namespace/name, or none
	Class string `json:"class"`
	Size  string `json:"size"`
	Zone  string `json:"zone"`
}

// disk is one volume with the claim that it is for.
type disk struct {
	Spare
	namespace, name string // of the claim
	labels          map[string]string
	made            bool // by the StatefulSet's controller
	gone            bool // the claim
}

// ClaimName is the claim of a volume that a pod mounts.
func (w *Workload) ClaimName(v *Volume, pod string) string {
	if w.Kind == "StatefulSet" {
		return v.Name + "-" + pod
	}
	return v.Name
}

// disks are all volumes, those of workloads first.
func (s *Spec) disks() []disk {
	var all []disk
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		for j := range ns.Workloads {
			all = append(all, s.disksOf(ns.Name, &ns.Workloads[j])...)
		}
		for _, c := range ns.Claims {
			all = append(all, disk{Spare: c, namespace: ns.Name, name: c.Claim})
		}
	}
	for _, v := range s.Volumes {
		namespace, name, _ := strings.Cut(v.Claim, "/")
		all = append(all, disk{Spare: v, namespace: namespace, name: name, gone: true})
	}
	return all
}

func (s *Spec) disksOf(namespace string, w *Workload) []disk {
	var all []disk
	zones := s.zones(w.Pool)
	for i := range w.Volumes {
		v := &w.Volumes[i]
		n := 1
		if w.Kind == "StatefulSet" {
			n = max(w.Replicas, v.Claims)
		}
		first := max(0, strings.Index(strings.Join(zones, ""), v.Zone))
		for k := range n {
			all = append(all, disk{
				Spare:     Spare{Class: v.Class, Size: v.Size, Zone: zones[(first+k)%len(zones)]},
				namespace: namespace, name: w.ClaimName(v, fmt.Sprintf("%s-%d", w.Name, k)),
				labels: w.selector(), made: w.Kind == "StatefulSet" && k < w.Replicas,
			})
		}
	}
	return all
}

// zones are those of a pool's nodes.
func (s *Spec) zones(pool string) []string {
	for i := range s.Pools {
		if p := &s.Pools[i]; p.Name == pool {
			return p.zones()
		}
	}
	return (&Pool{}).zones()
}

// ClaimCount is the number of claims.
func (s *Spec) ClaimCount() int {
	n := 0
	for _, d := range s.disks() {
		if !d.gone {
			n++
		}
	}
	return n
}

// storage is what is there before any claim: the driver and what each node says
// of it, the classes, and the volumes, each kept for its claim as after a restore.
func (s *Spec) storage() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	attach, wait, expand := true, storagev1.VolumeBindingWaitForFirstConsumer, true
	drivers := map[string]bool{}
	for _, c := range s.Classes {
		if !drivers[c.Provisioner] {
			drivers[c.Provisioner] = true
			all = append(all, plain(&storagev1.CSIDriver{
				TypeMeta:   metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "CSIDriver"},
				ObjectMeta: metav1.ObjectMeta{Name: c.Provisioner}, Spec: storagev1.CSIDriverSpec{AttachRequired: &attach}}))
			for _, n := range s.Nodes() {
				all = append(all, plain(n.csi(c.Provisioner)))
			}
		}
		o := &storagev1.StorageClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass"},
			ObjectMeta: metav1.ObjectMeta{Name: c.Name}, Provisioner: c.Provisioner,
			Parameters: map[string]string{"type": c.Type}, VolumeBindingMode: &wait, AllowVolumeExpansion: &expand}
		if c.Default {
			o.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
		}
		all = append(all, plain(o))
	}
	for _, d := range s.disks() {
		all = append(all, plain(d.volume(s.provisioner(d.Class))))
	}
	return all
}

func (s *Spec) provisioner(class string) string {
	for _, c := range s.Classes {
		if c.Name == class {
			return c.Provisioner
		}
	}
	return "" // Load has checked the class
}

// csi is what the driver on a node tells the scheduler; a machine of this kind
// takes 27 disks beside its own.
func (n Node) csi(driver string) *storagev1.CSINode {
	most := int32(27)
	return &storagev1.CSINode{
		TypeMeta:   metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "CSINode"},
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{{
			Name: driver, NodeID: n.ProviderID()[strings.LastIndex(n.ProviderID(), "/")+1:],
			TopologyKeys: []string{"topology.kubernetes.io/zone"}, Allocatable: &storagev1.VolumeNodeResources{Count: &most}}}}}
}

// volume is bound to its zone, as a disk is.
func (d *disk) volume(driver string) *corev1.PersistentVolume {
	id := digest(d.namespace, d.name, d.Class, d.Size, d.Zone)
	zone := Region + d.Zone
	v := &corev1.PersistentVolume{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: metav1.ObjectMeta{Name: uuid("pvc", id), Labels: map[string]string{
			"topology.kubernetes.io/region": Region, "topology.kubernetes.io/zone": zone}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:    corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(d.Size)},
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: d.Class,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: driver, FSType: "ext4", VolumeHandle: fmt.Sprintf("vol-0%016x", id)}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: "topology.kubernetes.io/zone", Operator: corev1.NodeSelectorOpIn, Values: []string{zone}}}}}}},
		}}
	if d.name != "" {
		v.Spec.ClaimRef = &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: d.namespace, Name: d.name}
		if d.gone { // by its UID the binder knows that it is another claim's
			v.Spec.ClaimRef.UID = types.UID(uuid("", id+1)[1:])
		}
	}
	return v
}

// claims are those that no StatefulSet's controller makes.
func (s *Spec) claims() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, d := range s.disks() {
		if d.gone || d.made {
			continue
		}
		all = append(all, plain(&corev1.PersistentVolumeClaim{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
			ObjectMeta: metav1.ObjectMeta{Name: d.name, Namespace: d.namespace, Labels: d.labels},
			Spec:       claimSpec(d.Class, d.Size)}))
	}
	return all
}

func claimSpec(class, size string) corev1.PersistentVolumeClaimSpec {
	return corev1.PersistentVolumeClaimSpec{StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}}}
}

// claimTemplates are a StatefulSet's.
func (w *Workload) claimTemplates() []corev1.PersistentVolumeClaim {
	var all []corev1.PersistentVolumeClaim
	for _, v := range w.Volumes {
		all = append(all, corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: v.Name}, Spec: claimSpec(v.Class, v.Size)})
	}
	return all
}

// mount gives the pods their volumes.
func (w *Workload) mount(p *corev1.PodSpec) {
	for _, v := range w.Volumes {
		p.Containers[0].VolumeMounts = append(p.Containers[0].VolumeMounts, corev1.VolumeMount{Name: v.Name, MountPath: "/var/lib/" + v.Name})
		if w.Kind != "StatefulSet" {
			p.Volumes = append(p.Volumes, corev1.Volume{Name: v.Name, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: v.Name}}})
		}
	}
}

// digest is a number that names have in place of what a cloud would make up.
func digest(parts ...string) uint64 {
	f := fnv.New64a()
	for _, p := range parts {
		f.Write([]byte(p))
		f.Write([]byte{0})
	}
	return f.Sum64()
}

func uuid(prefix string, x uint64) string {
	y := digest(fmt.Sprint(x))
	return fmt.Sprintf("%s-%08x-%04x-4%03x-a%03x-%012x", prefix, uint32(x), uint16(x>>32), x>>48&0xfff, y>>48&0xfff, y&0xffffffffffff)
}

// Bytes reads a size of the spec; none is 0.
func Bytes(size string) float64 {
	if size == "" {
		return 0
	}
	q, err := resource.ParseQuantity(size)
	if err != nil {
		return 0 // Load has checked it
	}
	return q.AsApproximateFloat64()
}

// checkStorage checks classes and sizes.
func (s *Spec) checkStorage() error {
	check := func(what, class string, sizes ...string) error {
		if s.provisioner(class) == "" {
			return fmt.Errorf("spec.yaml: %s: no class is called %q", what, class)
		}
		for _, size := range sizes {
			if _, err := resource.ParseQuantity(size); size != "" && err != nil {
				return fmt.Errorf("spec.yaml: %s: size %q: %w", what, size, err)
			}
		}
		return nil
	}
	for _, d := range s.disks() {
		if _, err := resource.ParseQuantity(d.Size); err != nil {
			return fmt.Errorf("spec.yaml: the volume of %s/%s: size %q: %w", d.namespace, d.name, d.Size, err)
		}
		if err := check("the volume of "+d.namespace+"/"+d.name, d.Class); err != nil {
			return err
		}
	}
	for _, ns := range s.Namespaces {
		for _, w := range ns.Workloads {
			for _, v := range w.Volumes {
				if err := check(ns.Name+"/"+w.Name, v.Class, v.Held, v.Grows); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
