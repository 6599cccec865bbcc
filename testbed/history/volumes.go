package history

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
)

// fileSystem is the part of a disk that its file system gives.
const fileSystem = 0.984

// volume is a claim's volume that a pod mounts.
type volume struct {
	claim    string
	capacity float64
	held     float64 // at the history's end
	grows    float64 // a minute
	h        *History
	key      string
}

// volumes are those that the pod of a life mounts.
func (h *History) volumes(l *Life) []volume {
	var all []volume
	for i := range l.Workload.Volumes {
		v := &l.Workload.Volumes[i]
		claim := l.Workload.ClaimName(v, l.Name)
		key := l.Pod.Namespace + "/" + claim
		all = append(all, volume{claim: claim, key: key, h: h, capacity: math.Floor(cluster.Bytes(v.Size) * fileSystem),
			held: cluster.Bytes(v.Held) * (1 - 0.08*h.part("volume", key)), grows: cluster.Bytes(v.Grows) / 1440})
	}
	return all
}

// used is what it holds at a minute, in whole blocks: more from day to day, and
// a little more or less from hour to hour.
func (v *volume) used(minute int64) float64 {
	hour := math.Sin(float64(v.h.hash(v.key)%1000) + float64(minute/60)*2.4)
	held := v.held - v.grows*float64(v.h.end-minute)
	return 4096 * math.Floor(math.Max(0, math.Min(v.capacity, held*(1+0.01*hour)))/4096)
}

// mounted is a volume on one node: pods that mounted it there one after the
// other are one series.
type mounted struct {
	volume
	life    *Life // any of the pods
	minutes []bool
}

// mounts are the volumes by node, as kubelets saw them.
func (h *History) mounts() []*mounted {
	var all []*mounted
	index := map[[2]string]*mounted{}
	for _, l := range h.Lives {
		for _, v := range h.volumes(l) {
			m := index[[2]string{v.key, l.Node}]
			if m == nil {
				m = &mounted{volume: v, life: l, minutes: make([]bool, h.end-h.start)}
				index[[2]string{v.key, l.Node}] = m
				all = append(all, m)
			}
			from, to := h.clip(l.From, l.To)
			for at := from; at < to; at++ {
				m.minutes[at-h.start] = true
			}
		}
	}
	return all
}

// volumeStats emits what kubelets say of the volumes that pods mount. It comes from
// their own metrics, which one job scrapes, and not from those of containers.
func (h *History) volumeStats(w *writer) {
	for _, m := range h.mounts() {
		for _, t := range h.targets(m.life) {
			if at := slices.Index(t.labels, "/metrics/cadvisor"); at > 0 {
				t.labels = slices.Clone(t.labels)
				t.labels[at] = "/metrics"
				m.emit(w, t)
			}
		}
	}
}

func (m *mounted) emit(w *writer, t target) {
	var times []int64
	var used, available, capacity []float64
	for i, is := range m.minutes {
		at := m.h.start + int64(i)
		if is && m.h.scraped(m.life.Namespace, at) && !t.missed(at) {
			x := m.used(at)
			times, used = append(times, (at*60+t.offset)*1000), append(used, x)
			available, capacity = append(available, m.capacity-x), append(capacity, m.capacity)
		}
	}
	labels := with([]string{"namespace", m.life.Pod.Namespace, "persistentvolumeclaim", m.claim}, t.labels...)
	w.send(Series{Labels: with(labels, "__name__", "kubelet_volume_stats_used_bytes"), Times: times, Values: used})
	w.send(Series{Labels: with(labels, "__name__", "kubelet_volume_stats_available_bytes"), Times: times, Values: available})
	w.send(Series{Labels: with(labels, "__name__", "kubelet_volume_stats_capacity_bytes"), Times: times, Values: capacity})
}

// VolumeSummary is what a claim's volume held in the history, in bytes.
type VolumeSummary struct {
	Namespace string  `json:"namespace"`
	Claim     string  `json:"claim"`
	Capacity  float64 `json:"capacity"`
	Max       float64 `json:"max"` // at any scrape
}

// addVolumes takes the volumes of one life in.
func (s *Summaries) addVolumes(l *Life) {
	from, to := s.h.clip(l.From, l.To)
	for _, v := range s.h.volumes(l) {
		q := s.volumes[v.key]
		if q == nil {
			q = &VolumeSummary{Namespace: l.Pod.Namespace, Claim: v.claim, Capacity: v.capacity}
			s.volumes[v.key] = q
		}
		for m := from; m < to; m++ {
			if s.h.scraped(l.Namespace, m) {
				q.Max = math.Max(q.Max, v.used(m))
			}
		}
	}
}

// volumeTruth lists the volumes by claim.
func (s *Summaries) volumeTruth() []VolumeSummary {
	var out []VolumeSummary
	for _, v := range s.volumes {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b VolumeSummary) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Claim, b.Claim))
	})
	return out
}
