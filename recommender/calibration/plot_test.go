package calibration_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// plotted is a panel of the calibration plot: promises of one kind, from loose to strict.
type plotted struct {
	title    string
	promises []calibration.Promise
}

var plots = []plotted{
	{"time above the CPU request, mean", []calibration.Promise{{Time: 0.2}, {Time: 0.1}, {Time: 0.05}, {Time: 0.02}, {Time: 0.01}}},
	{"containers above it for more than 5 %", []calibration.Promise{
		{Time: 0.05, Containers: 0.3}, {Time: 0.05, Containers: 0.2}, {Time: 0.05, Containers: 0.1}, {Time: 0.05, Containers: 0.05}, {Time: 0.05, Containers: 0.02}}},
	{"memory passed in a week", []calibration.Promise{
		{Measure: calibration.Peaks, Time: 0.2}, {Measure: calibration.Peaks, Time: 0.1}, {Measure: calibration.Peaks, Time: 0.05}, {Measure: calibration.Peaks, Time: 0.02}, {Measure: calibration.Peaks, Time: 0.01}}},
}

// TestPlotCalibration draws what came out of the held-out half over what was promised, into
// the file that PLIMSOLL_PLOT names.
func TestPlotCalibration(t *testing.T) {
	if os.Getenv(tracesEnv) == "" || os.Getenv("PLIMSOLL_PLOT") == "" {
		t.Skip(tracesEnv + " and PLIMSOLL_PLOT name no folder of traces and no file to write")
	}
	var b strings.Builder
	const size, gap = 240.0, 60.0
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="11">`+"\n", 3*(size+gap)+20, size+2*gap)
	colors := []string{"#1f77b4", "#d95f02", "#2ca02c", "#7b4fa3"}
	for i, p := range plots {
		x0, y0 := gap+float64(i)*(size+gap), gap/2
		axes(&b, p.title, x0, y0, size)
		for k, set := range traceSets {
			if p.promises[0].Measure == calibration.Peaks && !set.memory {
				continue
			}
			var line []string
			for _, s := range scoreSet(set, readTraces(t, set, true), set.held, 14, p.promises) {
				if s.n == 0 {
					continue
				}
				x, y := place(promised(s.promise), size), place(s.cameOut(s.promise), size)
				line = append(line, fmt.Sprintf("%.1f,%.1f", x0+x, y0+size-y))
			}
			fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(line, " "), colors[k])
		}
	}
	for k, set := range traceSets {
		fmt.Fprintf(&b, `<text x="%g" y="%g" fill="%s">%s</text>`+"\n", gap+float64(k)*150, size+1.8*gap, colors[k], set.name)
	}
	b.WriteString("</svg>\n")
	if err := os.WriteFile(os.Getenv("PLIMSOLL_PLOT"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// place is where a share stands on an axis from 0.5 % to 50 %, by its logarithm.
func place(share, size float64) float64 {
	return size * math.Log(min(max(share, 0.005), 0.5)/0.005) / math.Log(100)
}

// axes draws a panel: a third around the promise in grey, and the promise itself.
func axes(b *strings.Builder, title string, x0, y0, size float64) {
	at := func(x, y float64) string { return fmt.Sprintf("%.1f,%.1f", x0+place(x, size), y0+size-place(y, size)) }
	fmt.Fprintf(b, `<polygon points="%s %s %s %s" fill="#eee"/>`+"\n", at(0.0075, 0.005), at(0.5, 0.5*2/3), at(0.375, 0.5), at(0.005, 0.005*4/3))
	fmt.Fprintf(b, `<polyline points="%s %s" stroke="#999" stroke-dasharray="4 3"/>`+"\n", at(0.005, 0.005), at(0.5, 0.5))
	fmt.Fprintf(b, `<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#333"/>`+"\n", x0, y0, size, size)
	for _, v := range []float64{0.01, 0.02, 0.05, 0.1, 0.2} {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%g</text><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`+"\n",
			x0+place(v, size), y0+size+14, 100*v, x0-4, y0+size-place(v, size)+4, 100*v)
	}
	fmt.Fprintf(b, `<text x="%g" y="%g">%s</text><text x="%g" y="%g">promised, %%</text>`+"\n", x0, y0-8, title, x0+size/2-30, y0+size+30)
}
