package reports_test

import (
	"fmt"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	mi = int64(1) << 20
	gi = int64(1) << 30
)

var end = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// cluster builds a synthetic cluster: facts, costs and advice.
type cluster struct {
	facts *analyzer.Analysis
	costs *cost.Costs
	recs  []advice.Advice
}

func newCluster() *cluster {
	return &cluster{
		facts: &analyzer.Analysis{Snapshot: &analyzer.Snapshot{
			Cluster: "prod-eu",
			Window:  analyzer.Window{Start: end.AddDate(0, 0, -14), End: end, Step: 30 * time.Second},
			Sources: []analyzer.Source{
				{Kind: "prometheus", Name: "http://prometheus.monitoring:9090", Reads: "usage"},
				{Kind: "kubernetes", Name: "https://10.0.0.1:6443", Reads: "inventory"},
			},
		}},
		costs: &cost.Costs{Workloads: map[analyzer.Ref]cost.WorkloadCost{}},
	}
}

// node adds count nodes of one price to the cluster and the bill.
func (c *cluster) node(instance, capacity string, hourly float64, count int) {
	for range count {
		name := fmt.Sprintf("node-%02d", len(c.facts.Snapshot.Nodes))
		c.facts.Snapshot.Nodes = append(c.facts.Snapshot.Nodes, analyzer.Node{Name: name})
		c.costs.Nodes = append(c.costs.Nodes, cost.NodeCost{Name: name, InstanceType: instance, CapacityType: capacity, Zone: "eu-west-1a", Hourly: hourly})
		c.costs.Bill += hourly * pricing.HoursPerMonth
	}
}

// container describes one container and what is advised for it.
type container struct {
	name          string
	kind          analyzer.ContainerType
	cpu, mem      int64   // requests: millicores, bytes
	memLimit      int64   // bytes
	used, usedMem float64 // mean: millicores, bytes
	toCPU, toMem  int64   // advised; 0 with all of withheld
	savings, cost float64
	oom           int64
	risk          float64
	confidence    float64
	withheld      []advice.Withheld
	warnings      []analyzer.Warning
}

// add adds a workload of the given containers.
func (c *cluster) add(namespace, kind, name string, replicas int32, containers ...container) {
	ref := analyzer.Ref{Namespace: namespace, Kind: kind, Name: name}
	w := &analyzer.Workload{Ref: ref, Replicas: replicas}
	facts := analyzer.WorkloadFacts{Workload: w, MeanPods: float64(replicas)}
	cost := cost.WorkloadCost{Containers: map[string]float64{}, Pods: int(replicas)}
	for _, k := range containers {
		f := k.facts()
		w.Containers = append(w.Containers, f.Container)
		facts.Containers = append(facts.Containers, f)
		cost.Containers[k.name] = k.cost
		cost.Monthly += k.cost
		c.recs = append(c.recs, k.advice(ref))
	}
	c.facts.Workloads = append(c.facts.Workloads, facts)
	c.costs.Workloads[ref] = cost
}

func (k container) facts() analyzer.ContainerFacts {
	if k.kind == "" {
		k.kind = analyzer.TypeContainer
	}
	f := analyzer.ContainerFacts{
		Container: analyzer.Container{
			Name: k.name, Type: k.kind,
			Requests: analyzer.Amounts{CPU: k.cpu, Memory: k.mem}, Limits: analyzer.Amounts{Memory: k.memLimit},
		},
		OOMKills: k.oom, Restarts: k.oom, ThrottledShare: -1,
	}
	if k.used == 0 {
		return f
	}
	f.Coverage, f.ThrottledShare = 0.987654321, 0.0125
	for i := range 200 {
		wave := 0.5 + float64(i%21)/20
		f.CPU.Samples.Add(k.used * wave)
		f.Memory.Samples.Add(k.usedMem * wave)
	}
	return f
}

