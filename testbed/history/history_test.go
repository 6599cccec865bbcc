package history_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

var end = time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)

// plan has pods of a deployment that is rolled out, of one that is OOM-killed
// without the label id, and of a cron job.
func plan(days int) history.Plan {
	p := history.Plan{Seed: 1, Start: end.AddDate(0, 0, -days), End: end, KSMInstance: "ksm:8080"}
	add := func(ns, kind, name, ownerKind, owner string, n int) {
		for i := range n {
			p.Pods = append(p.Pods, history.Pod{Namespace: ns, Name: fmt.Sprintf("%s-%d", owner, i), UID: fmt.Sprint(ns, owner, i),
				Node: "ip-10-0-0-20.ec2.internal", OwnerKind: ownerKind, OwnerName: owner, WorkloadKind: kind, WorkloadName: name, Phase: "Running"})
		}
	}
	add("web", "Deployment", "ticket-shop", "ReplicaSet", "ticket-shop-now", 8)
	add("sandbox", "Deployment", "leaky-prototype", "ReplicaSet", "leaky-prototype-now", 1)
	add("logging", "DaemonSet", "log-collector", "DaemonSet", "log-collector", 1)
	add("booking", "CronJob", "release-holds", "Job", "release-holds-1", 1)
	return p
}

func made(t *testing.T, days int) *history.History {
	t.Helper()
	spec, err := cluster.Load()
	if err != nil {
		t.Fatal(err)
	}
	return history.Make(plan(days), spec)
}

func TestHistoryIsDeterministic(t *testing.T) {
	a, b := made(t, 3), made(t, 3)
	if len(a.Lives) != len(b.Lives) {
		t.Fatalf("%d and %d lives", len(a.Lives), len(b.Lives))
	}
	for i := range a.Lives {
		if a.Lives[i].Pod != b.Lives[i].Pod || a.Lives[i].From != b.Lives[i].From || a.Lives[i].To != b.Lives[i].To {
			t.Fatalf("life %d differs: %v and %v", i, a.Lives[i], b.Lives[i])
		}
	}
}

func TestPodsOfThePast(t *testing.T) {
	h := made(t, 7)
	current, past, jobs, old := 0, 0, 0, 0
	for _, l := range h.Lives {
		switch {
		case l.WorkloadName == "ticket-shop" && l.Current:
			current++
		case l.WorkloadName == "ticket-shop":
			past++
			if l.Old {
				old++
			}
		case l.WorkloadName == "release-holds":
			jobs++
		}
		if l.To > end.Unix()/60 || l.From >= l.To {
			t.Errorf("%v lives from %d to %d", l, l.From, l.To)
		}
	}
	if current != 8 || past < 16 || old != past {
		t.Errorf("ticket-shop: %d current pods, %d past (%d with the request of before), want 8, at least 16, all", current, past, old)
	}
	if jobs < 7*24-1 || jobs > 7*24+1 {
		t.Errorf("%d runs of an hourly job in 7 days", jobs)
	}
}

