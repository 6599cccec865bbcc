//go:build e2e

// Package autoscaler_test lets the kube-controller-manager of a testbed scale workloads through a
// recorded day and wants package replay to have said its replicas at every sync.
package autoscaler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// workload is one Deployment with its autoscaler and load.
type workload struct {
	name string
	// recorded names the workload of the demo's snapshot whose day is the load.
	recorded          string
	request, capacity int64 // of the container that serves, millicores
	replicas          int32 // at the start
	sidecar           bool  // beside the container that serves
	autoscaler        replay.Autoscaler
	// shows are reasons that the controller must have given, or the run shows too little.
	shows []string
	load  replay.Curve
}

// slot is what five minutes of the recorded day take in the test.
const slot = 650 * time.Millisecond

func workloads() []*workload {
	seconds := func(n int) *time.Duration { d := time.Duration(n) * time.Second; return &d }
	return []*workload{
		{name: "plain", recorded: "booking/Deployment/booking-api", shows: []string{"ScaleDownStabilized"}, request: 900, capacity: 1200, replicas: 3,
			autoscaler: replay.Autoscaler{MinReplicas: 2, MaxReplicas: 12, Metrics: []replay.Metric{replay.CPUUtilization(60)}}},
		{name: "limited", recorded: "timetable/Deployment/journey-planner", shows: []string{"ScaleUpLimit", "ScaleDownLimit"}, request: 1900, capacity: 2500, replicas: 2,
			autoscaler: replay.Autoscaler{MinReplicas: 1, MaxReplicas: 12, Metrics: []replay.Metric{replay.CPUUtilization(70)}, Behavior: &replay.Behavior{
				ScaleUp: replay.Rules{Policies: []replay.Policy{{Kind: replay.PolicyPods, Value: 1, Period: 13 * time.Second}, {Kind: replay.PolicyPercent, Value: 30, Period: 13 * time.Second}}},
				ScaleDown: replay.Rules{Window: seconds(12), Select: replay.SelectMin, Policies: []replay.Policy{
					{Kind: replay.PolicyPods, Value: 2, Period: 18 * time.Second}, {Kind: replay.PolicyPercent, Value: 30, Period: 18 * time.Second}}}}}},
		{name: "container", recorded: "gateway/Deployment/edge-proxy", shows: []string{"ScaleUpStabilized"}, request: 700, capacity: 700, replicas: 3, sidecar: true,
			autoscaler: replay.Autoscaler{MinReplicas: 2, MaxReplicas: 9, Metrics: []replay.Metric{{Kind: replay.ContainerResourceMetric, Resource: replay.CPU, Container: "app", TargetKind: replay.Utilization, Target: 65}},
				Behavior: &replay.Behavior{ScaleUp: replay.Rules{Window: seconds(8)}, ScaleDown: replay.Rules{Window: seconds(0)}}}},
	}
}

func TestReplayForetellsTheController(t *testing.T) {
	all := workloads()
	k := &kubelet{start: time.Now().Add(time.Hour), counted: time.Now(), services: map[string]*service{}}
	record(t, all)
	for _, w := range all {
		k.services[w.name] = &service{load: w.load, capacity: w.capacity, sidecar: w.sidecar, pods: map[string]*running{}}
	}
	b := startBed(t, k)
	client, err := kubernetes.NewForConfig(b.config)
	if err != nil {
		t.Fatal(err)
	}
	slowStart(t, b)
	create(t, func(ctx context.Context, o metav1.CreateOptions) error {
		_, errNode := client.CoreV1().Nodes().Create(ctx, node(), o)
		_, errSpace := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, o)
		return errors.Join(errNode, errSpace)
	})
	h := watch(t, client, k)
	for _, w := range all {
		create(t, func(ctx context.Context, o metav1.CreateOptions) error {
			_, err := client.AppsV1().Deployments(namespace).Create(ctx, w.deployment(), o)
			return err
		})
	}
	awaitSamples(t, client, all)
	for _, w := range all {
		create(t, func(ctx context.Context, o metav1.CreateOptions) error {
			_, err := client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(ctx, w.object(), o)
			return err
		})
	}
	k.begin(time.Now())
	time.Sleep(all[0].load.Duration() + 4*(*controller.SyncPeriod))
	seen := syncs(t, b.audit)
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) { w.compare(t, k, h, seen) })
	}
}

// record takes the loads from the demo's snapshot: of each workload the 24 hours with the widest
// swing that have their peak before noon, so to say, and time to come down from it.
func record(t *testing.T, all []*workload) {
	t.Helper()
	s, err := snapshot.Read("../../demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	a := analyzer.Analyze(s)
	for _, w := range all {
		i := slices.IndexFunc(a.Workloads, func(f analyzer.WorkloadFacts) bool { return f.Ref.String() == w.recorded })
		if i < 0 {
			t.Fatalf("the demo's snapshot has no %s", w.recorded)
		}
		curve := a.Workloads[i].LoadCurve(s.Window)
		const day = 24 * 12
		for from := 0; from+day <= len(curve.CPU); from += 12 {
			load := replay.Curve{Step: slot}
			for _, cpu := range curve.CPU[from : from+day] {
				load.Demand = append(load.Demand, int64(cpu))
			}
			// A silent slot is one in which Prometheus was down.
			low, high := slices.Min(load.Demand), slices.Max(load.Demand)
			peak := slices.Index(load.Demand, high)
			if low > 0 && peak > day/3 && peak < day/2 && (w.load.Step == 0 || high-low > swing(w.load)) {
				w.load = load
			}
		}
		if w.load.Step == 0 {
			t.Fatalf("no day of %s has its peak in the right place", w.recorded)
		}
		t.Logf("%s: %s, %d to %d millicores", w.name, w.recorded, slices.Min(w.load.Demand), slices.Max(w.load.Demand))
	}
}

func swing(c replay.Curve) int64 { return slices.Max(c.Demand) - slices.Min(c.Demand) }

func create(t *testing.T, do func(context.Context, metav1.CreateOptions) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := do(ctx, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// awaitSamples waits until metrics-server has a sample of every pod.
func awaitSamples(t *testing.T, client kubernetes.Interface, all []*workload) {
	t.Helper()
	want := 0
	for _, w := range all {
		want += int(w.replicas)
	}
	var answer string
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		body, err := client.Discovery().RESTClient().Get().AbsPath("/apis/metrics.k8s.io/v1beta1/namespaces/" + namespace + "/pods").DoRaw(context.Background())
		if answer = fmt.Sprint(string(body), err); err == nil && strings.Count(answer, `"timestamp"`) == want {
			return
		}
	}
	t.Fatalf("metrics-server has not samples of %d pods: %s", want, answer)
}
