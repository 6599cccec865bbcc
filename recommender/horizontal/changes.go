package horizontal

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// changes lists the fields that differ.
func (c *scaleCase) changes(r *advice.Advice, s Scaling) {
	from := c.told.Current
	add := func(field string, a, b int64) {
		if a != b {
			r.Changes = append(r.Changes, advice.Change{Field: field, From: a, To: b})
		}
	}
	if s.Kind == ScalingFixed {
		add("replicas", int64(from.Replicas), int64(s.Replicas))
		return
	}
	if c.best.zero != nil {
		c.zeroChanges(r, s)
		return
	}
	if s.Kind == ScalingScaledObject {
		c.scheduleChanges(r, s)
		return
	}
	add("hpa.minReplicas", int64(from.Min), int64(s.Min))
	add("hpa.maxReplicas", int64(from.Max), int64(s.Max))
	m, old := s.Metrics[0], analyzer.HPAMetric{}
	for i, f := range from.Metrics {
		if i == 0 && f.Name == m.Name {
			old = f
		} else {
			add(setting.TargetField(f), setting.TargetAmount(f), 0)
		}
	}
	if old.Type != m.Type {
		old.Target = 0
	}
	add(setting.TargetField(m), old.Target, m.Target)
	add("hpa.scaleDown.stabilizationWindowSeconds", downSeconds(from.Behavior), downSeconds(s.Behavior))
	add("hpa.scaleUp.tolerancePerMille", tolerance(from.Behavior, true), tolerance(s.Behavior, true))
	add("hpa.scaleDown.tolerancePerMille", tolerance(from.Behavior, false), tolerance(s.Behavior, false))
	for i := range c.w.Containers {
		k := &c.w.Containers[i]
		if v, ok := s.RequestCPU[k.Name]; ok {
			add("containers."+k.Name+".requests.cpu", k.Requests.CPU, v)
		}
	}
}

// scheduleChanges lists the fields of the new ScaledObject.
func (c *scaleCase) scheduleChanges(r *advice.Advice, s Scaling) {
	r.Changes = append(r.Changes,
		advice.Change{Field: "scaledObject.cron.desiredReplicas", From: int64(c.told.Current.Replicas), To: int64(s.Schedules[0].Replicas)},
		advice.Change{Field: "scaledObject.maxReplicaCount", From: int64(c.told.Current.Max), To: int64(s.Max)})
	scaledObjectTargets(r, s)
	for i := range c.w.Containers {
		k := &c.w.Containers[i]
		if v, ok := s.RequestCPU[k.Name]; ok && v != k.Requests.CPU {
			r.Changes = append(r.Changes, advice.Change{Field: "containers." + k.Name + ".requests.cpu", From: k.Requests.CPU, To: v})
		}
	}
}

func downSeconds(b *analyzer.HPABehavior) int64 {
	if b == nil || b.Down == nil || b.Down.StabilizationSeconds == nil {
		return 0
	}
	return int64(*b.Down.StabilizationSeconds)
}

// tolerance is an HPA's own in thousandths, 0 where it has none.
func tolerance(b *analyzer.HPABehavior, up bool) int64 {
	if b == nil {
		return 0
	}
	s := b.Down
	if up {
		s = b.Up
	}
	if s == nil || s.ToleranceMilli == nil {
		return 0
	}
	return *s.ToleranceMilli
}
