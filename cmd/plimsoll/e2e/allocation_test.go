//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// OpenCost's default prices, for all nodes alike.
const (
	coreHour = 0.031611
	gibHour  = 0.004237
	gpuHour  = 0.95
	gib      = 1 << 30
	feeHour  = 0.10 // of EKS
)

// allocationReport is the allocation of a report, by OpenCost's names.
type allocationReport struct {
	Allocation struct {
		Minutes     float64
		Bill        struct{ Nodes, ControlPlane, Total float64 }
		Accuracy    struct{ MissedMonthly float64 }
		Allocations []struct {
			Name                                                     string
			CPUCost, RAMCost, GPUCost, SharedCost, TotalCost         float64
			CPUCoreHours, CPUCoreRequestAverage, CPUCoreUsageAverage float64
			RAMByteHours, RAMByteUsageAverage, GPUHours              float64
		}
	}
}

// kept is what one container of one workload held over the window: of CPU in
// core-hours, of memory in byte-hours.
type kept struct {
	workload, container string // namespace/kind:name
	cpu, memory         held
	gpuHours            float64
}

type held struct {
	requested, used float64
	hourly          float64 // the larger of both, hour by hour
	scraped         float64 // the larger of both of each pod at each sample: OpenCost's container_cpu_allocation
}

