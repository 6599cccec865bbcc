package rightsize_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

const mib = 1 << 20

// usage records a container of pods that use what cpu and memory say at a slot of a day.
func usage(days, pods int, cpu, memory func(pod, day, slot int) float64) []analyzer.Day {
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rec := analyzer.NewRecorder(analyzer.Window{Start: start, End: start.AddDate(0, 0, days), Step: 5 * time.Minute})
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	for pod := range pods {
		s := rec.Pod(ref, "app").Named("web-" + string(rune('a'+pod)))
		for day := range days {
			for slot := range 288 {
				ms := start.AddDate(0, 0, day).Add(time.Duration(slot+1) * 5 * time.Minute).UnixMilli()
				if cpu != nil {
					s.CPU(ms, cpu(pod, day, slot))
				}
				if memory != nil {
					s.Memory(ms, memory(pod, day, slot))
				}
			}
		}
		s.Close()
	}
	return rec.Usage()[0].Days
}

// factsOf joins days as the analysis does.
func factsOf(c analyzer.Container, days []analyzer.Day) rightsize.Facts {
	f := &analyzer.ContainerFacts{Container: c, ThrottledShare: -1, Days: days}
	for i := range days {
		d := &days[i]
		f.CPU.Samples.Merge(&d.CPU)
		f.Memory.Samples.Merge(&d.Memory)
		f.Memory.DayPeaks = append(f.Memory.DayPeaks, d.Memory.Max())
		f.SeenSlots += d.Seen.Count()
	}
	return rightsize.Facts{ContainerFacts: f}
}

func steady(v float64) func(int, int, int) float64 { return func(int, int, int) float64 { return v } }

func warned(s rightsize.Sizing, code string) string {
	for _, w := range s.Warnings {
		if w.Code == code {
			return w.Message
		}
	}
	return ""
}

func balanced() rightsize.Policy { return rightsize.Policy{Promise: rightsize.Balanced.Promise()} }

func TestOneResourceIsEnough(t *testing.T) {
	c := analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 2000, Memory: 4096 * mib}}
	s := rightsize.Size(factsOf(c, usage(8, 1, steady(100), nil)), balanced())
	if s.Requests.CPU > 200 || s.Requests.Memory != 4096*mib || len(s.Withheld) != 1 || s.Withheld[0].Resource != "memory" {
		t.Errorf("CPU alone: got %+v, withheld %v", s.Requests, s.Withheld)
	}
	s = rightsize.Size(factsOf(c, usage(8, 1, nil, steady(100*mib))), balanced())
	if s.Requests.Memory > 300*mib || s.Requests.CPU != 2000 || len(s.Withheld) != 1 || s.Withheld[0].Resource != "cpu" {
		t.Errorf("memory alone: got %+v, withheld %v", s.Requests, s.Withheld)
	}
}

func TestAPodThatNeedsMostIsNamedOrHeld(t *testing.T) {
	days := func(hot float64) []analyzer.Day {
		return usage(8, 25, func(pod, _, _ int) float64 {
			if pod == 7 {
				return hot
			}
			return 50
		}, steady(100*mib))
	}
	c := analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 2000, Memory: 512 * mib}}
	s := rightsize.Size(factsOf(c, days(1500)), balanced())
	if got := warned(s, analyzer.WarnHotPods); !strings.Contains(got, "web-h") || s.Requests.CPU > 400 {
		t.Errorf("30 times the others: got %dm and %q, want web-h named", s.Requests.CPU, got)
	}
	s = rightsize.Size(factsOf(c, days(90)), balanced())
	if got := warned(s, analyzer.WarnHotPods); got != "" || s.Requests.CPU < 85 {
		t.Errorf("not twice the others: got %dm and %q, want the pod held", s.Requests.CPU, got)
	}
}

