package kube

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Metrics is what metrics-server last saw of containers, one value for each.
type Metrics []ContainerMetrics

// ContainerMetrics is one container's usage: the CPU's mean over Window, the
// memory at its end.
type ContainerMetrics struct {
	Namespace, Pod, Container string
	Time                      time.Time // the end of the window
	Window                    time.Duration
	CPU                       float64 // millicores
	Memory                    float64 // bytes
}

// Metrics reads what the containers of the given namespaces, or of all, use
// now, from the metrics API (metrics-server, or what stands in for it). A
// metrics API that is absent, refused or unwell gives warnings, since nothing
// but usage is lost; the error is only the context's.
func (c *Client) Metrics(ctx context.Context, namespaces []string) (Metrics, []analyzer.Warning, error) {
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	var m Metrics
	var warnings []analyzer.Warning
	var refused []string
	for _, ns := range namespaces {
		err := c.list(ctx, podMetrics(), ns, query{}, func(page runtime.Object) error { return m.add(page, time.Now().UTC()) })
		if forbidden(err) {
			refused = append(refused, ns)
		} else if err != nil {
			warnings = append(warnings, metricsWarning(podMetrics().Right, err))
			break // the other namespaces fare no better
		}
	}
	if len(refused) > 0 {
		r := podMetrics().Right
		warnings = append(warnings, analyzer.Warning{
			Code: analyzer.WarnForbidden, Subject: "list " + r.name(), Message: r.missing("list", places(refused)),
		})
	}
	return m, warnings, ended(ctx)
}

// fillNodes notes what the nodes use now. It is good to know and no more, so
// nothing is said where the metrics API is not there.
func (c *Client) fillNodes(ctx context.Context, s *analyzer.Snapshot) error {
	if len(s.Nodes) == 0 {
		return nil
	}
	usage := map[string]analyzer.Amounts{}
	err := c.list(ctx, nodeMetrics(), "", query{}, func(page runtime.Object) error {
		for _, n := range page.(*metricsv1beta1.NodeMetricsList).Items {
			usage[n.Name] = analyzer.Amounts{CPU: n.Usage.Cpu().MilliValue(), Memory: n.Usage.Memory().Value()}
		}
		return nil
	})
	if forbidden(err) {
		r := nodeMetrics().Right
		s.Warnings = append(s.Warnings, analyzer.Warning{
			Code: analyzer.WarnForbidden, Subject: "list " + r.name(), Message: r.missing("list", clusterWide),
		})
	}
	for i := range s.Nodes {
		s.Nodes[i].Usage = usage[s.Nodes[i].Name]
	}
	return ended(ctx)
}

// metricsWarning words what is wrong with the metrics API.
func metricsWarning(r Right, err error) analyzer.Warning {
	w := analyzer.Warning{Code: analyzer.WarnUnreachable, Subject: "list " + r.name()}
	switch {
	case apierrors.IsNotFound(err):
		w.Code = analyzer.WarnMissing
		w.Message = "the metrics API (metrics.k8s.io) is not served: " + r.Lost + "; install metrics-server, or give --prometheus"
	case apierrors.IsServiceUnavailable(err):
		w.Message = "metrics-server does not answer (503): " + r.Lost + "; look at its pods and at: kubectl get apiservice v1beta1.metrics.k8s.io"
	default:
		w.Code = analyzer.WarnUnread // it was there and broke off
		_, problem, advice := diagnose(err)
		w.Message = problem + ": " + r.Lost + "; " + advice
	}
	return w
}

// oldest is how far a reading's time may be from now. metrics-server keeps the last
// minutes alone; the rest of it is clocks that differ.
const oldest = time.Hour

