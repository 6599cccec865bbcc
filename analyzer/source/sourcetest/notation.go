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
	name, rest, braced := strings.Cut(selector, "{")
	if s.Metric = strings.TrimSpace(name); s.Metric == "" {
		return s, fmt.Errorf("series %q: no metric", selector)
	}
	if braced {
		if err := s.parseLabels(rest); err != nil {
			return s, fmt.Errorf("series %s: %w", selector, err)
		}
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

// parseLabels reads name="value" pairs up to the closing brace.
func (s *Series) parseLabels(rest string) error {
	for rest != "}" {
		name, after, _ := strings.Cut(rest, "=")
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil {
			return fmt.Errorf("label %q: want name=\"value\" and a closing brace", name)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return fmt.Errorf("label %q: %w", name, err)
		}
		s.Labels[strings.TrimSpace(name)] = value
		rest = strings.TrimLeft(strings.TrimSpace(after[len(quoted):]), ",")
	}
	return nil
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
