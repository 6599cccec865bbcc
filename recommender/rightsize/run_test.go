package rightsize_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// randomSnapshot has one workload with a random history and random requests.
func randomSnapshot(r *rand.Rand) *analyzer.Snapshot {
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	days := 2 + r.IntN(13)
	snap := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -days), End: end, Step: 5 * time.Minute}}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	container := analyzer.Container{
		Name: "app", Type: analyzer.TypeContainer,
		Requests: analyzer.Amounts{CPU: int64(r.IntN(2000)), Memory: int64(r.IntN(2048)) << 20},
		Limits:   analyzer.Amounts{Memory: int64(r.IntN(2)*2048) << 20},
	}
	snap.Workloads = []analyzer.Workload{{Ref: ref, Replicas: int32(1 + r.IntN(5)), Containers: []analyzer.Container{container}}}
	rec := analyzer.NewRecorder(snap.Window)
	for range 1 + r.IntN(3) {
		s := rec.Pod(ref, "app")
		cpu, memory := r.ExpFloat64()*300, 20+r.ExpFloat64()*500
		for t := snap.Window.Start.Add(5 * time.Minute); !t.After(end); t = t.Add(5 * time.Minute) {
			s.CPU(t.UnixMilli(), cpu*r.Float64())
			s.Memory(t.UnixMilli(), memory*(0.8+0.2*r.Float64())*(1<<20))
		}
		s.Close()
	}
	snap.Usage = rec.Usage()
	return snap
}

func sizeOf(t *testing.T, s *analyzer.Snapshot, o advice.Options) advice.Advice {
	t.Helper()
	o.Levers = []advice.Lever{advice.LeverRightsize}
	recs, err := recommender.Run(context.Background(), analyzer.Analyze(s), &cost.Costs{MeanUnit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}}, o)
	if err != nil || len(recs) != 1 {
		t.Fatalf("got %d recommendations, error %v; want 1", len(recs), err)
	}
	return recs[0]
}

func sizing(a advice.Advice) *rightsize.Sizing {
	return advice.As[rightsize.Sizing](a.Detail)
}

func TestRightsizeKeepsItsPromises(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		s := randomSnapshot(r)
		got := sizeOf(t, s, advice.Options{})
		if sizing(got) == nil {
			t.Fatalf("withheld: %v", got.Withheld)
		}
		usage := analyzer.Analyze(s).Workloads[0].Containers[0]
		if float64(sizing(got).Requests.Memory) < 0.95*usage.Memory.Samples.Max() {
			t.Errorf("memory request %d is below the highest sample %.0f", sizing(got).Requests.Memory, usage.Memory.Samples.Max())
		}
		if over := sizing(got).Risk.CPUOverRequest; over != nil && *over > 2*advice.DefaultRiskCPU {
			t.Errorf("CPU is over its request %.3f of the time; want about %.3f", *over, advice.DefaultRiskCPU)
		}
		if days := usage.SeenSlots / 288; (sizing(got).Risk.CPUOverRequest == nil) != (days <= 3) {
			t.Errorf("%d days: got the risk %v, want one from a fourth day on", days, sizing(got).Risk.CPUOverRequest)
		}
		if sizing(got).Requests.CPU < rightsize.FloorCPU || sizing(got).Requests.Memory < rightsize.FloorMemory {
			t.Errorf("requests %+v are below the floors", sizing(got).Requests)
		}
		if l := sizing(got).Limits.Memory; l != 0 && l < sizing(got).Requests.Memory {
			t.Errorf("memory limit %d is below the request %d", l, sizing(got).Requests.Memory)
		}
		if s.Workloads[0].Containers[0].Limits.Memory == 0 && sizing(got).Limits.Memory != 0 {
			t.Errorf("a memory limit of %d was added where there was none", sizing(got).Limits.Memory)
		}
	}
}

func TestMoreRiskNeverCostsMore(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		s := randomSnapshot(r)
		s.Workloads[0].Containers[0].Requests = analyzer.Amounts{} // so that nothing stays for being near enough
		last := advice.Advice{}
		for i, risk := range []float64{0.001, 0.01, 0.05, 0.2, 0.5} {
			got := sizeOf(t, s, advice.Options{RiskCPU: risk, RiskOOM: risk})
			if i > 0 && (sizing(got).Requests.CPU > sizing(last).Requests.CPU || sizing(got).Requests.Memory > sizing(last).Requests.Memory || got.MonthlySavings < last.MonthlySavings) {
				t.Errorf("risk %g asks for %+v, which is more than %+v at less risk", risk, sizing(got).Requests, sizing(last).Requests)
			}
			last = got
		}
	}
}

func TestRightsizeIsDeterministic(t *testing.T) {
	s := randomSnapshot(rand.New(rand.NewPCG(5, 6)))
	first, second := sizeOf(t, s, advice.Options{}), sizeOf(t, s, advice.Options{})
	if first.MonthlySavings != second.MonthlySavings || sizing(first).Requests != sizing(second).Requests {
		t.Errorf("got %+v, then %+v", first, second)
	}
}

