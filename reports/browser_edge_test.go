//go:build browser

package reports_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestBrowserReplay: the picture of the pods draws what was recorded and what the replay of
// the advised autoscaler gives, hour by hour, to its own scale.
func TestBrowserReplay(t *testing.T) {
	r, content := demo(t)
	x, seen := open(t, browser(t), content), 0
	for i := range r.History.Scaled {
		of := &r.History.Scaled[i]
		w := slices.IndexFunc(r.Workloads, func(w document.Workload) bool {
			return w.Namespace == of.Namespace && w.Kind == of.Kind && w.Name == of.Name
		})
		if w < 0 || of.Pods.IsZero() {
			continue
		}
		name := of.Namespace + "/" + of.Name
		x.do(chromedp.Navigate(x.url + "#w/" + of.Namespace + "/" + of.Kind + "/" + of.Name))
		x.wait(fmt.Sprintf(`!document.getElementById("panel").hidden && document.querySelector("#panel h2").textContent === %q && [...document.querySelectorAll("#panel svg.chart")].every((c) => c.querySelector("text"))`, name))
		x.want(name+": what it says", `[...document.querySelectorAll("#panel figcaption")].find((c) => c.querySelector("b").textContent === "Pods").textContent.includes("as advised, replayed on the same load")`, "true")
		past := r.History.Of(of.Namespace, of.Kind, of.Name, r.Workloads[w].Containers[0].Name)
		follows(x, name+": as recorded", "mean", past.Pods.Values())
		follows(x, name+": as replayed", "advice", of.Pods.Values())
		seen++
	}
	if seen < 3 {
		t.Errorf("%d workloads have a replay", seen)
	}
	x.clean()
}

// follows compares a line of the picture of the pods with values: its points, by the scale
// that the axis is labelled with.
func follows(x *tab, what, class string, want []float64) {
	x.t.Helper()
	got := eval[[]float64](x, fmt.Sprintf(`(() => {
		const svg = [...document.querySelectorAll("#panel figure")].find((f) => f.querySelector("b").textContent === "Pods").querySelector("svg");
		const ticks = [...svg.querySelectorAll("line.grid")].map((l) => ({ y: Number(l.getAttribute("y1")), v: Number(l.nextElementSibling.textContent) }));
		const [a, b] = [ticks[0], ticks.at(-1)];
		return svg.querySelector("path.%s").getAttribute("d").split(/[ML]/).slice(1).map((p) => a.v + (Number(p.split(" ")[1]) - a.y) * (b.v - a.v) / (b.y - a.y));
	})()`, class))
	want = slices.DeleteFunc(slices.Clone(want), math.IsNaN)
	if len(got) != len(want) || len(got) < 24 {
		x.t.Errorf("%s: %d points of %d values", what, len(got), len(want))
		return
	}
	most := max(slices.Max(want), slices.Max(got))
	for i := range got {
		if math.Abs(got[i]-want[i]) > 0.02*most {
			x.t.Errorf("%s: point %d is at %.2f pods, the report has %.2f", what, i, got[i], want[i])
			return
		}
	}
}

// TestBrowserNoCellIsCut: no number of the table is cut, at any width of a window, with a panel
// beside it or without.
func TestBrowserNoCellIsCut(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	for _, panel := range []bool{false, true} {
		for _, width := range []int64{320, 400, 560, 768, 930, 1000, 1090, 1120, 1280, 1600, 2000} {
			x.size(width, 900)
			for _, q := range []string{"risk", "sort"} {
				hash := map[string]string{"risk": "?risk=any", "sort": "?sort=usd&dir=down"}[q]
				if panel {
					hash = "w/fares/Deployment/fare-engine" + hash
				}
				eval[bool](x, fmt.Sprintf(`(location.hash = %q, true)`, hash))
				x.wait(fmt.Sprintf(`document.getElementById("panel").hidden === %v`, !panel))
				x.want(fmt.Sprintf("%d wide, panel %v, %s: cells that are cut", width, panel, q), fmt.Sprintf(`(async () => { await %s; await %s; return [...document.querySelectorAll("#table td.n")].filter((d) => d.clientWidth && d.scrollWidth > d.clientWidth + 1).map((d) => d.textContent).join("; ") })()`, nextFrame, nextFrame), "")
			}
		}
	}
	x.clean()
}

