//go:build e2e

package scheduler_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// The cluster of TestE2EPlanIsCarriedOut: eight general nodes that are far too
// many, and one node each for what only it has. Whatever a plan moves from
// there must find room by the scheduler's own rules: volumes on a node's disk
// and in a zone, devices by name, huge pages, scratch space, volume counts.

const (
	region   = "us-east-1"
	ebs      = "ebs.csi.aws.com"
	fpga     = "xilinx.com/fpga-xilinx_u250"
	neuron   = "aws.amazon.com/neuron"
	gpu      = "nvidia.com/gpu"
	hugePage = "hugepages-2Mi"
	general  = "m5.2xlarge"
	volumes  = 30 // of the StatefulSet of many volumes: more than one node takes
)

// attachable is how many volumes the driver tells of a Nitro machine with two
// network interfaces: 28 slots less those and the root disk.
const attachable = 25

// machine is a node of the test: a type of the price table, and what it has
// beside CPU and memory.
type machine struct {
	kind     string
	cpu, gib int64
	more     map[corev1.ResourceName]string
}

var machines = map[string]machine{
	"general": {general, 7910, 28, nil},
	"fpga":    {"f1.2xlarge", 7910, 110, map[corev1.ResourceName]string{fpga: "1"}},
	"neuron":  {"inf2.xlarge", 3920, 13, map[corev1.ResourceName]string{neuron: "1"}},
	"gpu":     {"g4dn.xlarge", 3920, 13, map[corev1.ResourceName]string{gpu: "1"}},
	"pages":   {general, 7910, 26, map[corev1.ResourceName]string{hugePage: "2Gi"}},
	"disk":    {"m5d.2xlarge", 7910, 28, nil},
}

// devicesOf is what every machine of a type has.
func devicesOf(kind string) map[corev1.ResourceName]string {
	for _, name := range []string{"fpga", "neuron", "gpu"} {
		if machines[name].kind == kind {
			return machines[name].more
		}
	}
	return nil
}

// createMachine makes a node as the cloud's would be, with its CSINode.
func (b bed) createMachine(t *testing.T, name, kind, zone string, more map[corev1.ResourceName]string, cpu, memory int64, cordoned bool) {
	t.Helper()
	labels := map[string]string{
		packing.LabelHostname: name, packing.LabelOS: "linux", packing.LabelArch: "amd64", packing.LabelZone: zone, "topology.kubernetes.io/region": region,
		packing.LabelInstanceType: kind, "topology.ebs.csi.aws.com/zone": zone, "eks.amazonaws.com/capacityType": "ON_DEMAND",
	}
	room := amounts(cpu, memory)
	room[corev1.ResourcePods] = resource.MustParse("58")
	room[corev1.ResourceEphemeralStorage] = resource.MustParse("90Gi")
	for device, n := range more {
		room[device] = resource.MustParse(n)
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///" + zone + "/i-" + name, Unschedulable: cordoned},
		Status:     corev1.NodeStatus{Capacity: room, Allocatable: room},
	}
	create(t, b.ctx, b.client.CoreV1().Nodes().Create, node)
	count := int32(attachable)
	create(t, b.ctx, b.client.StorageV1().CSINodes().Create, &storagev1.CSINode{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{{
			Name: ebs, NodeID: "i-" + name, TopologyKeys: []string{"topology.ebs.csi.aws.com/zone"}, Allocatable: &storagev1.VolumeNodeResources{Count: &count},
		}}},
	})
}

// devices makes the cluster, and gives how many pods it has but for DaemonSets'.
func (b bed) devices(t *testing.T) int {
	t.Helper()
	for i := range 8 {
		m := machines["general"]
		b.createMachine(t, fmt.Sprint("general-", i), m.kind, zoneOf(i), nil, m.cpu, m.gib<<30, false)
	}
	for _, name := range []string{"fpga", "neuron", "gpu", "pages", "disk"} {
		m := machines[name]
		b.createMachine(t, name, m.kind, zoneOf(0), m.more, m.cpu, m.gib<<30, false)
	}
	b.createDaemonSet(t, &packing.Pod{Name: "agent", CPU: 100, Memory: 128 << 20, Tolerations: []packing.Toleration{{Operator: "Exists"}}})
	create(t, b.ctx, b.client.StorageV1().StorageClasses().Create, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "none"}, Provisioner: "kubernetes.io/no-provisioner", VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	})
	b.localVolume(t)
	for i := range volumes {
		b.zonalVolume(t, fmt.Sprint("data-many-", i), zoneOf(0))
	}
	for i := range 3 {
		b.zonalVolume(t, fmt.Sprint("data-db-", i), zoneOf(i))
	}
	apart := &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
		{TopologyKey: packing.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: "api"}}},
	}}}
	spread := []corev1.TopologySpreadConstraint{{TopologyKey: packing.LabelZone, MaxSkew: 1, WhenUnsatisfiable: corev1.DoNotSchedule,
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: "web"}}}}
	b.deployment(t, "web", 6, ask("500m", "1Gi", nil), func(s *corev1.PodSpec) { s.TopologySpreadConstraints = spread })
	b.deployment(t, "api", 4, ask("300m", "512Mi", nil), func(s *corev1.PodSpec) { s.Affinity = apart })
	b.deployment(t, "scratch", 5, ask("100m", "256Mi", map[corev1.ResourceName]string{corev1.ResourceEphemeralStorage: "40Gi"}), nil)
	for device, n := range map[corev1.ResourceName]string{fpga: "1", neuron: "1", gpu: "1", hugePage: "1Gi"} {
		b.deployment(t, deviceName(device), 1, ask("200m", "256Mi", map[corev1.ResourceName]string{device: n}), nil)
	}
	b.statefulSet(t, "many", volumes, "50m")
	b.statefulSet(t, "db", 3, "1")
	b.statefulSet(t, "local", 1, "200m")
	for name, most := range map[string]int{"web": 1, "db": 1, "many": 5} {
		create(t, b.ctx, b.client.PolicyV1().PodDisruptionBudgets(podSpace).Create, &policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromInt(most)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: name}}},
		})
	}
	return 6 + 4 + 5 + 4 + volumes + 3 + 1
}

