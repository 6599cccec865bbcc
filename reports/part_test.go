package reports_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// TestPartSaysSo: a section in any format names itself, says nothing of what it lacks, and
// read again prints itself.
func TestPartSaysSo(t *testing.T) {
	whole := theDemo(t)
	for _, x := range text.Sections() {
		p := document.Part(whole, x.Name)
		if x.Name == text.SectionAll {
			if p.Metadata.Part != nil {
				t.Error("all is no part")
			}
			continue
		}
		if p.Metadata.Part == nil || p.Metadata.Part.Section != x.Name {
			t.Errorf("%s: the document does not say that it is a part", x.Name)
			continue
		}
		section := output(t, "screen", p, reports.Options{Width: 80, Section: x.Name, Saved: true})
		if got := output(t, "screen", p, reports.Options{Width: 80, Saved: true}); got != section {
			t.Errorf("%s read again prints:\n%s", x.Name, got)
		}
		metrics := output(t, "openmetrics", p, reports.Options{})
		for _, k := range document.UrgentKinds() {
			if p.Unseen(k) != "" && strings.Contains(metrics, `plimsoll_urgent{kind="`+string(k)+`"} 0`) {
				t.Errorf("%s counts no %s, and can't tell", x.Name, k)
			}
		}
		for format, want := range map[string]string{"markdown": "A part of the report: the section " + x.Name, "html": "<b>A part of the report</b>: the section " + x.Name} {
			got := output(t, format, p, reports.Options{Section: x.Name})
			if !strings.Contains(got, want) {
				t.Errorf("%s as %s does not say that it is a part", x.Name, format)
			}
			if strings.Contains(got, "<h2>Save") || strings.Contains(got, "### Save") || x.Name != "risks" && strings.Contains(got, "<h2>Fix first") {
				t.Errorf("%s as %s tells of all sections", x.Name, format)
			}
		}
		head, _, _ := strings.Cut(output(t, "csv", p, reports.Options{}), "\n")
		if figures := head == "path,value"; figures == document.HoldsContainers(x.Name) {
			t.Errorf("%s as csv begins with %q", x.Name, head)
		}
		if got := strings.Contains(output(t, "html", p, reports.Options{}), `aria-label="Workloads" hidden>`); got != (len(p.Workloads) == 0) {
			t.Errorf("%s as html, of %d workloads: hides them: %v", x.Name, len(p.Workloads), got)
		}
		first := strings.Split(output(t, "screen", p, reports.Options{Width: 100, Section: x.Name, Saved: true}), "\n")[0]
		if got := output(t, "markdown", p, reports.Options{}); !strings.Contains(got, first) {
			t.Errorf("markdown lacks the section %s:\n%s", x.Name, got)
		}
	}
}

// TestNarrowedSaysSo: what waits elsewhere is not dangerous here, and a part of a part
// names both.
func TestNarrowedSaysSo(t *testing.T) {
	whole := theDemo(t)
	p := document.Narrow(whole, func(w *document.Workload) bool { return w.Namespace == "fares" }, "namespaces fares")
	for _, u := range p.Urgents() {
		if u.Kind == document.Pending {
			t.Errorf("%s waits in another namespace", u.Warning.Subject)
		}
	}
	if len(whole.Warnings) == len(p.Warnings) {
		t.Error("nothing waits elsewhere: nothing was tested")
	}
	if got := document.Part(p, "rightsize").Metadata.Part.String(); got != "the section rightsize of namespaces fares" {
		t.Errorf("a section of a selection is %q", got)
	}
	again := document.Narrow(p, func(*document.Workload) bool { return true }, "workload x")
	if got := again.Metadata.Part.String(); got != "namespaces fares, of these workload x" {
		t.Errorf("a selection of a selection is %q", got)
	}
}

// TestWhereNoNodeIs: what is billed by the pod is no bill for nodes; a step that only adds
// needs room.
func TestWhereNoNodeIs(t *testing.T) {
	r := *screens()["production"]
	r.Nodes.Current.Count = 0
	if got := output(t, "screen", &r, reports.Options{Width: 120}); !strings.Contains(got, "a month for pods") || strings.Contains(got, "a month for nodes") {
		t.Errorf("a bill without nodes is\n%s", got)
	}
	r = *screens()["production"]
	r.Summary.Waterfall = []document.Step{{Lever: document.LeverRightsize, MonthlyBefore: 900, MonthlyAfter: 900, FreedRoom: -500}}
	for _, format := range []string{"screen", "markdown", "html"} {
		if got := output(t, format, &r, reports.Options{Width: 120}); !strings.Contains(got, "needs room") {
			t.Errorf("%s: a step that takes room frees some:\n%.2000s", format, got)
		}
	}
}

// TestMarkdownAddsUp: the steps of a job's summary are the screen's whole dollars.
func TestMarkdownAddsUp(t *testing.T) {
	r := theDemo(t)
	screen, md := output(t, "screen", r, reports.Options{Width: 120}), output(t, "markdown", r, reports.Options{})
	steps := 0
	for _, l := range strings.Split(screen, "\n") {
		f := strings.Fields(l)
		if len(f) < 3 || len(f[0]) != 1 || f[0] < "1" || f[0] > "9" {
			continue
		}
		for _, word := range f {
			if strings.HasPrefix(word, "$") && !strings.Contains(word, "/h") && !strings.Contains(l, word+" up front") {
				steps++
				if !strings.Contains(md, "| "+word+" |") {
					t.Errorf("markdown has no step of %s:\n%s", word, md)
				}
			}
		}
	}
	if steps < 3 {
		t.Errorf("%d steps have money: nothing was tested", steps)
	}
}