// TestBrowserLostLink: a link to a workload that the report does not have says so; Back and
// a link to one that is there take it away.
func TestBrowserLostLink(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	count := `document.getElementById("count").textContent`
	all := eval[string](x, count)
	x.do(chromedp.Navigate(x.url + "#w/shop/Deployment/%3Cb%3Egone?sort=usd"))
	x.wait(count + ` !== ` + fmt.Sprintf("%q", all))
	x.want("what it says", count, "This report has no workload shop/Deployment/<b>gone. "+all)
	x.want("markup", `document.querySelectorAll("#count b").length`, "0")
	x.want("no panel", `document.getElementById("panel").hidden`, "true")
	x.axe("a lost link")
	x.do(chromedp.Navigate(x.url + "#w/fares/Deployment/fare-engine"))
	x.wait(`!document.getElementById("panel").hidden`)
	x.want("one that is there", count, all)
	eval[bool](x, `(location.hash = "w/%zz/a/b", true)`)
	x.wait(`document.getElementById("panel").hidden`)
	x.want("no address at all", count, "This report has no workload %zz/a/b. "+all)
	eval[bool](x, `(history.back(), true)`)
	x.wait(`!document.getElementById("panel").hidden`)
	x.want("back", count, all)
	x.clean()
}

// TestBrowserCovered: where a panel fills the window, what lies behind it is out of reach
// of keys and readers; where it stands beside the table, it is not.
func TestBrowserCovered(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	behind := `[...document.querySelectorAll("a, button, input, select, [tabindex='0']")].filter((e) => !e.closest("#panel") && !e.closest("[inert]") && e.getClientRects().length).length`
	x.size(800, 900)
	x.do(chromedp.Navigate(x.url + "#w/fares/Deployment/fare-engine"))
	x.wait(`!document.getElementById("panel").hidden`)
	x.want("what has keys behind the panel", behind, "0")
	x.want("the panel has", `document.activeElement.closest("#panel") !== null && document.querySelector("#panel").closest("[inert]") === null`, "true")
	x.axe("covered")
	x.size(1280, 900)
	x.wait(behind + ` > 50`)
	x.size(800, 900)
	x.wait(behind + ` === 0`)
	x.key("Escape")
	x.wait(`document.getElementById("panel").hidden`)
	x.want("nothing is out of reach", `document.querySelectorAll("[inert]").length`, "0")
	x.want("the row has the focus again", `document.activeElement.textContent`, "fare-engine")
	x.clean()
}

// TestBrowserLongNames: names as long as they may be reach out of no window.
func TestBrowserLongNames(t *testing.T) {
	long := strings.Repeat("x", 63) + "." + strings.Repeat("y", 63) + "." + strings.Repeat("z", 63) + "." + strings.Repeat("w", 61)
	x := open(t, browser(t), output(t, "html", evilReport(t, long), reports.Options{}))
	for _, width := range []int64{320, 400, 768, 1280, 2000} {
		x.size(width, 900)
		x.want(fmt.Sprintf("what is wider than %d", width), tooWide, "")
	}
	eval[bool](x, `(document.querySelector("#table td.at1 a").click(), true)`)
	x.wait(`!document.getElementById("panel").hidden`)
	for _, width := range []int64{320, 400, 768, 1280} {
		x.size(width, 900)
		x.want(fmt.Sprintf("what is wider than %d", width), tooWide, "")
		x.want(fmt.Sprintf("what the panel has out of sight at %d", width), `(() => { const p = document.getElementById("panel"); return p.scrollWidth - p.clientWidth })()`, "0")
	}
	x.clean()
}

// TestBrowserFewRows: a table of few rows, or of none that fits, is as high as these, and has
// all of its rows again where the filter goes.
func TestBrowserFewRows(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	high := `document.getElementById("rows").clientHeight`
	tall := eval[int](x, high)
	x.set("q", "no-such-workload")
	x.want("with none", high+` < 80`, "true")
	x.set("q", "fare-engine")
	x.want("with two", fmt.Sprintf(`(async () => { await %s; return document.querySelectorAll("#table td.at1").length + " " + (%s < 150) })()`, nextFrame, high), "2 true")
	x.set("q", "")
	x.want("with all", high, fmt.Sprint(tall))
	x.want("it is full", fmt.Sprintf(`(() => { const r = document.querySelectorAll("#table td.at1"); return [...r].at(-1).getBoundingClientRect().bottom > document.getElementById("rows").getBoundingClientRect().bottom })()`), "true")
	x.clean()
}

// TestBrowserForcedColors: where the system sets the colours, the row whose panel is open
// and the layers of the purchase can still be told.
func TestBrowserForcedColors(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	x.call(func() error {
		_, err := chromedp.Call(x.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: "dark"}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
	x.do(chromedp.Navigate(x.url + "#w/fares/Deployment/fare-engine"))
	x.wait(`document.querySelector("#table tr.open") !== null`)
	x.want("the open row", `getComputedStyle(document.querySelector("#table tr.open")).outlineStyle`, "solid")
	x.want("layers", `(() => { const c = [...document.querySelectorAll(".key")].map((k) => getComputedStyle(k).backgroundColor); return c.length > 1 && new Set(c).size === c.length })()`, "true")
	x.want("what moves", `document.getAnimations().length`, "0")
	x.axe("forced colours")
	x.clean()
}
