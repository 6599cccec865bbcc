package object_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestCases reads testdata/*.txtar: the files *.yaml and *.json are objects,
// "select" may hold -n and -l, and "want" is the snapshot in short notation.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v object.Inventory
			var sel object.Selection
			var want string
			for _, f := range ar.Files {
				switch f.Name {
				case "want":
					want = string(f.Data)
				case "select":
					namespace, labels, _ := strings.Cut(strings.TrimSpace(string(f.Data)), " ")
					if sel, err = object.Select([]string{strings.TrimPrefix(namespace, "-n=")}, strings.TrimPrefix(labels, "-l=")); err != nil {
						t.Fatal(err)
					}
				default:
					if err := object.Read(&v, strings.NewReader(string(f.Data)), f.Name); err != nil {
						t.Fatal(err)
					}
				}
			}
			var s analyzer.Snapshot
			v.Fill(&s, sel)
			if got := print(&s); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// print gives one line a fact.
func print(s *analyzer.Snapshot) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
	}
	for _, n := range s.Nodes {
		line("node %s capacity %s allocatable %s pods=%d ready=%t %s", n.Name, amounts(n.Capacity), amounts(n.Allocatable), n.MaxPods, n.Ready, pairs(n.Labels))
		for _, t := range n.Taints {
			line("  taint %s=%s:%s", t.Key, t.Value, t.Effect)
		}
	}
	for _, n := range s.Namespaces {
		line("namespace %s %s", n.Name, pairs(n.Labels))
	}
	for _, w := range s.Workloads {
		line("workload %s %s replicas=%d%s %s", w.Ref, w.APIVersion, w.Replicas, flag(w.Scalable, " scalable"), pairs(w.Labels))
		for _, k := range slices.Sorted(maps.Keys(w.Annotations)) {
			line("  annotation %s=%s", k, w.Annotations[k])
		}
		for _, c := range w.Containers {
			line("  %s %s requests %s limits %s%s%s%s%s", c.Type, c.Name, amounts(c.Requests), amounts(c.Limits), flag(c.Injected, " injected"),
				flag(c.Least != c.Most, fmt.Sprintf(" from %s to %s", amounts(c.Least), amounts(c.Most))),
				flag(c.Altered, fmt.Sprintf(" template %s %s", amounts(c.TemplateRequests), amounts(c.TemplateLimits))), flag(c.Role != "", " role="+c.Role))
		}
		for _, p := range w.Pods {
			line("  pod %s %s requests %s %s%s%s %s", p.Name, p.Phase, amounts(p.Requests), p.QoS, flag(p.Ready, " ready"), flag(p.Role != "", " role="+p.Role), spec(p.Spec))
		}
	}
	for _, h := range s.HPAs {
		line("hpa %s/%s target %s %d..%d %s", h.Namespace, h.Name, h.Target, h.Min, h.Max, h.ManagedBy)
		for _, m := range h.Metrics {
			line("  metric %s %s %s %s %d", m.Type, m.Name, m.Container, m.TargetType, m.Target)
		}
		if h.Behavior != nil {
			line("  up %s", scaling(h.Behavior.Up))
			line("  down %s", scaling(h.Behavior.Down))
		}
		for _, c := range h.Conditions {
			line("  condition %s=%s %s", c.Type, c.Status, c.Reason)
		}
	}
	for _, v := range s.VPAs {
		line("vpa %s/%s target %s mode %s", v.Namespace, v.Name, v.Target, v.UpdateMode)
		for _, c := range v.Containers {
			line("  %s target %s lower %s upper %s", c.Container, amounts(c.Target), amounts(c.LowerBound), amounts(c.UpperBound))
		}
	}
	for _, p := range s.PDBs {
		line("pdb %s/%s min=%s max=%s allowed=%d pods %v", p.Namespace, p.Name, p.MinAvailable, p.MaxUnavailable, p.DisruptionsAllowed, p.Pods)
	}
	for _, l := range s.LimitRanges {
		line("limitrange %s/%s min %s max %s request %s limit %s", l.Namespace, l.Name, amounts(l.Min), amounts(l.Max), amounts(l.DefaultRequest), amounts(l.DefaultLimit))
	}
	for _, q := range s.Quotas {
		line("quota %s/%s requests %s limits %s used %s %s pods %d of %d", q.Namespace, q.Name, amounts(q.Requests), amounts(q.Limits), amounts(q.UsedRequests), amounts(q.UsedLimits), q.UsedPods, q.Pods)
	}
	for _, w := range s.Warnings {
		line("warning %s %s", w.Code, w)
	}
	return b.String()
}

func flag(on bool, name string) string {
	if on {
		return name
	}
	return ""
}

func amounts(a analyzer.Amounts) string { return fmt.Sprintf("%d/%d/%d", a.CPU, a.Memory, a.GPU) }

func pairs(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, ",")
}

func spec(s analyzer.PodSpec) string {
	var out []string
	add := func(on bool, what string) {
		if on {
			out = append(out, what)
		}
	}
	add(len(s.NodeSelector) > 0, "selector:"+pairs(s.NodeSelector))
	for _, t := range s.Tolerations {
		out = append(out, "tolerates:"+t.Key+"="+t.Value+":"+t.Effect)
	}
	add(s.LocalStorage, "local")
	add(len(s.Claims) > 0, "claims:"+strings.Join(s.Claims, ","))
	add(len(s.Constraints) > 0, "bound:"+strings.Join(s.Constraints, ","))
	add(s.GraceSeconds > 0, fmt.Sprintf("grace:%d", s.GraceSeconds))
	add(s.HostNetwork, "hostnetwork")
	add(s.PriorityClass != "", "priority:"+s.PriorityClass)
	return strings.Join(out, " ")
}

func scaling(s *analyzer.HPAScaling) string {
	if s == nil {
		return "-"
	}
	var out []string
	if s.StabilizationSeconds != nil {
		out = append(out, fmt.Sprintf("window=%d", *s.StabilizationSeconds))
	}
	if s.ToleranceMilli != nil {
		out = append(out, fmt.Sprintf("tolerance=%d", *s.ToleranceMilli))
	}
	if s.Select != "" {
		out = append(out, "select="+s.Select)
	}
	for _, p := range s.Policies {
		out = append(out, fmt.Sprintf("%s:%d/%ds", p.Type, p.Value, p.PeriodSeconds))
	}
	return strings.Join(out, " ")
}
