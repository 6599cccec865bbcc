// Package brief is the report in short and in words: what is urgent, what each
// step saves, which rows matter most, what is in doubt. The screen, the
// markdown and other writers lay out the same words.
package brief

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Joined makes a list for a sentence.
func Joined(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Either names what something may be: "a", "a or b", "a, b or c".
func Either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Clean makes a name or message safe for one line of a terminal: what controls
// the terminal or breaks the line becomes a space, and runs of spaces one.
func Clean(s string) string {
	safe := strings.Map(func(r rune) rune {
		if analyzer.Steers(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(safe), " ")
}

// Cores prints CPU for people: 120m below a core, then cores. Nothing set
// is a dash.
func Cores(c document.CPU) string {
	if c == 0 {
		return "-"
	}
	if a := math.Abs(float64(c)); a < 1e6 {
		return strconv.FormatFloat(math.Round(float64(c)/1000), 'f', -1, 64) + "m"
	}
	return document.Figures(float64(c) / 1e6)
}

// UsedCores prints used CPU, which may well be nothing.
func UsedCores(c document.CPU) string {
	if c == 0 {
		return "0m"
	}
	if c < 10*document.MicroPerMilli {
		return document.Figures(float64(c)/document.MicroPerMilli) + "m"
	}
	return Cores(c)
}

// Memory prints bytes for people in binary units. Nothing set is a dash.
func Memory(b document.Bytes) string {
	if b == 0 {
		return "-"
	}
	v, unit := float64(b)/(1<<10), 0
	units := []string{"Ki", "Mi", "Gi", "Ti", "Pi"}
	for math.Abs(v) >= 1024 && unit < len(units)-1 {
		v /= 1024
		unit++
	}
	if unit < 2 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64) + units[unit]
	}
	return document.Figures(v) + units[unit]
}

// ShortKind gives the name by which kubectl knows a kind.
func ShortKind(kind string) string {
	switch kind {
	case "Deployment":
		return "deploy"
	case "StatefulSet":
		return "sts"
	case "DaemonSet":
		return "ds"
	case "ReplicaSet":
		return "rs"
	case "ReplicationController":
		return "rc"
	case "CronJob":
		return "cj"
	}
	return Clean(strings.ToLower(kind))
}

// Named reports whether a workload is meant by a name: NAMESPACE/KIND/NAME, or
// the end of that. The kind may be kubectl's short name or a plural, in any
// case, and one of its containers may follow, as Name prints it.
func Named(w *document.Workload, name string) bool {
	if of, container, ok := strings.Cut(name, ":"); ok {
		if !slices.ContainsFunc(w.Containers, func(c document.Container) bool { return c.Name == container }) {
			return false
		}
		name = of
	}
	got := []string{w.Namespace, w.Kind, w.Name}
	want := strings.Split(name, "/")
	if len(want) > len(got) {
		return false
	}
	if len(want) == 2 && want[0] == w.Namespace && want[1] == w.Name {
		return true
	}
	got = got[len(got)-len(want):]
	for i := range want {
		kind := len(want)-i == 2
		if got[i] != want[i] && !(kind && kindNamed(got[i], want[i])) {
			return false
		}
	}
	return true
}

func kindNamed(kind, name string) bool {
	return strings.EqualFold(kind, name) || strings.EqualFold(kind+"s", name) || strings.EqualFold(ShortKind(kind), name)
}

// CPUChange is a container's CPU request, and what it should be.
func CPUChange(c *document.Container) string {
	now := known(c, Cores(c.Current.Requests.CPU))
	if c.Recommended == nil {
		return now
	}
	return Change(now, Advised(c, now, Cores(c.Recommended.Requests.CPU)))
}

// MemoryChange is its memory request, and what it should be.
func MemoryChange(c *document.Container) string {
	now := known(c, Memory(c.Current.Requests.Memory))
	if c.Recommended == nil {
		return now
	}
	return Change(now, Advised(c, now, Memory(c.Recommended.Requests.Memory)))
}

// known is what a container has now, as words have it: what no source told is not unset.
func known(c *document.Container, now string) string {
	if c.Unknown && now == "-" {
		return "unknown"
	}
	return now
}

// MomentMark stands before what rests on one reading, and MomentWords say so.
const (
	MomentMark  = "~"
	MomentWords = "rests on one reading and no history: check before use"
)

// Advised is what a container is advised in place of what it has; one that rests
// on one reading has its mark.
func Advised(c *document.Container, from, to string) string {
	if from != to && c.OneReading() {
		return MomentMark + to
	}
	return to
}

// Change says from what to what; Arrow does so in ASCII.
func Change(from, to string) string {
	if from == to {
		return from
	}
	return from + " → " + to
}

// Arrow says from what to what, in ASCII.
func Arrow(from, to string) string {
	if from == to {
		return from
	}
	return from + " -> " + to
}

// Path names a workload as the verbs take it.
func Path(w *document.Workload) string {
	return Clean(w.Namespace) + "/" + ShortKind(w.Kind) + "/" + Clean(w.Name)
}

// Name names a workload without its kind, and a container where there are
// several: namespace/name:container.
func Name(w *document.Workload, c *document.Container) string {
	out := Clean(w.Namespace) + "/" + Clean(w.Name)
	if c != nil && len(w.Containers) > 1 {
		out += ":" + Clean(c.Name)
	}
	return out
}

// Capital begins a text as a sentence begins.
func Capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// MemoryLimitChange is a container's memory limit, and what it should be.
func MemoryLimitChange(c *document.Container) string {
	now := Memory(c.Current.Limits.Memory)
	if c.Recommended == nil {
		return now
	}
	return Change(now, Advised(c, now, Memory(c.Recommended.Limits.Memory)))
}

// SpanOf is the window of a report in words; days of which nothing was seen are none.
func SpanOf(r *document.Report) string {
	if r.NoUsage() {
		return "no usage seen"
	}
	return Span(r.Metadata.GeneratedFrom)
}

// Span is the window in words: 14 days to 24 Nov 2026, 8 of 14 days where others have no usage.
func Span(w document.Window) string {
	day := w.End.UTC().Format("2 Jan 2006")
	if w.Moment {
		return "one reading on " + day + ", no history"
	}
	if hours := w.End.Sub(w.Start).Hours(); hours < 48 {
		return document.Counted(int(hours+0.5), "hour") + " to " + day
	}
	days := document.Figures(w.End.Sub(w.Start).Hours()/24) + " days to " + day
	if w.DaysSeen > 0 {
		return fmt.Sprintf("%d of %s", w.DaysSeen, days)
	}
	return days
}

// LimitChanges are a container's limits that are advised to change, in ASCII.
func LimitChanges(c *document.Container) []string {
	if c.Recommended == nil {
		return nil
	}
	var out []string
	add := func(name, now, to string) {
		if now != to {
			now = strings.Replace(now, "-", "none", 1)
			out = append(out, name+" limit "+Arrow(now, Advised(c, now, strings.Replace(to, "-", "none", 1))))
		}
	}
	add("memory", Memory(c.Current.Limits.Memory), Memory(c.Recommended.Limits.Memory))
	add("CPU", Cores(c.Current.Limits.CPU), Cores(c.Recommended.Limits.CPU))
	return out
}

// Support says in words how well the history supports an advice; a dash where
// there is none.
func Support(c *document.Container) string {
	switch {
	case c.Recommended == nil:
		return "-"
	case c.OneReading():
		return "one reading"
	case c.OOMKills > 0:
		return "at least"
	case c.Confidence >= 0.9:
		return "well"
	case c.Confidence >= 0.5:
		return "fairly"
	}
	return "weakly"
}
