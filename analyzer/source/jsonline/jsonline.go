// Package jsonline reads series as JSON lines, the form of VictoriaMetrics' export:
// a line is a series with all its samples. A stream is read line by line; what is held
// is the longest line and what it says.
//
// The form is that of https://docs.victoriametrics.com/victoriametrics/#json-line-format.
package jsonline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/value"
)

// Series is what a line says. It is reused: what each gets is only valid until it
// returns, but for the strings.
type Series struct {
	Names, Values []string  // of the labels, in the line's order
	MS            []int64   // Unix milliseconds
	VS            []float64 // of the same length
	// Rising says that each time is later than the one before.
	Rising bool
}

// Limits bound a stream.
type Limits struct {
	Series  int // of the stream
	Samples int // of a line
}

// The errors of a stream. One that was cut off is io.ErrUnexpectedEOF.
var (
	// ErrForm is a line that is none of a series.
	ErrForm = errors.New("not a series as a JSON line")
	// ErrEndless is a stream beyond its limits.
	ErrEndless = errors.New("an endless answer")
)

const (
	maxLabels = 256
	// sampleBytes is the most that a sample takes in a line: a time and a value.
	sampleBytes = 64
	// headBytes is the most that its labels take.
	headBytes = 1 << 20
)

// Decode calls each for every series of a stream that has samples. A value of null, NaN or a staleness marker, which the
// engine does not tell apart, becomes a staleness marker: scrapes leave one where a
// series ends, and hardly anything else is not a number.
func Decode(r io.Reader, l Limits, each func(*Series)) error {
	d := decoder{limits: l, known: map[string]string{}}
	b := bufio.NewReaderSize(r, 256<<10)
	for n := 0; ; {
		line, err := d.next(b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n++; n > l.Series {
			return fmt.Errorf("%w: more than %d series", ErrEndless, l.Series)
		}
		if err := d.series(line); err != nil {
			return err
		}
		if len(d.out.MS) > 0 {
			each(&d.out)
		}
	}
}

type decoder struct {
	limits Limits
	long   []byte            // a line longer than the reader's buffer
	known  map[string]string // every label name and value, once
	out    Series

	b []byte // what is left of the line
}

// next gives a line without its end. io.EOF is the end of the stream.
func (d *decoder) next(r *bufio.Reader) ([]byte, error) {
	d.long = d.long[:0]
	for {
		part, err := r.ReadSlice('\n')
		if err == nil && len(d.long) == 0 {
			return part[:len(part)-1], nil
		}
		d.long = append(d.long, part...)
		switch {
		case err == nil:
			return d.long[:len(d.long)-1], nil
		case errors.Is(err, io.EOF) && len(bytes.TrimSpace(d.long)) > 0:
			return nil, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(d.long) > headBytes+sampleBytes*d.limits.Samples:
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrEndless, len(d.long))
		}
	}
}

func form(what string, b []byte) error {
	return fmt.Errorf("%w: want %s, got %.40q", ErrForm, what, b)
}

// series reads a line. Unknown keys are an error: what they mean for the samples is not known.
func (d *decoder) series(line []byte) error {
	d.b = line
	o := &d.out
	o.Names, o.Values, o.MS, o.VS = o.Names[:0], o.Values[:0], o.MS[:0], o.VS[:0]
	seen := map[byte]bool{}
	if err := d.list('{', '}', func() error {
		key, err := d.text()
		if err == nil {
			err = d.take(':')
		}
		if err != nil {
			return err
		}
		if key == "" || seen[key[0]] {
			return form("a key once", d.b)
		}
		seen[key[0]] = true
		switch key {
		case "metric":
			return d.labels()
		case "values":
			return d.values()
		case "timestamps":
			return d.times()
		}
		return form("metric, values or timestamps", []byte(key))
	}); err != nil {
		return err
	}
	if d.space(); len(d.b) > 0 {
		return form("the end of the line", d.b)
	}
	if len(seen) != 3 || len(o.MS) != len(o.VS) {
		return fmt.Errorf("%w: %d times of %d values", ErrForm, len(o.MS), len(o.VS))
	}
	return nil
}

func (d *decoder) space() {
	for len(d.b) > 0 && (d.b[0] == ' ' || d.b[0] == '\t' || d.b[0] == '\r') {
		d.b = d.b[1:]
	}
}

func (d *decoder) peek() byte {
	d.space()
	if len(d.b) == 0 {
		return 0
	}
	return d.b[0]
}

func (d *decoder) take(c byte) error {
	if d.peek() != c {
		return form(strconv.Quote(string(c)), d.b)
	}
	d.b = d.b[1:]
	return nil
}

// list calls item for each part of what stands between open and end.
func (d *decoder) list(open, end byte, item func() error) error {
	if err := d.take(open); err != nil {
		return err
	}
	if d.peek() == end {
		return d.take(end)
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if d.peek() == ',' {
			d.b = d.b[1:]
			continue
		}
		return d.take(end)
	}
}

