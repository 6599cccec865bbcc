package backtest_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
)

// analysis is of containers whose days are alike, some days long.
func analysis(days, containers int) *analyzer.Analysis {
	return analysisFrom(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), days, containers)
}

func analysisFrom(start time.Time, days, containers int) *analyzer.Analysis {
	r := rand.New(rand.NewPCG(1, 1))
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: start, End: start.AddDate(0, 0, days), Step: 5 * time.Minute}}
	rec := analyzer.NewRecorder(s.Window)
	for i := range containers {
		ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: string(rune('a' + i))}
		s.Workloads = append(s.Workloads, analyzer.Workload{Ref: ref, Replicas: 1, Containers: []analyzer.Container{{
			Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: 4000, Memory: 1 << 30},
		}}})
		p := rec.Pod(ref, "app")
		level := 100 * math.Exp(r.NormFloat64())
		for at := start.Add(5 * time.Minute); !at.After(s.Window.End); at = at.Add(5 * time.Minute) {
			p.CPU(at.UnixMilli(), level*math.Exp(0.3*r.NormFloat64()))
			p.Memory(at.UnixMilli(), float64(200<<20)*(1+0.1*r.Float64()))
		}
		p.Close()
	}
	s.Usage = rec.Usage()
	return analyzer.Analyze(s)
}

func scoreOf(t *testing.T, r backtest.Result, rule string) backtest.Score {
	t.Helper()
	for _, s := range r.Scores {
		if s.Rule == rule {
			return s
		}
	}
	t.Fatalf("no score of %s among %d", rule, len(r.Scores))
	return backtest.Score{}
}

func TestRun(t *testing.T) {
	got, err := backtest.Run(context.Background(), analysis(14, 20), nil, backtest.Rules())
	if err != nil || got.TestDays != 7 || got.LearnDays != 7 || got.Origins != 1 {
		t.Fatalf("got %+v, error %v; want one origin, 7 days from 7", got, err)
	}
	if s := scoreOf(t, got, "plimsoll balanced"); s.Containers != 20 || s.Broken > 0.2 || s.Killed > 0.05 {
		t.Errorf("balanced: got %+v", s)
	}
	asIs, krr, limit := scoreOf(t, got, "as it is"), scoreOf(t, got, "krr simple"), scoreOf(t, got, "krr simple_limit")
	if asIs.CPUSlack < 0.8 || asIs.OverRequest > 0.01 {
		t.Errorf("as it is: got %+v", asIs)
	}
	if math.Abs(krr.OverRequest-0.05) > 0.02 || math.Abs(limit.OverRequest-0.34) > 0.05 {
		t.Errorf("a percentile of what stays alike comes out as it was: got %v of the time above the 95th, %v above the 66th", krr.OverRequest, limit.OverRequest)
	}
	if s := scoreOf(t, got, "kubecost max/0.7"); s.Killed != 0 || s.CPUSlack < krr.CPUSlack {
		t.Errorf("kubecost: got %+v", s)
	}
}

// TestRunDaysWithinWindow: a window that begins within a day touches a date more than it
// has days, and the days that are told are no more than the window's.
func TestRunDaysWithinWindow(t *testing.T) {
	for _, hour := range []int{0, 1, 12, 17, 23} {
		got, err := backtest.Run(context.Background(), analysisFrom(time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC), 14, 3), nil, backtest.Rules()[:1])
		if err != nil || got.TestDays+got.LearnDays != 14 {
			t.Errorf("from %d o'clock: %d days from %d, of 14 days (error %v)", hour, got.TestDays, got.LearnDays, err)
		}
	}
}

func TestRunOfShortHistories(t *testing.T) {
	for days, want := range map[int][3]int{3: {0, 0, 0}, 7: {4, 3, 1}, 21: {7, 7, 2}} {
		got, err := backtest.Run(context.Background(), analysis(days, 3), nil, backtest.Rules()[:1])
		if err != nil {
			t.Fatal(err)
		}
		if got.LearnDays != want[0] || got.TestDays != want[1] || got.Origins != want[2] {
			t.Errorf("%d days: got %d from %d at %d origins, want %v", days, got.TestDays, got.LearnDays, got.Origins, want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := backtest.Run(ctx, analysis(8, 2), nil, backtest.Rules()); err == nil {
		t.Error("got no error of a context that has ended")
	}
}

// TestRunLeavesUnlikePodsOut: what most pods of an owner request is not what the one pod that
// was resized has, so its use is held against nothing.
func TestRunLeavesUnlikePodsOut(t *testing.T) {
	a := analysis(14, 20)
	a.Workloads[3].Containers[0].Least, a.Workloads[3].Containers[0].Most = analyzer.Amounts{CPU: 4000}, analyzer.Amounts{CPU: 8000}
	got, err := backtest.Run(context.Background(), a, nil, backtest.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"plimsoll balanced", "as it is"} {
		if s := scoreOf(t, got, rule); s.Containers != 19 {
			t.Errorf("%s: got %d containers, want 19", rule, s.Containers)
		}
	}
}