func (k container) advice(ref analyzer.Ref) advice.Advice {
	r := advice.Advice{
		Rule: "rightsize", Lever: advice.LeverRightsize, Workload: ref, Container: k.name,
		Withheld: k.withheld, Confidence: k.confidence,
	}
	for _, w := range k.warnings {
		w.Subject = ref.String() + "/" + k.name
		r.Warnings = append(r.Warnings, w)
	}
	if k.toCPU == 0 && k.toMem == 0 {
		r.Title = "no recommendation"
		return r
	}
	r.Title, r.MonthlySavings = "lower the requests", k.savings
	over := 0.0312
	s := &rightsize.Sizing{Requests: analyzer.Amounts{CPU: k.toCPU, Memory: k.toMem}, Risk: rightsize.Risk{OOMProbability: &k.risk, CPUOverRequest: &over}}
	r.Detail = s
	if k.memLimit > 0 {
		s.Limits.Memory = k.toMem
	}
	for _, ch := range []advice.Change{
		{Field: "requests.cpu", From: k.cpu, To: k.toCPU}, {Field: "requests.memory", From: k.mem, To: k.toMem},
		{Field: "limits.memory", From: k.memLimit, To: s.Limits.Memory},
	} {
		if ch.From != ch.To {
			r.Changes = append(r.Changes, ch)
		}
	}
	r.Evidence = []advice.Evidence{{Name: "cpu p95 of all samples", Value: k.used * 1.45, Unit: "millicores"}, {Name: "memory peak", Value: k.usedMem * 1.5, Unit: "bytes"}}
	return r
}

// fine is a container whose requests stay.
func fine(name string, cost float64) container {
	return container{name: name, cpu: 100, mem: 128 * mi, memLimit: 128 * mi, used: 70, usedMem: 80e6, toCPU: 100, toMem: 128 * mi, cost: cost, confidence: 0.97}
}

func withhold(resource, reason string) []advice.Withheld {
	return []advice.Withheld{{Resource: resource, Reason: reason}}
}

// production is the cluster of the goldens: one of everything that a report
// has to show.
func production() *cluster {
	c := newCluster()
	c.node("m6i.2xlarge", "on-demand", 0.428, 12)
	c.node("m6i.2xlarge", "spot", 0.1541, 6)
	c.shop()
	c.platform()
	c.costs.Overhead = 181.337
	var used float64
	for _, w := range c.costs.Workloads {
		used += w.Monthly
	}
	c.costs.Idle = c.costs.Bill - c.costs.Overhead - used
	c.costs.Prices = []pricing.Provenance{{Provider: "aws", AsOf: "2026-07-20", Source: "embedded table"}}
	c.costs.Warnings = []analyzer.Warning{{Code: "estimated-price", Subject: "node-17", Message: "m6i.2xlarge spot in eu-west-1a has no price of its own; the region's mean is used"}}
	for i := range 60 {
		c.facts.Warnings = append(c.facts.Warnings, analyzer.Warning{
			Code: analyzer.WarnUnmatched, Subject: fmt.Sprintf("batch/Job/import-%02d", i),
			Message: fmt.Sprintf("container %q was used within the window but is no longer in the pod template; its usage is left out", fmt.Sprintf("import-%d", i)),
		})
	}
	return c
}