func zoneOf(i int) string { return []string{"us-east-1a", "us-east-1b", "us-east-1c"}[i%3] }

func deviceName(device corev1.ResourceName) string {
	return map[corev1.ResourceName]string{fpga: "fpga", neuron: "neuron", gpu: "gpu", hugePage: "pages"}[device]
}

// ask is a container's requests; what is not CPU is its limit as well.
func ask(cpu, memory string, more map[corev1.ResourceName]string) corev1.ResourceRequirements {
	r := corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}}
	r.Limits = corev1.ResourceList{}
	for name, n := range more {
		r.Requests[name], r.Limits[name] = resource.MustParse(n), resource.MustParse(n)
	}
	return r
}

func template(app string, ask corev1.ResourceRequirements) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{groupLabel: app}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1", Resources: ask}}},
	}
}

func (b bed) deployment(t *testing.T, app string, replicas int32, ask corev1.ResourceRequirements, change func(*corev1.PodSpec)) {
	t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: app}, Spec: appsv1.DeploymentSpec{
		Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: app}}, Template: template(app, ask),
	}}
	if change != nil {
		change(&d.Spec.Template.Spec)
	}
	create(t, b.ctx, b.client.AppsV1().Deployments(podSpace).Create, d)
}

// statefulSet has a claim a pod, which a volume of localVolume or zonalVolume waits for.
func (b bed) statefulSet(t *testing.T, app string, replicas int32, cpu string) {
	t.Helper()
	s := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: app}, Spec: appsv1.StatefulSetSpec{
		Replicas: &replicas, PodManagementPolicy: appsv1.ParallelPodManagement, ServiceName: app,
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: app}}, Template: template(app, ask(cpu, "256Mi", nil)),
		VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: new("none"),
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")}},
		}}},
	}}
	s.Spec.Template.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	create(t, b.ctx, b.client.AppsV1().StatefulSets(podSpace).Create, s)
}

// localVolume is a disk of the node disk.
func (b bed) localVolume(t *testing.T) {
	t.Helper()
	v := volume("data-local-0", packing.LabelHostname, "disk")
	v.Spec.PersistentVolumeSource = corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: "/mnt/disk"}}
	create(t, b.ctx, b.client.CoreV1().PersistentVolumes().Create, v)
}

// zonalVolume is one of the driver's, in a zone.
func (b bed) zonalVolume(t *testing.T, claim, zone string) {
	t.Helper()
	v := volume(claim, "topology.ebs.csi.aws.com/zone", zone)
	v.Spec.PersistentVolumeSource = corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: ebs, VolumeHandle: "vol-" + claim}}
	create(t, b.ctx, b.client.CoreV1().PersistentVolumes().Create, v)
}

func volume(claim, key, value string) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv-" + claim}, Spec: corev1.PersistentVolumeSpec{
		Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")}, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		StorageClassName: "none", PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
		ClaimRef: &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: podSpace, Name: claim},
		NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
			{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value}},
		}}}}},
	}}
}

// wipe removes the cluster of devices.
func (b bed) wipe(t *testing.T) {
	t.Helper()
	all, now := metav1.ListOptions{}, int64(0)
	gone := metav1.DeleteOptions{GracePeriodSeconds: &now, PropagationPolicy: new(metav1.DeletePropagationBackground)}
	for what, remove := range map[string]func(context.Context, metav1.DeleteOptions, metav1.ListOptions) error{
		"deployments":  b.client.AppsV1().Deployments(podSpace).DeleteCollection,
		"statefulsets": b.client.AppsV1().StatefulSets(podSpace).DeleteCollection,
		"budgets":      b.client.PolicyV1().PodDisruptionBudgets(podSpace).DeleteCollection,
		"csinodes":     b.client.StorageV1().CSINodes().DeleteCollection,
		"classes":      b.client.StorageV1().StorageClasses().DeleteCollection,
	} {
		if err := remove(b.ctx, gone, all); err != nil {
			t.Errorf("removing %s: %v", what, err)
		}
	}
	b.clean(t)
	for _, remove := range []func(context.Context, metav1.DeleteOptions, metav1.ListOptions) error{
		b.client.CoreV1().PersistentVolumeClaims(podSpace).DeleteCollection, b.client.CoreV1().PersistentVolumes().DeleteCollection,
	} {
		if err := remove(b.ctx, gone, all); err != nil {
			t.Error(err)
		}
	}
	b.eventually(t, 2*time.Minute, func() string {
		volumes, err := b.client.CoreV1().PersistentVolumes().List(b.ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		if len(volumes.Items) == 0 {
			return ""
		}
		return fmt.Sprintf("%d volumes are left", len(volumes.Items))
	})
}
