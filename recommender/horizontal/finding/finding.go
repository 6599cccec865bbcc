// Package finding finds autoscalers and disruption budgets that cannot work as they are
// set, by the settings and by history.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// Rule looks for autoscalers and disruption budgets that cannot
// work as they are set. See docs/rules/autoscaler-findings.md.
var Rule = advice.Rule{
	Name:  "autoscaler-findings",
	Doc:   "Finds autoscalers and disruption budgets that cannot work as they are set, with a fix for each.",
	Lever: advice.LeverHorizontal,
	Run:   autoscalerFindings,
}

// Finding is a mistake in a setting, and its remedy.
type Finding struct {
	// Kind is what it is. Those of severity error keep the autoscaler or the drain
	// of a node from working.
	Kind advice.Kind
	Fix  string // one sentence: what to do
}

func autoscalerFindings(p *advice.Pass) error {
	known := map[analyzer.Ref]*analyzer.WorkloadFacts{}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		known[w.Ref] = w
	}
	for _, h := range sortedHPAs(p.Facts.Snapshot.HPAs) {
		f := finder{pass: p, h: h, w: known[h.Target]}
		f.look(hpaKinds)
	}
	for i := range p.Facts.Workloads {
		f := finder{pass: p, w: &p.Facts.Workloads[i]}
		f.look(workloadKinds)
	}
	return nil
}

