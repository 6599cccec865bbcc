package hpadiff

import (
	"context"
	"errors"
	"testing"
	"time"
	_ "unsafe" // for go:linkname

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	autoscalinglisters "k8s.io/client-go/listers/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	customapi "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	externalapi "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	resourceclient "k8s.io/metrics/pkg/client/clientset/versioned/typed/metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// The controller's own sync and registration, unexported there.

//go:linkname reconcile k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).reconcileAutoscaler
func reconcile(c *podautoscaler.HorizontalController, ctx context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, key string) error

//go:linkname enqueue k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).enqueueHPA
func enqueue(c *podautoscaler.HorizontalController, obj any)

// world is the cluster the real controller sees. One namespace holds one subject.
type world struct {
	controller *podautoscaler.HorizontalController
	pods       cache.SharedIndexInformer
	spaces     map[string]*space
	stop       func()
}

// space is what the API server and the metrics APIs say of one namespace.
type space struct {
	scale    autoscalingv1.Scale
	scaleErr error
	updates  int // of the scale
	status   *autoscalingv2.HorizontalPodAutoscalerStatus
	usage    metricsapi.PodMetricsList
	usageErr error
	values   map[string]answer // of Pods, Object and External metrics, by name
}

// answer is a metrics API's answer for one metric.
type answer struct {
	err      error
	pods     *customapi.MetricValueList
	object   *customapi.MetricValue
	external *externalapi.ExternalMetricValueList
}

func (s *space) answer(metric string) answer {
	if a, ok := s.values[metric]; ok {
		return a
	}
	return answer{err: errAPI}
}

// newWorld starts a controller with the flags of r. It has to run inside a synctest bubble, whose
// clock is the controller's.
func newWorld(t *testing.T, r replay.Controller) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{spaces: map[string]*space{}}
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	w.pods = cache.NewSharedIndexInformer(&cache.ListWatch{}, &corev1.Pod{}, 0, byNamespace)
	hpas := cache.NewSharedIndexInformer(&cache.ListWatch{}, &autoscalingv2.HorizontalPodAutoscaler{}, 0, byNamespace)
	mapper := apimeta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, apimeta.RESTScopeNamespace)
	client := metrics.NewRESTMetricsClient(usageAPI{w}, customAPI{w, ""}, externalAPI{w, ""})
	w.controller = podautoscaler.NewHorizontalController(ctx, events{}, scales{w}, statuses{w}, mapper, client,
		hpaInformer{hpas}, podInformer{w.pods}, flag(r.SyncPeriod, 15*time.Second), flag(r.DownscaleStabilization, 5*time.Minute), flag(r.Tolerance, 0.1),
		flag(r.CPUInitialization, 5*time.Minute), flag(r.InitialReadinessDelay, 30*time.Second))
	w.stop = func() {
		cancel()
		w.controller.Run(ctx, 0) // returns at once, and shuts the queue down
	}
	return w
}

func flag[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}

var errAPI = errors.New("the API is away")

type hpaInformer struct{ cache.SharedIndexInformer }

func (i hpaInformer) Informer() cache.SharedIndexInformer { return i.SharedIndexInformer }
func (i hpaInformer) Lister() autoscalinglisters.HorizontalPodAutoscalerLister {
	return autoscalinglisters.NewHorizontalPodAutoscalerLister(i.GetIndexer())
}

type podInformer struct{ cache.SharedIndexInformer }

func (i podInformer) Informer() cache.SharedIndexInformer { return i.SharedIndexInformer }
func (i podInformer) Lister() corelisters.PodLister       { return corelisters.NewPodLister(i.GetIndexer()) }

// events drops what the controller tells its users.
type events struct{ coreclient.EventInterface }

func (e events) Events(string) coreclient.EventInterface { return e }
func (e events) CreateWithEventNamespaceWithContext(_ context.Context, ev *corev1.Event) (*corev1.Event, error) {
	return ev, nil
}
func (e events) CreateWithEventNamespace(ev *corev1.Event) (*corev1.Event, error) { return ev, nil }
func (e events) PatchWithEventNamespace(ev *corev1.Event, _ []byte) (*corev1.Event, error) {
	return ev, nil
}
func (e events) PatchWithEventNamespaceWithContext(_ context.Context, ev *corev1.Event, _ []byte) (*corev1.Event, error) {
	return ev, nil
}

type scales struct{ *world }

func (s scales) Scales(namespace string) scaleclient.ScaleInterface {
	return scaleOf{space: s.spaces[namespace]}
}

type scaleOf struct {
	scaleclient.ScaleInterface
	*space
}

func (s scaleOf) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	if s.scaleErr != nil {
		return nil, s.scaleErr
	}
	return s.scale.DeepCopy(), nil
}

func (s scaleOf) Update(_ context.Context, _ schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	s.scale.Spec, s.updates = scale.Spec, s.updates+1
	return scale, nil
}

type statuses struct{ *world }

func (s statuses) HorizontalPodAutoscalers(namespace string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return statusOf{space: s.spaces[namespace]}
}

type statusOf struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	*space
}

func (s statusOf) UpdateStatus(_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, _ metav1.UpdateOptions) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	s.status = hpa.Status.DeepCopy()
	return hpa, nil
}

type usageAPI struct{ *world }

func (u usageAPI) PodMetricses(namespace string) resourceclient.PodMetricsInterface {
	return usageOf{space: u.spaces[namespace]}
}

type usageOf struct {
	resourceclient.PodMetricsInterface
	*space
}

func (u usageOf) List(context.Context, metav1.ListOptions) (*metricsapi.PodMetricsList, error) {
	return &u.usage, u.usageErr
}

type customAPI struct {
	*world
	namespace string
}

func (c customAPI) RootScopedMetrics() customclient.MetricsInterface { return c }
func (c customAPI) NamespacedMetrics(namespace string) customclient.MetricsInterface {
	return customAPI{c.world, namespace}
}
func (c customAPI) GetForObject(_ schema.GroupKind, _, metric string, _ labels.Selector) (*customapi.MetricValue, error) {
	a := c.spaces[c.namespace].answer(metric)
	return a.object, a.err
}
func (c customAPI) GetForObjects(_ schema.GroupKind, _ labels.Selector, metric string, _ labels.Selector) (*customapi.MetricValueList, error) {
	a := c.spaces[c.namespace].answer(metric)
	return a.pods, a.err
}

type externalAPI struct {
	*world
	namespace string
}

func (e externalAPI) NamespacedMetrics(namespace string) externalclient.MetricsInterface {
	return externalAPI{e.world, namespace}
}
func (e externalAPI) List(metric string, _ labels.Selector) (*externalapi.ExternalMetricValueList, error) {
	a := e.spaces[e.namespace].answer(metric)
	return a.external, a.err
}