func TestMemoryLimits(t *testing.T) {
	days := usage(8, 1, steady(100), steady(1000*mib))
	tests := []struct {
		name      string
		way       rightsize.MemoryLimit
		runtime   analyzer.Runtime
		limit     int64 // MiB
		low, high int64 // MiB that the limit may come to
	}{
		{"kept", rightsize.KeepLimit, analyzer.Runtime{}, 14336, 14336, 14336},
		{"raised", rightsize.KeepLimit, analyzer.Runtime{}, 1010, 1100, 1600},
		{"by risk", rightsize.RiskLimit, analyzer.Runtime{}, 14336, 1100, 1600},
		{"a heap", rightsize.RiskLimit, analyzer.Runtime{Name: "jvm", Heap: 3072 * mib, Flag: "-Xmx"}, 4096, 3840, 4096},
		{"go", rightsize.EqualLimit, analyzer.Runtime{Name: "go", Heap: 1800 * mib, Flag: "GOMEMLIMIT"}, 2048, 1980, 2048},
		{"a share of the limit", rightsize.RiskLimit, analyzer.Runtime{Name: "jvm", Percent: 75, Flag: "-XX:MaxRAMPercentage"}, 4096, 4096, 4096},
		{"never above what it was", rightsize.RiskLimit, analyzer.Runtime{Name: "jvm", Heap: 8192 * mib, Flag: "-Xmx"}, 4096, 4096, 4096},
	}
	for _, tt := range tests {
		c := analyzer.Container{Name: "app", Runtime: tt.runtime, Requests: analyzer.Amounts{CPU: 500, Memory: 900 * mib}, Limits: analyzer.Amounts{Memory: tt.limit * mib}}
		p := balanced()
		p.MemoryLimit = tt.way
		s := rightsize.Size(factsOf(c, days), p)
		if got := s.Limits.Memory / mib; got < tt.low || got > tt.high {
			t.Errorf("%s: got a limit of %d MiB, want %d to %d", tt.name, got, tt.low, tt.high)
		}
		if s.Limits.Memory < s.Requests.Memory {
			t.Errorf("%s: the limit of %d is below the request of %d", tt.name, s.Limits.Memory, s.Requests.Memory)
		}
	}
}

func TestGuaranteedStays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	days := usage(8, 1, func(int, int, int) float64 { return 100 * math.Exp(0.5*r.NormFloat64()) }, steady(300*mib))
	same := analyzer.Amounts{CPU: 2000, Memory: 2048 * mib}
	f := factsOf(analyzer.Container{Name: "app", Requests: same, Limits: same}, days)
	f.Guaranteed = rightsize.Guaranteed([]analyzer.Container{f.Container})
	s := rightsize.Size(f, balanced())
	if s.Requests != s.Limits || s.Requests.CPU >= 2000 || float64(s.Requests.CPU) < f.CPU.Samples.Max() {
		t.Errorf("got %+v and %+v, want them equal, lower, and no sample above", s.Requests, s.Limits)
	}
	p := balanced()
	p.ChangeQoS = true
	if s := rightsize.Size(f, p); s.Limits.CPU != 2000 || s.Requests.CPU >= s.Limits.CPU {
		t.Errorf("given up: got %+v and %+v", s.Requests, s.Limits)
	}
}

// TestAMomentLowersNoLimit: one reading does not show what a limit has to hold.
func TestAMomentLowersNoLimit(t *testing.T) {
	same := analyzer.Amounts{CPU: 2000, Memory: 2048 * mib}
	for _, way := range []rightsize.MemoryLimit{rightsize.KeepLimit, rightsize.RiskLimit, rightsize.EqualLimit} {
		for _, guaranteed := range []bool{true, false} {
			f := factsOf(analyzer.Container{Name: "app", Requests: same, Limits: same}, usage(1, 1, steady(100), steady(300*mib)))
			f.Moment, f.Guaranteed = true, guaranteed
			p := balanced()
			p.MemoryLimit = way
			s := rightsize.Size(f, p)
			if s.Limits != same || guaranteed && s.Requests != same || !guaranteed && s.Requests.Memory != 450*mib {
				t.Errorf("%s, guaranteed %v: got %+v and %+v", way, guaranteed, s.Requests, s.Limits)
			}
		}
	}
}

