package html

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The colours of the style are held to WCAG's contrast, and kept apart for people
// who see fewer of them.

// themes reads the tokens of style.css: the light ones, and the dark ones over
// them.
func themes(t *testing.T) map[string]map[string][3]float64 {
	t.Helper()
	data, err := os.ReadFile("app/style.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s)(:root[^{]*)\{([^}]*)\}`).FindAllStringSubmatch(string(data), -1)
	out := map[string]map[string][3]float64{}
	for _, b := range blocks {
		tokens := map[string][3]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #(\w{2})(\w{2})(\w{2});`).FindAllStringSubmatch(b[2], -1) {
			var c [3]float64
			for i := range c {
				var v int
				if _, err := fmt.Sscanf(m[2+i], "%x", &v); err != nil {
					t.Fatal(err)
				}
				c[i] = linear(float64(v) / 255)
			}
			tokens[m[1]] = c
		}
		if len(tokens) > 0 {
			out[strings.TrimSpace(b[1])] = tokens
		}
	}
	if len(out) != 3 {
		t.Fatalf("got %d themes, want light, dark and dark by the system", len(out))
	}
	return out
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func luminance(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func contrast(a, b [3]float64) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

// TestContrast: texts have 4.5 to 1 on what they stand on, marks 3 to 1.
func TestContrast(t *testing.T) {
	for name, c := range themes(t) {
		for _, text := range strings.Fields("text muted link bad warn good request advice limit") {
			for _, on := range []string{"bg", "card"} {
				if got := contrast(c[text], c[on]); got < 4.5 {
					t.Errorf("%s: %s on %s: %.1f", name, text, on, got)
				}
			}
		}
		for _, x := range [][2]string{{"bad", "badbg"}, {"warn", "warnbg"}} {
			if got := contrast(c[x[0]], c[x[1]]); got < 4.5 {
				t.Errorf("%s: %s on %s: %.1f", name, x[0], x[1], got)
			}
		}
		for _, mark := range strings.Fields("mean band bar long short spot demand held request advice limit good") {
			if got := contrast(c[mark], c["bg"]); got < 3 {
				t.Errorf("%s: the mark %s: %.1f", name, mark, got)
			}
		}
	}
}

// blindness are Machado's matrices of 2009 for severity 1, on linear RGB.
var blindness = map[string][3][3]float64{
	"none":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// TestColoursStayApart: colours of one picture differ for everyone. Nothing rests
// on that alone: marks have dashes and names, layers an order and a table.
func TestColoursStayApart(t *testing.T) {
	sets := map[string][]string{"bands": {"mean", "band", "peak"}, "marks": {"request", "advice", "limit", "mean"}, "layers": {"long", "short", "spot", "demand"}}
	for name, c := range themes(t) {
		for kind, m := range blindness {
			for set, tokens := range sets {
				for i, a := range tokens {
					for _, b := range tokens[i+1:] {
						if got := distance(see(m, c[a]), see(m, c[b])); got < 10 {
							t.Errorf("%s, %s, %s: %s and %s are %.0f apart", name, kind, set, a, b, got)
						}
					}
				}
			}
		}
	}
}

func see(m [3][3]float64, c [3]float64) (out [3]float64) {
	for i := range out {
		for j := range c {
			out[i] += m[i][j] * c[j]
		}
		out[i] = min(max(out[i], 0), 1)
	}
	return out
}

// distance is CIE76.
func distance(a, b [3]float64) float64 {
	x, y := lab(a), lab(b)
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
}

func lab(c [3]float64) [3]float64 {
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x := f((0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.95047)
	y := f(luminance(c))
	z := f((0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}
