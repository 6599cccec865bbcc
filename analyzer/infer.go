package analyzer

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Infer adds workloads that only the usage knows, so that a dump or an engine
// without any objects beside it can still be audited: their containers ask for
// what the newest day with a request says. A workload counts as past where
// others were seen on the window's last day and it was not. Where the snapshot
// has workloads of its own, only runs that are gone are added.
func (s *Snapshot) Infer() {
	if len(s.Workloads) > 0 {
		s.inferRuns()
		return
	}
	if len(s.Usage) == 0 {
		return
	}
	var newest int32
	for _, u := range s.Usage {
		if n := len(u.Days); n > 0 {
			newest = max(newest, u.Days[n-1].Date)
		}
	}
	at := map[Ref]int{}
	known := s.requestsKnown()
	for _, u := range s.Usage {
		i, ok := at[u.Ref]
		if !ok {
			i = len(s.Workloads)
			at[u.Ref] = i
			s.Workloads = append(s.Workloads, Workload{Ref: u.Ref, Past: true, Inferred: true})
		}
		w := &s.Workloads[i]
		w.Containers = append(w.Containers, u.infer(known))
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

// inferRuns adds batch workloads whose runs are all gone, objects and all: they
// ran within the window and are likely to run again. Of other workloads that
// are gone it is told that their usage is left out.
func (s *Snapshot) inferRuns() {
	known, added, requests := map[Ref]bool{}, map[Ref]int{}, s.requestsKnown()
	for i := range s.Workloads {
		known[s.Workloads[i].Ref] = true
	}
	var gone []string
	for _, u := range s.Usage {
		switch i, ok := added[u.Ref]; {
		case ok:
			s.Workloads[i].Containers = append(s.Workloads[i].Containers, u.infer(requests))
		case known[u.Ref]:
		case u.Batch():
			added[u.Ref] = len(s.Workloads)
			s.Workloads = append(s.Workloads, Workload{Ref: u.Ref, Inferred: true, Containers: []Container{u.infer(requests)}})
		case len(gone) == 0 || gone[len(gone)-1] != u.Ref.String():
			gone = append(gone, u.Ref.String())
		}
	}
	if len(gone) > 0 {
		s.Warnings = append(s.Warnings, Warning{
			Code: WarnUnmatched, Subject: "usage",
			Message: fmt.Sprintf("%d workloads were seen in the window and are not among the objects, so their usage is left out: %s", len(gone), examples(gone)),
		})
	}
}

// examples lists the first names.
func examples(names []string) string {
	const most = 3
	slices.Sort(names)
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

// requestsKnown reports whether the history has any container's requests: else
// none that lacks them can be said to have none.
func (s *Snapshot) requestsKnown() bool {
	for i := range s.Usage {
		for j := range s.Usage[i].Days {
			if d := &s.Usage[i].Days[j]; d.Requests != (Amounts{}) || d.Limits != (Amounts{}) {
				return true
			}
		}
	}
	return false
}

func (u *ContainerUsage) infer(requestsKnown bool) Container {
	c := Container{Name: u.Container, Type: TypeContainer, Unknown: !requestsKnown}
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
