package calibration

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// MakePrior gives the lines of the prior's table for data sets of histories of CPU, which
// weigh alike.
func MakePrior(class Class, cpu [][]History) string {
	const columns = 24
	var b strings.Builder
	b.WriteString("class,learn,quantile,price,kind,base")
	for i := range columns {
		fmt.Fprintf(&b, ",%.3g", leastMargin*math.Exp(lnMargins*float64(i)/(columns-1)))
	}
	b.WriteByte('\n')
	line := func(learn int, r Rule, kind string, p Promise, sets [][]History) {
		var losses [columns]float64
		base, n := 0.0, 0.0
		for _, set := range sets {
			var sum [columns]float64
			var weeks, cost float64
			for _, h := range set {
				h = h.clean()
				for k := learn; k < len(h); k += horizon {
					o := originAt([]Rule{r}, h[max(0, k-learn):], learn, nil, &digest.Histogram{})
					if o.mean < 1 {
						continue
					}
					weeks += o.weeks
					cost += o.weeks * math.Log(o.bases[0]/max(o.mean, least))
					for i := range sum {
						sum[i] += p.loss(&o, p.share(&o, o.bases[0]*leastMargin*math.Exp(lnMargins*float64(i)/(columns-1))))
					}
				}
			}
			if weeks > 0 {
				n++
				base += cost / weeks
				for i := range sum {
					losses[i] += sum[i] / weeks
				}
			}
		}
		fmt.Fprintf(&b, "%s,%d,%g,%g,%s,%.3f", class, learn, r.Quantile, r.Price, kind, base/n)
		for _, l := range losses {
			fmt.Fprintf(&b, ",%.3g", l/n)
		}
		b.WriteByte('\n')
	}
	for _, learn := range []int{1, 3, 7} {
		for _, f := range forms {
			r := Rule{HalfLife: 5, Quantile: f.quantile, Price: f.price}
			line(learn, r, "mean", Promise{Time: 0.05}, cpu)
			for _, t := range priorKinds {
				if p := (Promise{Time: t, Containers: 0.5}); !r.suits(&p) {
					continue
				}
				line(learn, r, kindName(t), Promise{Time: t, Containers: 0.5}, cpu)
			}
		}
	}
	return b.String()
}

// OriginDays are the days before each origin of a history of so many.
var OriginDays = originDays