// TestUnlikePodsAreNotSizedByOne: a resize in place gave one pod more. That pod's usage raises
// nothing for those that have less, and what all of them need, or none has, is advised.
func TestUnlikePodsAreNotSizedByOne(t *testing.T) {
	least, most := analyzer.Amounts{CPU: 500, Memory: 1024 * mib}, analyzer.Amounts{CPU: 4000, Memory: 8192 * mib}
	one := func(large, small float64) func(int, int, int) float64 {
		return func(pod, _, _ int) float64 {
			if pod == 2 {
				return large
			}
			return small
		}
	}
	for name, tt := range map[string]struct {
		cpu, memory float64 // of the pod that was resized
		held        int
	}{
		"within": {3000, 6000 * mib, 2},
		"below":  {100, 300 * mib, 0},
		"above":  {6000, 12000 * mib, 0},
	} {
		for _, moment := range []bool{false, true} {
			f := factsOf(analyzer.Container{Name: "app", Requests: least, Limits: analyzer.Amounts{Memory: least.Memory}, Least: least, Most: most},
				usage(14, 3, one(tt.cpu, 100), one(tt.memory, 300*mib)))
			f.Moment = moment
			s := rightsize.Size(f, balanced())
			if len(s.Withheld) != tt.held || tt.held > 0 && s.Requests != least {
				t.Errorf("%s, moment %v: got %+v and withheld %v", name, moment, s.Requests, s.Withheld)
			}
			for _, w := range s.Withheld {
				if !strings.Contains(w.Reason, "not alike") {
					t.Errorf("%s: got %q", name, w.Reason)
				}
			}
		}
	}
}

// TestPartsOfARequest: base and margin make the request, or a bound with a reason sets it;
// what a bound may be lifted by, and what twice the usage would make, is told.
func TestPartsOfARequest(t *testing.T) {
	days := usage(8, 1, steady(600), steady(300*mib))
	for name, c := range map[string]struct {
		now, limits     analyzer.Amounts
		heap            int64  // of a Guaranteed pod
		bound, lift     string // of memory
		twice, afterOOM int64  // of memory, MiB
	}{
		"free":  {now: analyzer.Amounts{CPU: 2000, Memory: 1024 * mib}, twice: 917},
		"limit": {now: analyzer.Amounts{CPU: 2000, Memory: 1024 * mib}, limits: analyzer.Amounts{Memory: 2048 * mib}, twice: 917, afterOOM: 2560},
		"near":  {now: analyzer.Amounts{CPU: 2000, Memory: 460 * mib}, bound: "a change of up to 5 % is not worth a rollout"},
		"guaranteed": {
			now: analyzer.Amounts{CPU: 2000, Memory: 1024 * mib}, limits: analyzer.Amounts{CPU: 2000, Memory: 1024 * mib}, heap: 600 * mib,
			bound: "the limit equals the request and has to hold the peak", lift: "--qos change", afterOOM: 1280,
		},
	} {
		f := factsOf(analyzer.Container{Name: "app", Requests: c.now, Limits: c.limits}, days)
		f.Guaranteed, f.Runtime = c.heap > 0, analyzer.Runtime{Name: "go", Heap: c.heap}
		s := rightsize.Size(f, balanced())
		parts := map[advice.PartKind]advice.Evidence{}
		for _, e := range s.Evidence {
			if e.Part.Resource == "memory" {
				parts[e.Part.Kind] = e
			}
		}
		base, margin, bound := parts[advice.PartBase], parts[advice.PartMargin], parts[advice.PartBound]
		if want := int64(math.Ceil(base.Value*(1+margin.Value/100)/mib-1e-9)) * mib; margin.Part.Makes != want || base.Value != 300*mib {
			t.Errorf("%s: base %v and margin %v make %d, want %d", name, base.Value, margin.Value, margin.Part.Makes, want)
		}
		if b := bound.Part.Bound; b.Reason != c.bound || b.Flag != c.lift || (b.Near > 0) != (name == "near") {
			t.Errorf("%s: got bound %+v, want %q, lifted by %q", name, b, c.bound, c.lift)
		}
		if c.bound == "" && s.Requests.Memory != margin.Part.Makes {
			t.Errorf("%s: request %d is neither made of base and margin, %d, nor bound", name, s.Requests.Memory, margin.Part.Makes)
		}
		if got := s.WhatIf(f.ContainerFacts); got.Twice.Memory != c.twice*mib || got.OOMKill != c.afterOOM*mib {
			t.Errorf("%s: got %+v, want %d MiB at twice the usage and %d after a kill", name, got, c.twice, c.afterOOM)
		}
	}
}

