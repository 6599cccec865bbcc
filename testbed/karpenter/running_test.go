//go:build e2e

package karpenter

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const shop = "shop"

// cluster is nine machines of 16 vCPUs that Karpenter's pool "general" once made,
// far too many for what runs on them.
const cluster = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: karpenter.kwok.sh/v1alpha1
kind: KWOKNodeClass
metadata: {name: default}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: general}
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.kwok.sh, kind: KWOKNodeClass, name: default}
      requirements:
      - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
      - {key: kubernetes.io/arch, operator: In, values: [amd64]}
      - {key: topology.kubernetes.io/zone, operator: In, values: [us-east-1a, us-east-1b, us-east-1c]}
  disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: Never}
  limits: {cpu: "144"}
`

const oldNode = `---
apiVersion: v1
kind: Node
metadata:
  name: old-%[1]d
  labels: {karpenter.sh/nodepool: general, karpenter.sh/capacity-type: on-demand, kubernetes.io/arch: amd64, kubernetes.io/os: linux, kubernetes.io/hostname: old-%[1]d, node.kubernetes.io/instance-type: m5.4xlarge, topology.kubernetes.io/region: us-east-1, topology.kubernetes.io/zone: us-east-1%[2]s}
spec: {providerID: "aws:///us-east-1%[2]s/i-%[1]d"}
status:
  capacity: {cpu: "16", memory: 64Gi, pods: "234", ephemeral-storage: 90Gi}
  allocatable: {cpu: 15890m, memory: 58Gi, pods: "234", ephemeral-storage: 90Gi}
`

const workload = `---
apiVersion: apps/v1
kind: %[2]s
metadata: {name: %[1]s, namespace: shop}
spec:
  replicas: %[3]d
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: %[1]s}}}]
      containers: [{name: app, image: "app:1", resources: {requests: {cpu: %[4]s, memory: %[5]s}, limits: {memory: %[5]s}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: %[1]s, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: %[1]s}}}
