package snapshot

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// check refuses what no collection gives and what the analysis relies on.
func check(s *analyzer.Snapshot) error {
	w := s.Window
	if !w.Moment && !w.End.After(w.Start) || w.Step < 0 {
		return fmt.Errorf("the snapshot is damaged: its window from %s to %s with step %s cannot be", w.Start, w.End, w.Step)
	}
	if err := checkNodes(s.NodeHistory); err != nil {
		return fmt.Errorf("the snapshot is damaged: history of nodes: %w", err)
	}
	for i := range s.Usage {
		if err := checkDays(s.Usage[i].Days); err != nil {
			return fmt.Errorf("the snapshot is damaged: usage of %q, container %q: %w", clip(s.Usage[i].Ref.String()), clip(s.Usage[i].Container), err)
		}
	}
	for i := range s.Requests {
		r := &s.Requests[i]
		for j := 1; j < len(r.Days); j++ {
			if r.Days[j].Date <= r.Days[j-1].Date {
				return fmt.Errorf("the snapshot is damaged: requests of %q, counter %q: day %d comes after day %d", clip(r.Ref.String()), clip(r.Counter), r.Days[j].Date, r.Days[j-1].Date)
			}
		}
	}
	return nil
}

func checkNodes(h *analyzer.NodeHistory) error {
	if h == nil {
		return nil
	}
	for i := 1; i < len(h.Hours); i++ {
		if h.Hours[i] <= h.Hours[i-1] {
			return fmt.Errorf("hour %d comes after hour %d", h.Hours[i], h.Hours[i-1])
		}
	}
	for name, n := range h.Stayed {
		if !(n >= 0 && n <= float64(len(h.Hours))) {
			return fmt.Errorf("node %s was there in %v of %d hours", name, n, len(h.Hours))
		}
	}
	for i := range h.Kinds {
		k := &h.Kinds[i]
		if len(k.Count) != len(h.Hours) {
			return fmt.Errorf("%d numbers of nodes for %d hours", len(k.Count), len(h.Hours))
		}
		for _, n := range k.Count {
			if !(n >= 0 && n <= analyzer.MostNodes) {
				return fmt.Errorf("%v nodes", n)
			}
		}
		if k.Capacity.CPU < 0 || k.Capacity.Memory < 0 || k.Allocatable.CPU < 0 || k.Allocatable.Memory < 0 {
			return fmt.Errorf("a machine of less than nothing")
		}
	}
	return nil
}

func checkDays(days []analyzer.Day) error {
	for i := range days {
		d := &days[i]
		switch {
		case i > 0 && d.Date <= days[i-1].Date:
			return fmt.Errorf("day %d comes after day %d", d.Date, days[i-1].Date)
		case len(d.Hours) != 0 && len(d.Hours) != 24:
			return fmt.Errorf("day %d has %d hours", d.Date, len(d.Hours))
		case d.OOMKills < 0 || d.Restarts < 0 || !(d.Throttled >= 0) || !(d.Periods >= 0):
			return fmt.Errorf("day %d has negative counts", d.Date)
		case len(d.MostCPU) > analyzer.MostNamed || len(d.MostMemory) > analyzer.MostNamed:
			return fmt.Errorf("day %d names more than %d pods", d.Date, analyzer.MostNamed)
		}
	}
	return nil
}