// TestNoReplayIsSaid: a container that is younger than a replay has no risk stated, however
// old its fleet is, and the days that it lacks are said of memory alone too.
func TestNoReplayIsSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	cpu := func(int, int, int) float64 { return 200 * math.Exp(0.2*r.NormFloat64()) }
	memory := func(int, int, int) float64 { return 300 * mib * math.Exp(0.05*r.NormFloat64()) }
	var fleet []*rightsize.Member
	for range 12 {
		f := factsOf(analyzer.Container{Name: "app"}, usage(9, 1, cpu, memory))
		fleet = append(fleet, &rightsize.Member{Facts: f.ContainerFacts})
	}
	p := balanced()
	p.Fleet = rightsize.Learn(fleet, p.Promise)
	for days, want := range map[int]string{1: "3 days", 2: "2 days", 3: "1 day ", 5: ""} {
		for name, used := range map[string][]analyzer.Day{"both": usage(days, 1, cpu, memory), "memory": usage(days, 1, nil, memory)} {
			s := rightsize.Size(factsOf(analyzer.Container{Name: "app", Limits: analyzer.Amounts{Memory: 4096 * mib}}, used), p)
			said := warned(s, "no-replay")
			if (said != "") != (want != "") || !strings.Contains(said, want) {
				t.Errorf("%d days of %s: said %q, want %q", days, name, said, want)
			}
			if known := s.Risk.OOMProbability != nil; known != (want == "") {
				t.Errorf("%d days of %s: a risk is stated: %v", days, name, known)
			}
		}
	}
}

// TestALoweredLimitKeepsThePromise: what is stated of a limit that was lowered is at most
// what was promised.
func TestALoweredLimitKeepsThePromise(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	var all []rightsize.Facts
	var fleet []*rightsize.Member
	for range 36 {
		f := factsOf(analyzer.Container{Name: "app", Requests: analyzer.Amounts{Memory: 4096 * mib}, Limits: analyzer.Amounts{Memory: 4096 * mib}},
			usage(8, 1, nil, func(int, int, int) float64 { return 700 * mib * math.Exp(0.01*r.NormFloat64()) }))
		all, fleet = append(all, f), append(fleet, &rightsize.Member{Facts: f.ContainerFacts})
	}
	for _, way := range []rightsize.MemoryLimit{rightsize.RiskLimit, rightsize.EqualLimit} {
		p := balanced()
		p.MemoryLimit, p.Fleet = way, rightsize.Learn(fleet, p.Promise)
		for _, f := range all {
			s := rightsize.Size(f, p)
			if risk := s.Risk.OOMProbability; risk == nil || *risk > p.OOM || s.Limits.Memory > 2048*mib {
				t.Fatalf("%s: a limit of %d MiB at the risk %v, promised is %v", way, s.Limits.Memory/mib, *risk, p.OOM)
			}
			if way == rightsize.EqualLimit && s.Requests.Memory != s.Limits.Memory {
				t.Errorf("got %+v and %+v, want them equal", s.Requests, s.Limits)
			}
		}
	}
}

// TestABatchRunIsWork from its first minute on.
func TestABatchRunIsWork(t *testing.T) {
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rec := analyzer.NewRecorder(analyzer.Window{Start: start, End: start.AddDate(0, 0, 6), Step: 5 * time.Minute})
	for day := range 6 {
		s := rec.Pod(analyzer.Ref{Namespace: "shop", Kind: "CronJob", Name: "etl"}, "app")
		for i := range 6 { // half an hour from two o'clock on
			s.CPU(start.AddDate(0, 0, day).Add(2*time.Hour+time.Duration(i+1)*5*time.Minute).UnixMilli(), []float64{2000, 2000, 100, 100, 100, 100}[i])
		}
		s.Close()
	}
	f := factsOf(analyzer.Container{Name: "app"}, rec.Usage()[0].Days)
	f.PodDays, f.Batch = 6, true
	if s := rightsize.Size(f, balanced()); s.Requests.CPU < 2000 || warned(s, analyzer.WarnStartUp) != "" {
		t.Errorf("got %dm, warned %q, want the 2000m of a third of the run", s.Requests.CPU, warned(s, analyzer.WarnStartUp))
	}
}

