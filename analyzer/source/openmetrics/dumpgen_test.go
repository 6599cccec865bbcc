package openmetrics_test

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// dumpSpec is a made-up cluster's dump: its size, shape and order.
type dumpSpec struct {
	containers  int
	days        int
	stepSeconds int
	generations int  // pods that follow one another in each place
	timeMajor   bool // interleaved as a scraper writes; else as promtool does
	duplicate   bool // every usage series is there for two jobs
	millis      bool // the Prometheus text format; else OpenMetrics
	startUnix   int64
}

// place is where one pod after another runs one container.
type place struct{ workload, replica int }

func (d dumpSpec) steps() int        { return d.days * 86400 / d.stepSeconds }
func (d dumpSpec) place(i int) place { return place{i / 3, i % 3} }
func (p place) namespace() string    { return fmt.Sprintf("team-%02d", p.workload%20) }
func (p place) deployment() string   { return fmt.Sprintf("service-%03d", p.workload) }
func (p place) replicaSet() string   { return p.deployment() + "-6d5f8b7c9" }
func (p place) pod(gen int) string {
	return fmt.Sprintf("%s-%c%cx%dz", p.replicaSet(), 'b'+byte(p.replica), 'b'+byte(gen%20), 2+gen/20)
}
func (d dumpSpec) gen(step int) int { return step * d.generations / d.steps() }
func (d dumpSpec) born(gen int) int { return (gen*d.steps() + d.generations - 1) / d.generations }
func (d dumpSpec) ms(step int) int64 {
	return (d.startUnix + int64(step+1)*int64(d.stepSeconds)) * 1000
}
func noise(a, b, c int) float64 { // splitmix64, in [0, 1)
	x := uint64(a)*0x9e3779b97f4a7c15 + uint64(b)*0xbf58476d1ce4e5b9 + uint64(c)*0x94d049bb133111eb
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// cores is the usage of a container over the step that ends with the reading.
func (d dumpSpec) cores(i, step int) float64 {
	n := noise(i, step, 1)
	return (0.02 + 0.5*noise(i, 0, 7)) * (0.5 + n*n*n*n*4)
}

func (d dumpSpec) bytes(i, step int) float64 {
	return float64(int64((64 + 2000*noise(i, 0, 3)) * (0.8 + 0.2*noise(i, step, 2)) * (1 << 20)))
}

func (d dumpSpec) labels(i, gen int, job string) string {
	p := d.place(i)
	cgroup := fmt.Sprintf("%08x-%04x-4a5b-8c7d-%012x", i*2654435761&0xffffffff, gen, i*97+gen)
	return fmt.Sprintf(`container="app",cpu="total",endpoint="https-metrics",id="/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/cri-containerd-%064x.scope",image="registry.example.com/shop/%s:v1.%d",instance="10.0.%d.%d:10250",job="%s",metrics_path="/metrics/cadvisor",name="%064x",namespace="%s",node="node-%03d",pod="%s",service="kubelet"`,
		cgroup, i*31+gen, p.deployment(), gen, i%4, i%200, job, i*31+gen, p.namespace(), i%40, p.pod(gen))
}

// dumpSeries is one series that the generator writes.
type dumpSeries struct {
	text     string
	from, to int // steps
	value    func(step int) float64
}

// series gives all series in promtool's order: by metric, then by labels.
func (d dumpSpec) series() []dumpSeries {
	jobs := []string{"kubelet"}
	if d.duplicate {
		jobs = append(jobs, "kubelet-copy")
	}
	var out []dumpSeries
	usage := func(name string, value func(i, from int) func(int) float64) {
		for _, job := range jobs {
			for i := range d.containers {
				for g := range d.generations {
					from, to := d.born(g), d.born(g+1)
					out = append(out, dumpSeries{name + "{" + d.labels(i, g, job) + "}", from, to, value(i, from)})
				}
			}
		}
	}
	usage("container_cpu_usage_seconds_total", d.counter)
	usage("container_memory_working_set_bytes", func(i, _ int) func(int) float64 {
		return func(step int) float64 { return d.bytes(i, step) }
	})
	return append(out, d.state()...)
}

// counter adds usage up; steps must come in order.
func (d dumpSpec) counter(i, from int) func(int) float64 {
	total := 0.0
	return func(step int) float64 {
		if step > from {
			total += d.cores(i, step) * float64(d.stepSeconds)
		}
		return total
	}
}

func constant(v float64) func(int) float64 { return func(int) float64 { return v } }

func (d dumpSpec) state() []dumpSeries {
	const scrape = `instance="10.1.2.3:8080",job="kube-state-metrics",`
	var out []dumpSeries
	for i := range d.containers {
		p := d.place(i)
		for g := range d.generations {
			from, to := d.born(g), d.born(g+1)
			pod := fmt.Sprintf(`namespace="%s",pod="%s"`, p.namespace(), p.pod(g))
			out = append(out,
				dumpSeries{`kube_pod_container_resource_requests{container="app",` + scrape + pod + `,resource="cpu",unit="core"}`, from, to, constant(0.5)},
				dumpSeries{`kube_pod_container_resource_requests{container="app",` + scrape + pod + `,resource="memory",unit="byte"}`, from, to, constant(1 << 30)},
				dumpSeries{`kube_pod_container_status_restarts_total{container="app",` + scrape + pod + `}`, from, to, constant(0)},
				dumpSeries{`kube_pod_owner{` + scrape + pod + `,owner_is_controller="true",owner_kind="ReplicaSet",owner_name="` + p.replicaSet() + `"}`, from, to, constant(1)})
		}
		if p.replica == 0 {
			out = append(out, dumpSeries{fmt.Sprintf(`kube_replicaset_owner{%snamespace="%s",owner_is_controller="true",owner_kind="Deployment",owner_name="%s",replicaset="%s"}`,
				scrape, p.namespace(), p.deployment(), p.replicaSet()), 0, d.steps(), constant(1)})
		}
	}
	return out
}

// write writes the dump.
func (d dumpSpec) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	all := d.series()
	var line []byte
	put := func(s *dumpSeries, step int) {
		line = append(append(line[:0], s.text...), ' ')
		line = append(strconv.AppendFloat(line, s.value(step), 'g', -1, 64), ' ')
		if d.millis {
			line = strconv.AppendInt(line, d.ms(step), 10)
		} else {
			line = strconv.AppendFloat(line, float64(d.ms(step))/1000, 'f', 3, 64)
		}
		out.Write(append(line, '\n'))
	}
	if d.timeMajor {
		for step := range d.steps() {
			for i := range all {
				if s := &all[i]; step >= s.from && step < s.to {
					put(s, step)
				}
			}
		}
	} else {
		for i := range all {
			for step := all[i].from; step < all[i].to; step++ {
				put(&all[i], step)
			}
		}
	}
	if !d.millis {
		out.WriteString("# EOF\n")
	}
	return out.Flush()
}
