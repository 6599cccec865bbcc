package text

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
	"github.com/plimsoll-k8s/plimsoll/reports/snippet"
)

// Explain prints everything behind one workload's numbers: what it used, the
// formula with its figures put in, what speaks against it, and what to paste.
func Explain(w io.Writer, r *document.Report, of *document.Workload, o Options) error {
	return layout.Plainly(w, o.ASCII, func(w io.Writer) error { return explain(w, r, of, o) })
}

func explain(w io.Writer, r *document.Report, of *document.Workload, o Options) error {
	s := &screen{r: r, o: o}
	s.reasons(of, true)
	s.paste(of)
	s.pages("rules/rightsize", "rules/horizontal")
	_, err := w.Write(s.Bytes())
	return err
}

// Reasons prints what Explain does, but its plots and what is to be pasted: for
// a page that has them in its own way.
func Reasons(w io.Writer, r *document.Report, of *document.Workload, o Options) error {
	return layout.Plainly(w, o.ASCII, func(w io.Writer) error {
		s := &screen{r: r, o: o}
		s.reasons(of, false)
		_, err := w.Write(s.Bytes())
		return err
	})
}

func (s *screen) reasons(of *document.Workload, plots bool) {
	s.lines(layout.Wrap(fmt.Sprintf("%s: %s%s, %s", brief.Path(of), document.Counted(int(of.Replicas), "pod"), costOf(of), brief.SpanOf(s.r)), s.o.line(), 2)...)
	for i := range of.Containers {
		s.explainContainer(of, &of.Containers[i], plots)
	}
	s.explainScaling(of)
	s.explainFresh(of)
}

// explainFresh says where a cluster that does not exist yet would have the pods.
func (s *screen) explainFresh(w *document.Workload) {
	p := s.r.Nodes.Plan
	if p == nil || p.Fresh == nil {
		return
	}
	text := "on every node of the plan that takes it"
	if w.Kind != "DaemonSet" {
		var at []string
		for _, x := range p.Placement {
			n := 0
			for _, pod := range x.Pods {
				if name, ok := strings.CutPrefix(pod, w.Namespace+"/"+w.Name); ok && (name == "" || !strings.Contains(name[1:], "-")) {
					n++
				}
			}
			if n > 0 {
				at = append(at, fmt.Sprintf("%d on %s", n, brief.Clean(x.Node)))
			}
		}
		text = cmp.Or(strings.Join(at, ", "), "on no node of the plan")
	}
	s.lines("")
	s.hang("fresh     ", fmt.Sprintf("%s. No node is known: a cluster for all pods would cost %s a month, which is a cost and no saving.", text, brief.WholeOf(p.MonthlyCost)), layout.Plain)
}

func costOf(w *document.Workload) string {
	if w.MonthlyCost == nil || w.MonthlySavings == nil {
		return ""
	}
	cost, gap := brief.Little(*w.MonthlyCost), ""
	if w.PriceGap != "" {
		gap = " (" + brief.Clean(w.PriceGap) + ")"
	}
	if !advised(w) {
		return fmt.Sprintf(", %s a month%s; no advice", cost, gap)
	}
	if *w.MonthlySavings < 0 {
		return fmt.Sprintf(", %s a month%s; the advice takes room worth %s more", cost, gap, brief.Little(-*w.MonthlySavings))
	}
	return fmt.Sprintf(", %s a month%s; the advice frees room worth %s", cost, gap, brief.Little(*w.MonthlySavings)) + partsOf(w)
}

// advised reports whether anything is advised of a workload.
func advised(w *document.Workload) bool {
	return w.Horizontal != nil && w.Horizontal.Recommended != nil || slices.ContainsFunc(w.Containers, func(c document.Container) bool { return c.Recommended != nil })
}

// partsOf are the sizes' and the scaling's part of what an advice frees, where both have one.
func partsOf(w *document.Workload) string {
	sizes := document.USD(0)
	for i := range w.Containers {
		sizes += brief.Freed(&w.Containers[i])
	}
	scaling := *w.MonthlySavings - sizes
	if sizes <= 0 || scaling <= 0 {
		return ""
	}
	parts := brief.Shares(brief.WholeOf(*w.MonthlySavings), []document.USD{sizes, scaling})
	return fmt.Sprintf(" (%s by the sizes, %s by the number of pods)", parts[0], parts[1])
}

