package prometheus

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// point is one sample: Unix milliseconds and value.
type point struct {
	ms    int64
	value float64
}

// series is one line of an answer. It is reused: what each gets is only valid
// until it returns.
type series struct {
	names, values []string
	points        []point
}

// get gives a label's value, "" without it.
func (s *series) get(label string) string {
	for i, n := range s.names {
		if n == label {
			return s.values[i]
		}
	}
	return ""
}

// answer is what an answer says beside its series.
type answer struct {
	status, errorType, error string
	// warnings are what the engine wrote to the reader; infos, which are mere
	// remarks on the query, are left out.
	warnings []string
	partial  bool     // VictoriaMetrics and Thanos-like engines: not all stores answered
	values   []string // of a list of label values
	samples  int
}

// Bounds of one answer. A question asks for a day at most, of which a step of
// ten seconds has 8,640 points.
const (
	maxWarnings = 16 // engines repeat themselves
	maxLabels   = 256
	maxPoints   = 100_000   // of a series
	maxSeries   = 2_000_000 // of an answer
	maxValues   = 200_000   // of a list of label values
	fewSeries   = 1_000     // of an answer that counts
	someSeries  = 200_000   // of an answer by namespace, volume or scraper
)

// dropInfos leaves out what Thanos writes among its warnings and Prometheus
// apart: remarks on the query.
func (a *answer) dropInfos() {
	a.warnings = slices.DeleteFunc(a.warnings, func(w string) bool { return strings.HasPrefix(w, "PromQL info:") })
}

// decode reads one answer of the HTTP API and calls each for every complete
// series, in the order of the stream. Keys may come in any order, unknown
// ones are skipped. Memory is that of the longest series.
// An answer of more series than most, or than maxSeries where that is 0, fails.
func decode(r io.Reader, most int, each func(*series)) (answer, error) {
	if each == nil { // a question for values, which an engine may answer with series
		each = func(*series) {}
	}
	d := decoder{scanner: newScanner(r), each: each, most: cmp.Or(most, maxSeries)}
	d.object(func(key string) {
		switch key {
		case "status":
			d.out.status = string(d.string())
		case "errorType":
			d.out.errorType = string(d.string())
		case "error":
			d.out.error = string(d.string())
		case "warnings":
			d.warnings()
		case "isPartial":
			d.out.partial = string(d.word()) == "true"
		case "data":
			d.data()
		default:
			d.skip(0)
		}
	})
	if d.err == nil && d.out.status == "" {
		d.fail(fmt.Errorf("%w: no status in it", errSyntax))
	}
	return d.out, d.err
}

type decoder struct {
	*scanner
	each func(*series)
	row  series
	out  answer
	// series counts those of the answer, up to most.
	series, most int
}

func (d *decoder) warnings() {
	if d.peek() != '[' {
		d.skip(0)
		return
	}
	d.array(func() {
		if w := string(d.string()); len(d.out.warnings) < maxWarnings {
			d.out.warnings = append(d.out.warnings, w)
		}
	})
}

func (d *decoder) data() {
	switch d.peek() {
	case '{':
		d.object(func(key string) {
			if key == "result" && d.peek() == '[' {
				d.array(d.item)
			} else {
				d.skip(0)
			}
		})
	case '[': // label values
		d.array(func() {
			d.out.values = append(d.out.values, string(d.string()))
			d.within(len(d.out.values), maxValues, "label values")
		})
	default:
		d.skip(0)
	}
}

func (d *decoder) item() {
	if d.peek() != '{' { // a scalar's pair
		d.skip(0)
		return
	}
	d.row.names, d.row.values, d.row.points = d.row.names[:0], d.row.values[:0], d.row.points[:0]
	d.object(func(key string) {
		switch key {
		case "metric":
			d.object(func(name string) {
				d.row.names = append(d.row.names, name)
				d.within(len(d.row.names), maxLabels, "labels of a series")
				d.row.values = append(d.row.values, string(d.string()))
			})
		case "values":
			d.array(d.point)
		case "value":
			d.point()
		default: // native histograms
			d.skip(0)
		}
	})
	d.series++
	d.within(d.series, d.most, "series")
	if d.err == nil {
		d.out.samples += len(d.row.points)
		d.each(&d.row)
	}
}

// point takes [seconds, "value"].
func (d *decoder) point() {
	d.expect('[')
	ms := d.millis(d.word())
	d.expect(',')
	v := d.float(d.string())
	d.expect(']')
	if d.err == nil {
		d.row.points = append(d.row.points, point{ms, v})
		d.within(len(d.row.points), maxPoints, "points of a series")
	}
}

// within fails an answer that has more of something than is ever asked for.
func (d *decoder) within(n, most int, what string) {
	if n > most && d.err == nil {
		d.fail(fmt.Errorf("%w: more than %d %s", errEndless, most, what))
	}
}

func (d *decoder) millis(text []byte) int64 {
	if ms, ok := fastMillis(text); ok {
		return ms
	}
	f := d.float(text)
	if !(math.Abs(f) < 1e15) {
		d.fail(fmt.Errorf("%w: time %q", errSyntax, text))
		return 0
	}
	return int64(math.Round(f * 1000))
}

// fastMillis reads digits with up to three decimals.
func fastMillis(text []byte) (int64, bool) {
	var ms int64
	decimals := -1
	if len(text) == 0 || len(text) > 16 {
		return 0, false
	}
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' && decimals < 3:
			ms = ms*10 + int64(c-'0')
			if decimals >= 0 {
				decimals++
			}
		case c == '.' && decimals < 0:
			decimals = 0
		default:
			return 0, false
		}
	}
	for i := max(decimals, 0); i < 3; i++ {
		ms *= 10
	}
	return ms, true
}

// float reads a sample's value; NaN and infinities are values too.
func (d *decoder) float(text []byte) float64 {
	if f, ok := fastFloat(text); ok || d.err != nil {
		return f
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		d.fail(fmt.Errorf("%w: value %q", errSyntax, text))
	}
	return f
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// fastFloat reads plain decimals of up to 19 digits. Both the digits and the
// power of ten are rounded once at most, so the result is within two units in
// the last place of the exact one; strconv's last bit costs an allocation and
// is not worth it to a histogram of one per cent.
func fastFloat(text []byte) (float64, bool) {
	var digits uint64
	decimals, n := 0, 0
	point := false
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
			if digits > 0 {
				n++
			}
			if point {
				decimals++
			}
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	if len(text) == 0 || len(text) == 1 && point || n > 19 || decimals >= len(powersOfTen) {
		return 0, false
	}
	return float64(digits) / powersOfTen[decimals], true
}
