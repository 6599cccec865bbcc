package setting

import (
	"math"
	"slices"
)

// Line is a straight line through points, its slope at the upper end of its
// doubt.
type Line struct{ MeanX, MeanY, Slope, Spread float64 }

// Fit is least squares. The slope is raised by two standard errors, but to
// no more than proportion has it; Spread is the 95th percentile of what lies
// above the line.
func Fit(x, y []float64) Line {
	n := float64(len(x))
	l := Line{MeanX: Mean(x), MeanY: Mean(y)}
	var xx, xy float64
	for i := range x {
		xx += (x[i] - l.MeanX) * (x[i] - l.MeanX)
		xy += (x[i] - l.MeanX) * (y[i] - l.MeanY)
	}
	proportion := l.MeanY / max(l.MeanX, 1)
	if xx == 0 {
		l.Slope = proportion
		return l
	}
	slope := xy / xx
	var rest []float64
	squares := 0.0
	for i := range x {
		over := y[i] - l.MeanY - slope*(x[i]-l.MeanX)
		squares += over * over
		rest = append(rest, over)
	}
	slices.Sort(rest)
	l.Spread = max(Quantile(rest, 0.95), 0)
	l.Slope = min(slope+2*math.Sqrt(squares/max(n-2, 1)/xx), proportion)
	return l
}

// Mean is 0 of nothing.
func Mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(len(v), 1))
}