func (s *screen) explainContainer(w *document.Workload, c *document.Container, plots bool) {
	s.WriteByte('\n')
	s.lines(layout.Painted("container "+brief.Clean(c.Name), layout.Strong, s.o.Color))
	h := s.r.History.Of(w.Namespace, w.Kind, w.Name, c.Name)
	if h != nil && plots {
		s.plots(c, h)
	}
	s.figures(c)
	s.hang("  CPU     ", s.formula(c, "cpu"), layout.Plain)
	s.hang("  memory  ", s.formula(c, "memory"), layout.Plain)
	for _, x := range c.Withheld {
		s.hang("  held    ", brief.Clean(x.Resource+": "+x.Reason), layout.Plain)
	}
	s.hang("  others  ", peers(c, h), layout.Plain)
	s.hang("  curve   ", curve(c, h), layout.Plain)
	before := "on the whole history, in hindsight: "
	for _, text := range []string{weighed(c, h), brief.WeighedMemory(c, h)} {
		if text != "" {
			s.hang("  weighed ", before+text, layout.Plain)
			before = ""
		}
	}
	s.hang("  events  ", events(s.r, c), layout.Plain)
	s.hang("  starts  ", brief.StartUps(w, c, h), layout.Plain)
	s.hang("  release ", brief.Releases(s.r, w, c, h), layout.Plain)
	s.hang("  risk    ", riskOf(c), layout.Plain)
	s.hang("  sure    ", sureness(c), layout.Plain)
	head := "  changes "
	for _, text := range changers(c, h) {
		s.hang(head, text, layout.Plain)
		head = strings.Repeat(" ", len(head))
	}
	for _, x := range c.Warnings {
		s.hang("  doubt   ", brief.Clean(x.Message), layout.Plain)
	}
}

// plots draws CPU and memory of one pod.
func (s *screen) plots(c *document.Container, h *document.ContainerHistory) {
	cpuMarks, memoryMarks := marksOf(c)
	for _, p := range []struct {
		title string
		band  *document.Band
		marks []mark
		say   func(float64) string
	}{
		{"CPU of a pod", &h.CPU, cpuMarks, func(v float64) string { return brief.Cores(document.CPU(v * document.MicroPerMilli)) }},
		{"memory of a pod", &h.Memory, memoryMarks, func(v float64) string { return brief.Memory(document.Bytes(v)) }},
	} {
		lines := plot(p.band.Mean.Values(), p.band.Peak.Values(), p.marks, s.o.line()-2, p.say)
		if len(lines) == 0 {
			continue
		}
		s.hang("  ", p.title+" (█ mean of the pods, ░ the largest)", layout.Plain)
		for _, l := range lines {
			s.lines(strings.TrimRight("  "+l, " "))
		}
	}
}

// marksOf are the request, the limit and the advice as they are drawn.
func marksOf(c *document.Container) (cpu, mem []mark) {
	add := func(list *[]mark, name string, v float64) {
		if v > 0 {
			*list = append(*list, mark{v, name})
		}
	}
	milli := func(v document.CPU) float64 { return float64(v) / document.MicroPerMilli }
	add(&cpu, "request", milli(c.Current.Requests.CPU))
	add(&cpu, "limit", milli(c.Current.Limits.CPU))
	add(&mem, "request", float64(c.Current.Requests.Memory))
	if c.Current.Limits.Memory != c.Current.Requests.Memory {
		add(&mem, "limit", float64(c.Current.Limits.Memory))
	}
	if c.Recommended != nil {
		add(&cpu, "advice", milli(c.Recommended.Requests.CPU))
		add(&mem, "advice", float64(c.Recommended.Requests.Memory))
	}
	return cpu, mem
}

// figures is the usage in numbers.
func (s *screen) figures(c *document.Container) {
	t := &layout.Rows{Indent: 2, Right: []bool{false, true, true, true, true, true, true, true}}
	moment, most := s.r.Metadata.GeneratedFrom.Moment, "MAX"
	if moment {
		most = "NOW"
	}
	add := func(name string, usage []string, request, limit string) {
		if moment { // one reading, which has no percentiles
			usage = usage[len(usage)-1:]
		}
		t.Add(slices.Concat([]string{name}, usage, []string{request, limit})...)
	}
	add("", []string{"MEAN", "P50", "P95", "P99", most}, "REQUEST", "LIMIT")
	if u := c.Usage.CPU; u != nil {
		add("CPU", []string{brief.UsedCores(u.Mean), brief.UsedCores(u.P50), brief.UsedCores(u.P95), brief.UsedCores(u.P99), brief.UsedCores(u.Max)}, brief.Cores(c.Current.Requests.CPU), brief.Cores(c.Current.Limits.CPU))
	}
	if u := c.Usage.Memory; u != nil {
		add("memory", []string{brief.Memory(u.Mean), brief.Memory(u.P50), brief.Memory(u.P95), brief.Memory(u.P99), brief.Memory(u.Max)}, brief.Memory(c.Current.Requests.Memory), brief.Memory(c.Current.Limits.Memory))
	}
	if t.Len() == 1 {
		s.lines("  no usage was seen")
		return
	}
	s.lines(t.Print(s.o.line(), s.o.Color)...)
}

