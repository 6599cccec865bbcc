package build

import (
	"cmp"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) workload(w *analyzer.WorkloadFacts) document.Workload {
	out := document.Workload{
		Namespace: w.Namespace, Kind: w.Kind, Name: w.Name, APIVersion: w.APIVersion, Team: team(w.Labels),
		ReadySeconds: w.ReadyAfter(),
		Replicas:     w.Replicas, MeanPods: document.Decimals(w.MeanPods, 2),
		MonthlyCost: b.worth(w.Ref, b.cents.workloads[w.Ref]),
		Containers:  make([]document.Container, 0, len(w.Containers)),
	}
	for i := range w.Containers {
		out.Containers = append(out.Containers, b.container(w.Ref, &w.Containers[i]))
	}
	for _, x := range w.Releases {
		out.Releases = append(out.Releases, document.Release(x))
	}
	out.PriceGap = b.priceGap(w)
	b.scale(&out, w.Ref)
	out.MonthlySavings = b.worth(w.Ref, saved(&out))
	return out
}

// team names who a workload belongs to.
func team(labels map[string]string) string {
	return cmp.Or(labels["team"], labels["owner"], labels["app.kubernetes.io/part-of"])
}

// saved adds up what the workload's recommendations are worth.
func saved(w *document.Workload) (sum document.USD) {
	for i := range w.Containers {
		if s := w.Containers[i].MonthlySavings; s != nil {
			sum += *s
		}
	}
	if h := w.Horizontal; h != nil && h.MonthlySavings != nil {
		sum += *h.MonthlySavings
	}
	return sum
}

func (b *builder) container(ref analyzer.Ref, f *analyzer.ContainerFacts) document.Container {
	key := analyzer.ContainerRef{Ref: ref, Container: f.Name}
	c := document.Container{
		Name: f.Name, Image: f.Image, Type: string(f.Type),
		MonthlyCost: b.worth(ref, b.cents.containers[key]),
		Current:     document.Setting{Requests: resources(f.Requests), Limits: resources(f.Limits)},
		Unknown:     f.Unknown,
		Usage:       document.Usage{CPU: cpuUsage(&f.CPU.Samples), Memory: memoryUsage(&f.Memory.Samples)},
		Coverage:    document.Share(f.Coverage),
		OOMKills:    f.OOMKills, Restarts: f.Restarts,
		ThrottledShare: knownShare(&f.ThrottledShare),
		Evidence:       []document.Evidence{}, Warnings: []analyzer.Warning{},
	}
	i, ok := b.sizing[key]
	if !ok {
		warn(&c, ref, document.WarnNotJudged, "no rule has looked at this container")
		return c
	}
	b.advise(&c, ref, &b.recs[i], b.savings[i])
	c.Warnings = sortedWarnings(c.Warnings)
	return c
}
