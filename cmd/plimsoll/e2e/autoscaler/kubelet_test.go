//go:build e2e

package autoscaler_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// kubelet is the load on all pods and the endpoint at which metrics-server reads it. A service's
// demand is split evenly over its ready pods, of which each serves at most its capacity, as the
// workload model of package replay has it; the container's CPU counter is the integral of that.
type kubelet struct {
	mu       sync.Mutex
	start    time.Time // of the loads; before it their first step goes on
	counted  time.Time // how far the counters are
	services map[string]*service
	scrapes  []scrape
}

// service is a workload's load and its pods.
type service struct {
	load     replay.Curve
	capacity int64
	sidecar  bool
	pods     map[string]*running
}

// running is a pod that has started.
type running struct {
	started time.Time
	ready   bool
	served  float64 // millicore-seconds
}

// scrape is what metrics-server has read: nanocore-seconds by pod and container.
type scrape struct {
	at  time.Time
	cpu map[string]map[string]uint64
}

// What a pod uses besides its share of the demand, in millicores: a sidecar always, and the container
// that serves while it starts.
const (
	sidecarCPU = 40
	startCPU   = 250
)

// observe takes note of a pod as the API server has it; a pod that is gone is nil.
func (k *kubelet) observe(serviceName, name string, pod *corev1.Pod, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.services[serviceName]
	if !ok {
		return
	}
	k.count(now)
	if pod == nil {
		delete(s.pods, name)
		return
	}
	if pod.Status.Phase != corev1.PodRunning {
		return
	}
	p := s.pods[name]
	if p == nil {
		// A counter that is 0 is no sample to metrics-server.
		p = &running{started: now, served: 1}
		s.pods[name] = p
	}
	p.ready = pod.DeletionTimestamp == nil && isReady(pod)
}

// begin starts the loads.
func (k *kubelet) begin(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count(now)
	k.start = now
}

// count moves the counters on to now.
func (k *kubelet) count(now time.Time) {
	for _, s := range k.services {
		s.count(k.counted.Sub(k.start), now.Sub(k.start))
	}
	k.counted = now
}

func (s *service) count(from, to time.Duration) {
	n := int64(0)
	for _, p := range s.pods {
		if p.ready {
			n++
		}
	}
	each := s.share(n, from, to)
	for _, p := range s.pods {
		if p.ready {
			p.served += each
		} else {
			p.served += startCPU * (to - from).Seconds()
		}
	}
}

// share is what each of n pods serves from one time to another, in millicore-seconds.
func (s *service) share(n int64, from, to time.Duration) float64 {
	var sum float64
	for n > 0 && from < to {
		step := min(max(0, int(from/s.load.Step)), len(s.load.Demand)-1)
		until := to
		if edge := time.Duration(step+1) * s.load.Step; edge > from && step < len(s.load.Demand)-1 {
			until = min(to, edge)
		}
		sum += min(float64(s.load.Demand[step])/float64(n), float64(s.capacity)) * (until - from).Seconds()
		from = until
	}
	return sum
}

// ServeHTTP is /metrics/resource of the only node.
func (k *kubelet) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now().Truncate(time.Millisecond)
	k.count(now)
	taken := scrape{at: now, cpu: map[string]map[string]uint64{}}
	for _, name := range slices.Sorted(maps.Keys(k.services)) {
		s := k.services[name]
		for pod, p := range s.pods {
			seconds := map[string]float64{"app": p.served / 1000}
			if s.sidecar {
				seconds["proxy"] = sidecarCPU * (now.Sub(p.started).Seconds() + 1) / 1000
			}
			taken.cpu[pod] = map[string]uint64{}
			for c, v := range seconds {
				labels := fmt.Sprintf(`{container=%q,pod=%q,namespace=%q}`, c, pod, namespace)
				text := strconv.FormatFloat(v, 'f', 9, 64)
				fmt.Fprintf(w, "container_start_time_seconds%s %d.%03d\n", labels, p.started.Unix(), p.started.UnixMilli()%1000)
				fmt.Fprintf(w, "container_cpu_usage_seconds_total%s %s %d\n", labels, text, now.UnixMilli())
				fmt.Fprintf(w, "container_memory_working_set_bytes%s 67108864 %d\n", labels, now.UnixMilli())
				exact, _ := strconv.ParseFloat(text, 64)
				taken.cpu[pod][c] = uint64(exact * 1e9)
			}
		}
	}
	k.scrapes = append(k.scrapes, taken)
}

// usage is the CPU that metrics-server must make of the load for a pod's sample, in nanocores by
// container: the increase between the two scrapes that the sample names, over the time between them.
func (k *kubelet) usage(sample metricsapi.PodMetrics) (map[string]int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, last := range k.scrapes {
		if !last.at.Truncate(time.Second).Equal(sample.Timestamp.Time) {
			continue // the API has whole seconds; scrapes are ten apart
		}
		for _, first := range k.scrapes {
			window := last.at.Sub(first.at)
			if window != sample.Window.Duration {
				continue
			}
			out := map[string]int64{}
			for c, v := range last.cpu[sample.Name] {
				out[c] = int64(float64(v-first.cpu[sample.Name][c]) / window.Seconds())
			}
			return out, nil
		}
	}
	return nil, fmt.Errorf("the sample of %s at %s over %s is of no scrape", sample.Name, sample.Timestamp, sample.Window.Duration)
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
