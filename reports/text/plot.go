package text

import (
	"math"
	"strings"
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
	label := 0
	for _, m := range marks {
		label = max(label, cells(m.name+" "+number(m.value)))
	}
	columns := max(width-label-3, minName)
	low, high := resample(mean, columns), resample(peak, columns)
	var out []string
	for y := plotRows - 1; y >= 0; y-- {
		floor, ceiling := top*float64(y)/plotRows, top*float64(y+1)/plotRows
		line, names := " ", []string{}
		fill := " "
		for _, m := range marks {
			if m.value > floor && m.value <= ceiling {
				names, fill = append(names, m.name+" "+number(m.value)), "-"
			}
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
		out = append(out, strings.TrimRight(line+" "+strings.Join(names, ", "), " "))
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