// formula puts the figures in: base + margin = advice. Where a bound moved the
// advice from that, it says so.
func (s *screen) formula(c *document.Container, resource string) string {
	if c.Recommended == nil {
		return "no advice"
	}
	mark := ""
	if c.OneReading() {
		mark = brief.MomentMark
	}
	say := func(v float64) string { return document.Bytes(math.Ceil(v)).String() }
	got := float64(c.Recommended.Requests.Memory)
	advice, now := mark+c.Recommended.Requests.Memory.String(), brief.Memory(c.Current.Requests.Memory)
	if resource == "cpu" {
		say = func(v float64) string { return fmt.Sprintf("%gm", math.Round(v*100)/100) }
		got = float64(c.Recommended.Requests.CPU) / document.MicroPerMilli
		advice, now = mark+c.Recommended.Requests.CPU.String(), brief.Cores(c.Current.Requests.CPU)
	}
	if got == 0 {
		return "no request"
	}
	base, margin, ok := brief.Basis(c, resource)
	if !ok {
		return fmt.Sprintf("%s, now %s", advice, now)
	}
	head := fmt.Sprintf("%s (%s) + %s %% (%s)", say(base.Value), brief.Clean(base.Name), document.Figures4(margin.Value), brief.Clean(margin.Name))
	makes := float64(margin.Part.Makes)
	if makes == got {
		return fmt.Sprintf("%s, rounded up = %s; now %s", head, advice, now)
	}
	verb := "raised to"
	if got < makes {
		verb = "lowered to"
	}
	if advice == mark+now {
		verb = "kept at"
	}
	text := fmt.Sprintf("%s would be %s; %s %s", head, say(makes), verb, advice)
	if bound := brief.Bound(c, resource); bound != nil {
		text += ": " + brief.Clean(bound.Reason)
	}
	return text + "; now " + now
}

// peers says what other tools' rules take of the same usage.
func peers(c *document.Container, h *document.ContainerHistory) string {
	switch {
	case h != nil && len(h.Peers) > 0:
		var out []string
		for _, x := range h.Peers {
			out = append(out, fmt.Sprintf("%s CPU %s, memory %s", brief.Clean(x.Rule), brief.Cores(x.CPU), brief.Memory(x.Memory)))
		}
		return "would say: " + strings.Join(out, "; ")
	case c.Usage.CPU == nil || c.Usage.Memory == nil:
		return "no usage, so no other rule would say more"
	case c.OneReading():
		return "other tools' rules need a history too"
	}
	return "not kept in this report"
}

// curve says how long CPU was above requests of several sizes.
func curve(c *document.Container, h *document.ContainerHistory) string {
	switch {
	case c.Usage.CPU == nil:
		return "no usage, so there is none"
	case h == nil || len(h.Curve) == 0:
		return "not kept in this report"
	}
	var out []string
	for _, p := range h.Curve {
		out = append(out, fmt.Sprintf("%s %s", brief.UsedCores(p.CPU), document.Percent(p.Above)))
	}
	text := "CPU requests and the time above them: " + strings.Join(out, ", ")
	if c.Recommended != nil && c.Recommended.Requests.CPU > 0 {
		text += "; the advice is " + brief.Cores(c.Recommended.Requests.CPU)
	}
	return text
}

// weighed are the CPU requests that were not taken, with what each would bring on
// the same usage, and the one that was.
func weighed(c *document.Container, h *document.ContainerHistory) string {
	if h == nil || len(h.Curve) == 0 || c.Recommended == nil || c.Recommended.Requests.CPU <= 0 {
		return ""
	}
	of := brief.Curve(h.Curve)
	var out []string
	add := func(name string, cpu document.CPU) {
		if cpu <= 0 {
			return
		}
		text := fmt.Sprintf("%s %s: short %s of the time", brief.Clean(name), brief.Cores(cpu), of.Above(cpu))
		if usd := of.Money(cpu); usd != "-" {
			text += ", " + usd
		}
		out = append(out, text)
	}
	if c.Current.Requests.CPU != c.Recommended.Requests.CPU {
		add("as it is", c.Current.Requests.CPU)
	}
	for _, x := range h.Peers {
		add(x.Rule, x.CPU)
	}
	add("taken", c.Recommended.Requests.CPU)
	return "CPU " + strings.Join(out, "; ")
}

