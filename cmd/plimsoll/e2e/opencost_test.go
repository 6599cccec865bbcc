//go:build e2e

package e2e_test

import (
	"context"
	"math"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// kept is what one container of one workload held over the window: of CPU in
// core-hours, of memory in byte-hours.
type kept struct {
	workload, container string // namespace/kind:name
	cpu, memory         held
	gpuHours            float64
	// byteHours are of volumes, which cost volume; balancer is what load balancers cost.
	byteHours, volume, balancer float64
	// volumes and balancers are the same one by one.
	volumes, balancers map[string]float64
}

type held struct {
	requested, used float64
	hourly          float64 // the larger of both, hour by hour
	scraped         float64 // the larger of both of each pod at each sample: OpenCost's container_cpu_allocation
}

// openCost is the cluster's costs by OpenCost's formulas.
type openCost struct {
	t     *testing.T
	hours float64
	seen  float64            // hours with any sample
	nodes map[string]*priced // that were there in the window
	kept  map[[2]string]*kept
	homes map[string]map[string]float64 // workload's share of pod-hours by node
	// volumes and balancers are what each cost, of the whole window.
	volumes, balancers float64
}

// priced is a node and what it costs for the hours in which it was there: OpenCost
// pays a node for its minutes in the window.
type priced struct {
	hours, usd float64
	gibHour    float64 // of what Linux sees: OpenCost's node_ram_hourly_cost
	today      bool
}

func newOpenCost(t *testing.T) *openCost {
	t.Helper()
	o := &openCost{t: t, hours: live.End.Sub(live.Start).Hours(), nodes: map[string]*priced{}, kept: map[[2]string]*kept{}, homes: map[string]map[string]float64{}}
	config, err := clientcmd.BuildConfigFromFlags("", live.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.paid(nodes.Items)
	pods, err := client.CoreV1().Pods("").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	owners := o.owners()
	o.history(owners, asked(pods.Items, owners))
	o.unmeasured(pods.Items, owners)
	o.place(owners)
	o.besides(client, pods.Items, owners)
	return o
}

// paid prices the nodes of the window by what kube-state-metrics told of them: how much
// of each hour they were there, by the one that was there most, to a sixteenth. What
// today's have is the API server's word: the history has no series of GPUs.
func (o *openCost) paid(now []corev1.Node) {
	at, most := map[string]map[int64]float64{}, map[int64]float64{}
	first, last := live.Start.Add(time.Hour-1).Truncate(time.Hour).Add(time.Hour), live.End.Truncate(time.Hour)
	for end := first; !end.After(last); end = end.Add(time.Hour) {
		for _, s := range o.query("max by (node) (count_over_time(kube_node_info[1h]))", end) {
			entry(at, s.Metric["node"])[end.Unix()] = s.at(0)
			most[end.Unix()] = max(most[end.Unix()], s.at(0))
		}
	}
	amount := map[string]map[string]float64{}
	for _, s := range o.query("max by (node, resource) (last_over_time(kube_node_status_capacity[14d]))", live.End) {
		entry(amount, s.Metric["node"])[s.Metric["resource"]] = s.at(0)
	}
	today := map[string]bool{}
	for i := range now {
		today[now[i].Name] = true
		for name, q := range now[i].Status.Capacity {
			entry(amount, now[i].Name)[string(name)] = q.AsApproximateFloat64()
		}
	}
	for node, hours := range at {
		there := 0.0
		for hour, samples := range hours {
			there += math.Round(16*samples/most[hour]) / 16
		}
		all := amount[node]
		// A machine is sold by its whole memory, of which Linux sees 97 %.
		seen := all["memory"] / gib
		sold, n := math.Round(seen/0.97), &priced{hours: there / float64(len(most)) * o.hours, today: today[node]}
		n.usd, n.gibHour = n.hours*(all["cpu"]*coreHour+sold*gibHour+all["nvidia.com/gpu"]*gpuHour), gibHour*sold/seen
		o.nodes[node] = n
	}
	o.t.Logf("%d nodes in %d hours", len(o.nodes), len(most))
}

// place says on which nodes the workloads' pods were.
func (o *openCost) place(owners map[string]string) {
	for _, s := range o.query(`sum by (namespace, pod, node) (count_over_time(kube_pod_info{node!=""}[14d]))`, live.End) {
		if owner := owners[s.Metric["namespace"]+"/"+s.Metric["pod"]]; owner != "" && o.nodes[s.Metric["node"]] != nil {
			entry(o.homes, owner)[s.Metric["node"]] += s.at(0)
		}
	}
	for _, at := range o.homes {
		sum := 0.0
		for _, n := range at {
			sum += n
		}
		for node := range at {
			at[node] /= sum
		}
	}
}

// cost is what a container costs: what it held at the price of its nodes.
func (o *openCost) cost(k *kept) (cpu, memory, gpu float64) {
	atMemory := gibHour / 0.97
	if at := o.homes[k.workload]; len(at) > 0 {
		atMemory = 0
		for node, share := range at {
			atMemory += share * o.nodes[node].gibHour
		}
	}
	return k.cpu.hourly * coreHour, k.memory.hourly / gib * atMemory, k.gpuHours * gpuHour
}
