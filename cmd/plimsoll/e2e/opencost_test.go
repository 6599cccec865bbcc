//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
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
	seen  float64 // hours with any sample
	nodes map[string]*priced
	kept  map[[2]string]*kept
	homes map[string]map[string]float64 // workload's share of pods by node
	// volumes and balancers are what each cost, of the whole window.
	volumes, balancers float64
}

// priced is a node: what it has to give, and what is held of it, in
// resource-hours.
type priced struct {
	usd                     float64 // of the whole window
	gibHour                 float64 // of what Linux sees: OpenCost's node_ram_hourly_cost
	cpu, memory             float64 // allocatable
	heldCPU, heldMemory     float64
	factorCPU, factorMemory float64
}

func newOpenCost(t *testing.T, snapshot string) *openCost {
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
	for i := range nodes.Items {
		n := &nodes.Items[i]
		amount := func(list corev1.ResourceList, name corev1.ResourceName) float64 {
			q := list[name]
			return q.AsApproximateFloat64()
		}
		all, give := n.Status.Capacity, n.Status.Allocatable
		// A machine is sold by its whole memory, of which Linux sees 97 %.
		sold, seen := math.Round(amount(all, "memory")/gib/0.97), amount(all, "memory")/gib
		o.nodes[n.Name] = &priced{
			usd:     o.hours * (amount(all, "cpu")*coreHour + sold*gibHour + amount(all, "nvidia.com/gpu")*gpuHour),
			gibHour: gibHour * sold / seen,
			cpu:     o.hours * amount(give, "cpu"), memory: o.hours * amount(give, "memory"),
		}
	}
	pods, err := client.CoreV1().Pods("").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	owners := o.owners()
	o.history(owners, asked(pods.Items, owners))
	o.unmeasured(pods.Items, owners)
	o.place(seenPods(t, snapshot))
	o.besides(client, pods.Items, owners)
	return o
}

// seenPod is a pod as the audit saw it: autoscalers go on meanwhile.
type seenPod struct {
	workload, node string
	ended          bool
}

func seenPods(t *testing.T, snapshot string) (out []seenPod) {
	t.Helper()
	file, err := os.Open(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var header, seen struct {
		Workloads []struct {
			Namespace, Kind, Name string
			Pods                  []struct{ Node, Phase string }
		}
	}
	d := json.NewDecoder(z)
	if err := errors.Join(d.Decode(&header), d.Decode(&seen)); err != nil {
		t.Fatal(err)
	}
	for _, w := range seen.Workloads {
		name := w.Namespace + "/" + strings.ToLower(w.Kind) + ":" + w.Name
		if w.Kind == "Pod" {
			name = w.Namespace + "/" + w.Name
		}
		for _, p := range w.Pods {
			out = append(out, seenPod{name, p.Node, p.Phase == "Succeeded" || p.Phase == "Failed"})
		}
	}
	return out
}

// place says where the workloads' pods are, and where more is held than there
// is: there all pay in proportion.
func (o *openCost) place(pods []seenPod) {
	for _, ended := range []bool{false, true} {
		found := map[string]map[string]float64{}
		for _, p := range pods {
			if p.node != "" && p.ended == ended && o.homes[p.workload] == nil {
				entry(found, p.workload)[p.node]++
			}
		}
		for w, at := range found {
			var sum float64
			for _, n := range at {
				sum += n
			}
			for node := range at {
				at[node] /= sum
			}
			o.homes[w] = at
		}
	}
	for _, k := range o.kept {
		for node, share := range o.homes[k.workload] {
			if n := o.nodes[node]; n != nil {
				n.heldCPU += share * k.cpu.hourly
				n.heldMemory += share * k.memory.hourly
			}
		}
	}
	for name, n := range o.nodes {
		n.factorCPU, n.factorMemory = min(1, n.cpu/max(n.heldCPU, 1)), min(1, n.memory/max(n.heldMemory, 1))
		if n.factorCPU < 1 || n.factorMemory < 1 {
			o.t.Logf("%s: pods held more than there is: CPU x %.4f, memory x %.4f", name, n.factorCPU, n.factorMemory)
		}
	}
}

// cost is what a container costs: what it held at the price of its nodes.
func (o *openCost) cost(k *kept) (cpu, memory, gpu float64) {
	atCPU, atMemory := 1., gibHour/0.97
	if at := o.homes[k.workload]; len(at) > 0 {
		atCPU, atMemory = 0, 0
		for node, share := range at {
			atCPU += share * o.nodes[node].factorCPU
			atMemory += share * o.nodes[node].factorMemory * o.nodes[node].gibHour
		}
	}
	return k.cpu.hourly * coreHour * atCPU, k.memory.hourly / gib * atMemory, k.gpuHours * gpuHour
}
