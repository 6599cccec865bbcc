//go:build e2e

package autoscaler_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// history is what the API server said of the namespace, in order and with the time at which it came.
type history struct {
	mu     sync.Mutex
	events []event
}

// event is an object as it became; it is gone when Deleted is set.
type event struct {
	at      time.Time
	object  metav1.Object
	deleted bool
}

// watch follows the namespace's pods, Deployments and HPAs until the test ends, and tells the kubelet
// of its pods.
func watch(t *testing.T, client kubernetes.Interface, k *kubelet) *history {
	t.Helper()
	h := &history{}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	take := func(o any, deleted bool) {
		if tombstone, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = tombstone.Obj
		}
		e := event{time.Now(), o.(metav1.Object), deleted}
		h.mu.Lock()
		h.events = append(h.events, e)
		h.mu.Unlock()
		if pod, ok := o.(*corev1.Pod); ok {
			if deleted {
				pod = nil
			}
			k.observe(e.object.GetLabels()["app"], e.object.GetName(), pod, e.at)
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { take(o, false) },
		UpdateFunc: func(_, o any) { take(o, false) },
		DeleteFunc: func(o any) { take(o, true) },
	}
	for _, i := range []cache.SharedIndexInformer{factory.Core().V1().Pods().Informer(),
		factory.Apps().V1().Deployments().Informer(), factory.Autoscaling().V2().HorizontalPodAutoscalers().Informer()} {
		if _, err := i.AddEventHandler(handler); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	factory.Start(ctx.Done())
	t.Cleanup(func() {
		cancel()
		factory.Shutdown()
	})
	factory.WaitForCacheSync(ctx.Done())
	return h
}

// pods are a workload's pods at a time, in the order of their creation.
func (h *history) pods(app string, at time.Time) []*corev1.Pod {
	h.mu.Lock()
	defer h.mu.Unlock()
	var order []string
	now := map[string]*corev1.Pod{}
	for _, e := range h.events {
		pod, ok := e.object.(*corev1.Pod)
		if !ok || e.at.After(at) || pod.Labels["app"] != app {
			continue
		}
		if now[pod.Name] == nil {
			order = append(order, pod.Name)
		}
		now[pod.Name] = pod
		if e.deleted {
			delete(now, pod.Name)
		}
	}
	var out []*corev1.Pod
	for _, name := range order {
		if p := now[name]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

// changes are the times near at that a pod of the workload changed.
func (h *history) changes(app string, at time.Time, near time.Duration) []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []time.Time
	for _, e := range h.events {
		if pod, ok := e.object.(*corev1.Pod); ok && pod.Labels["app"] == app && e.at.Sub(at).Abs() <= near {
			out = append(out, e.at)
		}
	}
	return out
}

// rescaled is when a workload's replicas were seen to change between two times.
func (h *history) rescaled(app string, from, to time.Time) (time.Time, bool) {
	before := *h.deployment(app, from).Spec.Replicas
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if d, ok := e.object.(*appsv1.Deployment); ok && d.Name == app && e.at.After(from) && !e.at.After(to) && *d.Spec.Replicas != before {
			return e.at, true
		}
	}
	return time.Time{}, false
}

// deployment and autoscaler are a workload's objects at a time.
func (h *history) deployment(app string, at time.Time) *appsv1.Deployment {
	return last[*appsv1.Deployment](h, app, at)
}

func (h *history) autoscaler(app string, at time.Time) *autoscalingv2.HorizontalPodAutoscaler {
	return last[*autoscalingv2.HorizontalPodAutoscaler](h, app, at)
}

func last[T metav1.Object](h *history, name string, at time.Time) T {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out T
	for _, e := range h.events {
		if o, ok := e.object.(T); ok && o.GetName() == name && !e.at.After(at) {
			out = o
		}
	}
	return out
}

// look is one sync: a look of the HPA controller at the metrics of a workload.
type look struct {
	app     string
	at      time.Time // metrics-server's answer had left
	samples []metricsapi.PodMetrics
}

// syncs reads from metrics-server's audit log when the controller asked and what it was told.
func syncs(t *testing.T, file string) []look {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []look
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct {
			Stage, Verb, RequestURI string
			StageTimestamp          metav1.MicroTime
			User                    struct{ Username string }
			ResponseObject          metricsapi.PodMetricsList
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %.300s", err, lines.Text())
		}
		if e.Stage != "ResponseComplete" || e.Verb != "list" || e.User.Username != autoscalerUser {
			continue
		}
		u, err := url.Parse(e.RequestURI)
		if err != nil {
			t.Fatal(err)
		}
		selector, err := labels.ConvertSelectorToLabelsMap(u.Query().Get("labelSelector"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, look{selector["app"], e.StageTimestamp.Time, e.ResponseObject.Items})
	}
	return out
}
