package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Urgent is one thing to fix, in words.
type Urgent struct {
	Kind document.UrgentKind
	// Of is nil for what concerns no workload.
	Of *document.Workload
	// Name is the workload, with the container where there are several.
	Name string
	// What is wrong, in words; In full, what follows from it too.
	What, InFull string
	// Change is the field to change and its values; empty where no number mends
	// it, and Fix says what to do.
	Change, Fix string
}

// Urgents words what is dangerous as it is today, the most pressing first.
func Urgents(r *document.Report) []Urgent {
	var out []Urgent
	for _, u := range r.Urgents() {
		x := worded(u)
		x.Of = u.Workload
		out = append(out, x)
	}
	return out
}

func worded(u document.Urgent) Urgent {
	switch u.Kind {
	case document.OOMKilled:
		return oomRisk(u)
	case document.ShortOfCPU:
		now := Cores(u.Container.Current.Requests.CPU)
		return Urgent{
			Kind: u.Kind, Name: Name(u.Workload, u.Container), What: "CPU " + momentOr(u.Container, "p95") + " " + times(u.Weight) + "x request",
			Change: "cpu " + Arrow(now, Advised(u.Container, now, Cores(u.Container.Recommended.Requests.CPU))),
		}
	case document.Blocked:
		return Urgent{Kind: u.Kind, Name: Name(u.Workload, nil), What: inShort(Clean(u.Finding.Message)), InFull: Clean(u.Finding.Message), Fix: Clean(u.Finding.Fix)}
	}
	what, _, _ := strings.Cut(Clean(u.Warning.Message), ": ")
	return Urgent{Kind: u.Kind, Name: waitingName(u.Warning.Subject), What: what, InFull: Clean(u.Warning.Message)}
}

// momentOr is "now" where there is one reading, which has no percentiles.
func momentOr(c *document.Container, percentile string) string {
	if c.OneReading() {
		return "now"
	}
	return percentile
}

// inShort is a finding without what follows from it, which stands in its section.
// Its object, such as "HPA cart", is no clause of its own.
func inShort(message string) string {
	what, rest, _ := strings.Cut(strings.Replace(message, "PodDisruptionBudget ", "PDB ", 1), ": ")
	if len(strings.Fields(what)) <= 2 && rest != "" {
		rest, _, _ = strings.Cut(rest, ": ")
		what += ": " + rest
	}
	what, _, _ = strings.Cut(what, " (")
	return what
}

// times writes how many times the request; never as no more than it.
func times(v float64) string {
	if v < 1.05 {
		return fmt.Sprintf("%.2f", max(v, 1.01))
	}
	return fmt.Sprintf("%.1f", v)
}

// waitingName is the workload of a warning about pods without a node, as the
// other risks name theirs. Older reports have one warning for all of them.
func waitingName(subject string) string {
	parts := strings.SplitN(Clean(subject), "/", 3)
	if len(parts) < 3 {
		return "pending"
	}
	return parts[0] + "/" + parts[2]
}

// oomRisk is a container that was OOM-killed in the window.
func oomRisk(u document.Urgent) Urgent {
	c := u.Container
	x := Urgent{Kind: u.Kind, Name: Name(u.Workload, c), What: fmt.Sprintf("OOM-killed %dx", c.OOMKills)}
	if c.Recommended == nil {
		x.Change = "no advice"
		return x
	}
	from, to := c.Current.Limits.Memory, c.Recommended.Limits.Memory
	field := "limit"
	if from == to || to == 0 {
		from, to, field = c.Current.Requests.Memory, c.Recommended.Requests.Memory, "memory"
	}
	x.Change = field + " " + Arrow(Memory(from), Advised(c, Memory(from), Memory(to)))
	if to > from {
		x.Change += " or more"
	}
	return x
}

// UrgentCounts says how much of each kind there is.
func UrgentCounts(all []Urgent) string {
	count := map[document.UrgentKind]int{}
	for _, x := range all {
		count[x.Kind]++
	}
	var out []string
	if n := count[document.OOMKilled]; n > 0 {
		out = append(out, document.Counted(n, "container")+" OOM-killed")
	}
	if n := count[document.ShortOfCPU]; n > 0 {
		out = append(out, fmt.Sprintf("%d short of CPU", n))
	}
	if n := count[document.Blocked]; n > 0 {
		out = append(out, fmt.Sprintf("%d blocked", n))
	}
	if n := count[document.Pending]; n > 0 {
		out = append(out, fmt.Sprintf("%d pending", n))
	}
	return strings.Join(out, ", ")
}

// Pressing picks n risks: at least one of each kind, then what fails today, then
// what is slow.
func Pressing(all []Urgent, n int) []Urgent {
	if len(all) <= n {
		return all
	}
	var out, rest []Urgent
	seen := map[document.UrgentKind]int{}
	for _, x := range all {
		if seen[x.Kind]++; seen[x.Kind] == 1 {
			out = append(out, x)
		} else {
			rest = append(rest, x)
		}
	}
	slices.SortStableFunc(rest, func(a, b Urgent) int { return cmp.Compare(slow(a), slow(b)) })
	out = append(out, rest[:max(n-len(out), 0)]...)
	kinds := document.UrgentKinds()
	slices.SortStableFunc(out, func(a, b Urgent) int { return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)) })
	return out
}

// slow is 1 of what is short of CPU, which works all the same.
func slow(u Urgent) int {
	if u.Kind == document.ShortOfCPU {
		return 1
	}
	return 0
}

// Left are the risks that are not among those shown.
func Left(all, shown []Urgent) []Urgent {
	var out []Urgent
	for _, x := range all {
		if !slices.Contains(shown, x) {
			out = append(out, x)
		}
	}
	return out
}
