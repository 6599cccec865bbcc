package hpadiff

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	featuregatetesting "k8s.io/component-base/featuregate/testing"
	resourcehelpers "k8s.io/component-helpers/resource"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/utils/ptr"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// TestMain silences the controller. Its error handlers would also wait out the years between the
// bubble's clock and the real one, with which they were initialized.
func TestMain(m *testing.M) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil
	os.Exit(m.Run())
}

// decisions is how many decisions a run compares; HPADIFF_DECISIONS asks for more.
func decisions(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("HPADIFF_DECISIONS")); err == nil {
		return n
	}
	return 120_000
}

// subject is one HPA with what each side knows of it.
type subject struct {
	source
	namespace string
	rivalled  bool // a second HPA selects the same pods
	wild      bool

	autoscaler replay.Autoscaler
	state      replay.State
	hpa        *autoscalingv2.HorizontalPodAutoscaler
	replicas   int32
	pods       int // in the informer
}

func newSubject(i int, seed uint64) *subject {
	s := &subject{source: source{rand.New(rand.NewPCG(seed, uint64(i)))}, namespace: fmt.Sprintf("ns-%d", i)}
	s.wild, s.rivalled = s.oneIn(3), s.oneIn(50)
	s.autoscaler = s.source.autoscaler()
	s.replicas = s.autoscaler.MinReplicas + int32(s.IntN(5))
	s.hpa = s.object("subject")
	return s
}

func (s *subject) object(name string) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}, Spec: hpaSpec(s.autoscaler)}
}

// enter registers the subject with a controller, and its rival before it.
func (s *subject) enter(w *world, c clock) {
	w.spaces[s.namespace] = &space{}
	if s.rivalled {
		rival := s.object("rival")
		w.spaces[s.namespace].fill(s.namespace, s.autoscaler, replay.Observation{SpecReplicas: 1, StatusReplicas: 1}, c)
		rival.Spec.MinReplicas = nil
		enqueue(w.controller, rival)
		_ = reconcile(w.controller, context.Background(), rival, s.namespace+"/rival")
		w.spaces[s.namespace].status = nil
	}
	enqueue(w.controller, s.hpa)
	s.pods = 0
}

// sync makes both sides decide on the same observation and returns what differs.
func (s *subject) sync(w *world, c clock, r replay.Controller, now time.Duration) (replay.Decision, error) {
	if s.oneIn(60) {
		s.edit()
	}
	if s.oneIn(25) || s.replicas == 0 && s.oneIn(5) {
		s.replicas = int32(pick(s.source, 0, 1, s.IntN(8), int(min(s.autoscaler.MaxReplicas, 1000))+s.IntN(3)))
	}
	o := s.observation(s.autoscaler, s.replicas, s.wild, now)
	if o.SelectorFault == "" && s.rivalled && len(o.Pods) > 0 {
		o.SelectorFault = "AmbiguousSelector"
	}
	s.place(w, c, &o)
	before := s.state.Clone()
	d, diff := s.compare(w, c, r, o, now)
	if diff != "" {
		return d, fmt.Errorf("%s at %s: %s\nautoscaler %+v %+v\nobservation %+v\nstate before %+v\ndecision %+v", s.namespace, now, diff, s.autoscaler, s.autoscaler.Behavior, o, before, d)
	}
	s.replicas = d.Replicas
	return d, nil
}

// edit changes the spec as a user would.
func (s *subject) edit() {
	old := s.autoscaler
	s.autoscaler = s.source.autoscaler()
	if s.oneIn(2) {
		s.autoscaler.Metrics, s.autoscaler.MinReplicas = old.Metrics, old.MinReplicas
		s.autoscaler.MaxReplicas = max(old.MinReplicas, s.autoscaler.MaxReplicas)
	}
	s.hpa.Spec = hpaSpec(s.autoscaler)
}

// place puts the observation into the cluster.
func (s *subject) place(w *world, c clock, o *replay.Observation) {
	w.spaces[s.namespace].fill(s.namespace, s.autoscaler, *o, c)
	indexer := w.pods.GetIndexer()
	for i := range o.Pods {
		pod := podOf(s.namespace, i, o.Pods[i], c)
		if s.oneIn(25) {
			s.podLevel(pod, &o.Pods[i])
		}
		_ = indexer.Add(pod)
	}
	for i := len(o.Pods); i < s.pods; i++ {
		_ = indexer.Delete(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: podName(i)}})
	}
	s.pods = len(o.Pods)
}

// podLevel gives a pod requests of its own beside its containers'.
func (s *subject) podLevel(pod *corev1.Pod, p *replay.Pod) {
	amounts := replay.Amounts{pick(s.source, replay.CPU, replay.Memory): int64(1 + s.IntN(500))}
	pod.Spec.Resources = &corev1.ResourceRequirements{Requests: resources(amounts)}
	p.PodRequests = replay.Amounts{}
	for name, q := range resourcehelpers.PodRequests(pod, resourcehelpers.PodResourcesOptions{}) {
		p.PodRequests[replay.Resource(name)] = q.MilliValue()
	}
}