// TestE2EAllocationIsOpenCosts works OpenCost's formulas out from what
// Prometheus and the API server say, with no code of plimsoll's, and compares
// every container, namespace and the idle to the cent.
func TestE2EAllocationIsOpenCosts(t *testing.T) {
	dir := t.TempDir()
	prices, snapshot := filepath.Join(dir, "prices.yaml"), filepath.Join(dir, "bed.snapshot")
	text := fmt.Sprintf("prices: [{usdPerVCPUHour: %g, usdPerGiBHour: %g, usdPerGPUHour: %g}]\n", coreHour, gibHour, gpuHour)
	if err := os.WriteFile(prices, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	live.audit(t, live.Kubeconfig, "--end", live.end(), "--only", "rightsize", "--save-snapshot", snapshot)
	o := newOpenCost(t, snapshot)
	by := func(keys string) allocationReport {
		var r allocationReport
		out := live.audit(t, "/nonexistent", "--snapshot", snapshot, "--only", "rightsize", "--pricing", prices, "--aggregate", keys)
		if err := json.Unmarshal([]byte(out.out), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	o.compare(by("namespace,controller,container"), func(k *kept) string { return k.workload + "/" + k.container })
	o.compare(by("namespace"), func(k *kept) string { ns, _, _ := strings.Cut(k.workload, "/"); return ns })
	o.compare(by("cluster"), func(*kept) string { return "testbed" })
	o.accuracy(by("cluster"))
}

// openCost is the cluster's costs by OpenCost's formulas.
type openCost struct {
	t     *testing.T
	hours float64
	seen  float64 // hours with any sample
	nodes map[string]*priced
	kept  map[[2]string]*kept
	homes map[string]map[string]float64 // workload's share of pods by node
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
	return o
}

// owners gives the workload of every pod of the window, by namespace/name.
func (o *openCost) owners() map[string]string {
	owner := func(metric, child string) map[string][2]string {
		out := map[string][2]string{}
		for _, s := range o.query(fmt.Sprintf("group by (namespace, %s, owner_kind, owner_name) (last_over_time(%s[14d]))", child, metric), live.End) {
			out[s.Metric["namespace"]+"/"+s.Metric[child]] = [2]string{s.Metric["owner_kind"], s.Metric["owner_name"]}
		}
		return out
	}
	up := map[string]map[string][2]string{"ReplicaSet": owner("kube_replicaset_owner", "replicaset"), "Job": owner("kube_job_owner", "job_name")}
	out := map[string]string{}
	for pod, by := range owner("kube_pod_owner", "pod") {
		namespace, name, _ := strings.Cut(pod, "/")
		if above, ok := up[by[0]][namespace+"/"+by[1]]; ok && above[0] != "" && above[0] != "<none>" {
			by = above
		}
		if out[pod] = namespace + "/" + strings.ToLower(by[0]) + ":" + by[1]; by[0] == "" || by[0] == "<none>" {
			out[pod] = namespace + "/" + name
		}
	}
	return out
}

// asked is what containers request now, by workload and container.
func asked(pods []corev1.Pod, owners map[string]string) map[[2]string]map[string]float64 {
	out := map[[2]string]map[string]float64{}
	for i := range pods {
		p := &pods[i]
		for _, c := range append(p.Spec.Containers, p.Spec.InitContainers...) {
			k := [2]string{owners[p.Namespace+"/"+p.Name], c.Name}
			out[k] = map[string]float64{}
			for name, q := range c.Resources.Requests {
				out[k][string(name)] = q.AsApproximateFloat64()
			}
		}
	}
	return out
}

const step = 5 * time.Minute

// sample is one container of one pod at one time.
type sample struct{ cpu, memory float64 }

// history adds the window up, day by day.
func (o *openCost) history(owners map[string]string, now map[[2]string]map[string]float64) {
	slots := map[int64]bool{}
	for from := live.Start; from.Before(live.End); {
		to := from.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if to.After(live.End) {
			to = live.End
		}
		o.day(from, to, owners, now, slots)
		from = to
	}
	o.seen = float64(len(slots)) * step.Hours()
	for _, k := range o.kept { // outages of the monitoring count like the rest
		stretch := o.hours / o.seen
		for _, h := range []*held{&k.cpu, &k.memory} {
			h.requested, h.used, h.hourly, h.scraped = h.requested*stretch, h.used*stretch, h.hourly*stretch, h.scraped*stretch
		}
		k.gpuHours *= stretch
	}
}

func (o *openCost) day(from, to time.Time, owners map[string]string, now map[[2]string]map[string]float64, slots map[int64]bool) {
	type key struct{ pod, container string }
	type hour struct{ pods, cpu, memory float64 }
	seconds := int(to.Sub(from).Seconds())
	request, podRequest := map[[2]string]map[string]float64{}, map[key]map[string]float64{}
	for _, s := range o.query(fmt.Sprintf(`max by (namespace,pod,container,resource) (max_over_time({__name__=~"kube_pod_container_resource_requests|kube_pod_init_container_resource_requests"}[%ds]))`, seconds), to) {
		pod := s.Metric["namespace"] + "/" + s.Metric["pod"]
		for _, m := range []map[string]float64{
			entry(request, [2]string{owners[pod], s.Metric["container"]}), entry(podRequest, key{pod, s.Metric["container"]}),
		} {
			m[s.Metric["resource"]] = max(m[s.Metric["resource"]], s.at(0))
		}
	}
	samples := map[key]map[int64]sample{}
	o.rangeQuery(`max by (namespace,pod,container) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[5m]))`, from, to, func(s *series) {
		m := entry(samples, key{s.Metric["namespace"] + "/" + s.Metric["pod"], s.Metric["container"]})
		for i := range s.Values {
			x := m[s.time(i)]
			x.cpu = s.at(i)
			m[s.time(i)] = x
		}
	})
	o.rangeQuery(`max by (namespace,pod,container) (max_over_time(container_memory_working_set_bytes{container!="",container!="POD"}[5m]))`, from, to, func(s *series) {
		m := entry(samples, key{s.Metric["namespace"] + "/" + s.Metric["pod"], s.Metric["container"]})
		for i := range s.Values {
			x := m[s.time(i)]
			x.memory = s.at(i)
			m[s.time(i)] = x
		}
	})
	sums := map[[2]string]map[int64]*hour{}
	for k, list := range samples {
		name := [2]string{owners[k.pod], k.container}
		own := o.container(name)
		r := podRequest[k]
		if len(r) == 0 {
			r = now[name]
		}
		for at, x := range list {
			slots[at] = true
			h := entry(sums, name)[(at-1)/3600]
			if h == nil {
				h = &hour{}
				sums[name][(at-1)/3600] = h
			}
			if x.memory > 0 {
				h.pods += step.Hours()
				own.cpu.scraped += max(r["cpu"], x.cpu) * step.Hours()
				own.memory.scraped += max(r["memory"], x.memory) * step.Hours()
			} else {
				own.cpu.scraped += x.cpu * step.Hours()
			}
			h.cpu += x.cpu * step.Hours()
			h.memory += x.memory * step.Hours()
		}
	}
	for name, hours := range sums {
		own, r := o.container(name), request[name]
		if len(r) == 0 {
			r = now[name]
		}
		for _, h := range hours {
			own.cpu.add(r["cpu"]*h.pods, h.cpu)
			own.memory.add(r["memory"]*h.pods, h.memory)
			own.gpuHours += max(r["nvidia_com_gpu"], now[name]["nvidia.com/gpu"]) * h.pods
		}
	}
}

func (h *held) add(requested, used float64) {
	h.requested += requested
	h.used += used
	h.hourly += max(requested, used)
}

func entry[K comparable, L comparable, V any](m map[K]map[L]V, k K) map[L]V {
	if m[k] == nil {
		m[k] = map[L]V{}
	}
	return m[k]
}

func (o *openCost) container(name [2]string) *kept {
	if o.kept[name] == nil {
		o.kept[name] = &kept{workload: name[0], container: name[1]}
	}
	return o.kept[name]
}

func ended(p *corev1.Pod) bool { return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" }

// unmeasured adds what runs without any usage: it holds its requests.
func (o *openCost) unmeasured(pods []corev1.Pod, owners map[string]string) {
	had := map[[2]string]bool{}
	for k := range o.kept {
		had[k] = true
	}
	for i := range pods {
		p := &pods[i]
		if p.Spec.NodeName == "" || ended(p) {
			continue
		}
		for _, c := range p.Spec.Containers {
			name := [2]string{owners[p.Namespace+"/"+p.Name], c.Name}
			if had[name] || name[0] == "" {
				continue
			}
			own := o.container(name)
			own.cpu.add(o.hours*c.Resources.Requests.Cpu().AsApproximateFloat64(), 0)
			own.memory.add(o.hours*c.Resources.Requests.Memory().AsApproximateFloat64(), 0)
		}
	}
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

// compare holds the report's allocations to OpenCost's formulas.
func (o *openCost) compare(r allocationReport, name func(*kept) string) {
	o.t.Helper()
	const cent = 0.005
	type row struct{ cpu, memory, gpu float64 }
	want := map[string]*row{}
	var all float64
	for _, k := range o.kept {
		cpu, memory, gpu := o.cost(k)
		all += cpu + memory + gpu
		if want[name(k)] == nil {
			want[name(k)] = &row{}
		}
		w := want[name(k)]
		w.cpu, w.memory, w.gpu = w.cpu+cpu, w.memory+memory, w.gpu+gpu
	}
	var nodes, sum float64
	for _, n := range o.nodes {
		nodes += n.usd
	}
	differ := func(what string, got, want float64) {
		o.t.Helper()
		if math.Abs(got-want) > cent {
			o.t.Errorf("%s costs %.5f, by OpenCost's formulas %.5f", what, got, want)
		}
	}
	found := 0
	for _, a := range r.Allocation.Allocations {
		sum += a.TotalCost
		switch w := want[a.Name]; {
		case a.Name == "__idle__":
			differ("idle", a.TotalCost, nodes-all)
		case a.Name == "__control_plane__":
			differ("the control plane", a.TotalCost, o.hours*feeHour)
		case w == nil:
			o.t.Errorf("%s costs %.5f and is not known to OpenCost's formulas", a.Name, a.TotalCost)
		default:
			found++
			differ(a.Name+": CPU", a.CPUCost, w.cpu)
			differ(a.Name+": memory", a.RAMCost, w.memory)
			differ(a.Name+": GPU", a.GPUCost, w.gpu)
		}
	}
	differ("the whole", sum, nodes+o.hours*feeHour)
	if differ("the bill", r.Allocation.Bill.Total, nodes+o.hours*feeHour); found != len(want) {
		o.t.Errorf("%d of %d allocations are in the report", found, len(want))
	}
	o.t.Logf("%d allocations, nodes %.2f USD, pods %.2f", found, nodes, all)
}

// accuracy holds the error that the report states to the truth: OpenCost
// compares request and usage at every sample of every pod, not by the hour.
func (o *openCost) accuracy(r allocationReport) {
	o.t.Helper()
	var hourly, scraped float64
	for _, k := range o.kept {
		hourly += k.cpu.hourly*coreHour + k.memory.hourly/gib*gibHour
		scraped += k.cpu.scraped*coreHour + k.memory.scraped/gib*gibHour
	}
	missed := r.Allocation.Accuracy.MissedMonthly * o.hours / 730
	o.t.Logf("pods cost %.2f by the hour, %.2f by the sample (%+.3f %%); the report says at most %.2f more", hourly, scraped, 100*(scraped/hourly-1), missed)
	if scraped > hourly+missed || scraped < hourly*0.99 {
		o.t.Errorf("by the sample the pods cost %.2f, by the hour %.2f and at most %.2f more", scraped, hourly, missed)
	}
}

// series is one series of an answer.
type series struct {
	Metric map[string]string
	Value  [2]any
	Values [][2]any
}

func (s *series) at(i int) float64 {
	point := s.Value
	if len(s.Values) > 0 {
		point = s.Values[i]
	}
	text, _ := point[1].(string)
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

func (s *series) time(i int) int64 { v, _ := s.Values[i][0].(float64); return int64(v) }

func (o *openCost) query(promQL string, at time.Time) []series {
	return o.ask("query", url.Values{"query": {promQL}, "time": {at.Format(time.RFC3339)}})
}

// rangeQuery asks at every full five minutes within (from, to].
func (o *openCost) rangeQuery(promQL string, from, to time.Time, use func(*series)) {
	first, last := from.Truncate(step).Add(step), to.Truncate(step)
	list := o.ask("query_range", url.Values{
		"query": {promQL}, "start": {first.Format(time.RFC3339)}, "end": {last.Format(time.RFC3339)}, "step": {"300"},
	})
	for i := range list {
		use(&list[i])
	}
}

func (o *openCost) ask(path string, v url.Values) []series {
	o.t.Helper()
	resp, err := http.PostForm(live.Prometheus+"/api/v1/"+path, v)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []series }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" {
		o.t.Fatalf("%s: %v %s", v.Get("query"), err, answer.Error)
	}
	return answer.Data.Result
}
