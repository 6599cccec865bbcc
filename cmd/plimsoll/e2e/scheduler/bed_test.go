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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// The scheduler's profiles: its own defaults, and the same but for the score,
// which prefers the nodes with the least room left.
const (
	defaultProfile = corev1.DefaultSchedulerName
	tightProfile   = "most-allocated"
)

const profiles = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: %s, qps: 500, burst: 1000}
leaderElection: {leaderElect: false}
profiles:
- schedulerName: ` + defaultProfile + `
- schedulerName: ` + tightProfile + `
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}, {name: memory, weight: 1}]}
`

// namespaces hold the instances' pods and the DaemonSets.
const (
	daemonSpace = metav1.NamespaceSystem
	podSpace    = "shop"
)

// bed is a testbed without a cluster: a control plane, and kwok for whatever
// nodes there will be.
type bed struct {
	ctx    context.Context
	client *kubernetes.Clientset
	config string // a kubeconfig
}

func startBed(t *testing.T) bed {
	t.Helper()
	tmp := t.TempDir()
	manager, dir, config := filepath.Join(tmp, "testbed"), filepath.Join(tmp, "bed"), filepath.Join(tmp, "scheduler.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, profiles, filepath.Join(dir, "pki", "scheduler.conf")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "go", "build", "-o", manager, "./cmd/testbed")
	t.Cleanup(func() { run(t, manager, "down", "--dir", dir) })
	run(t, manager, "up", "--dir", dir, "--bare", "--flag", "kube-scheduler=--config="+config)
	content, err := os.ReadFile(filepath.Join(dir, "testbed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Kubeconfig string }
	if err := json.Unmarshal(content, &state); err != nil {
		t.Fatal(err)
	}
	access, err := clientcmd.BuildConfigFromFlags("", state.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	access.QPS, access.Burst = 500, 1000
	b := bed{ctx: context.Background(), config: state.Kubeconfig}
	if b.client, err = kubernetes.NewForConfig(access); err != nil {
		t.Fatal(err)
	}
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: podSpace}}
	if _, err := b.client.CoreV1().Namespaces().Create(b.ctx, space, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, space := range []string{podSpace, daemonSpace} { // a controller makes it, too
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
		_, _ = b.client.CoreV1().ServiceAccounts(space).Create(b.ctx, account, metav1.CreateOptions{})
	}
	return b
}

// run runs a command in the testbed's module.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = "../../../../testbed"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// eventually asks until the answer is empty; it is what is still missing.
func (b bed) eventually(t *testing.T, limit time.Duration, missing func() string) {
	t.Helper()
	end, text := time.Now().Add(limit), ""
	for time.Now().Before(end) {
		if text = missing(); text == "" {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("after %s: %s", limit, text)
}

func (b bed) pods(t *testing.T, namespace string) []corev1.Pod {
	t.Helper()
	list, err := b.client.CoreV1().Pods(namespace).List(b.ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// awaitNodes waits until the nodes are ready and run their DaemonSets.
func (b bed) awaitNodes(t *testing.T, nodes, daemons int) {
	t.Helper()
	b.eventually(t, 3*time.Minute, func() string {
		list, err := b.client.CoreV1().Nodes().List(b.ctx, metav1.ListOptions{ResourceVersion: "0"})
		if err != nil {
			t.Fatal(err)
		}
		ready, running := 0, 0
		for i := range list.Items {
			if !slices.ContainsFunc(list.Items[i].Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady }) {
				ready++
			}
		}
		for _, p := range b.pods(t, daemonSpace) {
			if p.Spec.NodeName != "" && p.Status.Phase == corev1.PodRunning {
				running++
			}
		}
		if ready == nodes && running == nodes*daemons {
			return ""
		}
		return fmt.Sprintf("%d of %d nodes are ready, %d of %d DaemonSet pods run", ready, nodes, running, nodes*daemons)
	})
}

// uncordon lets pods onto a node.
func (b bed) uncordon(t *testing.T, node string) {
	t.Helper()
	patch := []byte(`{"spec":{"unschedulable":false}}`)
	if _, err := b.client.CoreV1().Nodes().Patch(b.ctx, node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	b.eventually(t, time.Minute, func() string {
		n, err := b.client.CoreV1().Nodes().Get(b.ctx, node, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(n.Spec.Taints) > 0 && slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeUnschedulable }) {
			return "node " + node + " is still cordoned"
		}
		return ""
	})
}

// settle waits until the scheduler has placed or refused every pod and changes
// its mind on none for a while, and returns the pods that are pending.
func (b bed) settle(t *testing.T, want int, calm time.Duration) []corev1.Pod {
	t.Helper()
	var pending []corev1.Pod
	last, since := -1, time.Now()
	b.eventually(t, 5*time.Minute, func() string {
		all := b.pods(t, podSpace)
		pending = slices.DeleteFunc(slices.Clone(all), func(p corev1.Pod) bool { return p.Spec.NodeName != "" })
		bound := len(all) - len(pending)
		if bound != last {
			last, since = bound, time.Now()
		}
		switch untried := slices.ContainsFunc(pending, func(p corev1.Pod) bool { return refusal(&p) == "" }); {
		case len(all) == want && len(pending) == 0:
			return ""
		case len(all) < want || untried || time.Since(since) < calm:
			text := fmt.Sprintf("%d of %d pods bound", bound, want)
			if len(pending) > 0 {
				text += fmt.Sprintf("; %s: %v", pending[0].Name, pending[0].Status.Conditions)
			}
			return text
		}
		return ""
	})
	return pending
}

// refusal is what the scheduler says of a pod that it can't place.
func refusal(p *corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

// clean removes pods, DaemonSets and nodes.
func (b bed) clean(t *testing.T) {
	t.Helper()
	now, all := int64(0), metav1.ListOptions{}
	gone := metav1.DeleteOptions{GracePeriodSeconds: &now}
	if err := b.client.AppsV1().DaemonSets(daemonSpace).DeleteCollection(b.ctx, gone, all); err != nil {
		t.Fatal(err)
	}
	if err := b.client.CoreV1().Nodes().DeleteCollection(b.ctx, gone, all); err != nil {
		t.Fatal(err)
	}
	b.eventually(t, time.Minute, func() string {
		for _, space := range []string{podSpace, daemonSpace} {
			if err := b.client.CoreV1().Pods(space).DeleteCollection(b.ctx, gone, all); err != nil {
				t.Fatal(err)
			}
		}
		left, err := b.client.CoreV1().Pods("").List(b.ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		if len(left.Items) == 0 {
			return ""
		}
		return fmt.Sprintf("%d pods are left", len(left.Items))
	})
}
