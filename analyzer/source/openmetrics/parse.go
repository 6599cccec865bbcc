package openmetrics

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// errLabels says that the label part of a line cannot be read.
var errLabels = errors.New("the labels cannot be read")

// parseLabels reads `name{label="value",...}` and gives each label to take.
// It returns the number of bytes read. The name may also stand inside the
// braces, quoted alone or as __name__.
func parseLabels(s []byte, take func(name, value string)) (int, error) {
	i := bytes.IndexByte(s, '{')
	if i < 0 {
		return 0, errLabels
	}
	if i > 0 {
		take("__name__", string(s[:i]))
	}
	for i++; ; {
		i = skip(s, i, ", ")
		if i >= len(s) {
			return 0, errLabels
		}
		if s[i] == '}' {
			return i + 1, nil
		}
		name, after, err := parseLabelName(s, i)
		if err != nil {
			return 0, err
		}
		i = skip(s, after, " ")
		if i < len(s) && (s[i] == ',' || s[i] == '}') && s[after-1] == '"' {
			take("__name__", name)
			continue
		}
		if i >= len(s) || s[i] != '=' {
			return 0, errLabels
		}
		value, after, err := parseQuoted(s, skip(s, i+1, " "))
		if err != nil {
			return 0, err
		}
		take(name, value)
		i = after
	}
}

func skip(s []byte, i int, set string) int {
	for i < len(s) && bytes.IndexByte([]byte(set), s[i]) >= 0 {
		i++
	}
	return i
}

func parseLabelName(s []byte, i int) (string, int, error) {
	if s[i] == '"' {
		return parseQuoted(s, i)
	}
	j := i
	for j < len(s) && isNameByte(s[j]) {
		j++
	}
	if j == i {
		return "", 0, errLabels
	}
	return string(s[i:j]), j, nil
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == ':'
}

// parseQuoted reads a quoted string with the escapes \\, \" and \n.
func parseQuoted(s []byte, i int) (string, int, error) {
	if i >= len(s) || s[i] != '"' {
		return "", 0, errLabels
	}
	i++
	var unescaped []byte
	for from := i; i < len(s); i++ {
		switch s[i] {
		case '"':
			if unescaped == nil {
				return string(s[from:i]), i + 1, nil
			}
			return string(append(unescaped, s[from:i]...)), i + 1, nil
		case '\\':
			if i+1 == len(s) {
				return "", 0, errLabels
			}
			unescaped = append(unescaped, s[from:i]...)
			i++
			from = i
			if s[i] == 'n' {
				unescaped = append(unescaped, '\n')
				from = i + 1
			}
		}
	}
	return "", 0, errLabels
}

// plainSample reads what nearly all samples are: a blank, a value in plain digits, a
// blank and a time in plain digits, to the end of the line. ok is false of all others,
// which parseSample reads; of these it gives the same.
func plainSample(s []byte) (x sample, ok bool) {
	value, i := plainNumber(s, 0)
	stamp, j := plainNumber(s, i)
	if i == 0 || j != len(s) || stamp >= secondsBelow {
		return sample{}, false
	}
	return sample{value, int64(math.Round(stamp * 1000)), seconds}, true
}

// plainNumber reads a blank and a number in plain digits, with an exponent or not: it gives
// the number, and where it ends; 0 where it is no such one.
func plainNumber(s []byte, i int) (float64, int) {
	if i+1 >= len(s) || s[i] != ' ' {
		return 0, 0
	}
	from := i + 1
	mantissa, i := digitsAt(s, from, 0)
	digits, power := i-from, 0
	if i < len(s) && s[i] == '.' {
		point := i
		mantissa, i = digitsAt(s, i+1, mantissa)
		power = point + 1 - i
		digits -= power
	}
	if digits == 0 {
		return 0, 0
	}
	exponent, i := exponentAt(s, i)
	power += exponent
	if digits > mostDigits || mantissa > mostExact || power > mostPower || power < -mostPower {
		f, err := strconv.ParseFloat(string(s[from:i]), 64)
		if err != nil {
			return 0, 0
		}
		return f, i
	}
	if power > 0 {
		return float64(mantissa) * powers[power], i
	}
	return float64(mantissa) / powers[-power], i
}

