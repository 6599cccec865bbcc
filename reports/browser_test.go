//go:build browser

package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/snippet"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// The page in a real browser: Debian's Chromium. Run it with make browser; a
// browser that is missing fails the test. With -update it writes the pictures of
// the manual.

// tab is a page in the browser, and all that went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu   sync.Mutex
	bad  []string // errors, violations of the policy, dialogs
	sent []string // requests but for the page itself
}

// patience is how long a step may take before the test gives up; no test says how
// fast a step was.
const patience = 2 * time.Minute

// browser starts one browser for a test.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))...)
	t.Cleanup(stop)
	return ctx
}

// open loads a page and waits until its script has begun.
func open(t *testing.T, parent context.Context, content string) *tab {
	t.Helper()
	x := load(t, parent, content)
	x.wait(`document.documentElement.dataset.ready !== undefined`)
	return x
}

// load loads a page from the disk.
func load(t *testing.T, parent context.Context, content string) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	x := &tab{t: t, ctx: ctx, url: "file://" + path}
	if err := chromedp.Listen(ctx, x.listen); err != nil {
		t.Fatalf("no Chromium: %v; install it, as with apt-get install chromium", err)
	}
	x.call(func() error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `document.addEventListener("securitypolicyviolation", (e) => console.error("policy: " + e.violatedDirective + " " + e.sourceFile))`,
		})
		return err
	})
	x.size(1280, 900)
	x.do(chromedp.Navigate(x.url))
	return x
}