func BenchmarkRightsize(b *testing.B) {
	s := randomSnapshot(rand.New(rand.NewPCG(9, 10)))
	for range 999 {
		w, u := s.Workloads[0], s.Usage[0]
		s.Workloads, s.Usage = append(s.Workloads, w), append(s.Usage, u)
	}
	facts := analyzer.Analyze(s)
	for b.Loop() {
		if _, err := recommender.Run(context.Background(), facts, nil, advice.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestProfileOfAPart: the workload's own profile goes before its namespace's, and an
// annotation before what the user said.
func TestProfileOfAPart(t *testing.T) {
	const seed = 5
	requests := func(change func(*analyzer.Snapshot, *advice.Options)) analyzer.Amounts {
		s, o := randomSnapshot(rand.New(rand.NewPCG(seed, 1))), advice.Options{}
		s.Namespaces = []analyzer.Namespace{{Name: "shop"}}
		s.Workloads[0].Containers[0].Requests = analyzer.Amounts{CPU: 60000, Memory: 1 << 40}
		change(s, &o)
		return sizing(sizeOf(t, s, o)).Requests
	}
	workload := func(p rightsize.Profile) func(*analyzer.Snapshot, *advice.Options) {
		return func(s *analyzer.Snapshot, _ *advice.Options) {
			s.Workloads[0].Annotations = map[string]string{rightsize.ProfileAnnotation: string(p)}
		}
	}
	namespace := func(p rightsize.Profile) func(*analyzer.Snapshot, *advice.Options) {
		return func(s *analyzer.Snapshot, _ *advice.Options) {
			s.Namespaces[0].Annotations = map[string]string{rightsize.ProfileAnnotation: string(p)}
		}
	}
	option := func(part string, p rightsize.Profile) func(*analyzer.Snapshot, *advice.Options) {
		return func(_ *analyzer.Snapshot, o *advice.Options) {
			if o.Profiles == nil {
				o.Profiles = map[string]string{}
			}
			o.Profiles[part] = string(p)
		}
	}
	saving, careful := requests(workload(rightsize.Saving)), requests(workload(rightsize.Careful))
	if saving.CPU >= careful.CPU || saving.Memory >= careful.Memory {
		t.Fatalf("saving gets %+v, careful %+v", saving, careful)
	}
	both := func(all ...func(*analyzer.Snapshot, *advice.Options)) func(*analyzer.Snapshot, *advice.Options) {
		return func(s *analyzer.Snapshot, o *advice.Options) {
			for _, f := range all {
				f(s, o)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*analyzer.Snapshot, *advice.Options)
		want   analyzer.Amounts
	}{
		{"of the namespace, by option", option("shop", rightsize.Careful), careful},
		{"of another namespace", both(option("shop", rightsize.Saving), option("bank", rightsize.Careful)), saving},
		{"of the workload, by option", both(option("shop", rightsize.Saving), option("shop/Deployment/web", rightsize.Careful)), careful},
		{"the namespace's annotation before its option", both(option("shop", rightsize.Saving), namespace(rightsize.Careful)), careful},
		{"the workload's option before its namespace's annotation", both(option("shop/Deployment/web", rightsize.Careful), namespace(rightsize.Saving)), careful},
		{"the workload's annotation before all", both(option("shop/Deployment/web", rightsize.Saving), workload(rightsize.Careful)), careful},
		{"what is no profile", both(option("shop", rightsize.Careful), workload("thrifty")), careful},
	} {
		if got := requests(tt.change); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestAProfileThatIsNone is named: who misspells careful is to hear of it.
func TestAProfileThatIsNone(t *testing.T) {
	for profile, want := range map[string]bool{"Careful": true, "careful": false, "": false} {
		for _, of := range []string{"workload", "namespace"} {
			s := randomSnapshot(rand.New(rand.NewPCG(5, 1)))
			annotations := map[string]string{rightsize.ProfileAnnotation: profile}
			if of == "workload" {
				s.Workloads[0].Annotations = annotations
			} else {
				s.Namespaces = []analyzer.Namespace{{Name: "shop", Annotations: annotations}}
			}
			a := sizeOf(t, s, advice.Options{})
			named := slices.ContainsFunc(a.Warnings, func(w analyzer.Warning) bool { return w.Code == "profile" && strings.Contains(w.Message, `"Careful"`) })
			if named != want {
				t.Errorf("%q of the %s: named is %v, want %v", profile, of, named, want)
			}
		}
	}
}

// TestOtherProfiles: what the other profiles would advise is what an audit with each of
// them advises.
func TestOtherProfiles(t *testing.T) {
	r, differ := rand.New(rand.NewPCG(7, 8)), 0
	for range 8 {
		s := randomSnapshot(r)
		for _, taken := range rightsize.Profiles() {
			got := sizing(sizeOf(t, s, withProfile(taken)))
			if len(got.Others) != len(rightsize.Profiles())-1 {
				t.Fatalf("%s has %d others", taken, len(got.Others))
			}
			for _, x := range got.Others {
				if want := sizing(sizeOf(t, s, withProfile(x.Profile))).Requests; x.Profile == taken || x.Requests != want {
					t.Errorf("beside %s: %s says %+v, and alone %+v", taken, x.Profile, x.Requests, want)
				}
				if x.Requests != got.Requests {
					differ++
				}
			}
		}
	}
	if differ == 0 {
		t.Error("no profile differs from another")
	}
}

func withProfile(p rightsize.Profile) advice.Options {
	promise := p.Promise()
	o := advice.Options{RiskCPU: promise.CPU, RiskBroken: promise.Broken, RiskOOM: promise.OOM}
	if promise.Broken == 0 {
		o.RiskBroken = -1 // 0 is the default
	}
	return o
}