func (d *decoder) labels() error {
	o := &d.out
	return d.list('{', '}', func() error {
		name, err := d.text()
		if err == nil {
			err = d.take(':')
		}
		if err != nil {
			return err
		}
		v, err := d.text()
		o.Names, o.Values = append(o.Names, name), append(o.Values, v)
		if err == nil && len(o.Names) > maxLabels {
			err = fmt.Errorf("%w: more than %d labels", ErrEndless, maxLabels)
		}
		return err
	})
}

// text reads a string.
func (d *decoder) text() (string, error) {
	if d.peek() != '"' {
		return "", form("a string", d.b)
	}
	for i := 1; i < len(d.b); i++ {
		switch d.b[i] {
		case '"':
			raw := d.b[1:i]
			if known, ok := d.known[string(raw)]; ok {
				d.b = d.b[i+1:]
				return known, nil
			}
			return d.unquoted(i + 1)
		case '\\':
			i++
		}
	}
	return "", form("a string that ends", d.b)
}

// unquoted reads a string of n bytes that is new, and keeps it.
func (d *decoder) unquoted(n int) (string, error) {
	raw := d.b[:n]
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", form("a string", raw)
	}
	d.known[string(raw[1:n-1])] = text
	d.b = d.b[n:]
	return text, nil
}

func (d *decoder) within(n int) error {
	if n > d.limits.Samples {
		return fmt.Errorf("%w: a series of more than %d samples", ErrEndless, d.limits.Samples)
	}
	return nil
}

// values reads all values of a line. This loop and that of the times are where the time goes.
func (d *decoder) values() error {
	if err := d.take('['); err != nil {
		return err
	}
	if d.peek() == ']' {
		return d.take(']')
	}
	vs, b := d.out.VS, d.b
	for {
		v, n := decimal(b)
		if n == 0 {
			d.b = b
			var err error
			if v, err = d.number(); err != nil {
				return err
			}
			b = d.b
		}
		vs, b = append(vs, v), b[n:]
		if len(b) > 0 && b[0] == ',' {
			b = b[1:]
			continue
		}
		d.out.VS, d.b = vs, b
		if err := d.within(len(vs)); err != nil {
			return err
		}
		return d.take(']')
	}
}

// number reads a value that is no plain decimal.
func (d *decoder) number() (float64, error) {
	if d.peek() == '"' {
		text, err := d.text()
		if err != nil {
			return 0, err
		}
		return spelled(text)
	}
	word := d.b[:wordLen(d.b)]
	d.b = d.b[len(word):]
	return spelled(string(word))
}

// spelled reads a value off its word.
func spelled(text string) (float64, error) {
	if text == "null" {
		return math.Float64frombits(value.StaleNaN), nil
	}
	v, err := strconv.ParseFloat(text, 64) // infinities too
	if err != nil && !math.IsInf(v, 0) {
		return 0, form("a value", []byte(text))
	}
	if math.IsNaN(v) {
		v = math.Float64frombits(value.StaleNaN)
	}
	return v, nil
}

// wordLen is how long what ends at a comma or bracket is.
func wordLen(b []byte) int {
	if i := bytes.IndexAny(b, ",] \t\r"); i >= 0 {
		return i
	}
	return len(b)
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// exact is the number of digits up to which digits and power of ten are both exact, so that
// their quotient is rounded once, as strconv does.
const exact = 15

// decimal reads a plain decimal of up to 15 digits that a comma or bracket follows, and
// gives its length, or 0 where there is none.
func decimal(b []byte) (v float64, n int) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		n = 1
	}
	digits, read, point := uint64(0), 0, -1
	for ; n < len(b); n++ {
		c := b[n] - '0'
		if c <= 9 {
			digits, read = digits*10+uint64(c), read+1
			continue
		}
		if b[n] != '.' || point >= 0 || read == 0 {
			break
		}
		point = read
	}
	decimals := 0
	if point >= 0 {
		decimals = read - point
	}
	switch {
	case n == len(b) || b[n] != ',' && b[n] != ']', read == 0, read > exact, decimals == 0 && point >= 0:
		return 0, 0
	}
	v = float64(digits)
	if decimals > 0 {
		v /= powersOfTen[decimals]
	}
	if negative {
		v = -v
	}
	return v, n
}

func (d *decoder) times() error {
	d.out.Rising = true
	if err := d.take('['); err != nil {
		return err
	}
	if d.peek() == ']' {
		return d.take(']')
	}
	all, b, rising, last := d.out.MS, d.b, true, int64(-1)
	for {
		ms, n := millis(b)
		if n == 0 {
			return form("a time", b)
		}
		rising = rising && ms > last
		all, b, last = append(all, ms), b[n:], ms
		if len(b) > 0 && b[0] == ',' {
			b = b[1:]
			continue
		}
		d.out.MS, d.out.Rising, d.b = all, rising, b
		if err := d.within(len(all)); err != nil {
			return err
		}
		return d.take(']')
	}
}

// millis reads a time: digits alone, up to the year 5138.
func millis(b []byte) (ms int64, n int) {
	const most = 14
	for n < len(b) && n < most && b[n] >= '0' && b[n] <= '9' {
		ms = ms*10 + int64(b[n]-'0')
		n++
	}
	return ms, n
}
