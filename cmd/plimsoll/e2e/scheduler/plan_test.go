//go:build e2e

// Package scheduler_test gives the real kube-scheduler the nodes and the pods of
// plans that package packing makes for its random instances.
package scheduler_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// instance is the one of 300 pods, the sixth of the 20.
const instance = 5

// TestE2EPlanSchedules moves running clusters onto their plans: the plan's nodes
// are opened one by one, the pods that the plan has on each are evicted where
// they run, and the scheduler places their successors wherever it likes. It must
// place all, and refuse a pod that is larger than all room left.
func TestE2EPlanSchedules(t *testing.T) {
	b := startBed(t)
	for _, tt := range []struct {
		name string
		in   packing.Input
		// beyond is a pod more than its spread lets in, if any.
		beyond *packing.Pod
	}{
		{"random instance", packingtest.Instance(offerings(t), instance), nil},
		{"all constraints", constrained(), nil},
		{"zones that count", countedZones(), &packing.Pod{Name: "web-beyond", Group: "web", CPU: 1, Spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 2}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer b.clean(t)
			plan := pack(t, tt.in)
			t.Logf("%d pods on %d nodes, %.4f USD/h, gap %.2f %%", len(tt.in.Pods), len(plan.Nodes), plan.Hourly, plan.GapPercent)
			pending := b.play(t, tt.in, plan, order{profile: defaultProfile, drain: true, steps: nodeByNode})
			for i := range pending {
				t.Errorf("pod %s is pending: %s", pending[i].Name, refusal(&pending[i]))
			}
			running := b.moved(t, tt.in, plan)
			b.refuses(t, tt.in, plan, running)
			if tt.beyond != nil {
				b.refusesOne(t, tt.beyond, "topology spread constraints")
			}
		})
	}
}

// moved wants all pods on the plan's nodes.
func (b bed) moved(t *testing.T, in packing.Input, plan packing.Plan) []corev1.Pod {
	t.Helper()
	home := map[string]string{}
	for i := range plan.Nodes {
		for _, pod := range plan.Nodes[i].Pods {
			home[strings.TrimPrefix(pod, podSpace+"/")] = nodeName(i)
		}
	}
	all, elsewhere := b.pods(t, podSpace), 0
	for i := range all {
		switch node := all[i].Spec.NodeName; {
		case strings.HasPrefix(node, oldPrefix):
			t.Errorf("pod %s is still on %s", all[i].Name, node)
		case node != home[all[i].Name]:
			elsewhere++
		}
	}
	if got, want := len(all), len(in.Pods); got != want {
		t.Errorf("pods: got %d, want %d", got, want)
	}
	t.Logf("%d pods are on other nodes than planned", elsewhere)
	return all
}

// refuses wants a pod of a millicore more than the largest room left to stay
// pending.
func (b bed) refuses(t *testing.T, in packing.Input, plan packing.Plan, running []corev1.Pod) {
	t.Helper()
	free := map[string]int64{}
	for i := range plan.Nodes {
		free[nodeName(i)] = plan.Nodes[i].Offering.CPU
		for k := range in.DaemonSets {
			free[nodeName(i)] -= in.DaemonSets[k].CPU
		}
	}
	for i := range running {
		free[running[i].Spec.NodeName] -= running[i].Spec.Containers[0].Resources.Requests.Cpu().MilliValue()
	}
	most := int64(0)
	for _, cpu := range free {
		most = max(most, cpu)
	}
	anywhere := []packing.Toleration{{Key: "spot", Operator: "Exists"}, {Key: "pool", Operator: "Exists"}}
	b.refusesOne(t, &packing.Pod{Name: "too-much", Group: "too-much", CPU: most + 1, Tolerations: anywhere}, "Insufficient cpu")
}

// refusesOne wants the scheduler to refuse a pod with such words.
func (b bed) refusesOne(t *testing.T, pod *packing.Pod, words string) {
	t.Helper()
	b.createPod(t, pod, defaultProfile, "")
	said := ""
	b.eventually(t, time.Minute, func() string {
		p, err := b.client.CoreV1().Pods(podSpace).Get(b.ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if said = refusal(p); said == "" && p.Spec.NodeName == "" {
			return "the scheduler says nothing of pod " + pod.Name
		}
		return ""
	})
	if !strings.Contains(said, words) {
		t.Errorf("pod %s of %d millicores: got %q, want it refused with %q", pod.Name, pod.CPU, said, words)
	}
}

func offerings(t *testing.T) []packing.Offering {
	t.Helper()
	f, err := os.Open("../../../../testdata/packing/aws_us_east_1.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := packingtest.Offerings(f, packingtest.Zones...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pack plans for all pods, and holds the plan to the independent checker.
func pack(t *testing.T, in packing.Input) packing.Plan {
	t.Helper()
	plan, err := packing.Pack(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Abstained) > 0 {
		t.Fatalf("the plan leaves out %d pods, such as %+v", len(plan.Abstained), plan.Abstained[0])
	}
	if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
		t.Fatal(err)
	}
	return plan
}