func events(r *document.Report, c *document.Container) string {
	out := []string{fmt.Sprintf("%d OOM kills, %d restarts", c.OOMKills, c.Restarts)}
	if c.OOMKills+c.Restarts == 0 && r.Unseen(document.OOMKilled) != "" {
		out[0] = "OOM kills and restarts are not known"
	}
	if c.ThrottledShare != nil {
		out = append(out, document.Percent(*c.ThrottledShare)+" of CPU periods throttled")
	}
	return strings.Join(out, ", ")
}

func riskOf(c *document.Container) string {
	var out []string
	if c.Risk.CPUOverRequest != nil {
		out = append(out, "CPU above the advised request "+document.Percent(*c.Risk.CPUOverRequest)+" of the time")
	}
	if c.Risk.OOMProbability != nil {
		out = append(out, "an OOM kill within a week "+document.Percent(*c.Risk.OOMProbability))
	}
	if len(out) == 0 {
		return "not known"
	}
	return "by replay, of days that no size was learnt from: " + strings.Join(out, "; ")
}

// sureness says the confidence in words.
func sureness(c *document.Container) string {
	seen := fmt.Sprintf(": seen in %.0f %% of the window", 100*c.Coverage)
	switch {
	case c.Recommended == nil:
		return "no advice" + seen
	case c.OneReading():
		return "it " + brief.MomentWords
	case c.OOMKills > 0:
		return fmt.Sprintf("of memory only that it needs more: it was OOM-killed %s, so what it would use was never seen%s", document.Counted(int(c.OOMKills), "time"), strings.Replace(seen, ": ", "; it was ", 1))
	case c.Confidence >= 0.9:
		return "well supported by the history" + seen
	case c.Confidence >= 0.5:
		return "fairly supported by the history" + seen
	}
	return "weakly supported by the history" + seen
}

func (s *screen) explainScaling(w *document.Workload) {
	h := w.Horizontal
	if h == nil && len(w.Findings) == 0 {
		return
	}
	s.WriteByte('\n')
	s.lines(layout.Painted("number of pods", layout.Strong, s.o.Color))
	if h != nil {
		s.scaling(h)
	}
	for _, f := range w.Findings {
		s.hang("  wrong   ", brief.Clean(f.Message)+"; "+brief.Clean(f.Fix), layout.Bad)
	}
}

func (s *screen) scaling(h *document.Horizontal) {
	s.hang("  now     ", brief.Scaling(h.Current), layout.Plain)
	if h.Recommended != nil {
		s.hang("  advice  ", brief.Scaling(*h.Recommended), layout.Plain)
	}
	if trades := brief.Trades(h, len(h.TradeOff)); len(trades) > 0 {
		s.hang("  or      ", strings.Join(trades, "; "), layout.Plain)
	}
	for _, x := range h.Withheld {
		s.hang("  held    ", brief.Clean(x.Reason), layout.Plain)
	}
	for _, x := range h.Warnings {
		s.hang("  doubt   ", brief.Clean(x.Message), layout.Plain)
	}
	for i := range h.Evidence {
		s.hang("  figure  ", brief.Clean(h.Evidence[i].Name)+": "+brief.Figure(&h.Evidence[i]), layout.Plain)
	}
}

// paste is the advice as the part of a pod template, and as an autoscaler's spec.
func (s *screen) paste(w *document.Workload) {
	if lines := snippet.Pod(w); len(lines) > 0 {
		s.yaml(snippet.Manifest{Title: "to paste into the pod template", Lines: lines})
	}
	if m := snippet.Scaler(s.r, w); len(m.Lines) > 0 {
		s.yaml(m)
	}
}

// yaml prints what is to be copied: no line is longer than the terminal, and what is
// copied from it reads the same.
func (s *screen) yaml(m snippet.Manifest) {
	s.lines("")
	s.hang("", m.Title, layout.Strong)
	for _, l := range m.Lines {
		s.lines(snippet.Fold(l, s.o.line())...)
	}
}
