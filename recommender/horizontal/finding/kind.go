package finding

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
)

// Kind is one kind of mistake in the setting of an autoscaler or a budget, and
// what finds it.
type Kind struct {
	advice.Kind
	find func(*finder)
}

// Kinds lists every kind, in the order in which they are looked for.
func Kinds() []Kind { return slices.Concat(hpaKinds, workloadKinds) }

// hpaKinds are looked for at every HPA.
var hpaKinds = []Kind{
	{advice.Kind{
		Code: check.Invalid.Code, One: "HPA whose minimum is above its maximum", Many: "HPAs whose minimum is above their maximum", Severity: advice.Severity(check.Invalid.Severity), Lever: advice.LeverHorizontal,
		Found:   "minReplicas > maxReplicas, or maxReplicas < 1",
		Besides: "raise maxReplicas",
	}, refused},
	{advice.Kind{
		Code: check.Range.Code, One: "HPA without room", Many: "HPAs without room", Severity: advice.Severity(check.Range.Severity), Lever: advice.LeverHorizontal,
		Found:   "minReplicas = maxReplicas",
		Besides: "give it room, or delete it",
	}, inert},
	{advice.Kind{
		Code: "hpa-ambiguous", One: "HPA with an ambiguous selector", Many: "HPAs with ambiguous selectors", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "the controller says AmbiguousSelector",
		Besides: "make selectors disjoint",
	}, ambiguous},
	{advice.Kind{
		Code: "hpa-no-data", One: "HPA without data", Many: "HPAs without data", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "the controller says FailedGet…Metric",
		Besides: "serve the metric, set the request",
	}, noData},
	{advice.Kind{
		Code: "hpa-unable", One: "HPA that cannot scale", Many: "HPAs that cannot scale", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "the controller says that it cannot scale its target",
		Besides: "look at its events",
	}, targeted(unable)},
	{advice.Kind{
		Code: "hpa-on-memory", One: "HPA on memory", Many: "HPAs on memory", Severity: advice.SeverityNote, Lever: advice.LeverHorizontal,
		Found:   "an HPA on memory",
		Besides: "scale on what falls with the load",
	}, onMemory},
	{advice.Kind{
		Code: "hpa-missing-target", One: "HPA without its target", Many: "HPAs without their target", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "no workload of that name was read",
		Besides: "correct `scaleTargetRef` or delete the HPA",
	}, missingTarget},
	{advice.Kind{
		Code: check.NoRequest.Code, One: "HPA that divides by no request", Many: "HPAs that divide by no request", Severity: advice.Severity(check.NoRequest.Severity), Lever: advice.LeverHorizontal,
		Found:   "a Utilization metric counts a container without that request",
		Besides: "set the request, or use ContainerResource",
	}, targeted(withoutRequest)},
	{advice.Kind{
		Code: check.NoContainer.Code, One: "HPA on a container that is not there", Many: "HPAs on containers that are not there", Severity: advice.Severity(check.NoContainer.Severity), Lever: advice.LeverHorizontal,
		Found:   "a ContainerResource metric names a container that the target does not have",
		Besides: "name one of the target's",
	}, targeted(withoutContainer)},
	{advice.Kind{
		Code: check.Unreachable.Code, One: "HPA whose target is never passed", Many: "HPAs whose target is never passed", Severity: advice.Severity(check.Unreachable.Severity), Lever: advice.LeverHorizontal,
		Found:   "every counted container has a limit and limit ≤ request × target × 1.1",
		Besides: "lower the target, or raise the limit",
	}, targeted(unreachable)},
	{advice.Kind{
		Code: check.AgainstVPA.Code, One: "HPA against a VPA", Many: "HPAs against VPAs", Severity: advice.Severity(check.AgainstVPA.Severity), Lever: advice.LeverHorizontal,
		Found:   "a VPA not in mode Off sets a request that the HPA divides by",
		Besides: "leave the resource out of the VPA, or use AverageValue",
	}, targeted(vpaConflict)},
	{advice.Kind{
		Code: "hpa-at-max", One: "HPA stuck at its maximum", Many: "HPAs stuck at their maximum", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "two hours or more at maxReplicas",
		Besides: "raise maxReplicas",
	}, targeted(atMax)},
	{advice.Kind{
		Code: "hpa-min-never-left", One: "HPA that never leaves its minimum", Many: "HPAs that never leave their minimum", Severity: advice.SeverityNote, Lever: advice.LeverHorizontal,
		Found:   "three days or more of load, never above minReplicas",
		Besides: "lower minReplicas, or delete it",
	}, targeted(minNeverLeft)},
}

// workloadKinds are looked for at every workload.
var workloadKinds = []Kind{
	{advice.Kind{
		Code: check.Overlap.Code, One: "workload under two HPAs", Many: "workloads under two HPAs", Severity: advice.Severity(check.Overlap.Severity), Lever: advice.LeverHorizontal,
		Found:   "two HPAs name one workload",
		Besides: "keep one, with all metrics",
	}, twice},
	{advice.Kind{
		Code: check.Budgets.Code, One: "workload under two budgets", Many: "workloads under two budgets", Severity: advice.Severity(check.Budgets.Severity), Lever: advice.LeverHorizontal,
		Found:   "two budgets select one pod: the API server evicts no such pod",
		Besides: "let one budget select the pods",
	}, budgetsOverlap},
	{advice.Kind{
		Code: check.Deadlock.Code, One: "budget that blocks drains", Many: "budgets that block drains", Severity: advice.Severity(check.Deadlock.Severity), Lever: advice.LeverHorizontal,
		Found:   "with all pods healthy, at minReplicas (or replicas), the budget lets none go",
		Besides: "maxUnavailable 1, or more replicas",
	}, budgetBlocks},
	{advice.Kind{
		Code: "shrink-spiral", One: "shrink spiral", Many: "shrink spirals", Severity: advice.SeverityError, Lever: advice.LeverHorizontal,
		Found:   "the CPU request fell by a fifth under an HPA that divides by it, and pods grew by a fifth",
		Besides: "raise the target by as much; the rule horizontal sets both together",
	}, spiral},
}
