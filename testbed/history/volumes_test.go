package history_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

// TestVolumesAreToldOf holds the kubelets' series of a set's volumes against the
// truth, and the volumes of a set that was scaled to zero against its end.
func TestVolumesAreToldOf(t *testing.T) {
	spec, err := cluster.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := plan(6)
	for i := range 5 {
		p.Pods = append(p.Pods, history.Pod{Namespace: "streaming", Name: fmt.Sprint("kafka-", i), UID: fmt.Sprint("k", i), Node: "ip-10-0-0-20.ec2.internal",
			OwnerKind: "StatefulSet", OwnerName: "kafka", WorkloadKind: "StatefulSet", WorkloadName: "kafka", Phase: "Running"})
	}
	h := history.Make(p, spec)
	s := h.Summaries()
	for _, l := range h.Lives {
		if err := s.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	held := map[string]float64{}
	for _, v := range s.Truth().Volumes {
		held[v.Namespace+"/"+v.Claim] = v.Max
	}
	shared := map[string]history.Series{}
	if err := h.Shared(into(t, shared)); err != nil {
		t.Fatal(err)
	}
	series, ended, jobs := 0, 0, 0
	third := h.Plan.Start.Add(h.Plan.End.Sub(h.Plan.Start) / 3).UnixMilli()
	for k, s := range shared {
		if !strings.Contains(k, "__name__=kubelet_volume_stats_used_bytes") {
			continue
		}
		claim := strings.Split(k[strings.Index(k, "persistentvolumeclaim=")+len("persistentvolumeclaim="):], ",")[0]
		switch {
		case strings.HasPrefix(claim, "log-kafka"):
			series++
			if got, want := slices.Max(s.Values), held["streaming/"+claim]; got != want {
				t.Errorf("%s held %.0f, the truth is %.0f", claim, got, want)
			}
			if first, last := s.Values[0], s.Values[len(s.Values)-1]; last-first < 35<<30 || last > 171<<30*1.011 {
				t.Errorf("%s held %.0f and then %.0f: want 7 GiB a day more, and at most 171 GiB", claim, first, last)
			}
			if !strings.Contains(k, "job=kubelet,") || !strings.Contains(k, "metrics_path=/metrics,") || !strings.Contains(k, "node=ip-") {
				t.Errorf("series %s: want the labels of the kubelets' job", k)
			}
		case strings.HasPrefix(claim, "index-vector-trial"):
			if ended++; s.Times[len(s.Times)-1] > third {
				t.Errorf("%s is told of after its pod's end", k)
			}
		case claim == "backup-staging":
			jobs += len(s.Times)
		}
	}
	if series != 5 || ended != 2 {
		t.Errorf("%d volumes of five pods, %d of a set with two that was scaled to zero", series, ended)
	}
	if jobs < 4*42 || jobs > 6*80 {
		t.Errorf("a job of an hour a night told of its volume %d times in 6 days", jobs)
	}
}
