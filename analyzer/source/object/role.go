package object

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// roleLabels are the labels by which operators tell the roles of one owner's
// pods, most telling first.
var roleLabels = []string{
	"ray.io/group", "ray.io/node-type", "spark-role", "training.kubeflow.org/replica-type", "jobset.sigs.k8s.io/replicatedjob-name",
	"volcano.sh/task-spec", "tekton.dev/pipelineTask", "leaderworkerset.sigs.k8s.io/role", "app.kubernetes.io/component", "component", "role",
}

// roles gives the containers of pods that have no template in common. Where
// they are not alike each gets a role, and each container the role that has it.
// The templates of roles that no pod has stand beside them.
func (g *group) roles(workload string, pods []*pod, templates []roleContainers) []analyzer.Container {
	of, known := roleOf(workload, pods, templates)
	lists := map[string][][]analyzer.Container{}
	names := make([]string, 0, len(templates))
	for _, t := range templates {
		if known {
			lists[t.role], names = nil, append(names, t.role)
		}
	}
	living := map[string]bool{}
	for _, p := range pods {
		living[of(p)] = living[of(p)] || !p.ended()
	}
	for _, p := range pods {
		r := of(p)
		if living[r] && p.ended() {
			continue // those that run are the truth
		}
		if _, ok := lists[r]; !ok {
			names = append(names, r)
		}
		lists[r] = append(lists[r], p.containers)
	}
	slices.Sort(names)
	byRole := make([]roleContainers, 0, len(names))
	for _, r := range names {
		if len(lists[r]) == 0 {
			i := slices.IndexFunc(templates, func(t roleContainers) bool { return t.role == r })
			byRole = append(byRole, templates[i])
			continue
		}
		byRole = append(byRole, roleContainers{r, commonest(lists[r])})
	}
	switch len(byRole) {
	case 0:
		return nil
	case 1:
		return byRole[0].containers
	}
	for _, p := range g.pods {
		p.pod.Role = of(p)
	}
	return joinRoles(byRole)
}

// roleContainers are the containers of the pods of one role.
type roleContainers struct {
	role       string
	containers []analyzer.Container
}

// joinRoles lists the containers of all roles. One that every role has alike is
// of no role; one of unlike amounts is named by its role too.
func joinRoles(roles []roleContainers) []analyzer.Container {
	seen := map[string][]analyzer.Container{}
	for _, r := range roles {
		for _, c := range r.containers {
			seen[c.Name] = append(seen[c.Name], c)
		}
	}
	var out []analyzer.Container
	for i, r := range roles {
		for _, c := range r.containers {
			same := seen[c.Name]
			switch {
			case len(same) == len(roles) && allAlike(same):
				if i > 0 {
					continue
				}
			case len(same) == 1:
				c.Role = r.role
			default:
				c.Role, c.Name = r.role, r.role+"/"+c.Name
			}
			out = append(out, c)
		}
	}
	return out
}

// allAlike reports whether containers differ in nothing that counts.
func allAlike(list []analyzer.Container) bool {
	for _, c := range list[1:] {
		if c.Requests != list[0].Requests || c.Limits != list[0].Limits || c.Type != list[0].Type {
			return false
		}
	}
	return true
}

// roleOf finds what tells unlike pods apart: a label, their names, or their
// containers. Where all are alike every pod has the role "". It reports whether
// the roles are those of the templates.
func roleOf(workload string, pods []*pod, templates []roleContainers) (of func(*pod) string, known bool) {
	one := func(*pod) string { return "" }
	tries := make([]func(*pod) string, 0, len(roleLabels)+2)
	for _, label := range roleLabels {
		tries = append(tries, func(p *pod) string { return p.labels.Get(label) })
	}
	tries = append(tries,
		func(p *pod) string { return analyzer.RoleStem(workload, p.pod.Name) },
		func(p *pod) string { return containerNames(p.containers) })
	for _, of := range tries {
		if len(templates) > 0 && !slices.ContainsFunc(pods, func(p *pod) bool {
			return !slices.ContainsFunc(templates, func(t roleContainers) bool { return t.role == of(p) })
		}) {
			return of, true
		}
	}
	if tells(one, pods) {
		return one, false
	}
	for _, of := range tries {
		if tells(of, pods) {
			return of, false
		}
	}
	// Amounts that differ within a role are no role: most pods' stand.
	for _, of := range tries {
		if groups := valuesOf(of, pods); len(groups) > 1 && !slices.Contains(groups, "") && sameNames(of, pods) {
			return of, false
		}
	}
	if sameNames(one, pods) {
		return one, false
	}
	return tries[len(tries)-1], false
}

// tells reports whether pods of one value are alike in every container, and
// each has a value where there is more than one.
func tells(of func(*pod) string, pods []*pod) bool {
	first := map[string][]analyzer.Container{}
	for _, p := range pods {
		r := of(p)
		list, ok := first[r]
		if !ok {
			first[r] = p.containers
			continue
		}
		if !slices.EqualFunc(list, p.containers, func(a, b analyzer.Container) bool {
			return a.Name == b.Name && allAlike([]analyzer.Container{a, b})
		}) {
			return false
		}
	}
	_, without := first[""]
	return len(first) == 1 || !without
}

// sameNames reports whether pods of one value have containers of the same names.
func sameNames(of func(*pod) string, pods []*pod) bool {
	first := map[string]string{}
	for _, p := range pods {
		names := containerNames(p.containers)
		if have, ok := first[of(p)]; ok && have != names {
			return false
		}
		first[of(p)] = names
	}
	return true
}

func valuesOf(of func(*pod) string, pods []*pod) []string {
	var out []string
	for _, p := range pods {
		out = append(out, of(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func containerNames(list []analyzer.Container) string {
	names := make([]string, 0, len(list))
	for _, c := range list {
		if c.Type != analyzer.TypeInit {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, "+")
}