func (s *subject) compare(w *world, c clock, r replay.Controller, o replay.Observation, now time.Duration) (replay.Decision, string) {
	sp := w.spaces[s.namespace]
	err := reconcile(w.controller, context.Background(), s.hpa, s.namespace+"/subject")
	if sp.status != nil {
		s.hpa.Status = *sp.status
	}
	d := r.Decide(s.autoscaler, &s.state, o, now)
	switch {
	case sp.scale.Spec.Replicas != d.Replicas:
		return d, fmt.Sprintf("replicas: the controller says %d, replay %d (%v)", sp.scale.Spec.Replicas, d.Replicas, err)
	case (sp.updates > 0) != d.Rescaled:
		return d, fmt.Sprintf("rescaled: the controller says %v, replay %v", sp.updates > 0, d.Rescaled)
	case (err != nil) != (d.Err != nil):
		return d, fmt.Sprintf("error: the controller says %v, replay %v", err, d.Err)
	}
	if got := conditions(&s.hpa.Status); got != d.Conditions {
		return d, fmt.Sprintf("conditions: the controller says %+v, replay %+v", got, d.Conditions)
	}
	return d, s.compareMetrics(d)
}

func conditions(status *autoscalingv2.HorizontalPodAutoscalerStatus) replay.Conditions {
	var out replay.Conditions
	for _, c := range status.Conditions {
		read := replay.Condition{Status: string(c.Status), Reason: c.Reason}
		switch c.Type {
		case autoscalingv2.AbleToScale:
			out.AbleToScale = read
		case autoscalingv2.ScalingActive:
			out.ScalingActive = read
		case autoscalingv2.ScalingLimited:
			out.ScalingLimited = read
		case autoscalingv2.ScaledToZero:
			out.ScaledToZero = read
		}
	}
	return out
}

// compareMetrics compares the current values in the HPA's status.
func (s *subject) compareMetrics(d replay.Decision) string {
	if d.Proposals == nil {
		return ""
	}
	for i, p := range d.Proposals {
		if i >= len(s.hpa.Status.CurrentMetrics) {
			return fmt.Sprintf("current metrics: the controller has %d, replay %d", len(s.hpa.Status.CurrentMetrics), len(d.Proposals))
		}
		got, ok := current(s.hpa.Status.CurrentMetrics[i])
		if ok != (p.Err == nil) || ok && got != p.Current {
			return fmt.Sprintf("metric %d: the controller says %d (valid %v), replay %d (%v)", i, got, ok, p.Current, p.Err)
		}
	}
	return ""
}

func current(m autoscalingv2.MetricStatus) (int64, bool) {
	var v autoscalingv2.MetricValueStatus
	switch {
	case m.Resource != nil:
		v = m.Resource.Current
	case m.ContainerResource != nil:
		v = m.ContainerResource.Current
	case m.Pods != nil:
		v = m.Pods.Current
	case m.Object != nil:
		v = m.Object.Current
	case m.External != nil:
		v = m.External.Current
	default:
		return 0, false
	}
	switch {
	case v.AverageUtilization != nil:
		return int64(*v.AverageUtilization), true
	case v.AverageValue != nil:
		return v.AverageValue.MilliValue(), true
	case v.Value != nil:
		return v.Value.MilliValue(), true
	}
	return 0, false
}

// TestDecisions drives the real controller and package replay through the same random clusters.
func TestDecisions(t *testing.T) {
	for _, run := range []struct {
		name  string
		zero  bool
		part  int // of ten
		seed  uint64
		gates replay.Controller
	}{
		{"1.37", true, 4, 1, replay.Controller{}},
		{"1.37 without HPAScaleToZero", false, 2, 2, replay.Controller{ScaleToZero: replay.Off}},
		{"1.37 with all flags 0", true, 2, 3, replay.Controller{Tolerance: ptr.To(0.0), DownscaleStabilization: ptr.To(time.Duration(0)), CPUInitialization: ptr.To(time.Duration(0)), InitialReadinessDelay: ptr.To(time.Duration(0))}},
		{"1.37 with other flags", true, 2, 4, replay.Controller{Tolerance: ptr.To(0.05), DownscaleStabilization: ptr.To(90*time.Second + 500*time.Millisecond), CPUInitialization: ptr.To(2 * time.Minute), InitialReadinessDelay: ptr.To(10*time.Second + time.Millisecond)}},
	} {
		t.Run(run.name, func(t *testing.T) {
			gate(t, features.HPAScaleToZero, run.zero)
			synctest.Test(t, func(t *testing.T) {
				compareRandom(t, decisions(t)*run.part/10, run.seed, run.gates)
			})
		})
	}
}

func gate(t *testing.T, f featuregate.Feature, on bool) {
	t.Helper()
	featuregatetesting.SetFeatureGateDuringTest(t, utilfeature.DefaultFeatureGate, f, on)
}

// compareRandom compares n decisions in eras; between them the controller restarts.
func compareRandom(t *testing.T, n int, seed uint64, r replay.Controller) {
	t.Helper()
	const subjects, era = 200, 150
	c := clock{time.Now()}
	clockwork := source{rand.New(rand.NewPCG(seed, 999))}
	all := make([]*subject, subjects)
	for i := range all {
		all[i] = newSubject(i, seed)
	}
	compared, tally := 0, tallies{}
	for compared < n {
		w := newWorld(t, r)
		for _, s := range all {
			s.enter(w, c)
			s.state.Restart()
		}
		for i := 0; i < era && compared < n; i++ {
			time.Sleep(clockwork.moment(15, 15, 15, 15, 15, 1, 30, 60, 240))
			for _, s := range all {
				d, err := s.sync(w, c, r, time.Since(c.start))
				if err != nil {
					w.stop()
					t.Fatalf("decision %d: %v", compared, err)
				}
				tally.add(d)
			}
			compared += len(all)
		}
		w.stop()
		// Every tenth subject gives way to a new one, for more autoscalers.
		for i := range all {
			if clockwork.oneIn(10) {
				all[i] = newSubject(i, seed+uint64(compared))
			}
		}
	}
	t.Logf("compared %d decisions: 0 differences\n%s", compared, tally)
	tally.check(t)
}
