package reports_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/plimsoll-k8s/plimsoll/reports"
	reporthtml "github.com/plimsoll-k8s/plimsoll/reports/html"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestHTMLGolden prints pages with style and script cut out and what is packed
// unpacked.
func TestHTMLGolden(t *testing.T) {
	for _, name := range []string{"production", "levers", "hostile", "empty"} {
		golden(t, fmt.Sprintf("%s/%s.html.txt", goldens, name), readable(t, output(t, "html", screens()[name], reports.Options{})))
	}
}

var (
	ownStyle  = regexp.MustCompile(`(?s)<style>.*?</style>`)
	ownScript = regexp.MustCompile(`(?s)<script>.*?</script>`)
	ownPolicy = regexp.MustCompile(`sha256-[^']*`)
	packed    = regexp.MustCompile(`<script type="text/plain" id="([a-z0-9]+)">([^<]*)</script>`)
)

// readable is the page for people who review it.
func readable(t *testing.T, page string) string {
	t.Helper()
	page = ownStyle.ReplaceAllString(page, "<style>…</style>")
	page = ownScript.ReplaceAllString(page, "<script>…</script>")
	page = ownPolicy.ReplaceAllString(page, "sha256-…")
	return packed.ReplaceAllStringFunc(page, func(s string) string {
		m := packed.FindStringSubmatch(s)
		data := unpack(t, m[2])
		tail := ""
		if m[1] != "index" {
			n := binary.BigEndian.Uint32(data)
			tail = fmt.Sprintf("\nand %d bytes of series", len(data)-4-int(n))
			data = data[4 : 4+n]
		}
		var b bytes.Buffer
		if err := json.Indent(&b, data, "", " "); err != nil {
			t.Fatalf("%s is no JSON: %v", m[1], err)
		}
		return m[1] + ":\n" + b.String() + tail
	})
}

