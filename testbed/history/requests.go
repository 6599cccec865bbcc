package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/load"
)

// asked simulates the first container of a life and gives the requests a second
// to its pod by minute of the run.
func (h *History) asked(l *Life) (load.Run, func(i int64) float64, error) {
	c := l.Workload.Containers[0]
	lc, err := c.Load()
	if err != nil {
		return load.Run{}, nil, fmt.Errorf("%s/%s: %w", l, c.Name, err)
	}
	s := Resources(l, c)
	lc.CPULimit, lc.MemoryLimit = s.CPULimit, s.MemoryLimit
	key := load.Key{Seed: h.Plan.Seed, Namespace: l.Pod.Namespace, Workload: l.WorkloadName, Pod: l.Name, Container: c.Name}
	run, rate := load.Simulate(key, lc, l.From, l.To), l.Workload.Requests.Rate()
	return run, func(i int64) float64 {
		return rate(lc.Profile.CPUAt(key, run.From+i, math.MaxInt64), run.From+i)
	}, nil
}

// requests emits the counter of a pod that counts its own: nine of ten requests
// succeed.
func (w *writer) requests() {
	l, h := w.life, w.h
	if r := l.Workload.Requests; r == nil || r.Ingress {
		return
	}
	run, perSecond, err := h.asked(l)
	if err != nil {
		w.err = err
		return
	}
	from, to := h.clip(l.From, l.To)
	for i, t := range h.targets(l) {
		job := []string{"pods", "endpoints"}[i%2]
		if l.Namespace.Scrape == cluster.ScrapeReplicas {
			job = "pods"
		}
		base := []string{"__name__", l.Workload.Requests.Counter, "namespace", l.Pod.Namespace, "pod", l.Name, "job", job, "instance", l.IP + ":8080"}
		if at := slices.Index(t.labels, "prometheus_replica"); at >= 0 {
			base = with(base, t.labels[at:at+2]...)
		}
		for _, answer := range []struct {
			code  string
			share float64
		}{{"200", 0.9}, {"500", 0.1}} {
			times, values := h.counter(l, run, t, from, to, func(i int64) float64 { return perSecond(i) * answer.share }, 60)
			w.send(Series{Labels: with(base, "code", answer.code), Times: times, Values: values})
		}
	}
}

// ingresses emits what an ingress counts on its way to workloads' services.
func (h *History) ingresses(w *writer) {
	for i := range h.Spec.Namespaces {
		ns := &h.Spec.Namespaces[i]
		for j := range ns.Workloads {
			if wl := &ns.Workloads[j]; wl.Requests != nil && wl.Requests.Ingress {
				h.ingress(w, ns, wl)
			}
		}
	}
}

func (h *History) ingress(w *writer, ns *cluster.Namespace, wl *cluster.Workload) {
	perSecond, err := h.atIngress(ns, wl)
	if err != nil {
		w.err = err
		return
	}
	var times []int64
	var values []float64
	sum := 0.0
	for m := h.start; m < h.end; m++ {
		if !h.Down(m) {
			times, values = append(times, ConstantTime(m)), append(values, sum+perSecond(m)*ksmOffset)
		}
		sum += perSecond(m) * 60
	}
	w.send(Series{Times: times, Values: values, Labels: []string{
		"__name__", wl.Requests.Counter, "exported_namespace", ns.Name, "exported_service", wl.Name, "ingress", wl.Name, "status", "200",
		"namespace", "ingress", "service", "ingress-metrics", "pod", "ingress-0", "job", "ingress-metrics", "instance", "10.128.0.9:10254"}})
}

// atIngress gives the requests a second to all pods together by minute.
func (h *History) atIngress(ns *cluster.Namespace, wl *cluster.Workload) (func(minute int64) float64, error) {
	c := wl.Containers[0]
	lc, err := c.Load()
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", ns.Name, wl.Name, err)
	}
	key := load.Key{Seed: h.Plan.Seed, Namespace: ns.Name, Workload: wl.Name, Pod: "ingress", Container: c.Name}
	rate := wl.Requests.Rate()
	return func(m int64) float64 {
		return rate(float64(wl.Replicas)*lc.Profile.CPUAt(key, m, math.MaxInt64), m)
	}, nil
}

// requested gathers the requests to one workload.
type requested struct {
	RequestSummary
	minutes map[int64]bool // in which it was scraped
	sum     float64        // requests a second, over minutes
}

// addRequests takes the requests to one life's pod in.
func (s *Summaries) addRequests(l *Life) error {
	r := l.Workload.Requests
	if r == nil || r.Ingress {
		return nil
	}
	run, perSecond, err := s.h.asked(l)
	if err != nil {
		return err
	}
	q := s.request(l.Namespace, l.Workload)
	from, to := s.h.clip(l.From, l.To)
	for m := from; m < to; m++ {
		if i := m - run.From; run.Memory[i] > 0 && s.h.scraped(l.Namespace, m) {
			q.minutes[m] = true
			q.sum += perSecond(i)
		}
	}
	return nil
}

func (s *Summaries) request(ns *cluster.Namespace, w *cluster.Workload) *requested {
	q := s.requests[w]
	if q == nil {
		q = &requested{minutes: map[int64]bool{}, RequestSummary: RequestSummary{
			Namespace: ns.Name, Kind: w.Kind, Workload: w.Name, Counter: w.Requests.Counter, Millicores: w.Requests.Millicores()}}
		s.requests[w] = q
	}
	return q
}

// requestTruth finishes the requests; those at ingresses belong to no life.
func (s *Summaries) requestTruth() []RequestSummary {
	for i := range s.h.Spec.Namespaces {
		ns := &s.h.Spec.Namespaces[i]
		for j := range ns.Workloads {
			w := &ns.Workloads[j]
			if w.Requests == nil || !w.Requests.Ingress {
				continue
			}
			perSecond, err := s.h.atIngress(ns, w)
			if err != nil {
				continue // Series has said so
			}
			q := s.request(ns, w)
			for m := s.h.start; m < s.h.end; m++ {
				if !s.h.Down(m) {
					q.minutes[m] = true
					q.sum += perSecond(m)
				}
			}
		}
	}
	var out []RequestSummary
	for _, q := range s.requests {
		if n := len(q.minutes); n > 0 {
			q.PerSecond = q.sum / float64(n)
			out = append(out, q.RequestSummary)
		}
	}
	slices.SortFunc(out, func(a, b RequestSummary) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Workload, b.Workload))
	})
	return out
}