// collect gathers the series of the lives of one workload by name and labels.
func collect(t *testing.T, h *history.History, workload string) map[string]history.Series {
	t.Helper()
	all := map[string]history.Series{}
	for _, l := range h.Lives {
		if l.WorkloadName != workload {
			continue
		}
		if err := h.Series(l, into(t, all)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// into files series by name and labels; none may come twice.
func into(t *testing.T, all map[string]history.Series) history.Emit {
	return func(s history.Series) error {
		pairs := []string{}
		for i := 0; i < len(s.Labels); i += 2 {
			pairs = append(pairs, s.Labels[i]+"="+s.Labels[i+1])
		}
		slices.Sort(pairs)
		k := strings.Join(pairs, ",")
		if _, twice := all[k]; twice {
			t.Errorf("series twice: %s", k)
		}
		s.Times, s.Values = slices.Clone(s.Times), slices.Clone(s.Values)
		all[k] = s
		return nil
	}
}

func TestCountersNeverFallWithinARun(t *testing.T) {
	runs := 0
	for k, s := range collect(t, made(t, 3), "leaky-prototype") {
		if !strings.Contains(k, "__name__=container_cpu_usage_seconds_total") || !strings.Contains(k, "container=prototype") {
			continue
		}
		runs++
		for i := 1; i < len(s.Values); i++ {
			if s.Values[i] < s.Values[i-1] || s.Times[i] <= s.Times[i-1] {
				t.Fatalf("%s: falls at sample %d", k, i)
			}
		}
	}
	if runs < 5 {
		t.Errorf("%d runs of a container that is OOM-killed several times a day", runs)
	}
}

func TestHAPairAndPods(t *testing.T) {
	a, b := 0, 0
	for k := range collect(t, made(t, 2), "ticket-shop") {
		switch {
		case strings.Contains(k, "prometheus_replica=a"):
			a++
		case strings.Contains(k, "prometheus_replica=b"):
			b++
		}
	}
	if a == 0 || a < b {
		t.Errorf("%d series of replica a, %d of b", a, b)
	}
}

func TestTruthIsNearTheProfile(t *testing.T) {
	h := made(t, 7)
	s := h.Summaries()
	for _, l := range h.Lives {
		if err := s.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range s.Truth().Containers {
		switch c.Workload + "/" + c.Container {
		case "ticket-shop/shop":
			if math.Abs(c.CPU.Mean-0.21) > 0.02 || c.CPU.P50 > c.CPU.P95 || c.CPU.P95 > c.CPU.Max {
				t.Errorf("ticket-shop CPU %+v, want a mean of 0.21", c.CPU)
			}
			if c.Current.CPURequest != 1 || c.Before == nil || c.Before.CPURequest != 1.5 {
				t.Errorf("ticket-shop requests %+v before %+v, want 1 and 1.5", c.Current, c.Before)
			}
			if len(c.DayPeaks) != 8 || c.Memory.Max < c.Memory.P99 {
				t.Errorf("ticket-shop: %d day peaks, memory %+v", len(c.DayPeaks), c.Memory)
			}
		case "leaky-prototype/prototype":
			if c.OOMKills < 10 || c.Memory.Max != 256<<20 {
				t.Errorf("leaky-prototype: %d OOM kills, highest %v", c.OOMKills, c.Memory.Max)
			}
		}
		if c.Covered > c.Steps || c.Covered == 0 {
			t.Errorf("%s/%s: %d of %d steps covered", c.Workload, c.Container, c.Covered, c.Steps)
		}
	}
}

// TestRequestsAreCounted holds the pods' counters, which a pair of servers
// scrapes, against the truth.
func TestRequestsAreCounted(t *testing.T) {
	spec, err := cluster.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := plan(2)
	for i := range 2 {
		p.Pods = append(p.Pods, history.Pod{Namespace: "gateway", Name: fmt.Sprint("bot-filter-now-", i), UID: fmt.Sprint("bf", i), Node: "ip-10-0-0-20.ec2.internal",
			OwnerKind: "ReplicaSet", OwnerName: "bot-filter-now", WorkloadKind: "Deployment", WorkloadName: "bot-filter", Phase: "Running"})
	}
	h := history.Make(p, spec)
	perJob, series := map[string]float64{}, 0
	for k, s := range collect(t, h, "bot-filter") {
		if strings.Contains(k, "__name__=grpc_server_handled_total") {
			series++
			for i := 1; i < len(s.Values); i++ {
				if d := s.Values[i] - s.Values[i-1]; d > 0 {
					perJob[k[strings.Index(k, "job="):][:10]] += d
				}
			}
		}
	}
	s := h.Summaries()
	for _, l := range h.Lives {
		if err := s.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]history.RequestSummary{}
	for _, q := range s.Truth().Requests {
		found[q.Namespace+"/"+q.Workload] = q
	}
	q := found["gateway/bot-filter"]
	if q.Counter != "grpc_server_handled_total" || q.Millicores != 5 || len(perJob) != 2 || series == 0 {
		t.Fatalf("got %+v, counted by %v", q, perJob)
	}
	for job, n := range perJob {
		if got := n / (2 * 86400); math.Abs(got-q.PerSecond) > 0.02*q.PerSecond {
			t.Errorf("%s: counted %.2f requests a second, the truth %.2f", job, got, q.PerSecond)
		}
	}
	// 2 mCPU s a request: 5m of idling twice, on 10 of 24 hours of workdays.
	if got := found["staging/booking-api"]; got.PerSecond <= 0 || got.PerSecond > 1 {
		t.Errorf("the ingress: got %+v, want some requests and fewer than one a second", got)
	}
}