`

// pods is how many the workloads of manifest have.
const pods = 9 + 6 + 3

func manifest() string {
	var b strings.Builder
	b.WriteString(cluster)
	for i := range 9 {
		fmt.Fprintf(&b, oldNode, i, []string{"a", "b", "c"}[i%3])
	}
	fmt.Fprintf(&b, workload, "web", "Deployment", 9, "1", "2Gi")
	fmt.Fprintf(&b, workload, "api", "Deployment", 6, "500m", "1Gi")
	fmt.Fprintf(&b, workload, "db", "StatefulSet", 3, "2", "8Gi")
	return b.String()
}

// TestPlanInARunningKarpenter follows a plan where Karpenter runs: its printed
// objects are applied to a cluster with Karpenter's controllers, the nodes that
// the plan drains are cordoned, and their pods evicted as budgets let go. Karpenter
// must start the nodes, within the printed limits, and the real scheduler place
// all pods; what they cost is held against the plan.
func TestPlanInARunningKarpenter(t *testing.T) {
	for _, style := range []string{"simple", "flexible", "exact"} {
		t.Run(style, func(t *testing.T) {
			b := start(t)
			b.settled(t, 3*time.Minute)
			plan := b.audit(t, "--pools", style)
			var objects strings.Builder
			for _, pool := range plan.Karpenter.NodePools {
				content, err := json.Marshal(pool)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&objects, "---\n%s\n", content)
			}
			// The provider is kwok's, which has one kind of node class.
			b.apply(t, strings.NewReplacer(`"karpenter.k8s.aws"`, `"karpenter.kwok.sh"`, `"EC2NodeClass"`, `"KWOKNodeClass"`).Replace(objects.String()))
			b.karpenter(t)
			b.drain(t, plan)
			b.settled(t, 5*time.Minute)
			b.bill(t, plan)
		})
	}
}

// bed is a bare testbed that has the cluster, and Karpenter's definitions.
type bed struct {
	dir, manager, config string
	client               *kubernetes.Clientset
	ctx                  context.Context
}

func start(t *testing.T) *bed {
	t.Helper()
	tmp := t.TempDir()
	b := &bed{dir: filepath.Join(tmp, "bed"), manager: filepath.Join(tmp, "testbed"), ctx: context.Background()}
	command(t, "go", "build", "-C", "..", "-o", b.manager, "./cmd/testbed")
	t.Cleanup(func() { command(t, b.manager, "down", "--dir", b.dir) })
	command(t, b.manager, "up", "--dir", b.dir, "--bare")
	content, err := os.ReadFile(filepath.Join(b.dir, "testbed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Kubeconfig string }
	if err := json.Unmarshal(content, &state); err != nil {
		t.Fatal(err)
	}
	b.config = state.Kubeconfig
	access, err := clientcmd.BuildConfigFromFlags("", b.config)
	if err != nil {
		t.Fatal(err)
	}
	if b.client, err = kubernetes.NewForConfig(access); err != nil {
		t.Fatal(err)
	}
	module := moduleDir(t, "sigs.k8s.io/karpenter@v1.14.1")
	for _, folder := range []string{"pkg/apis/crds", "kwok/apis/crds"} {
		files, err := filepath.Glob(filepath.Join(module, folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no definitions in %s: %v", folder, err)
		}
		for _, file := range files {
			command(t, b.manager, "apply", "--dir", b.dir, "-f", file)
		}
	}
	b.apply(t, manifest())
	return b
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	if filepath.Base(name) == "testbed" {
		cmd.Dir = ".." // its module
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// apply applies objects; definitions may take a moment to be served.
func (b *bed) apply(t *testing.T, objects string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(file, []byte(objects), 0o600); err != nil {
		t.Fatal(err)
	}
	b.eventually(t, time.Minute, func() string {
		cmd := exec.Command(b.manager, "apply", "--dir", b.dir, "-f", file)
		cmd.Dir = ".."
		out, err := cmd.CombinedOutput()
		if err != nil {
			return string(out)
		}
		return ""
	})
}

func (b *bed) eventually(t *testing.T, limit time.Duration, missing func() string) {
	t.Helper()
	text := ""
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if text = missing(); text == "" {
			return
		}
	}
	t.Fatalf("after %s: %s", limit, text)
}

// settled waits until all pods run.
func (b *bed) settled(t *testing.T, limit time.Duration) {
	t.Helper()
	b.eventually(t, limit, func() string {
		list, err := b.client.CoreV1().Pods(shop).List(b.ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		running, said := 0, ""
		for i := range list.Items {
			p := &list.Items[i]
			if p.Status.Phase == corev1.PodRunning && p.DeletionTimestamp == nil {
				running++
			}
			for _, c := range p.Status.Conditions {
				if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
					said = p.Name + ": " + c.Message
				}
			}
		}
		if running == pods && len(list.Items) == pods {
			return ""
		}
		return fmt.Sprintf("%d of %d pods run; %s", running, pods, said)
	})
}

// audit gives the plan for the cluster, by requests as they are.
func (b *bed) audit(t *testing.T, args ...string) *document.NodePlan {
	t.Helper()
	program := filepath.Join(t.TempDir(), "plimsoll")
	command(t, "go", "build", "-C", "../..", "-o", program, "./cmd/plimsoll")
	cmd := exec.Command(program, append([]string{"audit", "-o", "json", "--no-cache"}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+b.config)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var report document.Report
	if decoded := json.Unmarshal(out, &report); decoded != nil || report.Nodes.Plan == nil || report.Nodes.Plan.Karpenter == nil {
		t.Fatalf("no plan for Karpenter: %v, %v\n%s", err, decoded, said.String())
	}
	return report.Nodes.Plan
}

// karpenter runs Karpenter with the provider that makes nodes of kwok, of the
// types and prices of our table.
func (b *bed) karpenter(t *testing.T) {
	t.Helper()
	tmp := t.TempDir()
	program, types := filepath.Join(tmp, "karpenter"), filepath.Join(tmp, "types.json")
	command(t, "go", "build", "-o", program, "sigs.k8s.io/karpenter/kwok")
	content, err := json.Marshal(machineTypes())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(types, content, 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(tmp, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--metrics-port", "0", "--health-probe-port", "0")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+b.config, "SYSTEM_NAMESPACE=kube-system", "DISABLE_LEADER_ELECTION=true", "INSTANCE_TYPES_FILE_PATH="+types)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("Karpenter said:\n%s", said[max(0, len(said)-6000):])
		}
	})
}

type (
	listing struct {
		Price        float64
		Available    bool
		Requirements []corev1.NodeSelectorRequirement
	}
	machineType struct {
		Name             string              `json:"name"`
		Architecture     string              `json:"architecture"`
		OperatingSystems []string            `json:"operatingSystems"`
		Resources        corev1.ResourceList `json:"resources"`
		Offerings        []listing           `json:"offerings"`
	}
)

// machineTypes are the machines of the table, on demand in three zones. Their
// capacity is what they have: limits count that.
func machineTypes() (out []machineType) {
	for _, o := range pricing.New(pricing.Config{}).Offerings("aws", "us-east-1") {
		if o.CapacityType != pricing.OnDemand || o.Arch == "" || o.GPUs > 0 || slices.ContainsFunc(out, func(x machineType) bool { return x.Name == o.InstanceType }) {
			continue
		}
		x := machineType{Name: o.InstanceType, Architecture: o.Arch, OperatingSystems: []string{"linux"}, Resources: corev1.ResourceList{
			corev1.ResourceCPU:    *resource.NewMilliQuantity(o.CPUMillis, resource.DecimalSI),
			corev1.ResourceMemory: *resource.NewQuantity(o.MemoryBytes, resource.BinarySI),
			corev1.ResourcePods:   *resource.NewQuantity(max(o.MaxPods, 4), resource.DecimalSI),
		}}
		for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
			x.Offerings = append(x.Offerings, listing{Price: o.USDPerHour, Available: true, Requirements: []corev1.NodeSelectorRequirement{
				{Key: "karpenter.sh/capacity-type", Operator: corev1.NodeSelectorOpIn, Values: []string{"on-demand"}},
				{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}},
				// The provider for AWS puts these on its types; kwok's takes them here.
				{Key: "karpenter.k8s.aws/instance-family", Operator: corev1.NodeSelectorOpIn, Values: []string{o.Family()}},
				{Key: "karpenter.k8s.aws/instance-cpu", Operator: corev1.NodeSelectorOpIn, Values: []string{fmt.Sprint(o.CPUMillis / 1000)}},
			}})
		}
		out = append(out, x)
	}
	return out
}

// drain cordons what the plan drains, and evicts pod by pod as budgets let go.
func (b *bed) drain(t *testing.T, plan *document.NodePlan) {
	t.Helper()
	var names []string
	for _, m := range plan.Moves {
		if m.Blocked != "" {
			t.Fatalf("the plan can't move %s: %s", m.Node, m.Blocked)
		}
		if m.Action == "drain" {
			names = append(names, m.Node)
		}
	}
	if len(names) < 6 {
		t.Fatalf("the plan drains %v: nine nodes were far too many", names)
	}
	for _, name := range names {
		n, err := b.client.CoreV1().Nodes().Get(b.ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n.Spec.Unschedulable = true
		if _, err := b.client.CoreV1().Nodes().Update(b.ctx, n, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		list, err := b.client.CoreV1().Pods(shop).List(b.ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + name})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			b.evict(t, list.Items[i].Name)
		}
		b.settled(t, 5*time.Minute)
		if err := b.client.CoreV1().Nodes().Delete(b.ctx, name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bed) evict(t *testing.T, name string) {
	t.Helper()
	now := int64(0)
	b.eventually(t, 5*time.Minute, func() string {
		err := b.client.PolicyV1().Evictions(shop).Evict(b.ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: shop}, DeleteOptions: &metav1.DeleteOptions{GracePeriodSeconds: &now},
		})
		switch {
		case err == nil || apierrors.IsNotFound(err):
			return ""
		case apierrors.IsTooManyRequests(err):
			return "its budget lets " + name + " not go: " + err.Error()
		}
		t.Fatal(err)
		return ""
	})
}

// bill holds what runs now against the plan.
func (b *bed) bill(t *testing.T, plan *document.NodePlan) {
	t.Helper()
	list, err := b.client.CoreV1().Nodes().List(b.ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	prices := map[string]float64{}
	for _, x := range machineTypes() {
		prices[x.Name] = x.Offerings[0].Price
	}
	counts, monthly := map[string]int{}, 0.0
	for i := range list.Items {
		kind := list.Items[i].Labels[corev1.LabelInstanceTypeStable]
		counts[kind]++
		monthly += prices[kind] * pricing.HoursPerMonth
	}
	today := 9 * prices["m5.4xlarge"] * pricing.HoursPerMonth
	t.Logf("%d nodes %v, $%.2f a month; the plan has %d at %s, before it was $%.2f", len(list.Items), counts, monthly, plan.Count, plan.MonthlyCost, today)
	if monthly >= today {
		t.Errorf("the plan, followed, costs $%.2f a month, and it was $%.2f", monthly, today)
	}
}