// unpack is what the page's script does.
func unpack(t testing.TB, text string) []byte {
	t.Helper()
	z, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// harmless are the elements and the attributes that a page may have: none loads,
// runs or styles anything but by the policy.
var (
	harmlessElements = strings.Fields("html head meta title style body a header div h1 h2 h3 p nav button main section span strong b table thead tbody tr th td caption svg rect g small aside noscript code ul li details summary figure figcaption script")
	harmlessAttrs    = strings.Fields("lang charset http-equiv content name class href type id hidden aria-label aria-hidden role tabindex scope viewbox width height preserveaspectratio x y fill stroke stroke-dasharray vector-effect data-label")
)

// TestHTMLIsSafe: whatever things are called, a page has only harmless elements,
// one style and one script, which are those of the policy, and no address but
// its own fragments.
func TestHTMLIsSafe(t *testing.T) {
	for name, r := range oddReports() {
		checkPage(t, name, output(t, "html", r, reports.Options{}))
	}
	for name, r := range screens() {
		checkPage(t, name, output(t, "html", r, reports.Options{}))
	}
	for i, evil := range evilNames {
		checkPage(t, evil, output(t, "html", namedReport(evil), reports.Options{}))
		if i < 4 { // markup: a page of the demo takes its time
			checkPage(t, evil+" everywhere", output(t, "html", evilReport(t, evil), reports.Options{}))
		}
	}
}

// evilNames want to be more than text.
var evilNames = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</script><svg onload=alert(1)>`, `<!--`, `]]>`, `javascript:alert(1)`, `' onmouseover='alert(1)`,
	"\u202eabc", "\u2028", "a\x00b", "{{.}}", "</style><style>*{display:none}</style>", "\xff\xfe", "a/b?c=d#e",
}

// namedReport has the name wherever a cluster can put one.
func namedReport(s string) *document.Report {
	r := production().report()
	r.Metadata.Cluster, r.Metadata.Version = s, s
	for i := range r.Workloads {
		w := &r.Workloads[i]
		w.Namespace, w.Name = s, s
		for j := range w.Containers {
			w.Containers[j].Name = s
			for k := range w.Containers[j].Warnings {
				w.Containers[j].Warnings[k].Message = s
			}
		}
		for j := range w.Findings {
			w.Findings[j].Message, w.Findings[j].Fix = s, s
		}
	}
	for i := range r.Nodes.Current.Pools {
		r.Nodes.Current.Pools[i].InstanceType, r.Nodes.Current.Pools[i].Zone = s, s
	}
	for i := range r.Warnings {
		r.Warnings[i].Message, r.Warnings[i].Subject = s, s
	}
	r.Waste = append(r.Waste, document.Waste{Kind: s, Target: s, Title: s, Loss: s, Blocked: []string{s}})
	r.Prices = append(r.Prices, document.PriceSource{Provider: s, AsOf: s, Source: s})
	return r
}

// evilReport is the demo's, with all that it has and the name in place of every text, the
// dates of days apart: it is how a script reads them that is no matter of names.
func evilReport(t testing.TB, s string) *document.Report {
	t.Helper()
	return renamed(reflect.ValueOf(theDemo(t)), s).Interface().(*document.Report)
}

// renamed is a copy of a value with one text in place of all.
func renamed(v reflect.Value, s string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(s)
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(renamed(v.Elem(), s))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(renamed(v.Index(i), s))
		}
	case reflect.Map:
		out.Set(reflect.MakeMap(v.Type()))
		for k, x := range v.Seq2() {
			out.SetMapIndex(k, renamed(x, s))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Date" {
				out.Field(i).Set(renamed(v.Field(i), s))
			}
		}
	}
	return out
}

func checkPage(t *testing.T, name, page string) {
	t.Helper()
	policy := reporthtml.Policy()
	if !strings.Contains(page, `content="`+policy+`"`) {
		t.Errorf("%s: the page has not the policy", name)
	}
	z := html.NewTokenizer(strings.NewReader(page))
	in, styles, scripts := "", 0, 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatalf("%s: %v", name, z.Err())
			}
			if styles != 1 || scripts != 1 {
				t.Errorf("%s: %d styles and %d scripts, want one each", name, styles, scripts)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			in = checkElement(t, name, tok)
		case html.TextToken:
			text := string(z.Raw())
			if in == "style" || in == "script" {
				sum := sha256.Sum256([]byte(text))
				if want := in + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
					t.Errorf("%s: the %s is not that of the policy", name, in)
				}
				if in == "style" {
					styles++
				} else {
					scripts++
				}
			}
			in = ""
		}
	}
}

// checkElement looks at an element, and says what a text in it would be to the
// browser: style, script or nothing special.
func checkElement(t *testing.T, name string, tok html.Token) string {
	t.Helper()
	if !slices.Contains(harmlessElements, tok.Data) {
		t.Errorf("%s: element %s", name, tok.Data)
	}
	in := ""
	if tok.Data == "style" || tok.Data == "script" {
		in = tok.Data
	}
	for _, a := range tok.Attr {
		switch {
		case !slices.Contains(harmlessAttrs, strings.ToLower(a.Key)):
			t.Errorf("%s: attribute %s=%q of %s", name, a.Key, a.Val, tok.Data)
		case a.Key == "href" && !strings.HasPrefix(a.Val, "#"):
			t.Errorf("%s: link to %s", name, a.Val)
		case tok.Data == "script" && a.Key == "type" && a.Val == "text/plain":
			in = ""
		}
	}
	return in
}

// TestHTMLSeries: a series comes out of the page as it stands in the document.
func TestHTMLSeries(t *testing.T) {
	r := withHistory(production().report(), 48)
	page := output(t, "html", r, reports.Options{})
	m := packed.FindAllStringSubmatch(page, -1)
	type details []struct {
		Containers []struct {
			CPU struct {
				Mean struct {
					Low, High float64
					At        int
				}
			}
		}
	}
	i := 0
	for _, piece := range m[1:] {
		data := unpack(t, piece[2])
		n := binary.BigEndian.Uint32(data)
		var got details
		if err := json.Unmarshal(data[4:4+n], &got); err != nil {
			t.Fatal(err)
		}
		tail := data[4+n:]
		for k := range got {
			w := &r.Workloads[i]
			i++
			for j := range w.Containers {
				want := r.History.Of(w.Namespace, w.Kind, w.Name, w.Containers[j].Name).CPU.Mean
				x := got[k].Containers[j].CPU.Mean
				points, last := make([]byte, r.History.Slots), byte(0)
				for slot := range points {
					last += tail[x.At+slot]
					points[slot] = last
				}
				if !bytes.Equal(points, want.Points) || x.Low != want.Low || x.High != want.High {
					t.Fatalf("%s: the series differs from the document's", w.Name)
				}
			}
		}
	}
	if i != len(r.Workloads) || len(m) < 3 {
		t.Errorf("%d workloads were read from %d pieces, want %d from several", i, len(m)-1, len(r.Workloads))
	}
}

// withHistory gives every container a history of so many hours, each another.
func withHistory(r *document.Report, hours int) *document.Report {
	h := &document.History{Start: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), SlotHours: 1, Slots: hours}
	seed := uint32(1)
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := document.ContainerHistory{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name, Container: w.Containers[j].Name, Days: []document.HistoryDay{}}
			var mean, peak []float64
			for k := range hours {
				seed = seed*1664525 + 1013904223
				noise := float64(seed>>16) / (1 << 16)
				v := 100 + 80*float64((k%24)*(24-k%24))/144 + 30*noise
				mean, peak = append(mean, v), append(peak, v*(1.2+noise))
				if k%24 == 0 {
					c.Days = append(c.Days, document.HistoryDay{Date: h.Start.AddDate(0, 0, k/24).Format(time.DateOnly), CPUP50: document.Milli(120), CPUP95: document.Milli(180), CPUMax: document.Milli(300), MemoryP50: 3 << 20, MemoryP95: 4 << 20, MemoryMax: 5 << 20})
				}
			}
			c.CPU = document.Band{Mean: document.Quantise(mean), Peak: document.Quantise(peak)}
			c.Memory, c.Pods = c.CPU, document.Quantise(mean)
			c.Curve = []document.CurvePoint{{CPU: document.Milli(120), Above: 0.5}, {CPU: document.Milli(180), Above: 0.05}, {CPU: document.Milli(300)}}
			for k := range 11 {
				c.MemoryCurve = append(c.MemoryCurve, document.MemoryPoint{Memory: document.Bytes(3+k) << 20, Passed: document.Share(math.Pow(0.4, float64(k))), Monthly: new(document.USD)})
			}
			c.Peers = []document.PeerSetting{{Rule: "KRR", CPU: document.Milli(180), Memory: 6 << 20}, {Rule: "VPA", CPU: document.Milli(200), Memory: 7 << 20}}
			h.Containers = append(h.Containers, c)
		}
	}
	out := *r
	out.History = h
	return &out
}

// TestHTMLSize: a page of 500 workloads with two weeks of hours is below 2 MB,
// and equal reports give equal bytes.
func TestHTMLSize(t *testing.T) {
	r := withHistory(random(3, 500).report(), 14*24)
	page := output(t, "html", r, reports.Options{})
	if len(page) >= 2_000_000 {
		t.Errorf("got %d bytes", len(page))
	}
	if page != output(t, "html", r, reports.Options{}) {
		t.Error("the same report gives other bytes")
	}
	t.Logf("%d bytes for 500 workloads", len(page))
}

// TestHTMLSaysWhatMattersWithoutScripts: figures, what to fix, the steps and the
// largest rows are plain HTML.
func TestHTMLSaysWhatMattersWithoutScripts(t *testing.T) {
	r := screens()["5000"]
	page := output(t, "html", r, reports.Options{})
	plain, _, _ := strings.Cut(page, `<script type="text/plain"`)
	if _, links := idsAndLinks(t, page); len(links) != 50 {
		t.Errorf("got %d rows, want the 50 largest", len(links))
	}
	for _, want := range []string{"Fix first", "Save", "after all steps", "The 50 largest of 5000 containers.", "a month for nodes"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the plain part lacks %q", want)
		}
	}
}

// TestHTMLLinksWithoutScripts: each workload of the largest rows has one row that its link
// leads to, whatever it is called.
func TestHTMLLinksWithoutScripts(t *testing.T) {
	all := map[string]*document.Report{"5000": screens()["5000"], "demo": theDemo(t), "hostile": screens()["hostile"]}
	for i, evil := range evilNames {
		all[fmt.Sprint("evil ", i)] = namedReport(evil)
	}
	for name, r := range all {
		ids, links := idsAndLinks(t, output(t, "html", r, reports.Options{}))
		for id, n := range ids {
			if n > 1 || strings.ContainsAny(id, " \t\n\f\r\"'<>") {
				t.Errorf("%s: id %q stands %d times", name, id, n)
			}
		}
		for _, link := range links {
			if ids[link] != 1 {
				t.Errorf("%s: no row is %q", name, link)
			}
		}
		if len(links) == 0 {
			t.Errorf("%s: no row has a link", name)
		}
	}
}

// idsAndLinks are all ids of a page, and the links of the largest rows.
func idsAndLinks(t *testing.T, page string) (ids map[string]int, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids = map[string]int{}
	var walk func(n *html.Node, within string)
	walk = func(n *html.Node, within string) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
				if n.Data == "table" {
					within = a.Val
				}
			case a.Key == "href" && within == "table":
				links = append(links, strings.TrimPrefix(a.Val, "#"))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, within)
		}
	}
	walk(root, "")
	return ids, links
}

// TestHTMLProves: the page has the backtest where the document has one, each rule
// with its share of time above the request, and ours marked.
func TestHTMLProves(t *testing.T) {
	r, _ := one(func(*cluster) {})
	if strings.Contains(output(t, "html", r, reports.Options{}), `id="proof"`) {
		t.Error("a proof is told of that there was not")
	}
	r.Backtest = &document.Backtest{LearnDays: 8, TestDays: 7, Origins: 1, Advised: "plimsoll balanced", Scores: []document.BacktestScore{
		{Rule: "plimsoll balanced", Containers: 84, OverRequest: 0.015, KilledHigh: 0.0312}, {Rule: "krr <b>", Containers: 84, OverRequest: 0.0454},
	}}
	got := output(t, "html", r, reports.Options{})
	for _, want := range []string{`id="proof"`, "<strong>plimsoll balanced</strong>", "1.5 %", "krr &lt;b&gt;", "4.54 %", "your last 7 days"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
