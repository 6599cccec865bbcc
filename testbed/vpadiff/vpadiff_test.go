package vpadiff

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/logic"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/model"
)

var start = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

const step = 5 * time.Minute

// use is the CPU, in cores, and the memory, in bytes, of each pod of a container at each step.
type use struct{ cpu, memory [][]float64 }

// drawn makes use of some days: a level, a wave by day, noise, a trend, rare bursts.
func drawn(r *rand.Rand) use {
	days, pods := 3+r.IntN(18), 1+r.IntN(4)
	level, wave, noise, trend := 0.03*math.Exp(4*r.Float64()), r.Float64(), 0.05+0.6*r.Float64(), 0.04*r.NormFloat64()
	held, grows := 50e6*math.Exp(4*r.Float64()), 0.02*r.NormFloat64()
	bursts := 0.01 * r.Float64()
	var u use
	for range pods {
		var cpu, memory []float64
		for i := range days * int(24*time.Hour/step) {
			day := float64(i) * step.Hours() / 24
			v := level * (1 + wave*math.Sin(2*math.Pi*day)) * math.Exp(noise*r.NormFloat64()+trend*day)
			if r.Float64() < bursts {
				v *= 4
			}
			cpu = append(cpu, v)
			memory = append(memory, held*math.Exp(grows*day)*(1+0.2*r.Float64()))
		}
		u.cpu, u.memory = append(u.cpu, cpu), append(u.memory, memory)
	}
	return u
}

// at is when step i was measured: every step of a day lies within that day.
func at(i int) time.Time { return start.Add(time.Duration(i)*step + step/2) }

// ours is what the backtest's rules make of a use, by the rule's name.
func (u use) ours() map[string]backtest.Setting {
	days := len(u.cpu[0]) / int(24*time.Hour/step)
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: start, End: start.AddDate(0, 0, days), Step: step}}
	s.Workloads = []analyzer.Workload{{Ref: ref, Replicas: int32(len(u.cpu)), Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}}}}
	rec := analyzer.NewRecorder(s.Window)
	for pod := range u.cpu {
		p := rec.Pod(ref, "app")
		for i := range u.cpu[pod] {
			p.CPU(at(i).UnixMilli(), 1000*u.cpu[pod][i])
			p.Memory(at(i).UnixMilli(), u.memory[pod][i])
		}
		p.Close()
	}
	s.Usage = rec.Usage()
	out := map[string]backtest.Setting{}
	for _, p := range backtest.Peers(&analyzer.Analyze(s).Workloads[0].Containers[0], 1) {
		out[p.Rule] = p.Setting
	}
	return out
}

// theirs is what the VPA's recommender makes of it with its default flags, at each hour of
// the last day. It reads a sample a minute.
func (u use) theirs() (all []logic.RecommendedContainerResources) {
	state := model.NewAggregateContainerState()
	pods := make([]*model.ContainerState, len(u.cpu))
	for pod := range pods {
		pods[pod] = model.NewContainerState(nil, state)
	}
	steps, hour := len(u.cpu[0]), int(time.Hour/step)
	for i := range steps {
		for pod, c := range pods {
			for m := range int(step / time.Minute) {
				when := start.Add(time.Duration(i)*step + time.Duration(m)*time.Minute)
				c.AddSample(&model.ContainerUsageSample{MeasureStart: when, Usage: model.CPUAmountFromCores(u.cpu[pod][i]), Resource: model.ResourceCPU})
				c.AddSample(&model.ContainerUsageSample{MeasureStart: when, Usage: model.MemoryAmountFromBytes(u.memory[pod][i]), Resource: model.ResourceMemory})
			}
		}
		if i >= steps-24*hour && (i+1)%hour == 0 {
			all = append(all, recommended(state))
		}
	}
	return all
}

func recommended(state *model.AggregateContainerState) logic.RecommendedContainerResources {
	// DefaultRecommenderConfig has these; its package does not build beside our version of Prometheus' client.
	return logic.CreatePodResourceRecommender(logic.RecommendationConfig{
		SafetyMarginFraction: 0.15, PodMinCPUMillicores: 25, PodMinMemoryMb: 250,
		TargetCPUPercentile: 0.9, LowerBoundCPUPercentile: 0.5, UpperBoundCPUPercentile: 0.95, ConfidenceIntervalCPU: 24 * time.Hour,
		TargetMemoryPercentile: 0.9, LowerBoundMemoryPercentile: 0.5, UpperBoundMemoryPercentile: 0.95, ConfidenceIntervalMemory: 24 * time.Hour,
	}).GetRecommendedPodResources(model.ContainerNameToAggregateStateMap{"app": state})["app"]
}

// bucket is the width of the VPA's buckets; cut is what it loses by cutting off parts of a
// millicore, three times.
const (
	bucket = 1.05
	cut    = 3
)

// TestRulesAreTheVPAs: the backtest's rules work on digests of days, the VPA on every sample.
// Within a day the VPA lets samples age, so that it says less after a quiet afternoon than
// after a busy one. What the backtest says lies between what the VPA says in the hours of the
// last day, give or take one of its buckets.
func TestRulesAreTheVPAs(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	apart := map[string][]float64{}
	for n := range 120 {
		u := drawn(r)
		ours, theirs := u.ours(), u.theirs()
		for what, x := range map[string]struct {
			ours float64
			of   func(logic.RecommendedContainerResources) model.ResourceAmount
		}{
			"VPA's target for CPU": {ours["VPA"].CPU, func(r logic.RecommendedContainerResources) model.ResourceAmount { return r.Target[model.ResourceCPU] }},
			"VPA's target for memory": {ours["VPA"].Memory, func(r logic.RecommendedContainerResources) model.ResourceAmount {
				return r.Target[model.ResourceMemory]
			}},
			"Goldilocks' request for CPU": {ours["Goldilocks"].CPU, func(r logic.RecommendedContainerResources) model.ResourceAmount {
				return r.LowerBound[model.ResourceCPU]
			}},
			"Goldilocks' limit of memory": {ours["Goldilocks"].Memory, func(r logic.RecommendedContainerResources) model.ResourceAmount {
				return r.UpperBound[model.ResourceMemory]
			}},
		} {
			least, most := math.Inf(1), 0.0
			for _, r := range theirs {
				least, most = min(least, float64(x.of(r))), max(most, float64(x.of(r)))
			}
			if x.ours < least/bucket-cut || x.ours > most*bucket+cut {
				t.Errorf("use %d (%d days, %d pods), %s: ours is %.0f, the VPA's %.0f to %.0f", n, len(u.cpu[0])/288, len(u.cpu), what, x.ours, least, most)
			}
			apart[what] = append(apart[what], math.Abs(math.Log(x.ours/float64(x.of(theirs[len(theirs)-1])))))
		}
	}
	for what, all := range apart {
		slices.Sort(all)
		t.Logf("%s at the day's end: %.1f %% apart in the median, %.1f %% in nine of ten, %.1f %% at most", what, 100*all[len(all)/2], 100*all[len(all)*9/10], 100*all[len(all)-1])
	}
}
