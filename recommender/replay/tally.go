package replay

import (
	"errors"
	"fmt"
	"time"
)

var (
	errNoPods    = errors.New("no pods match the selector")
	errNoMetrics = errors.New("no metrics for the targeted pods (pods might be unready)")
)

// tally is what is left of the pods after grouping, for one per-pod metric. The controller keeps
// maps by pod name; sums are enough because all it does with them is add up and count.
type tally struct {
	// samples counts the metric's entries: ready pods that have one, and strays.
	samples int
	usage   int64 // of all samples; of those with a known request for Utilization
	request int64 // of the samples that belong to a pod
	ready   int   // pods neither ignored, unready nor missing
	missing int
	// missingRequest is the missing pods' request; missingUsage what is assumed of them when
	// scaling down.
	missingRequest, missingUsage int64
	unready                      int
	unreadyRequest               int64
}

// group is where the controller puts a pod.
type group int8

const (
	groupIgnored group = iota
	groupUnready
	groupMissing
	groupReady
)

func (s *spec) group(p *Pod, sampled bool, resource Resource, u *Usage, now time.Duration) group {
	switch {
	case p.Deleting || p.Phase == Failed:
		return groupIgnored
	case p.Phase == Pending:
		return groupUnready
	case !sampled:
		return groupMissing
	case resource == CPU && s.cpuUnready(p, u, now):
		return groupUnready
	default:
		return groupReady
	}
}

// cpuUnready tells whether a pod's CPU sample is left out because the pod still starts.
func (s *spec) cpuUnready(p *Pod, u *Usage, now time.Duration) bool {
	if p.Ready == NoReadyCondition || !p.Started {
		return true
	}
	if p.StartAt+s.cpuInitialization > now {
		return p.Ready == ReadyFalse || u.At < p.ReadyAt+u.Window
	}
	return p.Ready == ReadyFalse && p.StartAt+s.readinessDelay > p.ReadyAt
}

func (t *tally) add(g group, usage, request, assumed int64) {
	switch g {
	case groupUnready:
		t.unready++
		t.unreadyRequest += request
	case groupMissing:
		t.missing++
		t.missingRequest += request
		t.missingUsage += assumed
	case groupReady:
		t.ready++
		t.samples++
		t.usage += usage
		t.request += request
	}
}

// resourceTally groups the pods for a Resource or ContainerResource metric.
func (s *spec) resourceTally(m *Metric, o *Observation, now time.Duration) (tally, error) {
	var t tally
	if o.UsageErr != nil {
		return t, o.UsageErr
	}
	if len(o.Pods) == 0 {
		return t, errNoPods
	}
	var requestErr error
	for i := range o.Pods {
		p := &o.Pods[i]
		var value, request, assumed int64
		var sampled bool
		if p.Usage != nil {
			var err error
			if value, sampled, err = s.sample(m, p.Usage); err != nil {
				return t, err
			}
		}
		if m.TargetKind == Utilization {
			var err error
			if request, err = s.request(m, p); err != nil && requestErr == nil {
				requestErr = fmt.Errorf("pod %d: %w", i, err)
			}
			assumed = request * int64(max(100, int32(m.Target))) / 100
		} else {
			assumed = m.Target
		}
		t.add(s.group(p, sampled, m.Resource, p.Usage, now), value, request, assumed)
	}
	if err := s.addStrays(&t, m, o.Strays); err != nil {
		return t, err
	}
	if t.samples == 0 {
		return t, errNoMetrics
	}
	return t, requestErr
}

// addStrays counts samples of pods that are gone. A utilization leaves their usage out, since it
// knows no request for them, yet counts them as pods when it adjusts for missing ones.
func (s *spec) addStrays(t *tally, m *Metric, strays []Usage) error {
	for i := range strays {
		value, sampled, err := s.sample(m, &strays[i])
		if err != nil {
			return err
		}
		if !sampled {
			continue
		}
		t.samples++
		if m.TargetKind != Utilization {
			t.usage += value
		}
	}
	return nil
}

// sample is a pod's value of a resource metric, and whether it has one.
func (s *spec) sample(m *Metric, u *Usage) (int64, bool, error) {
	if m.Kind == ContainerResourceMetric {
		for i := range u.Containers {
			if u.Containers[i].Name == m.Container {
				v, ok := u.Containers[i].Amounts[m.Resource]
				return v, ok, nil
			}
		}
		if s.minor < minorMissingContainers {
			return 0, false, fmt.Errorf("container %s is not in the metrics of every pod", m.Container)
		}
		return 0, false, nil
	}
	var sum int64
	for i := range u.Containers {
		v, ok := u.Containers[i].Amounts[m.Resource]
		if !ok {
			return 0, false, nil
		}
		sum += v
	}
	return sum, len(u.Containers) > 0, nil
}

// request is the request a pod's utilization is measured against.
func (s *spec) request(m *Metric, p *Pod) (int64, error) {
	named := m.Kind == ContainerResourceMetric
	if !named && s.podLevel && len(p.PodRequests) > 0 {
		v, ok := p.PodRequests[m.Resource]
		if !ok {
			return 0, fmt.Errorf("no pod-level request for %s", m.Resource)
		}
		return v, nil
	}
	var sum int64
	for i := range p.Containers {
		c := &p.Containers[i]
		if named && c.Name != m.Container || c.Sidecar && s.minor < minorSidecars {
			continue
		}
		v, ok := c.Requests[m.Resource]
		if !ok {
			return 0, fmt.Errorf("container %s has no request for %s", c.Name, m.Resource)
		}
		sum += v
		if named {
			return sum, nil
		}
	}
	if named {
		return 0, fmt.Errorf("no container %s", m.Container)
	}
	return sum, nil
}

// podsTally groups the pods for a Pods metric.
func (s *spec) podsTally(m *Metric, o *Observation, r *Reading, now time.Duration) (tally, error) {
	var t tally
	if r.Err != nil {
		return t, r.Err
	}
	if len(o.Pods) == 0 {
		return t, errNoPods
	}
	for i := range o.Pods {
		var sample Sample
		if i < len(r.Pods) {
			sample = r.Pods[i]
		}
		t.add(s.group(&o.Pods[i], sample.Present, "", nil, now), sample.Value, 0, m.Target)
	}
	for _, v := range r.Strays {
		t.samples++
		t.usage += v
	}
	if t.samples == 0 {
		return t, errNoMetrics
	}
	return t, nil
}
