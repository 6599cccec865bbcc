package sourcetest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Series is one series of a scenario. Value i lies i*Every after From, which
// counts from the window's start; NaN is no sample.
type Series struct {
	Metric string
	Labels map[string]string
	From   time.Duration
	Every  time.Duration
	Values []float64
}

// Parse reads a series: a selector as PromQL writes it, and values in the
// short notation of promtool's test files: numbers, "_" for no sample,
// "AxN" for A and N times more, "_xN" for N times none, "A+BxN" for A and N
// more that rise by B each.
func Parse(selector string, from, every time.Duration, values string) (Series, error) {
	s := Series{From: from, Every: every, Labels: map[string]string{}}
	name, rest, _ := strings.Cut(selector, "{")
	s.Metric = strings.TrimSpace(name)
	for _, pair := range strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), "}"), ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		label, quoted, _ := strings.Cut(pair, "=")
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return s, fmt.Errorf("series %s: label %s: %w", selector, label, err)
		}
		s.Labels[label] = value
	}
	for _, word := range strings.Fields(values) {
		run, err := expand(word)
		if err != nil {
			return s, fmt.Errorf("series %s: %w", selector, err)
		}
		s.Values = append(s.Values, run...)
	}
	return s, nil
}

// expand reads one word of the short notation.
func expand(word string) ([]float64, error) {
	head, times, repeated := strings.Cut(word, "x")
	n := 0
	if repeated {
		var err error
		if n, err = strconv.Atoi(times); err != nil || n < 0 || n > 1e6 {
			return nil, fmt.Errorf("values %q: want a count after x", word)
		}
	}
	if head == "_" {
		return fill(math.NaN(), 0, max(n, 1)), nil
	}
	var rise float64
	if i := strings.LastIndexAny(head, "+-"); i > 0 && head[i-1] != 'e' {
		by, err := strconv.ParseFloat(head[i:], 64)
		if err != nil {
			return nil, fmt.Errorf("values %q: %w", word, err)
		}
		rise, head = by, head[:i]
	}
	first, err := strconv.ParseFloat(head, 64)
	if err != nil {
		return nil, fmt.Errorf("values %q: %w", word, err)
	}
	return fill(first, rise, n+1), nil
}

func fill(first, rise float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = first + rise*float64(i)
	}
	return out
}
