//go:build e2e

package scheduler_test

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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestE2EPlanIsCarriedOut audits a cluster with local disks, devices, huge pages,
// scratch space and more volumes than a node takes, and carries the printed order
// of moves out to its end: new nodes are started cordoned and opened as pods
// move, nodes are cordoned and drained by the eviction API as budgets allow, and
// deleted. The real scheduler places whatever the controllers make anew.
func TestE2EPlanIsCarriedOut(t *testing.T) {
	b := startBed(t)
	for _, survive := range []string{"pod", "node"} {
		t.Run(survive, func(t *testing.T) {
			defer b.wipe(t)
			want := b.devices(t)
			if pending := b.settle(t, want, 10*time.Second); len(pending) > 0 {
				t.Fatalf("before the plan %d pods are pending, such as %s: %s", len(pending), pending[0].Name, refusal(&pending[0]))
			}
			plan := b.audit(t, "--survive", survive)
			t.Logf("%d nodes; launch %+v", plan.Count, plan.Launch)
			m := move{bed: b, plan: plan, want: want, before: b.uids(t)}
			m.start(t)
			for _, step := range plan.Moves {
				if step.Action == "drain" {
					m.mark(t, step.Node, true) // first all of them: else pods move twice
				}
			}
			for _, step := range plan.Moves {
				m.make(t, step)
			}
			if len(plan.Moves) < 5 {
				t.Errorf("the plan has %d moves: eight nodes were far too many", len(plan.Moves))
			}
			m.kept(t)
		})
	}
}

// audit gives the plan that plimsoll has for the cluster.
func (b bed) audit(t *testing.T, args ...string) *document.NodePlan {
	t.Helper()
	program := filepath.Join(t.TempDir(), "plimsoll")
	run(t, "go", "build", "-C", "..", "-o", program, "./cmd/plimsoll")
	args = append([]string{"audit", "--provider", "aws", "--region", region, "-o", "json", "--no-cache"}, args...)
	cmd := exec.CommandContext(b.ctx, program, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+b.config)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var report document.Report
	if decoded := json.Unmarshal(out, &report); decoded != nil || report.Nodes.Plan == nil {
		t.Fatalf("no plan of nodes: %v, %v\n%s", err, decoded, said.String())
	}
	return report.Nodes.Plan
}

// move is a plan on its way.
type move struct {
	bed
	plan   *document.NodePlan
	want   int                // pods
	before map[types.UID]bool // the pods that the plan was made for
	closed []string           // new nodes that take no pods yet
}

// uids are the pods that run now.
func (b bed) uids(t *testing.T) map[types.UID]bool {
	t.Helper()
	seen := map[types.UID]bool{}
	for _, p := range b.pods(t, podSpace) {
		seen[p.UID] = true
	}
	return seen
}

// start starts the new nodes, cordoned.
func (m *move) start(t *testing.T) {
	t.Helper()
	catalog := pricing.New(pricing.Config{})
	for _, pool := range m.plan.Launch {
		o := offeringOf(t, catalog, pool.InstanceType)
		room := cloud.Of("aws").Leaves(cloud.Machine{VCPU: o.CPUMillis / 1000, Memory: o.MemoryBytes, MaxPods: o.MaxPods})
		for range pool.Count {
			name := fmt.Sprint("new-", len(m.closed)+1)
			m.createMachine(t, name, pool.InstanceType, pool.Zone, devicesOf(pool.InstanceType), room.CPU, room.Memory, true)
			m.closed = append(m.closed, name)
		}
	}
}

func offeringOf(t *testing.T, catalog *pricing.Catalog, kind string) pricing.Offering {
	t.Helper()
	all := catalog.Offerings("aws", region)
	i := slices.IndexFunc(all, func(o pricing.Offering) bool { return o.InstanceType == kind })
	if i < 0 {
		t.Fatalf("the table has no %s", kind)
	}
	return all[i]
}

// make makes one move: what it does to a pod, it does by eviction. A shift moves
// pods that the plan knows. The scheduler may have put others there since; they
// may stay.
func (m *move) make(t *testing.T, step document.NodeMove) {
	t.Helper()
	if step.Blocked != "" {
		t.Fatalf("the plan can't move %s: %s", step.Node, step.Blocked)
	}
	leave := func(p *corev1.Pod) bool { return true }
	if step.Action == "shift" {
		leave = func(p *corev1.Pod) bool {
			return m.before[p.UID] && !slices.Contains(m.planned(step.Node), podSpace+"/"+p.Name)
		}
	}
	m.mark(t, step.Node, true)
	evicted := 0
	for _, p := range m.pods(t, podSpace) {
		if p.Spec.NodeName == step.Node && leave(&p) {
			m.evictPod(t, p.Name)
			evicted++
			m.placed(t)
		}
	}
	if evicted != step.Evictions {
		t.Errorf("%s: %d evictions, the plan says %d", step.Node, evicted, step.Evictions)
	}
	if step.Action == "shift" {
		m.mark(t, step.Node, false)
		return
	}
	if err := m.client.CoreV1().Nodes().Delete(m.ctx, step.Node, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// planned are the pods that the plan has on a node.
func (m *move) planned(node string) []string {
	for _, p := range m.plan.Placement {
		if p.Node == node {
			return p.Pods
		}
	}
	return nil
}

// placed waits until every pod runs; where one finds no room, the next new node
// is opened. A pod that none of them has room for fails the test.
func (m *move) placed(t *testing.T) {
	t.Helper()
	for {
		pending := m.settle(t, m.want, 2*time.Second)
		if len(pending) == 0 {
			return
		}
		if len(m.closed) == 0 {
			t.Fatalf("%s finds no room: %s", pending[0].Name, refusal(&pending[0]))
		}
		m.uncordon(t, m.closed[0])
		m.closed = m.closed[1:]
		time.Sleep(time.Second) // the refusal that stands is of before
	}
}

// evictPod evicts as a drain does: again and again while a budget refuses.
func (m *move) evictPod(t *testing.T, name string) {
	t.Helper()
	now := int64(0)
	m.eventually(t, 2*time.Minute, func() string {
		err := m.client.PolicyV1().Evictions(podSpace).Evict(m.ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: podSpace}, DeleteOptions: &metav1.DeleteOptions{GracePeriodSeconds: &now},
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

// kept wants the nodes that the plan keeps, and no others but the new ones.
func (m *move) kept(t *testing.T) {
	t.Helper()
	list, err := m.client.CoreV1().Nodes().List(m.ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	if len(names) != m.plan.Count {
		t.Errorf("%d nodes are left, the plan has %d: %v", len(names), m.plan.Count, names)
	}
	for _, alone := range []string{"pages", "disk"} {
		if !slices.Contains(names, alone) {
			t.Errorf("the plan removes %s: no new node is sure to have what its pod needs", alone)
		}
	}
	if len(m.closed) > 0 {
		t.Logf("never needed: %v", m.closed)
	}
}

// mark cordons a node, or lets pods onto it again.
func (m *move) mark(t *testing.T, node string, cordoned bool) {
	t.Helper()
	n, err := m.client.CoreV1().Nodes().Get(m.ctx, node, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n.Spec.Unschedulable = cordoned
	if _, err := m.client.CoreV1().Nodes().Update(m.ctx, n, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// create makes an object and fails the test where the API server refuses it.
func create[T any](t *testing.T, ctx context.Context, do func(context.Context, T, metav1.CreateOptions) (T, error), object T) {
	t.Helper()
	if _, err := do(ctx, object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
