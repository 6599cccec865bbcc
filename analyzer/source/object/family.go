package object

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// templateLabels tell the template that a run was made from, for kinds whose
// runs do not have it as their owner.
var templateLabels = []struct {
	kind, label, template string
}{
	{"Workflow", "workflows.argoproj.io/cron-workflow", "CronWorkflow"},
	{"Workflow", "workflows.argoproj.io/workflow-template", "WorkflowTemplate"},
	{"Workflow", "workflows.argoproj.io/cluster-workflow-template", "ClusterWorkflowTemplate"},
	{"PipelineRun", "tekton.dev/pipeline", "Pipeline"},
	{"TaskRun", "tekton.dev/pipeline", "Pipeline"},
	{"TaskRun", "tekton.dev/task", "Task"},
	{"TaskRun", "tekton.dev/clusterTask", "ClusterTask"},
}

// joinFamilies finds the runs that one template or generator made: bare pods of
// one generateName or one form of name, and workflows, pipelines and jobs that
// nothing else owns. Each family is one workload.
func (v *Inventory) joinFamilies() {
	v.families = map[analyzer.Ref]analyzer.Ref{}
	names := map[[2]string][]string{} // by namespace and kind
	for k, p := range v.pods {
		if p.bare {
			// A pod that is stripped of its owner has the labels that Tekton gave it.
			taskRun := analyzer.Ref{Namespace: k.namespace, Kind: "TaskRun", Name: p.labels.Get("tekton.dev/taskRun")}
			if template := madeFrom(taskRun, p.labels.Get); taskRun.Name != "" && template.Name != "" {
				v.families[analyzer.Ref{Namespace: k.namespace, Kind: "Pod", Name: k.name}] = template
				continue
			}
			v.join(analyzer.Ref{Namespace: k.namespace, Kind: "Pod", Name: k.name}, p.generator, names)
		}
	}
	for ref, c := range v.controllers {
		if c.owner.kind == "" && analyzer.IsBatch(ref.Kind) && !repeats(ref.Kind) {
			if template := madeFrom(ref, func(l string) string { return c.labels[l] }); template.Name != "" {
				v.families[ref] = template
				continue
			}
			v.join(ref, c.generator, names)
		}
	}
	v.joinUnread(names)
	for k, list := range names {
		for name, family := range analyzer.GroupNames(list) {
			v.families[analyzer.Ref{Namespace: k[0], Kind: k[1], Name: name}] = analyzer.Ref{Namespace: k[0], Kind: k[1], Name: family}
		}
	}
}

// joinUnread joins the runs that are known by their pods alone, whose owners were not
// read: a pod has the labels of the template that its run is of.
func (v *Inventory) joinUnread(names map[[2]string][]string) {
	seen := map[analyzer.Ref]bool{}
	for k, p := range v.pods {
		ref := analyzer.Ref{Namespace: k.namespace, Kind: p.owner.kind, Name: p.owner.name}
		if !analyzer.IsBatch(ref.Kind) || repeats(ref.Kind) || v.controllers[ref] != nil || seen[ref] {
			continue
		}
		seen[ref] = true
		cron := ref
		cron.Kind, cron.Name = "CronJob", ref.Name[:max(strings.LastIndexByte(ref.Name, '-'), 0)]
		switch template := madeFrom(ref, p.labels.Get); {
		case template.Name != "":
			v.families[ref] = template
		case ref.Kind == "Job" && v.controllers[cron] != nil:
			v.families[ref] = cron
		default:
			v.join(ref, "", names)
		}
	}
}

// join notes a run by its generateName, or its name for a later look.
func (v *Inventory) join(ref analyzer.Ref, generator string, names map[[2]string][]string) {
	if generator != "" {
		stem := strings.TrimSuffix(analyzer.Stem(strings.TrimSuffix(generator, "-")), "-*")
		v.families[ref] = analyzer.Ref{Namespace: ref.Namespace, Kind: ref.Kind, Name: stem + "-*"}
		return
	}
	k := [2]string{ref.Namespace, ref.Kind}
	names[k] = append(names[k], ref.Name)
}

// repeats tells the kinds that make runs from those that are one.
func repeats(kind string) bool {
	switch kind {
	case "CronJob", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "Task", "Pipeline", "ScheduledSparkApplication", "ScaledJob":
		return true
	}
	return false
}

// madeFrom gives the template that the labels of a run, or of its pods, name.
func madeFrom(run analyzer.Ref, label func(string) string) analyzer.Ref {
	for _, l := range templateLabels {
		if name := label(l.label); l.kind == run.Kind && name != "" {
			return analyzer.Ref{Namespace: run.Namespace, Kind: l.template, Name: name}
		}
	}
	return analyzer.Ref{}
}

// family gives the workload that a run is one of, or the run itself.
func (v *Inventory) family(ref analyzer.Ref) analyzer.Ref {
	if f, ok := v.families[ref]; ok {
		return f
	}
	return ref
}

// roleTemplates reads the pod templates of kinds that have several.
func roleTemplates(gk schema.GroupKind, spec any) []roleContainers {
	var out []roleContainers
	add := func(role string, template any) {
		if s := templateSpec(template); s != nil && len(s.Containers) > 0 && role != "" {
			out = append(out, roleContainers{role, containersOf(s)})
		}
	}
	switch {
	case gk.Group == "ray.io":
		for _, path := range [][]string{nil, {"rayClusterSpec"}, {"rayClusterConfig"}} {
			add("headgroup", field(spec, append(path, "headGroupSpec", "template")...))
			groups, _ := field(spec, append(path, "workerGroupSpecs")...).([]any)
			for _, g := range groups {
				add(text(field(g, "groupName")), field(g, "template"))
			}
		}
	case gk.Group == "argoproj.io" && (gk.Kind == "Workflow" || gk.Kind == "CronWorkflow"):
		if gk.Kind == "CronWorkflow" {
			spec = field(spec, "workflowSpec")
		}
		templates, _ := field(spec, "templates").([]any)
		for _, t := range templates {
			add(text(field(t, "name")), stepTemplate(t))
		}
	}
	return out
}

// stepTemplate gives a step of an Argo workflow the form of a pod template.
func stepTemplate(t any) any {
	var containers []any
	for _, name := range []string{"container", "script"} {
		if c, ok := field(t, name).(map[string]any); ok {
			named := map[string]any{"name": "main"}
			for k, val := range c {
				if k != "source" {
					named[k] = val
				}
			}
			containers = append(containers, named)
		}
	}
	set, _ := field(t, "containerSet", "containers").([]any)
	sidecars, _ := field(t, "sidecars").([]any)
	containers = append(append(containers, set...), sidecars...)
	return map[string]any{"spec": map[string]any{"containers": containers}}
}