func (c *cluster) shop() {
	c.add("shop", "Deployment", "checkout", 6, container{name: "app", cpu: 500, mem: gi, memLimit: gi, used: 80, usedMem: 260e6, toCPU: 120, toMem: 412 * mi, savings: 163.4567, cost: 412.125, risk: 0.004, confidence: 0.93},
		container{name: "istio-proxy", kind: analyzer.TypeSidecar, cpu: 100, mem: 128 * mi, used: 9, usedMem: 50e6, toCPU: 15, toMem: 80 * mi, savings: 28.999, cost: 62.005, risk: -1, confidence: 0.95},
		container{name: "migrate", kind: analyzer.TypeInit, cpu: 100, mem: 128 * mi, withheld: withhold("all", "no usage was seen: an init container that ends between two scrapes leaves none")})
	c.add("shop", "Deployment", "cart", 3, container{name: "app", cpu: 1000, mem: 2 * gi, memLimit: 2 * gi, used: 400, usedMem: 900e6, toCPU: 1000, toMem: 1500 * mi, savings: 11.1, cost: 220.3333, risk: 0.01, confidence: 0.81,
		withheld: withhold("cpu", "HPA cart scales on cpu utilization, which a new request would shift")})
	c.add("shop", "Deployment", "search", 12, container{name: "app", cpu: 700, mem: 2 * gi, memLimit: 2 * gi, used: 900, usedMem: 1.9e9, toCPU: 1200, toMem: 2560 * mi, savings: -146.0149, cost: 700.6667, oom: 3, risk: -1, confidence: 0.74,
		warnings: []analyzer.Warning{{Code: "oom", Message: "OOM-killed 3 times: its real need is above 2048 MiB and not known"}}})
	c.add("shop", "StatefulSet", "カート-redis", 3, container{name: "redis", cpu: 250, mem: 4 * gi, memLimit: 4 * gi, used: 40, usedMem: 9e8, toCPU: 60, toMem: 1400 * mi, savings: 74.2, cost: 180, risk: 0.0002, confidence: 0.9})
	c.add("shop", "Deployment", "recommendation-engine-with-a-very-long-name-canary-v2-7f9c", 2, container{name: "feature-extraction-worker", cpu: 2000, mem: 8 * gi, used: 300, usedMem: 2e9, toCPU: 450, toMem: 3100 * mi, savings: 201.75, cost: 365.25, risk: -1, confidence: 0.88})
	for i := range 5 {
		c.add("shop", "Deployment", fmt.Sprintf("page-%d", i), 2, fine("app", 11.11))
	}
}

func (c *cluster) platform() {
	c.add("team-data-platform-production", "CronJob", "nightly-import", 1, container{name: "import", cpu: 4000, mem: 16 * gi, used: 1, usedMem: 1e6, cost: 12.5, withheld: withhold("all", "too little data: 2 of at least 3 runs")})
	c.add("team-data-platform-production", "CronJob", "weekly-export", 1, container{name: "export", cpu: 2000, mem: 8 * gi, used: 1, usedMem: 1e6, withheld: withhold("all", "too little data: 1 of at least 3 runs")})
	c.add("team-data-platform-production", "Rollout", "etl", 4, container{name: "etl", used: 350, usedMem: 7e8, toCPU: 500, toMem: 1100 * mi, savings: -61.3, cost: 95, risk: -1, confidence: 0.7})
	c.add("monitoring", "DaemonSet", "node-exporter", 18, container{name: "exporter", cpu: 250, mem: 180 * mi, memLimit: 180 * mi, used: 3.4, usedMem: 24e6, toCPU: 10, toMem: 48 * mi, savings: 139.48, cost: 201.1, risk: 0.0001, confidence: 0.99})
	c.add("kube-system", "Deployment", "coredns", 2, container{name: "coredns", cpu: 100, mem: 70 * mi, memLimit: 170 * mi, cost: 9.3, withheld: withhold("all", "no usage was seen in the window")})
	c.add("kube-system", "Pod", "debug", 1, container{name: "sh", withheld: withhold("all", "no usage was seen in the window")})
}

func (c *cluster) input() build.Input {
	return build.Input{Analysis: c.facts, Costs: c.costs, Recommendations: c.recs, Cluster: c.advised(), Version: "v0.1.0"}
}

// advised is the cluster as its advice would leave it.
func (c *cluster) advised() *advice.Cluster {
	out := advice.NewCluster(c.facts)
	for i := range c.recs {
		r := &c.recs[i]
		if s := advice.As[rightsize.Sizing](r.Detail); s != nil {
			out.SetRequests(analyzer.ContainerRef{Ref: r.Workload, Container: r.Container}, s.Requests, r.Confidence)
		}
		if h := advice.As[horizontal.Advice](r.Detail); h != nil && h.Recommended != nil {
			out.SetScaled(r.Workload, advice.Scaled{Changed: len(r.Changes) > 0, Mean: h.ReplicasAdvised, Was: h.ReplicasNow, RequestCPU: h.Recommended.RequestCPU})
		}
	}
	return out
}

func (c *cluster) report() *document.Report { return build.Report(c.input()) }