// TestPodsAreHeldUpToTwice the request, and not one on the shoulders of another.
func TestPodsAreHeldUpToTwice(t *testing.T) {
	needs := []float64{99, 195, 380}
	days := usage(8, 26, func(pod, _, _ int) float64 {
		if pod < len(needs) {
			return needs[pod]
		}
		return 50
	}, nil)
	held, hot := rightsize.HoldPods(days, 55)
	if held < 80 || held > 110 || len(hot) != 2 || hot[0].Pod != "web-c" || hot[1].Pod != "web-b" {
		t.Errorf("got %.0fm and %v, want web-a held, web-c and web-b named", held, hot)
	}
}

// TestAMissedScrapeOfADay takes no advice away.
func TestAMissedScrapeOfADay(t *testing.T) {
	f := factsOf(analyzer.Container{Name: "app"}, usage(1, 1, steady(100), steady(100*mib)))
	whole := rightsize.Size(f, balanced())
	f.SeenSlots--
	if s := rightsize.Size(f, balanced()); len(s.Withheld) > 0 || s.Requests != whole.Requests {
		t.Errorf("got %+v, withheld %v, want %+v", s.Requests, s.Withheld, whole.Requests)
	}
}

// TestALeakThatReleasesReset grows by what it does between them.
func TestALeakThatReleasesReset(t *testing.T) {
	days := usage(14, 1, nil, func(_, day, slot int) float64 { return mib * (200 + 50*(float64(day%7)+float64(slot)/288)) })
	s := rightsize.Size(factsOf(analyzer.Container{Name: "app", Limits: analyzer.Amounts{Memory: 640 * mib}}, days), balanced())
	if got := warned(s, "rising"); !strings.Contains(got, "by 50 MiB") || !strings.Contains(got, "2 days") {
		t.Errorf("got %q, want 50 MiB a day and two days", got)
	}
}

