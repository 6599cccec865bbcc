package horizontal

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// VPARule sets VerticalPodAutoscaler objects up, in clusters that have any. See
// docs/rules/horizontal.md.
var VPARule = advice.Rule{
	Name:  "vpa",
	Doc:   "Sets the mode, bounds and controlled resources of VerticalPodAutoscalers, in clusters that use them.",
	Lever: advice.LeverHorizontal,
	Run:   vpa,
}

// VPA is a VerticalPodAutoscaler.
type VPA struct {
	Name       string // that of the workload's own, else the workload's
	Mode       string // Off, Initial, Recreate or InPlaceOrRecreate
	Why        string // the reason for the mode
	Containers []VPAContainer
}

// VPAContainer is the policy of one container.
type VPAContainer struct {
	Container string
	Mode      string   // Auto or Off
	Resources []string // those the VPA controls: cpu, memory
	// MinAllowed and MaxAllowed are set for what is controlled.
	MinAllowed, MaxAllowed analyzer.Amounts
}

func vpa(p *advice.Pass) error {
	if len(p.Facts.Snapshot.VPAs) == 0 {
		return nil
	}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		sized := sizedContainers(p, w)
		if len(sized) == 0 {
			continue
		}
		a := VPAOf(w)
		r := advice.Advice{
			Rule: "vpa", Lever: advice.LeverHorizontal, Workload: w.Ref, Detail: &a,
			Title: "VPA in mode " + a.Mode + ": " + a.Why, Confidence: advice.Weigh(false, w.Batch(), &w.Containers[0]).Confidence,
		}
		compareVPAs(&r, w, sized)
		p.Report(r)
	}
	return nil
}

// sizedContainers gives the requests that right-sizing left, by container.
func sizedContainers(p *advice.Pass, w *analyzer.WorkloadFacts) map[string]analyzer.Amounts {
	out := map[string]analyzer.Amounts{}
	for i := range w.Containers {
		name := w.Containers[i].Name
		if to, ok := p.Cluster.Sized(analyzer.ContainerRef{Ref: w.Ref, Container: name}); ok {
			out[name] = to
		}
	}
	return out
}

// VPAOf gives the VPA that suits a workload: its mode by what its pods can
// bear, its bounds from what they used, and never the resource that an HPA
// divides by.
func VPAOf(w *analyzer.WorkloadFacts) VPA {
	a := VPA{Name: w.Name}
	if len(w.VPAs) > 0 {
		a.Name = w.VPAs[0].Name
	}
	a.Mode, a.Why = vpaMode(w)
	for i := range w.Containers {
		a.Containers = append(a.Containers, vpaContainer(w, &w.Containers[i]))
	}
	return a
}

// vpaMode is the strongest mode that does no harm.
func vpaMode(w *analyzer.WorkloadFacts) (mode, why string) {
	switch {
	case w.Kind == "Pod":
		return "Off", "nothing would bring an evicted pod back"
	case w.Batch():
		return "Initial", "an eviction would lose the run's work"
	case bounds.Binds(w, "doNotDisrupt"):
		return "Initial", "its pods ask not to be disrupted"
	case w.Kind == "DaemonSet":
		return "InPlaceOrRecreate", "one pod a node is replaced at a time"
	case w.Replicas < 2:
		return "Initial", "an eviction would take its only pod away"
	}
	for _, b := range w.PDBs {
		if check.BudgetOf(&b).Stuck(w.Replicas) {
			return "Initial", "its disruption budget allows no eviction"
		}
	}
	if w.Kind == "StatefulSet" && slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return len(p.Spec.Claims) > 0 }) {
		return "Initial", "its pods hold data, and restarts are for its owner to time"
	}
	return "InPlaceOrRecreate", "others serve while one pod is resized or replaced"
}

// vpaContainer bounds one container: from its median use to twice its highest.
func vpaContainer(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) VPAContainer {
	out := VPAContainer{Container: c.Name, Mode: "Off"}
	if c.Type == analyzer.TypeInit || injected(c.Name) {
		return out
	}
	if rightsize.HeldByHPA(w, c.Name, "cpu") == "" && w.PodLevel.CPU == 0 && c.CPU.Samples.Count() > 0 {
		out.Resources = append(out.Resources, "cpu")
		out.MinAllowed.CPU, out.MaxAllowed.CPU = rightsize.RoundCPU(c.CPU.Samples.Quantile(0.5)), rightsize.RoundCPU(2*c.CPU.Samples.Max())
	}
	if rightsize.HeldByHPA(w, c.Name, "memory") == "" && w.PodLevel.Memory == 0 && c.Memory.Samples.Count() > 0 {
		out.Resources = append(out.Resources, "memory")
		top := max(c.Memory.Samples.Max(), float64(c.OOMLimit))
		out.MinAllowed.Memory, out.MaxAllowed.Memory = rightsize.RoundMemory(c.Memory.Samples.Quantile(0.5)), rightsize.RoundMemory(2*top)
	}
	if len(out.Resources) > 0 {
		out.Mode = "Auto"
	}
	return out
}

// injected names the sidecars that a mesh puts in and sizes itself.
func injected(container string) bool {
	switch container {
	case "istio-proxy", "linkerd-proxy", "kuma-sidecar", "consul-dataplane", "daprd", "vault-agent":
		return true
	}
	return false
}

// compareVPAs shows what the workload's own VPAs recommend beside right-sizing.
func compareVPAs(r *advice.Advice, w *analyzer.WorkloadFacts, ours map[string]analyzer.Amounts) {
	for _, v := range w.VPAs {
		for _, c := range v.Containers {
			mine, ok := ours[c.Container]
			if !ok {
				continue
			}
			r.Show(fmt.Sprintf("%s cpu, VPA %s", c.Container, v.Name), float64(c.Target.CPU), "millicores")
			r.Show(c.Container+" cpu, right-sizing", float64(mine.CPU), "millicores")
			r.Show(fmt.Sprintf("%s memory, VPA %s", c.Container, v.Name), float64(c.Target.Memory), "bytes")
			r.Show(c.Container+" memory, right-sizing", float64(mine.Memory), "bytes")
		}
		if mode := v.UpdateMode; mode != advice.As[VPA](r.Detail).Mode && mode != "" {
			r.Warn("vpa-mode", fmt.Sprintf("VPA %s is in mode %s; %s would suit it: %s", v.Name, mode, advice.As[VPA](r.Detail).Mode, advice.As[VPA](r.Detail).Why))
		}
	}
}