func sortedHPAs(hpas []analyzer.HPA) []*analyzer.HPA {
	out := make([]*analyzer.HPA, 0, len(hpas))
	for i := range hpas {
		out = append(out, &hpas[i])
	}
	slices.SortFunc(out, func(a, b *analyzer.HPA) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// finder looks at one HPA or one workload, for one kind after another.
type finder struct {
	pass *advice.Pass
	kind advice.Kind
	h    *analyzer.HPA           // nil where a workload is looked at
	w    *analyzer.WorkloadFacts // nil where the target is not known
	// broken notes that a severe finding explains whatever history shows.
	broken bool
}

func (f *finder) look(kinds []Kind) {
	for _, k := range kinds {
		f.kind = k.Kind
		k.find(f)
	}
}

// find files a finding of the kind that is looked for.
func (f *finder) find(title, fix string, evidence ...advice.Evidence) {
	r := advice.Advice{
		Rule: "autoscaler-findings", Lever: advice.LeverHorizontal, Title: title, Detail: &Finding{f.kind, fix},
		Confidence: 1, Evidence: evidence,
	}
	if f.h != nil {
		r.Workload, r.Title = f.h.Target, "HPA "+f.h.Name+": "+title
	} else {
		r.Workload = f.w.Ref
	}
	f.broken = f.broken || f.kind.Severity == advice.SeverityError
	f.pass.Report(r)
}

// targeted are finders that need the target.
func targeted(find func(*finder)) func(*finder) {
	return func(f *finder) {
		if f.w != nil {
			find(f)
		}
	}
}

func refused(f *finder) {
	if k, ok := check.Replicas(f.h.Min, f.h.Max); ok && k == check.Invalid {
		f.find(fmt.Sprintf("minReplicas %d and maxReplicas %d are no range", f.h.Min, f.h.Max), "set maxReplicas above minReplicas, and both above 0")
	}
}

func inert(f *finder) {
	if k, ok := check.Replicas(f.h.Min, f.h.Max); ok && k == check.Range {
		f.find(fmt.Sprintf("minReplicas and maxReplicas are both %d, so that it can do nothing", f.h.Min),
			"give it room between the two, or delete it and set replicas")
	}
}

func missingTarget(f *finder) {
	if f.w == nil {
		f.find(fmt.Sprintf("%s %s, which it scales, was not found", f.h.Target.Kind, f.h.Target.Name),
			"correct spec.scaleTargetRef, or delete the HPA; if the workload exists, let this program read it")
	}
}

// ambiguous, noData and unable read what the controller itself complains of.
func ambiguous(f *finder) {
	for _, c := range f.h.Conditions {
		if c.Reason == "AmbiguousSelector" {
			f.find("its pods are selected by another HPA too", "make the workloads' selectors disjoint; the controller scales neither meanwhile")
		}
	}
}

func noData(f *finder) {
	for _, c := range f.h.Conditions {
		if c.Type == "ScalingActive" && c.Status == "False" && strings.HasPrefix(c.Reason, "FailedGet") {
			f.find("it gets no values of its metric ("+c.Reason+")",
				"check that metrics-server or the metrics adapter serves the metric, and that every container has the request it is divided by")
		}
	}
}

func unable(f *finder) {
	for _, c := range f.h.Conditions {
		if c.Type == "AbleToScale" && c.Status == "False" && c.Reason != "AmbiguousSelector" {
			f.find("it cannot scale its target ("+c.Reason+")", "look at the HPA's events: kubectl describe hpa "+f.h.Name)
		}
	}
}

func onMemory(f *finder) {
	for _, m := range f.h.Metrics {
		if m.Name == "memory" && m.Type != "Pods" && m.Type != "Object" && m.Type != "External" {
			f.find("it scales on memory, which most programs do not give back: it adds pods and seldom removes them",
				"scale on CPU or on requests, and size memory with right-sizing, unless memory is known to follow the load")
			return
		}
	}
}

// metrics calls see with each metric on CPU or memory, and what the target's
// containers have of it.
func (f *finder) metrics(see func(m check.Metric, parts []check.Part)) {
	for _, m := range f.h.Metrics {
		if !check.IsResource(m.Type, m.Name) {
			continue
		}
		v := check.Metric{Resource: m.Name, Share: m.TargetType == "Utilization", Target: m.Target}
		if m.Type == "ContainerResource" {
			v.Container = m.Container
		}
		if m.Name == "memory" && !v.Share {
			v.Target = m.Target / 1000 // it is in thousandths
		}
		if setting.DividesByPod(f.pass, f.w, m) {
			v.Whole = f.w.PodLevel.CPU
			if m.Name == "memory" {
				v.Whole = f.w.PodLevel.Memory
			}
		}
		see(v, f.parts(m.Name))
	}
}

// parts are the target's containers as a metric of a resource counts them.
func (f *finder) parts(resource string) (out []check.Part) {
	for i := range f.w.Containers {
		c := &f.w.Containers[i]
		if c.Type == analyzer.TypeInit {
			continue
		}
		part := check.Part{Name: c.Name, Request: c.Requests.CPU, Limit: c.Limits.CPU}
		if resource == "memory" {
			part.Request, part.Limit = c.Requests.Memory, c.Limits.Memory
		}
		out = append(out, part)
	}
	return out
}

// withoutRequest finds metrics that divide by a request that is not there.
func withoutRequest(f *finder) {
	f.metrics(func(m check.Metric, parts []check.Part) {
		if missing := m.WithoutRequest(parts); len(missing) > 0 {
			f.find(fmt.Sprintf("it divides by the %s request, which container %s does not have", m.Resource, strings.Join(missing, ", ")),
				"set the request (right-sizing gives one), or use a ContainerResource metric on a container that has it")
		}
	})
}

// withoutContainer finds metrics of a container that is not there.
func withoutContainer(f *finder) {
	f.metrics(func(m check.Metric, parts []check.Part) {
		if m.Container != "" && len(m.Counted(parts)) == 0 {
			f.find(fmt.Sprintf("it counts the %s of container %s, which its target does not have", m.Resource, m.Container),
				"name a container of the target; until then the metric has no value")
		}
	})
}

// unreachable finds targets that the limits keep usage below.
func unreachable(f *finder) {
	up := f.upTolerance()
	f.metrics(func(m check.Metric, parts []check.Part) {
		r, yes := m.Unreachable(parts, up)
		if !yes {
			return
		}
		share := func(v int64) int64 { return v * 100 / r.Request }
		target, lower := fmt.Sprintf("%d %% of the request", m.Target), fmt.Sprintf("lower the target below %d %%", r.Most+1)
		if !m.Share {
			target, lower = fmt.Sprintf("%d %% of the request", share(m.Target)), "lower the target"
		}
		f.find(fmt.Sprintf("its target of %s, with the tolerance of %.3g %%, is never passed: the %s limit holds usage at %d %%", target, 100*up, label(m.Resource), share(r.Limit)),
			fmt.Sprintf("%s, or raise or remove the %s limit", lower, label(m.Resource)))
	})
}

// label writes a resource for people.
func label(resource string) string {
	if resource == "cpu" {
		return "CPU"
	}
	return resource
}

// upTolerance is the share of the target by which usage must pass it.
func (f *finder) upTolerance() float64 {
	controller := setting.ControllerOf(f.pass)
	if b := f.h.Behavior; b != nil && b.Up != nil && b.Up.ToleranceMilli != nil && controller.OwnTolerance() {
		return float64(*b.Up.ToleranceMilli) / 1000
	}
	return controller.UpTolerance()
}

// vpaConflict finds VPAs that move the request which the HPA divides by.
func vpaConflict(f *finder) {
	for _, v := range f.w.VPAs {
		if !check.VPASets(v.UpdateMode) {
			continue
		}
		f.metrics(func(m check.Metric, parts []check.Part) {
			for i := range parts {
				parts[i].BySet = v.Controls(parts[i].Name, m.Resource)
			}
			if m.AgainstVPA(parts) {
				f.find(fmt.Sprintf("VPA %s sets the %s request that it divides by, so that each undoes the other", v.Name, m.Resource),
					fmt.Sprintf("leave %s out of the VPA's controlledResources, set its updateMode to Off, or give the HPA an AverageValue target", m.Resource))
			}
		})
	}
}

// The history that findings need, in five-minute slots.
const (
	hoursAtMax = 2 * 12
	daysAtMin  = 3 * 288
)

// slotsAt counts the five-minute slots at the maximum and above the minimum, and
// those seen; ok is false where something else explains them, or it stands at zero.
func (f *finder) slotsAt() (atMax, above, seen int, ok bool) {
	if f.broken || len(f.w.HPAs) != 1 || f.h.Min >= f.h.Max || f.w.Replicas == 0 {
		return 0, 0, 0, false
	}
	curve := f.w.LoadCurve(f.pass.Facts.Snapshot.Window)
	for _, n := range curve.Pods {
		if n > float64(f.h.Max)-0.5 {
			atMax++
		}
		if n > float64(f.h.Min)+0.5 {
			above++
		}
	}
	return atMax, above, curve.Seen, true
}

func atMax(f *finder) {
	if n, _, _, ok := f.slotsAt(); ok && n >= hoursAtMax {
		f.find(fmt.Sprintf("it was at maxReplicas %d for %.0f hours", f.h.Max, float64(n)/12),
			"raise maxReplicas, or give each pod more CPU", advice.Evidence{Name: "time at maximum", Value: float64(n) / 12, Unit: "hours"})
	}
}

func minNeverLeft(f *finder) {
	if _, above, seen, ok := f.slotsAt(); ok && seen >= daysAtMin && above == 0 && len(f.h.Metrics) > 0 {
		f.find(fmt.Sprintf("it never went above minReplicas %d", f.h.Min),
			"lower minReplicas as far as availability allows, or delete the HPA and set replicas", advice.Evidence{Name: "time at minimum", Value: float64(seen) / 12, Unit: "hours"})
	}
}

func twice(f *finder) {
	w := f.w
	if len(w.HPAs) < 2 {
		return
	}
	names := make([]string, 0, len(w.HPAs))
	for _, h := range w.HPAs {
		names = append(names, h.Name)
	}
	slices.Sort(names)
	f.find(fmt.Sprintf("%d HPAs scale it: %s", len(names), strings.Join(names, ", ")),
		"keep one of them, with all their metrics; the controller scales by neither meanwhile")
}

// fewestPods is the fewest pods that a workload may have, and what says so.
func fewestPods(w *analyzer.WorkloadFacts) (n int32, what string) {
	if len(w.HPAs) == 1 && w.HPAs[0].Min <= w.HPAs[0].Max {
		return w.HPAs[0].Min, "minReplicas"
	}
	return w.Replicas, "replicas"
}

func budgetsOverlap(f *finder) {
	if n, _ := fewestPods(f.w); n == 0 {
		return
	}
	for _, pod := range f.w.Pods {
		if names := f.w.BudgetsOver(pod.Name); len(names) > 1 {
			f.find(fmt.Sprintf("PodDisruptionBudgets %s select the same pods, such as %s: none of them can be evicted", strings.Join(names, " and "), pod.Name),
				"let one budget select the pods; the API server evicts no pod under two")
			return
		}
	}
}

// budgetBlocks finds disruption budgets that let no pod go, even with all of them
// healthy, at the fewest replicas the workload may have.
func budgetBlocks(f *finder) {
	w := f.w
	n, what := fewestPods(w)
	if n == 0 {
		return
	}
	for _, b := range w.PDBs {
		budget := check.BudgetOf(&b)
		if !budget.Stuck(n) {
			continue
		}
		fix := "set maxUnavailable to 1 in its place"
		if k := budget.Least(n); k > n {
			fix += fmt.Sprintf(", or raise %s to %d", what, k)
		}
		f.find(fmt.Sprintf("PodDisruptionBudget %s lets none of %d pods go: no node that runs one can be drained", b.Name, n), fix)
	}
}

// spiralFall and spiralRise are the changes of request and pods from which a
// shrink spiral is suspected.
const (
	spiralFall = 0.8
	spiralRise = 1.2
)

// spiral finds requests that were lowered under an HPA which divides by
// them, and pods that became more for it.
func spiral(f *finder) {
	w := f.w
	for i := range w.Containers {
		c := &w.Containers[i]
		n := len(c.History)
		if rightsize.HeldByHPA(w, c.Name, "cpu") == "" || n < 2 {
			continue
		}
		first, last := c.History[0], c.History[n-1]
		if first.Requests.CPU == 0 || last.Requests.CPU == 0 || float64(last.Requests.CPU) > spiralFall*float64(first.Requests.CPU) {
			continue
		}
		before, after := podsBetween(c.Days, 0, c.History[1].Date), podsBetween(c.Days, last.Date, 1<<30)
		if before == 0 || after < spiralRise*before {
			continue
		}
		f.find(fmt.Sprintf("container %s's CPU request fell from %dm to %dm under HPA utilization, and its pods grew from %.1f to %.1f",
			c.Name, first.Requests.CPU, last.Requests.CPU, before, after),
			fmt.Sprintf("raise the target by as much as the request fell (%d %% of what it is), or go back to the old request; the rule horizontal sets both together",
				100*first.Requests.CPU/last.Requests.CPU))
	}
}

// podsBetween is the mean number of pods on the days from, to (exclusive).
func podsBetween(days []analyzer.Day, from, to int32) float64 {
	var sum float64
	hours := 0
	for i := range days {
		if days[i].Date < from || days[i].Date >= to {
			continue
		}
		for _, h := range days[i].Hours {
			if h.Pods > 0 {
				sum += float64(h.Pods)
				hours++
			}
		}
	}
	if hours == 0 {
		return 0
	}
	return sum / float64(hours)
}