// TestLessRiskIsNeverLess: by --risk-cpu, --risk-broken and --risk-oom alike.
func TestLessRiskIsNeverLess(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for _, days := range []int{2, 5, 9} {
		f := factsOf(analyzer.Container{Name: "app"}, usage(days, 2, func(int, int, int) float64 { return 200 * r.ExpFloat64() }, func(int, int, int) float64 { return 100 * mib * (1 + r.ExpFloat64()) }))
		for _, broken := range []float64{0, 0.1} {
			last := analyzer.Amounts{}
			for _, risk := range []float64{0.5, 0.1, 0.05, 0.03, 0.01, 0.001, 0.000001} {
				p := rightsize.Policy{Promise: rightsize.Promise{CPU: risk, Broken: broken, OOM: risk}}
				got := rightsize.Size(f, p).Requests
				if got.CPU < last.CPU || got.Memory < last.Memory {
					t.Errorf("%d days, risk %g: got %+v, and %+v at more", days, risk, got, last)
				}
				if risk == 0.001 && got.Memory == last.Memory {
					t.Errorf("%d days: less risk of a kill asks for no more", days)
				}
				last = got
			}
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, p := range rightsize.Profiles() {
		if !p.Known() {
			t.Errorf("%s is not known", p)
		}
	}
	if rightsize.Profile("cheap").Known() || rightsize.MemoryLimit("lower").Known() {
		t.Error("what there is not is known")
	}
}

// TestDNSMemory: CoreDNS' own formula for a server with autopath, in MB of a million.
func TestDNSMemory(t *testing.T) {
	for _, c := range []struct {
		pods, services int
		want           int64
	}{{0, 1, 56_004_000}, {500, 100, 58_400_000}, {20_000, 5_000, 156_000_000}} {
		if got := rightsize.DNSMemory(c.pods, c.services); got != c.want {
			t.Errorf("%d pods, %d Services: got %d bytes, want %d", c.pods, c.services, got, c.want)
		}
	}
}

// TestOrderDoesNotMatter: of pods, of the samples within an hour, and of days that are alike.
func TestOrderDoesNotMatter(t *testing.T) {
	const pods, days = 5, 9
	r := rand.New(rand.NewPCG(16, 2))
	var cpu, memory [pods][days][288]float64
	for pod := range pods {
		for day := range days {
			for slot := range 288 {
				cpu[pod][day][slot] = 100 * float64(1+pod) * r.ExpFloat64()
				memory[pod][day][slot] = 100 * mib * (1 + r.Float64())
			}
		}
		// Day 5 is as day 4.
		cpu[pod][5], memory[pod][5] = cpu[pod][4], memory[pod][4]
	}
	sized := func(pod, day func(int) int, slot func(int) int) rightsize.Sizing {
		return rightsize.Size(factsOf(analyzer.Container{Name: "app"}, usage(days, pods,
			func(p, d, s int) float64 { return cpu[pod(p)][day(d)][slot(s)] },
			func(p, d, s int) float64 { return memory[pod(p)][day(d)][slot(s)] })), balanced())
	}
	same := func(i int) int { return i }
	want := sized(same, same, same)
	swap := map[int]int{4: 5, 5: 4}
	for name, got := range map[string]rightsize.Sizing{
		"pods":                   sized(func(p int) int { return (p*3 + 1) % pods }, same, same),
		"samples within an hour": sized(same, same, func(s int) int { return s/12*12 + (s%12*5+3)%12 }),
		"days that are alike":    sized(same, func(d int) int { return cmp.Or(swap[d], d) }, same),
	} {
		if got.Requests != want.Requests || got.Limits != want.Limits {
			t.Errorf("%s in another order: got %+v, want %+v", name, got.Requests, want.Requests)
		}
	}
}

// TestShortIsShown: that more is advised than is requested says nothing of a need. A request
// that usage passed, a kill, throttling and what is not set do.
func TestShortIsShown(t *testing.T) {
	has := func(cpu, memory int64) analyzer.Container {
		return analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: cpu, Memory: memory}}
	}
	usual := usage(8, 1, steady(200), steady(400*mib))
	for _, tt := range []struct {
		name        string
		facts       rightsize.Facts
		cpu, memory string
	}{
		{"enough for all that was seen", factsOf(has(203, 404*mib), usual), "", ""},
		{"passed", factsOf(has(100, 300*mib), usual), "busiest hour", "memory was above its request"},
		{"not set", factsOf(has(0, 0), usual), "requests.cpu is not set", "requests.memory is not set"},
		{"passed at times", factsOf(has(203, 404*mib), usage(8, 1, func(_, _, slot int) float64 { return 100 + 400*float64(slot%12/11) }, steady(400*mib))), "CPU above its request", ""},
		{"killed", func() rightsize.Facts {
			f := factsOf(has(203, 404*mib), usual)
			f.OOMKills, f.OOMLimit = 3, 404*mib
			return f
		}(), "", "OOM-killed 3 times"},
		{"throttled", func() rightsize.Facts {
			f := factsOf(has(203, 404*mib), usual)
			f.Limits.CPU, f.ThrottledShare = 203, 0.2
			return f
		}(), "20 % of CPU periods", ""},
	} {
		s := rightsize.Size(tt.facts, balanced())
		for resource, is := range map[string][2]string{"cpu": {s.Short.CPU, tt.cpu}, "memory": {s.Short.Memory, tt.memory}} {
			if is[1] == "" && is[0] != "" || !strings.Contains(is[0], is[1]) {
				t.Errorf("%s: of %s %q, want %q; %+v advised", tt.name, resource, is[0], is[1], s.Requests)
			}
		}
	}
	if s := rightsize.Size(factsOf(has(203, 404*mib), usual), balanced()); s.Requests.Memory <= 404*mib {
		t.Errorf("the case tells nothing: %+v is no more than is requested", s.Requests)
	}
}