// exponentAt reads an exponent of one or two digits as Go writes them, such as e+07, and
// gives where it ends; 0 and i where there is none.
func exponentAt(s []byte, i int) (power, end int) {
	if i+2 >= len(s) || s[i] != 'e' || s[i+1] != '+' && s[i+1] != '-' {
		return 0, i
	}
	n, end := digitsAt(s, i+2, 0)
	switch {
	case end == i+2 || end > i+4:
		return 0, i
	case s[i+1] == '-':
		return -int(n), end
	}
	return int(n), end
}

// digitsAt reads the digits at i behind those of n, and gives where they end.
func digitsAt(s []byte, i int, n uint64) (uint64, int) {
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		n = n*10 + uint64(s[i]-'0')
	}
	return n, i
}

// A number of so many digits stands in 64 bits; a float holds whole numbers up to
// mostExact, and powers of ten up to mostPower, so that what they make is rounded once
// (Clinger, How to read floating point numbers accurately, 1990).
const (
	mostDigits = 19
	mostExact  = 1 << 53
	mostPower  = 22
)

// parseNumber reads a float. Plain decimal numbers, which nearly all are, go a
// short way that is exact for up to 15 digits.
func parseNumber(s []byte) (float64, error) {
	var mantissa uint64
	digits, scale, i := 0, 0, 0
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		i = 1
	}
	point := false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		mantissa = mantissa*10 + uint64(c-'0')
		digits++
		if point {
			scale++
		}
	}
	if i < len(s) || digits == 0 || digits > 15 {
		return strconv.ParseFloat(string(s), 64)
	}
	f := float64(mantissa) / powers[scale]
	if negative {
		f = -f
	}
	return f, nil
}

var powers = [mostPower + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// unit is the unit of a file's timestamps.
type unit int

const (
	unknown unit = iota
	seconds
	milliseconds
)

func (u unit) String() string { return [...]string{"unknown", "seconds", "milliseconds"}[u] }

// Timestamps below the first limit are seconds (until the year 5138), those
// below the second are milliseconds (from March 1973 on).
const (
	secondsBelow      = 1e11
	millisecondsBelow = 1e14
)

// parseTime gives a timestamp in milliseconds and the unit it was written in.
func parseTime(s []byte) (int64, unit, error) {
	f, err := parseNumber(s)
	switch {
	case err != nil:
		return 0, unknown, fmt.Errorf("the timestamp %q is not a number", clip(s))
	case !(f >= 0) || f >= millisecondsBelow:
		return 0, unknown, fmt.Errorf("the timestamp %q is neither seconds nor milliseconds since 1970", clip(s))
	case f >= secondsBelow:
		return int64(f), milliseconds, nil
	}
	return int64(math.Round(f * 1000)), seconds, nil
}

// sample is the part of a line after its series.
type sample struct {
	value float64
	ms    int64
	unit  unit
}

var errNoTime = errors.New("no timestamp: this is one scrape of an exporter, not a dump over time (make one with `promtool tsdb dump-openmetrics`)")

// parseSample reads ` value timestamp`, with an exemplar after it or not.
func parseSample(s []byte) (sample, error) {
	if i := bytes.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	value, rest := field(s)
	stamp, rest := field(rest)
	if extra, _ := field(rest); len(extra) > 0 {
		return sample{}, fmt.Errorf("%q after the timestamp", clip(extra))
	}
	if len(value) == 0 {
		return sample{}, errors.New("no value")
	}
	v, err := parseNumber(value)
	if err != nil {
		return sample{}, fmt.Errorf("the value %q is not a number", clip(value))
	}
	if len(stamp) == 0 {
		return sample{}, errNoTime
	}
	ms, u, err := parseTime(stamp)
	return sample{v, ms, u}, err
}

// field cuts the first word off s.
func field(s []byte) (word, rest []byte) {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	j := i
	for j < len(s) && s[j] != ' ' && s[j] != '\t' {
		j++
	}
	return s[i:j], s[j:]
}

// clip shortens text of a foreign file for an error message.
func clip(s []byte) string {
	if len(s) > 60 {
		return string(s[:57]) + "..."
	}
	return string(s)
}