func (x *tab) listen(ev any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		x.bad = append(x.bad, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			x.bad = append(x.bad, fmt.Sprintf("console: %s %s", e.Type, e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		x.bad = append(x.bad, "log: "+e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		x.bad = append(x.bad, "a dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; u != x.url && !strings.HasPrefix(u, x.url+"#") {
			x.sent = append(x.sent, u)
		}
	}
}

// clean fails the test where anything went wrong or left the page.
func (x *tab) clean() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.bad {
		x.t.Error(s)
	}
	for _, s := range x.sent {
		x.t.Errorf("a request left the page: %s", s)
	}
	x.bad, x.sent = nil, nil
}

func (x *tab) call(f func() error) {
	x.t.Helper()
	if err := f(); err != nil {
		x.t.Fatal(err)
	}
}

func (x *tab) do(a ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	x.call(func() error { return chromedp.Do(x.ctx, a...) })
}

// eval gives what an expression comes to.
func eval[T any](x *tab, expression string) T {
	x.t.Helper()
	v, err := chromedp.Run(x.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		x.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression is true.
func (x *tab) wait(expression string) {
	x.t.Helper()
	for end := time.Now().Add(patience); !eval[bool](x, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatalf("never became true: %s", expression)
		}
	}
}

func (x *tab) want(what, expression, want string) {
	x.t.Helper()
	if got := fmt.Sprint(eval[any](x, expression)); got != want {
		x.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (x *tab) size(width, height int64) {
	x.t.Helper()
	x.do(chromedp.EmulateViewport(width, height))
}

// set types into a filter, or selects.
func (x *tab) set(name, value string) {
	x.t.Helper()
	eval[bool](x, fmt.Sprintf(`(() => { const c = document.querySelector('#controls [name=%s]'); c.value = %q; c.dispatchEvent(new Event("input")); return true })()`, name, value))
}

// axe runs the rules of WCAG 2.2 A and AA on the page as it is.
func (x *tab) axe(state string) {
	x.t.Helper()
	source, err := os.ReadFile("html/testdata/axe.min.js")
	if err != nil {
		x.t.Fatal(err)
	}
	eval[bool](x, string(source)+"; true")
	got := eval[[]struct {
		ID, Impact string
		Nodes      []string
	}](x, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations.map((v) => ({ID: v.id, Impact: v.impact, Nodes: v.nodes.map((n) => n.html.slice(0, 160) + " " + n.failureSummary)})))`)
	for _, v := range got {
		x.t.Errorf("%s: axe: %s (%s): %s", state, v.ID, v.Impact, strings.Join(v.Nodes[:min(3, len(v.Nodes))], "\n"))
	}
}

// picture writes what is in sight to the manual's pictures, under -update.
func (x *tab) picture(name string) {
	x.t.Helper()
	data, err := chromedp.Run(x.ctx, chromedp.CaptureScreenshot())
	if err != nil || len(data) < 1000 {
		x.t.Fatalf("no picture: %d bytes, %v", len(data), err)
	}
	if len(data) > 300_000 {
		x.t.Errorf("%s has %d bytes, too many for the manual", name, len(data))
	}
	if *update {
		if err := os.WriteFile(filepath.Join("../docs/images", name), data, 0o644); err != nil {
			x.t.Fatal(err)
		}
	}
}

func demo(t *testing.T) (*document.Report, string) {
	t.Helper()
	r := theDemo(t)
	return r, output(t, "html", r, reports.Options{})
}

// TestBrowserDemo goes through the page as a person would.
func TestBrowserDemo(t *testing.T) {
	r, content := demo(t)
	x := open(t, browser(t), content)
	all := eval[int](x, `Number(document.querySelector("#table").getAttribute("aria-rowcount")) - 1`)
	if all < 100 {
		t.Fatalf("the demo has %d rows", all)
	}
	x.picture("html-summary.png")
	for _, theme := range []string{"light", "dark", "auto"} {
		eval[bool](x, `(document.getElementById("theme").click(), true)`)
		x.axe("as it opens, " + theme)
	}
	sorts(x)
	lists(x)
	filters(x, all)
	panels(x, r)
	narrow(x)
	x.clean()
}

func sorts(x *tab) {
	x.t.Helper()
	button := func(n int) {
		eval[bool](x, fmt.Sprintf(`(document.querySelectorAll("#table thead button")[%d].click(), true)`, n))
	}
	names := `[...document.querySelectorAll("#table td.at1 a")].map((a) => a.textContent)`
	sorted := fmt.Sprintf(`(() => { const n = %s; return n.length > 9 && n.every((v, i) => !i || n[i - 1] <= v) })()`, names)
	button(1)
	x.want("by workload", sorted, "true")
	x.want("the head says so", `document.querySelectorAll("#table th")[1].getAttribute("aria-sort")`, "ascending")
	button(1)
	x.want("by workload, turned", fmt.Sprintf(`(() => { const n = %s; return n.every((v, i) => !i || n[i - 1] >= v) })()`, names), "true")
	button(7)
	money := `[...document.querySelectorAll("#table td.at7")].map((a) => Number(a.textContent.replace(/[$,]/g, "")))`
	x.want("by money", fmt.Sprintf(`(() => { const n = %s; return n.every((v, i) => !i || n[i - 1] >= v) })()`, money), "true")
	x.want("the address has it", `location.hash`, "#?sort=usd&dir=down")
}

// lists sorts the tables that Go wrote, and follows their links and those of what to fix
// first.
func lists(x *tab) {
	x.t.Helper()
	for _, f := range []struct {
		table  string
		column int
	}{{"scaling", 1}, {"commitments", 2}, {"scenarios", 3}, {"proof", 1}, {"waste", 2}} {
		cells := fmt.Sprintf(`[...document.querySelectorAll("#list-%s td:nth-child(%d)")].map((d) => parseFloat(d.textContent.replace(/[^\d.-]/g, ""))).filter((v) => !Number.isNaN(v))`, f.table, f.column+1)
		for _, sign := range []string{">=", "<="} {
			eval[bool](x, fmt.Sprintf(`(document.querySelectorAll("#list-%s thead button")[%d].click(), true)`, f.table, f.column))
			x.want(f.table+" in order", fmt.Sprintf(`(() => { const n = %s; return n.length > 1 && n.every((v, i) => !i || n[i - 1] %s v) })()`, cells, sign), "true")
		}
		x.want(f.table+" says so", fmt.Sprintf(`document.querySelectorAll("#list-%s th")[%d].getAttribute("aria-sort")`, f.table, f.column), "ascending")
	}
	for _, from := range []string{".urgent a", "#list-scaling a", "#list-findings a", "#list-waste a"} {
		link := eval[string](x, fmt.Sprintf(`document.querySelector(%q).getAttribute("href")`, from))
		eval[bool](x, fmt.Sprintf(`(document.querySelector(%q).click(), true)`, from))
		x.wait(`!document.getElementById("panel").hidden`)
		x.want(from+": its panel", `"#w/" + document.querySelector("#panel h2").textContent.replace("/", "/" + location.hash.split("/")[2] + "/")`, link)
		x.key("Escape")
		x.wait(`document.getElementById("panel").hidden`)
	}
}

func filters(x *tab, all int) {
	x.t.Helper()
	count := `document.getElementById("count").textContent`
	for _, f := range []struct{ name, value, each string }{
		{"ns", "payments", `document.querySelectorAll("#table td.at0").length > 0 && [...document.querySelectorAll("#table td.at0")].every((d) => d.textContent === "payments")`},
		{"q", "ns:fares -engine", `[...document.querySelectorAll("#table tbody tr:not(.space)")].every((r) => r.children[0].textContent === "fares" && !r.textContent.includes("engine"))`},
		{"kind", "StatefulSet", `[...document.querySelectorAll("#table td.at1 .kind")].every((d) => d.textContent === "StatefulSet")`},
		{"risk", "oom-killed", `[...document.querySelectorAll("#table tbody tr:not(.space)")].every((d) => d.querySelector(".badge.oom-killed"))`},
		{"lever", "spot", `document.querySelectorAll("#table tbody tr:not(.space)").length > 0`},
		{"min", "50", `[...document.querySelectorAll("#table td.at7")].every((d) => Number(d.textContent.replace(/[$,]/g, "")) >= 50)`},
	} {
		x.set(f.name, f.value)
		x.want("filter "+f.name, f.each, "true")
		var left, of int
		if _, err := fmt.Sscanf(eval[string](x, count), "%d of %d containers", &left, &of); err != nil || left <= 0 || left >= all || of != all {
			x.t.Errorf("filter %s: it says %q", f.name, eval[string](x, count))
		}
		if hash := eval[string](x, `location.hash`); !strings.Contains(hash, f.name+"=") {
			x.t.Errorf("filter %s: the address is %s", f.name, hash)
		}
		if f.name == "risk" {
			x.axe("filtered")
		}
		x.set(f.name, "")
	}
	x.want("nothing is filtered", count+`.startsWith("`+fmt.Sprint(all)+` of ")`, "true")
	eval[bool](x, `(document.querySelectorAll("main details").forEach((d) => { d.open = true }), true)`)
	x.axe("all unfolded")
	eval[bool](x, `(document.querySelectorAll("main details").forEach((d) => { d.open = false }), true)`)
	x.set("q", "no-such-workload")
	x.axe("nothing fits")
	x.want("nothing fits", count, fmt.Sprintf("0 of %d containers, $0 a month of room.", all))
	x.set("q", "")
}

func panels(x *tab, r *document.Report) {
	x.t.Helper()
	x.do(chromedp.Navigate(x.url + "#w/fares/Deployment/fare-engine"))
	x.wait(`document.querySelectorAll("#panel svg.chart path").length > 8`)
	x.wait(`document.getElementById("rows").getBoundingClientRect().right < document.getElementById("panel").getBoundingClientRect().left`) // the table makes room
	x.wait(`[...document.querySelectorAll("#panel svg.chart")].every((c) => c.querySelector("text"))`)                                      // what is out of sight is drawn too
	x.want("the panel is of the link", `document.querySelector("#panel h2").textContent`, "fares/fare-engine")
	x.want("its heading has the focus", `document.activeElement === document.querySelector("#panel h2")`, "true")
	of := &r.Workloads[slices.IndexFunc(r.Workloads, func(w document.Workload) bool { return w.Namespace == "fares" && w.Name == "fare-engine" })]
	var why strings.Builder
	if err := text.Reasons(&why, r, of, text.Options{}); err != nil {
		x.t.Fatal(err)
	}
	x.want("why", `[...document.querySelectorAll("#panel pre")].pop().textContent`, why.String())
	x.want("YAML", `document.querySelectorAll("#panel pre")[0].textContent`, strings.Join(snippet.Pod(of), "\n")+"\n")
	x.want("the bands of days", `document.querySelectorAll("#panel svg .day[d^=M]").length`, "2")
	x.want("seven pictures", `document.querySelectorAll("#panel svg.chart").length`, "7")
	x.picture("html-panel.png")
	for _, theme := range []string{"light", "dark"} {
		eval[bool](x, `(document.getElementById("theme").click(), true)`)
		x.want("theme", `document.documentElement.dataset.theme`, theme)
		x.axe(theme)
	}
	x.picture("html-dark.png")
	eval[bool](x, `(document.getElementById("theme").click(), true)`)
	for _, width := range []int64{320, 400, 768, 1280, 2000} {
		x.size(width, 900)
		x.want(fmt.Sprintf("what is wider than %d", width), tooWide, "")
	}
	x.size(400, 900)
	x.axe("400 wide")
	dark(x, func() { x.axe("400 wide, dark") })
	x.size(1280, 900)
	x.key("Escape")
	x.wait(`document.getElementById("panel").hidden`)
	x.want("the row has the focus again", `document.activeElement.textContent`, "fare-engine")
	prints(x)
}

// narrow looks at the page of a phone: rows stand below each other where they have no
// room, and a row says whose it is.
func narrow(x *tab) {
	x.t.Helper()
	for _, width := range []int64{320, 400, 640} {
		x.size(width, 900)
		for _, what := range []string{"Fix first", "Save", "Findings of waste", "How to scale", "What to mend", "Commitments", "Scenarios", "Rules on your own history"} {
			x.want(fmt.Sprintf("%s at %d: what is out of sight", what, width), fmt.Sprintf(`(() => { const e = document.querySelector('[aria-label="%s"]'); return e.scrollWidth - e.clientWidth })()`, what), "0")
		}
	}
	x.size(400, 900)
	x.wait(`document.querySelector("#table .of").getClientRects().length > 0`)
	x.want("whose row it is", `[...document.querySelectorAll("#table td.at1")].every((d) => d.querySelector(".of").innerText === d.parentElement.querySelector(".at0").textContent + " \u00b7 " + d.parentElement.querySelector(".at2").textContent)`, "true")
	x.want("rows are as high as they are taken for", `(() => { const at = [...document.querySelectorAll("#table tbody tr:not(.space)")].map((r) => r.offsetHeight); return Math.max(...at) - Math.min(...at) })()`, "0")
	x.axe("400 wide, no panel")
	dark(x, func() { x.axe("400 wide, no panel, dark") })
	x.size(1280, 900)
}

// dark does something while the page is dark.
func dark(x *tab, do func()) {
	x.t.Helper()
	eval[bool](x, `(document.documentElement.dataset.theme = "dark", true)`)
	do()
	eval[bool](x, `(delete document.documentElement.dataset.theme, true)`)
}

// tooWide names elements that reach out of the window and scroll nowhere.
const tooWide = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
	const out = [];
	if (document.documentElement.scrollWidth > innerWidth) {
		for (const e of document.querySelectorAll("body *")) {
			if (e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide, pre, #panel, .skip, svg svg")) out.push(e.tagName + "." + e.className + "#" + e.id);
		}
		out.push("scrollWidth " + document.documentElement.scrollWidth);
	}
	done(out.slice(0, 8).join(" ") + (out.length > 8 ? " and " + out.at(-1) : ""));
})))`

func prints(x *tab) {
	x.t.Helper()
	data, err := chromedp.Run(x.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil {
		x.t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(data, -1)); !bytes.HasPrefix(data, []byte("%PDF")) || n < 2 || n > 30 {
		x.t.Errorf("got %d bytes and %d pages", len(data), n)
	}
}

// TestBrowserFiveQuestions takes the clicks that the manual names, and wants each
// answer in sight.
func TestBrowserFiveQuestions(t *testing.T) {
	r, content := demo(t)
	x := open(t, browser(t), content)
	// Where is the most money?
	x.want("the steps", `document.querySelector(".steps").textContent.includes("after all steps")`, "true")
	eval[bool](x, `([...document.querySelectorAll("#table thead button")].find((b) => b.textContent === "Room a month").click(), true)`)
	x.want("the most room first", `(() => { const n = [...document.querySelectorAll("#table td.at7")].map((d) => Number(d.textContent.replace(/[$,]/g, ""))).filter((v) => !Number.isNaN(v)); return n.length > 5 && n.every((v, i) => i === 0 || v <= n[i - 1]) })()`, "true")
	// What is dangerous now?
	first := brief.Pressing(brief.Urgents(r), 1)[0]
	x.want("what to fix first", fmt.Sprintf(`document.querySelector("main").textContent.includes(%q)`, first.Name), "true")
	eval[bool](x, `([...document.querySelectorAll("a")].find((a) => a.textContent.endsWith("more: all rows at risk")).click(), true)`)
	x.wait(`document.querySelector("#controls [name=risk]").value === "any"`)
	x.want("rows at risk alone", `document.querySelectorAll("#table td.at1").length > 5 && [...document.querySelectorAll("#table td.at1")].every((d) => d.querySelector(".badge"))`, "true")
	x.picture("html-risks.png")
	// Why this number, how safe is it, what do I paste?
	eval[bool](x, `(document.querySelector("#table td.at1 a").click(), true)`)
	x.wait(`!document.getElementById("panel").hidden && document.querySelectorAll("#panel svg.chart path").length > 8`)
	heads := `[...document.querySelectorAll("#panel h3, #panel figcaption b")].map((e) => e.textContent)`
	x.want("why", heads+`.includes("Why") && document.querySelector("#panel pre:last-child").textContent.includes("  sure ")`, "true")
	x.want("how safe", heads+`.includes("Size, risk, money of CPU") && `+heads+`.some((s) => s.startsWith("Size, risk, money") && !s.endsWith("CPU")) && document.querySelector("#panel pre:last-child").textContent.includes("  risk ")`, "true")
	eval[bool](x, `([...document.querySelectorAll("#panel h3 button")][0].click(), true)`)
	x.wait(`/Copied|Selected/.test(document.querySelector("#panel h3 button").textContent)`)
	x.clean()
}

// TestBrowserKeys moves through the table by keys alone.
func TestBrowserKeys(t *testing.T) {
	_, content := demo(t)
	x := open(t, browser(t), content)
	x.do(chromedp.KeyEvent("/"))
	x.want("the filter has the focus", `document.activeElement.name`, "q")
	eval[bool](x, `(document.querySelector("#table td.at1 a").focus(), true)`)
	for range 60 {
		x.key("ArrowDown")
	}
	x.want("sixty rows down", `document.activeElement.dataset.at`, "60")
	name := eval[string](x, `document.activeElement.textContent`)
	x.key("Enter")
	x.wait(`!document.getElementById("panel").hidden`)
	x.want("its panel", `document.querySelector("#panel h2").textContent.endsWith("/`+name+`")`, "true")
	x.key("Escape")
	x.wait(`document.getElementById("panel").hidden`)
	x.want("back where it was", `document.activeElement.textContent`, name)
	eval[bool](x, `(history.back(), true)`)
	x.clean()
}

// key presses a key that writes nothing.
func (x *tab) key(name string) {
	x.t.Helper()
	codes := map[string]int64{"ArrowDown": 40, "Enter": 13, "Escape": 27}
	text := ""
	if name == "Enter" {
		text = "\r"
	}
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		x.call(func() error {
			_, err := chromedp.Call(x.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, Text: text, WindowsVirtualKeyCode: codes[name]})
			return err
		})
	}
}

// TestBrowserWithoutScripts shows what matters where scripts and styles are
// forbidden: the policy of the page lets neither of these through.
func TestBrowserWithoutScripts(t *testing.T) {
	_, content := demo(t)
	content = strings.Replace(content, "<script>", "<script>//", 1)
	content = strings.Replace(content, "<style>", "<style>/**/", 1)
	x := load(t, browser(t), content)
	x.wait(`document.readyState === "complete"`)
	x.want("rows", `document.querySelectorAll("#table tbody tr").length`, "50")
	x.want("no filters", `document.getElementById("controls").hidden`, "true")
	x.axe("without scripts and styles")
	x.want("no style", `getComputedStyle(document.body).fontSize`, "16px")
	x.want("a figure", `document.querySelector(".figures").textContent.includes("a month today")`, "true")
	x.want("bars", `document.querySelectorAll(".steps svg rect").length > 3`, "true")
}

// TestBrowserLinksWithoutScripts: a link to a row leads to it where scripts are forbidden.
func TestBrowserLinksWithoutScripts(t *testing.T) {
	ctx := browser(t)
	for name, r := range map[string]*document.Report{"demo": theDemo(t), "markup": evilReport(t, `a b/"><i>c</i> %41?d#e`)} {
		x := load(t, ctx, strings.Replace(output(t, "html", r, reports.Options{}), "<script>", "<script>//", 1))
		x.wait(`document.readyState === "complete"`)
		for _, i := range []int{0, eval[int](x, `document.querySelectorAll("#table tr[id]").length`) - 1} {
			x.do(chromedp.Navigate(x.url + "#" + eval[string](x, fmt.Sprintf(`document.querySelectorAll("#table tr[id]")[%d].id`, i))))
			x.want(name+": the row", fmt.Sprintf(`document.querySelector("tr:target") === document.querySelectorAll("#table tr[id]")[%d]`, i), "true")
			x.want(name+": it is in sight", `(() => { const r = document.querySelector("tr:target").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()`, "true")
		}
		x.want(name+": markup", `document.querySelectorAll("main i").length`, "0")
	}
}

// TestBrowserAllRows: a table of more than 50 rows has the first ones, sorts all, and has the
// others at the press of a button; their links work, and their texts are text.
func TestBrowserAllRows(t *testing.T) {
	r := *theDemo(t)
	r.Waste = slices.Clone(r.Waste[:1])
	for i := range 120 {
		w := r.Waste[0]
		w.Target, w.Title = r.Workloads[i%len(r.Workloads)].Namespace+"/"+r.Workloads[i%len(r.Workloads)].Kind+"/"+r.Workloads[i%len(r.Workloads)].Name, fmt.Sprintf("<b>waste</b> %d", i)
		w.MonthlyCost = new(document.USD(100 * ((i*37)%121 + 1000)))
		r.Waste = append(r.Waste, w)
	}
	x := open(t, browser(t), output(t, "html", &r, reports.Options{}))
	const rows, money = `document.querySelectorAll("#list-waste tbody tr").length`, `[...document.querySelectorAll("#list-waste td:nth-child(3)")].map((d) => Number(d.textContent.replace(/[$,]/g, "")))`
	x.want("the first rows", rows, "50")
	x.want("how many there are", `document.querySelector("#waste .wide + .note").textContent`, "The first 50 of 121. All 121")
	x.axe("some of the rows")
	press := func(selector string) {
		eval[bool](x, fmt.Sprintf(`(document.querySelector(%q).click(), true)`, selector))
	}
	press("#list-waste th:nth-child(3) button")
	x.want("the dearest of all", fmt.Sprintf(`(() => { const n = %s; return n.length === 50 && n[0] === 1120 && n.every((v, i) => !i || n[i - 1] >= v) })()`, money), "true")
	press("#waste .wide + .note button")
	x.want("all rows", rows, "121")
	x.want("in order", fmt.Sprintf(`(() => { const n = %s; return n.every((v, i) => !i || n[i - 1] >= v) })()`, money), "true")
	x.want("no button is left", `document.querySelectorAll("#waste .wide + .note").length`, "0")
	x.want("text is text", `document.querySelectorAll("#list-waste b").length + " " + [...document.querySelectorAll("#list-waste td:first-child")].filter((d) => d.textContent.startsWith("<b>waste</b>")).length`, "0 120")
	press("#list-waste tbody tr:nth-child(100) a")
	x.wait(`!document.getElementById("panel").hidden`)
	x.want("its panel", `"#w/" + document.querySelector("#panel h2").textContent.replace("/", "/" + location.hash.split("/")[2] + "/")`, eval[string](x, `document.querySelector("#list-waste tbody tr:nth-child(100) a").getAttribute("href")`))
	x.axe("all rows")
	x.clean()
}

// TestBrowserHostile: names are text, whatever they say.
func TestBrowserHostile(t *testing.T) {
	ctx := browser(t)
	for i, name := range evilNames {
		r := withHistory(namedReport(name), 48)
		if i < 3 { // markup, which ends elements and attributes, everywhere
			r = evilReport(t, name)
		}
		x := open(t, ctx, output(t, "html", r, reports.Options{}))
		before := eval[string](x, `document.querySelector("#table td.at1 a").textContent`)
		eval[bool](x, `(document.querySelector("#table td.at1 a").click(), true)`)
		x.wait(`!document.getElementById("panel").hidden`)
		x.want(name, `document.querySelector("#panel h2").textContent.includes(document.querySelector("#table td.at1 a").textContent)`, "true")
		x.want(name+": elements", `document.querySelectorAll("img, iframe, object, embed, link, form, [onerror], [onload], [onmouseover]").length + document.querySelectorAll("script:not([type])").length + document.querySelectorAll("style").length`, "2")
		x.set("q", strings.ToLower(strings.Fields(before + " x")[0]))
		for _, hash := range []string{"w/" + url.PathEscape(name), "?q=" + url.QueryEscape(name), "?ns=" + url.QueryEscape(name) + "&kind=x&lever=x&risk=x&min=x&sort=constructor&dir=x", "%zz?q=%zz&" + name} {
			eval[bool](x, fmt.Sprintf(`(location.hash = %q, true)`, strings.ToValidUTF8(hash, "?")))
			x.want(name+" in the address: elements", `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(document.querySelectorAll("img, iframe, object, embed, link, form, [onerror], [onload], [onmouseover]").length + document.querySelectorAll("script:not([type])").length + document.querySelectorAll("style").length))))`, "2")
		}
		x.clean()
		if t.Failed() {
			t.Fatalf("the name is %q", name)
		}
	}
}

// TestBrowserLarge: a page of 5,000 workloads works; -v prints how fast. What is
// asserted is what is shown, not how long it took.
func TestBrowserLarge(t *testing.T) {
	r := withHistory(random(7, 5000).report(), 14*24)
	began := time.Now()
	content := output(t, "html", r, reports.Options{})
	t.Logf("written in %v: %.1f MB", time.Since(began).Round(time.Millisecond), float64(len(content))/1e6)
	ctx, took := browser(t), timings{}
	for range 5 { // a page that is opened anew, for what is first in it
		x := open(t, ctx, content)
		x.wait(`performance.getEntriesByName("warm").length > 0`)
		took.add("interactive after", eval[float64](x, `performance.getEntriesByName("ready")[0].startTime`), 0)
		x.filterFor(took, "the first filter", "q", "api")
		x.panelFor(took, "the first panel", 8)
		x.do(chromedp.Navigate("about:blank"))
	}
	x := open(t, ctx, content)
	x.wait(`performance.getEntriesByName("warm").length > 0`)
	for range 3 {
		for _, q := range []string{"a", "api -worker", "kind:stateful", "ns:api", ""} {
			x.filterFor(took, "a filter", "q", q)
		}
		x.filterFor(took, "a filter", "risk", "any")
		x.filterFor(took, "a filter", "risk", "")
		for _, i := range []int{1, 4} { // workload and memory
			x.timed(took, "another order", fmt.Sprintf(`document.querySelectorAll("#table thead button")[%d].click()`, i), fmt.Sprintf(`document.querySelectorAll("#table th")[%d].hasAttribute("aria-sort")`, i))
		}
	}
	x.timed(took, "to the end", `document.getElementById("rows").scrollTop = 1e9`, `document.querySelector('#table tr[aria-rowindex="5001"]')`)
	for i := range 8 {
		eval[bool](x, fmt.Sprintf(`(async () => { document.getElementById("rows").scrollTop = %d; await %s; await %s; return true })()`, 4000*i+500, nextFrame, nextFrame))
		x.panelFor(took, "a panel", 8)
	}
	took.print(t)
	var memory struct{ JSHeapUsedSize float64 }
	if data := eval[json.RawMessage](x, `({JSHeapUsedSize: performance.memory.usedJSHeapSize})`); json.Unmarshal(data, &memory) == nil {
		t.Logf("heap of the script: %.0f MB", memory.JSHeapUsedSize/1e6)
	}
	x.clean()
}

// timings are times in milliseconds, by what took them: until it is seen, and of the
// page's own thread.
type timings map[string][][2]float64

func (x timings) add(what string, seen, work float64) {
	x[what] = append(x[what], [2]float64{seen, work})
}

func (x timings) print(t *testing.T) {
	t.Helper()
	for _, what := range slices.Sorted(maps.Keys(x)) {
		var seen, work []float64
		for _, v := range x[what] {
			seen, work = append(seen, v[0]), append(work, v[1])
		}
		slices.Sort(seen)
		slices.Sort(work)
		n := len(seen)
		t.Logf("%-30s %2d times, %4.0f to %4.0f ms, median %4.0f ms; of the page's thread %3.0f ms of CPU", what, n, seen[0], seen[n-1], seen[n/2], work[n/2])
	}
}

// nextFrame is after the next picture of the page.
const nextFrame = `new Promise((done) => requestAnimationFrame(() => setTimeout(done)))`

// timed does something and waits until it is seen: until after the first picture of the
// page in which it is so.
func (x *tab) timed(took timings, what, action, until string) {
	x.t.Helper()
	before := x.threadTime()
	seen := eval[float64](x, fmt.Sprintf(`(async () => { const began = performance.now(); %s; do await %s; while (!(%s)); return performance.now() - began })()`, action, nextFrame, until))
	took.add(what, seen, x.threadTime()-before)
}

// clicked does the same by the mouse, from the click on.
func (x *tab) clicked(took timings, what, selector, until string) {
	x.t.Helper()
	at := eval[[]float64](x, fmt.Sprintf(`(async () => { document.getElementById("rows").scrollIntoView({ block: "center" }); await %s; const r = %s.getBoundingClientRect(); return [r.x + 6, r.y + r.height / 2] })()`, nextFrame, selector))
	mouse := func(kind input.DispatchMouseEventType, button input.MouseButton) {
		x.call(func() error {
			_, err := chromedp.Call(x.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: button, ClickCount: 1})
			return err
		})
	}
	mouse("mouseMoved", "none")
	time.Sleep(200 * time.Millisecond) // as long as a hand needs
	eval[bool](x, fmt.Sprintf(`(addEventListener("click", (e) => { window.seen = (async () => { do await %s; while (!(%s)); return performance.now() - e.timeStamp })() }, { once: true, capture: true }), window.seen = undefined, true)`, nextFrame, until))
	before := x.threadTime()
	mouse("mousePressed", "left")
	mouse("mouseReleased", "left")
	x.wait(`window.seen !== undefined`)
	took.add(what, eval[float64](x, `window.seen`), x.threadTime()-before)
}

// threadTime is how long the page's thread has worked, in milliseconds of CPU.
func (x *tab) threadTime() (ms float64) {
	x.t.Helper()
	x.call(func() error {
		if _, err := chromedp.Call(x.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
			return err
		}
		got, err := chromedp.Call(x.ctx, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, m := range got.Metrics {
			if m.Name == "TaskDuration" {
				ms = 1000 * m.Value
			}
		}
		return nil
	})
	return ms
}

func (x *tab) filterFor(took timings, what, name, value string) {
	x.t.Helper()
	all := `document.getElementById("count").textContent.startsWith("5000 of")`
	until := "!" + all
	if value == "" {
		until = all
	}
	x.timed(took, what, fmt.Sprintf(`(() => { const c = document.querySelector("#controls [name=%s]"); c.value = %q; c.dispatchEvent(new Event("input")) })()`, name, value), until)
}

// panelFor opens a row's panel, until the pictures that are in sight in it are drawn.
func (x *tab) panelFor(took timings, what string, row int) {
	x.t.Helper()
	eval[bool](x, `(window.was = document.querySelector("#panel pre:last-child")?.textContent, true)`)
	x.clicked(took, what, fmt.Sprintf(`[...document.querySelectorAll("#table td.at1 a")][%d]`, row),
		`!document.getElementById("panel").hidden && document.querySelector("#panel pre:last-child").textContent !== window.was && `+drawnInSight)
}

// drawnInSight holds where each picture of the panel that is in sight has its axis and marks.
const drawnInSight = `(() => { const bottom = Math.min(innerHeight, document.getElementById("panel").getBoundingClientRect().bottom), all = [...document.querySelectorAll("#panel svg.chart")].filter((c) => c.getBoundingClientRect().top < bottom); return all.length > 0 && all.every((c) => c.querySelector("text")) })()`