// add keeps a page that was read now. A reading without a time, or of one that
// cannot be, is of that moment: it is what its pod uses now, and no history.
func (m *Metrics) add(page runtime.Object, now time.Time) error {
	for _, p := range page.(*metricsv1beta1.PodMetricsList).Items {
		if p.Timestamp.Before(&metav1.Time{Time: now.Add(-oldest)}) || p.Timestamp.After(now.Add(oldest)) {
			p.Timestamp.Time = now
		}
		if p.Window.Duration < 0 || p.Window.Duration > oldest {
			p.Window.Duration = 0
		}
		for _, c := range p.Containers {
			*m = append(*m, ContainerMetrics{
				Namespace: p.Namespace, Pod: p.Name, Container: c.Name, Time: p.Timestamp.Time, Window: p.Window.Duration,
				CPU: 1000 * exact(c.Usage, corev1.ResourceCPU), Memory: exact(c.Usage, corev1.ResourceMemory),
			})
		}
	}
	return nil
}

// exact keeps the nanocores, which an idle container's usage is made of.
func exact(list corev1.ResourceList, name corev1.ResourceName) float64 {
	q, ok := list[name]
	if !ok {
		q = resource.Quantity{}
	}
	return q.AsApproximateFloat64()
}

// FillUsage puts the containers' readings into a snapshot as its usage, and
// says by the snapshot's window and a warning that they are one moment, not a
// history. Readings of pods that the snapshot does not have are left out.
func (m Metrics) FillUsage(s *analyzer.Snapshot) {
	window, ok := m.window()
	if !ok {
		return // Metrics has said why
	}
	s.Window = window
	rec := analyzer.NewRecorder(window)
	seen := m.record(s, rec)
	s.Usage = rec.Usage()
	s.Sources = append(s.Sources, analyzer.Source{Kind: "metrics-server", Name: s.Cluster, Reads: "usage"})
	s.Warnings = append(s.Warnings, analyzer.Warning{
		Code: analyzer.WarnNoHistory, Subject: "usage",
		Message: "usage is what metrics-server sees at one moment, not a history: peaks, nights and weekends are unknown; give --prometheus URL",
	})
	if without, running := unseen(s, seen); without > 0 {
		s.Warnings = append(s.Warnings, analyzer.Warning{
			Code: analyzer.WarnPartial, Subject: "pods.metrics.k8s.io",
			Message: fmt.Sprintf("metrics-server has no reading of %d of %d running pods; a pod has one about a minute after its start, and none while its kubelet does not answer", without, running),
		})
	}
}

// window spans the readings: it ends with the last of them, and is as long as
// the longest is.
func (m Metrics) window() (w analyzer.Window, ok bool) {
	for _, c := range m {
		if c.Time.After(w.End) {
			w.End = c.Time.UTC()
		}
		w.Step = max(w.Step, c.Window)
	}
	w.Step = max(w.Step, time.Second)
	w.Start, w.Moment = w.End.Add(-w.Step), true
	return w, len(m) > 0
}

// podName is a pod's namespace and name.
type podName struct{ namespace, name string }

// record hands the readings over and gives the pods that had one.
func (m Metrics) record(s *analyzer.Snapshot, rec *analyzer.Recorder) map[podName]bool {
	owners := map[podName]analyzer.Ref{}
	roles := &analyzer.Owners{}
	for i := range s.Workloads {
		roles.AddWorkload(&s.Workloads[i])
		for _, p := range s.Workloads[i].Pods {
			owners[podName{s.Workloads[i].Namespace, p.Name}] = s.Workloads[i].Ref
		}
	}
	seen := map[podName]bool{}
	for _, c := range m {
		pod := podName{c.Namespace, c.Pod}
		ref, ok := owners[pod]
		if !ok {
			continue // outside the selection, or begun since the pods were read
		}
		seen[pod] = true
		series := rec.Pod(ref, roles.Container(ref, c.Pod, c.Container))
		series.CPU(c.Time.UnixMilli(), c.CPU)
		series.Memory(c.Time.UnixMilli(), c.Memory)
		series.Close()
	}
	return seen
}

func unseen(s *analyzer.Snapshot, seen map[podName]bool) (without, running int) {
	for _, w := range s.Workloads {
		for _, p := range w.Pods {
			if p.Phase != string(corev1.PodRunning) {
				continue
			}
			running++
			if !seen[podName{w.Namespace, p.Name}] {
				without++
			}
		}
	}
	return without, running
}
