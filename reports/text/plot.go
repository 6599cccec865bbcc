package text

import (
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// mark is a horizontal line in a plot.
type mark struct {
	value float64
	name  string
}

// plotRows is the height of a plot, in lines.
const plotRows = 8

// plot draws usage over time in block characters: the mean of the pods filled,
// the largest pod above it shaded, and marks as lines with their names at the
// right. What was not seen stays empty.
func plot(mean, peak []float64, marks []mark, width int, number func(float64) string) []string {
	top := 0.0
	if !slices.ContainsFunc(mean, func(v float64) bool { return v >= 0 }) {
		return nil // nothing was seen, which a plot would show as nothing used
	}
	for i := range peak {
		if peak[i] > top { // never true of what was not seen
			top = peak[i]
		}
	}
	for _, m := range marks {
		top = max(top, m.value)
	}
	if top <= 0 {
		return nil
	}
	names, label := labels(marks, top, number), 0
	for _, n := range names {
		label = max(label, layout.Cells(n))
	}
	columns := width - label - 3
	below := columns < layout.MinName
	if below {
		columns = max(width-2, 1)
	}
	low, high := resample(mean, columns), resample(peak, columns)
	var out []string
	for y := plotRows - 1; y >= 0; y-- {
		floor, ceiling := top*float64(y)/plotRows, top*float64(y+1)/plotRows
		line, fill := " ", " "
		if names[y] != "" {
			fill = "-"
		}
		for i := range low {
			switch {
			case low[i] > (floor+ceiling)/2:
				line += "█"
			case high[i] > (floor+ceiling)/2:
				line += "░"
			default:
				line += fill
			}
		}
		if below { // too narrow to stand at the right
			for _, l := range layout.Wrap(names[y], max(width-1, 1), 0) {
				out = append(out, " "+l)
			}
			out = append(out, strings.TrimRight(line, " "))
			continue
		}
		out = append(out, strings.TrimRight(line+" "+names[y], " "))
	}
	return out
}

// labels are the names of the marks by the row of the plot that they fall on,
// those of one value together.
func labels(marks []mark, top float64, number func(float64) string) [plotRows]string {
	var out [plotRows]string
	for i, m := range marks {
		y := min(max(int(math.Ceil(m.value/top*plotRows))-1, 0), plotRows-1)
		name := m.name
		if i+1 == len(marks) || number(marks[i+1].value) != number(m.value) {
			name += " " + number(m.value)
		}
		if out[y] != "" {
			out[y] += ", "
		}
		out[y] += name
	}
	return out
}

// resample gives the largest of the values that fall on each of n columns.
func resample(values []float64, n int) []float64 {
	n = min(n, len(values))
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
		for _, v := range values[i*len(values)/n : max((i+1)*len(values)/n, i*len(values)/n+1)] {
			if !math.IsNaN(v) && !(out[i] >= v) {
				out[i] = v
			}
		}
	}
	return out
}
