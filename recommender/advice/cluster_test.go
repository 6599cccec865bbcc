package advice_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// TestReserved: a pod keeps what it requests beside its containers, moves with what
// the levers set, counts by its use what nobody requests, and is bound by requests of
// the pod as a whole.
func TestReserved(t *testing.T) {
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	app := analyzer.ContainerFacts{Container: analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 500, Memory: 1 << 30}}}
	bare := analyzer.ContainerFacts{Container: analyzer.Container{Name: "bare"}}
	var cpu, memory digest.Histogram
	cpu.Add(200)
	memory.Add(1 << 28)
	bare.CPU.Samples, bare.Memory.Samples = cpu, memory
	app.CPU.Samples, app.Memory.Samples = cpu, memory
	overhead := analyzer.Pod{Requests: analyzer.Amounts{CPU: 600, Memory: 1<<30 + 1<<20, GPU: 1}}
	used := int64(cpu.Quantile(0.95))
	sized := func(c *advice.Cluster, k analyzer.ContainerRef) {
		c.SetRequests(k, analyzer.Amounts{CPU: 300, Memory: 1 << 29}, 1)
	}
	for name, tt := range map[string]struct {
		containers []analyzer.ContainerFacts
		level      analyzer.Amounts
		pod        analyzer.Pod
		levers     func(*advice.Cluster, analyzer.ContainerRef)
		want       analyzer.Amounts
	}{
		"as it is":    {containers: []analyzer.ContainerFacts{app}, pod: overhead, want: overhead.Requests},
		"right-sized": {containers: []analyzer.ContainerFacts{app}, pod: overhead, levers: sized, want: analyzer.Amounts{CPU: 400, Memory: 1<<29 + 1<<20, GPU: 1}},
		"yet to come": {containers: []analyzer.ContainerFacts{app}, levers: sized, want: analyzer.Amounts{CPU: 300, Memory: 1 << 29}},
		"with a target": {containers: []analyzer.ContainerFacts{app}, levers: func(c *advice.Cluster, _ analyzer.ContainerRef) {
			c.SetScaled(ref, advice.Scaled{RequestCPU: map[string]int64{"app": 250}})
		}, want: analyzer.Amounts{CPU: 250, Memory: 1 << 30}},
		"unrequested":        {containers: []analyzer.ContainerFacts{app, bare}, pod: overhead, want: analyzer.Amounts{CPU: 600 + used, Memory: 1<<30 + 1<<20 + 1<<28, GPU: 1}},
		"pod as a whole":     {containers: []analyzer.ContainerFacts{app, bare}, level: analyzer.Amounts{CPU: 2000, Memory: 1 << 31}, pod: analyzer.Pod{Requests: analyzer.Amounts{CPU: 2000, Memory: 1 << 31}}, levers: sized, want: analyzer.Amounts{CPU: 2000, Memory: 1 << 31}},
		"of another role":    {containers: []analyzer.ContainerFacts{app, of(bare, "leader")}, pod: analyzer.Pod{Role: "worker", Requests: app.Requests}, want: app.Requests},
		"of an unknown role": {containers: []analyzer.ContainerFacts{of(app, "leader")}, pod: analyzer.Pod{Requests: app.Requests}, want: app.Requests},
	} {
		w := analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: ref, PodLevel: tt.level}, Containers: tt.containers}
		for i := range tt.containers {
			w.Workload.Containers = append(w.Workload.Containers, tt.containers[i].Container)
		}
		c := advice.NewCluster(&analyzer.Analysis{Snapshot: &analyzer.Snapshot{}, Workloads: []analyzer.WorkloadFacts{w}})
		if tt.levers != nil {
			tt.levers(c, analyzer.ContainerRef{Ref: ref, Container: "app"})
		}
		if got := c.Reserved(&w, &tt.pod); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

func of(c analyzer.ContainerFacts, role string) analyzer.ContainerFacts {
	c.Role = role
	return c
}
