package horizontal

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/slow"
)

// abstain gives the reason for which nothing can be said, or "".
func (c *scaleCase) abstain() string {
	return cmp.Or(c.notOurs(), c.tooLittle())
}

// notOurs gives the reason for which something else decides the replicas, or "".
func (c *scaleCase) notOurs() string {
	w := c.w
	switch {
	case w.Replicas == 0:
		return "it stands at zero replicas"
	case c.pass.Cluster.Idle(w.Ref):
		return "it was idle for the whole window: where nothing waits for it, remove it rather than rescale it"
	case w.HasRoles():
		return "its pods are of several roles, which one number of replicas does not scale"
	case len(w.HPAs) == 1 && c.deadBy() != "":
		return c.deadBy()
	case w.PodLevel.CPU > 0:
		return fmt.Sprintf("its pods request %dm of CPU as a whole (spec.resources), by which no replicas and no target are worked out", w.PodLevel.CPU)
	case w.AddOn() && !c.pass.Options.IncludeSystem:
		return "the provider installs and scales this add-on; --include-system advises on it all the same"
	case w.ClusterDNS():
		return "the replicas of the cluster's DNS go by its nodes and cores, as its proportional autoscaler or its provider counts them"
	case c.hpa != nil && c.hpa.ManagedBy == "keda":
		return cmp.Or(c.notJudged(), bounds.LongWork(w))
	}
	return cmp.Or(c.notReplayed(), bounds.LongWork(w))
}

// notReplayed gives the reason for which its HPAs cannot be replayed, or "".
func (c *scaleCase) notReplayed() string {
	switch {
	case len(c.w.HPAs) > 1:
		return fmt.Sprintf("%d HPAs scale this workload: remove all but one first", len(c.w.HPAs))
	case bounds.SeveralCPU(c.hpa):
		return fmt.Sprintf("HPA %s scales on the CPU of more than one of a pod's parts at once, which is not replayed", c.hpa.Name)
	case c.hpa != nil && c.hpa.Min > setting.MostReplicas:
		return fmt.Sprintf("HPA %s keeps %d pods or more: no more than %d are replayed", c.hpa.Name, c.hpa.Min, setting.MostReplicas)
	case c.otherMetric() != "":
		return fmt.Sprintf("HPA %s also scales on %s, of which the snapshot has no history", c.hpa.Name, c.otherMetric())
	}
	return ""
}

// tooLittle gives the reason for which the load teaches nothing, or "".
func (c *scaleCase) tooLittle() string {
	n := len(c.curve.CPU)
	switch {
	case c.pass.Facts.Snapshot.Window.Moment:
		return "no history: a replay needs days of load"
	case n == 0:
		return "no CPU load was recorded in the window"
	case c.curve.Seen < leastLoad:
		return fmt.Sprintf("too little data: %.1f of at least %d days of load", float64(c.curve.Seen)/288, leastLoad/288)
	case float64(c.curve.Seen) < leastCoverage*float64(n):
		return fmt.Sprintf("load was seen only %.0f %% of the time", 100*float64(c.curve.Seen)/float64(n))
	case c.sizes[0].metric == 0:
		return "its containers have no CPU request, and right-sizing advises none"
	case !c.largeEnough():
		return c.tooSmall()
	}
	return ""
}

func (c *scaleCase) tooSmall() string {
	return fmt.Sprintf("a pod's CPU request is %dm: below %dm a percentage of it is noise; raise it before anything scales on it", c.sizes[0].metric, leastScaledRequest)
}

// scalesOnNoise reports whether the HPA divides by too small a request, which keeps it
// from being right as it is.
func (c *scaleCase) scalesOnNoise() bool {
	return c.hpa != nil && c.sizes[0].metric < leastScaledRequest && slices.ContainsFunc(c.hpa.Metrics, func(m analyzer.HPAMetric) bool {
		return m.Name == "cpu" && m.TargetType == "Utilization"
	})
}

// deadBy gives the reason for which an HPA gets no value at all, or "": a
// container that it counts was injected without the request it divides by.
func (c *scaleCase) deadBy() string {
	w := c.w
	for _, m := range w.HPAs[0].Metrics {
		if m.TargetType != "Utilization" || m.Type != "Resource" || setting.DividesByPod(c.pass, w, m) {
			continue
		}
		for i := range w.Containers {
			c := &w.Containers[i]
			lacks := m.Name == "cpu" && c.Requests.CPU == 0 || m.Name == "memory" && c.Requests.Memory == 0
			if c.Injected && c.Type != analyzer.TypeInit && lacks {
				return fmt.Sprintf("HPA %s gets no value: container %s was injected without a %s request; set it by %s", w.HPAs[0].Name, c.Name, m.Name, c.SetWhere())
			}
		}
	}
	return ""
}

// largeEnough reports whether a size's request is one to scale on.
func (c *scaleCase) largeEnough() bool {
	return slices.ContainsFunc(c.sizes, func(s podSize) bool { return s.metric >= leastScaledRequest })
}

// otherMetric names a metric of the HPA that is neither CPU nor memory nor a
// request rate in the snapshot, or "".
func (c *scaleCase) otherMetric() string {
	if c.hpa == nil {
		return ""
	}
	for _, m := range c.hpa.Metrics {
		if isMemory(m) || c.rate != nil && c.rate.serves(m) {
			continue
		}
		if m.Name != "cpu" || m.Type != "Resource" && m.Type != "ContainerResource" {
			return m.Name
		}
	}
	return ""
}

// unsafe gives the reason for which another number of replicas may not be safe
// for a workload that nothing scales yet, or "".
func (c *scaleCase) unsafe() string {
	w := c.w
	switch {
	case c.hpa != nil && c.hpa.Max <= 1:
		return fmt.Sprintf("HPA %s allows one pod, and nothing shows that a second is safe", c.hpa.Name)
	case c.hpa != nil:
		return ""
	case w.Kind == "StatefulSet":
		return "a StatefulSet's replicas may hold data or votes: their number is not for a load curve to say"
	case w.Replicas < 2 && slices.Max(c.curve.Pods) < 1.5:
		return "it runs one replica, and nothing shows that a second is safe"
	case slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return len(p.Spec.Claims) > 0 }):
		return "its pods hold persistent volumes, so that more of them may not be safe"
	case !bounds.SpreadEvenly(w):
		return "its pods share the load unevenly, so that another pod may not take a share"
	case slow.Unlike(slow.Followed(w, c.container)) > jobByJob:
		return "at the same moment some of its pods are busy and others idle, as with jobs that each pod takes alone: a scale-in would cut one off, and another pod takes no share"
	}
	return ""
}

// jobByJob is the coefficient of variation of the pods' load at one moment above which
// they are not taken for equals behind one load balancer: a third of them idle, and
// the others as busy as they get.
const jobByJob = 0.75
