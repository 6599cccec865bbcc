package analyzer

import "math"

// Infer adds workloads that only the usage knows, so that a dump or an engine
// without any objects beside it can still be audited: their containers ask for
// what the newest day with a request says. A workload counts as past where
// others were seen on the window's last day and it was not. Infer does nothing
// where the snapshot has workloads of its own.
func (s *Snapshot) Infer() {
	if len(s.Workloads) > 0 || len(s.Usage) == 0 {
		return
	}
	var newest int32
	for _, u := range s.Usage {
		if n := len(u.Days); n > 0 {
			newest = max(newest, u.Days[n-1].Date)
		}
	}
	at := map[Ref]int{}
	for _, u := range s.Usage {
		i, ok := at[u.Ref]
		if !ok {
			i = len(s.Workloads)
			at[u.Ref] = i
			s.Workloads = append(s.Workloads, Workload{Ref: u.Ref, Past: true})
		}
		w := &s.Workloads[i]
		w.Containers = append(w.Containers, u.infer())
		if n := len(u.Days); n > 0 && u.Days[n-1].Date == newest {
			w.Past = false
			w.Replicas = max(w.Replicas, lastPods(u.Days[n-1]))
		}
	}
	s.Warnings = append(s.Warnings, Warning{
		Code: WarnMissing, Subject: "objects",
		Message: "workloads were inferred from usage alone: limits, autoscalers and nodes are not known; give --objects for them",
	})
}

func (u *ContainerUsage) infer() Container {
	c := Container{Name: u.Container, Type: TypeContainer}
	for i := len(u.Days) - 1; i >= 0; i-- {
		if d := u.Days[i]; d.Requests != (Amounts{}) || d.Limits != (Amounts{}) {
			c.Requests, c.Limits = d.Requests, d.Limits
			break
		}
	}
	return c
}

// lastPods is the number of pods in the last hour of the day that saw any.
func lastPods(d Day) int32 {
	for i := len(d.Hours) - 1; i >= 0; i-- {
		if p := d.Hours[i].Pods; p > 0 {
			return int32(math.Ceil(float64(p) - 0.5))
		}
	}
	return 0
}
