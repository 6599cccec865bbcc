package prometheus

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// wider are the ranges for series that are scraped more seldom than most: where the
// usual range holds too little of one, and the wider one no more than mostSlow samples,
// so that a series that is scraped often is not lengthened by it. Both are 0 where there
// are no such series.
type wider struct{ rate, peak time.Duration }

// mostSlow is how many samples of a slow series four of its intervals hold at most.
const mostSlow = 6

// over writes a function of a range of the selected series. A rate needs two samples,
// which VictoriaMetrics does not ask for: it takes that of one for 0.
func over(how, selected string, usual, wide time.Duration) string {
	text := fmt.Sprintf("%s(%s[%s])", how, selected, seconds(usual))
	if wide <= usual {
		return text
	}
	if how == "rate" {
		text = fmt.Sprintf("(%s and count_over_time(%s[%s]) > 1)", text, selected, seconds(usual))
	}
	return fmt.Sprintf("%s or (%s(%s[%s]) unless count_over_time(%s[%s]) > %d)", text, how, selected, seconds(wide), selected, seconds(wide), mostSlow)
}

// overEach is what over writes, worked out from samples: value is the function of the
// samples of one range that ends at t.
func (x samples) overEach(first, last, step int64, usual, wide time.Duration, out []float64, value func(t int64, w samples, over time.Duration) (float64, bool)) {
	x.windows(first, last, step, usual.Milliseconds(), func(i int, t int64, w samples) {
		if v, ok := value(t, w, usual); ok {
			out[i] = v
		}
	})
	if wide <= usual {
		return
	}
	x.windows(first, last, step, wide.Milliseconds(), func(i int, t int64, w samples) {
		if v, ok := value(t, w, wide); ok && math.IsNaN(out[i]) && len(w.ms) <= mostSlow {
			out[i] = v
		}
	})
}

// findInterval asks how often the largest namespace is scraped, and widens
// the ranges where the step holds too few samples: a rate needs two, and four
// intervals survive a lost scrape. Series that are scraped more seldom than that have
// wider ranges of their own.
func (d *discovery) findInterval(ctx context.Context, c *client, o Options) error {
	d.rate, d.peak = d.step, d.step
	largest, most := "", -1
	for _, ns := range slices.Sorted(maps.Keys(d.sizes)) {
		if d.sizes[ns] > most {
			largest, most = ns, d.sizes[ns]
		}
	}
	if most <= 0 {
		return nil
	}
	s := d.containers(d.names.memoryName(), []string{largest})
	usual := fmt.Sprintf("quantile(0.5, count_over_time(%s[%s]) and last_over_time(%s[10m] offset 1h) and last_over_time(%s[10m]))", s, seconds(d.lookback), s, s)
	samples, slow, number := 0.0, 0.0, 0.0
	ask := func(u *union) (err error) {
		q := question{doing: "measuring the scrape interval", end: d.at}
		for _, q.query = range u.texts() {
			_, one := d.ask(ctx, c, q, u.feed)
			err = cmpError(err, one)
		}
		return err
	}
	var u union
	u.add(usual, first(&samples))
	if d.lookback == lookback {
		u.add("quantile(0.5, "+d.slowest(o)+")", first(&slow))
		u.add("count("+d.slowest(o)+")", first(&number))
	}
	err := ask(&u)
	if isTooLarge(err) && len(u.parts) > 1 {
		slow, u = 0, union{}
		u.add(usual, first(&samples))
		err = ask(&u)
	}
	if err != nil {
		return err
	}
	d.widen(samples)
	d.widenSlow(slow, int(number))
	return nil
}

// first takes a row's first value.
func first(into *float64) func(*series) {
	return func(s *series) {
		if len(s.points) > 0 {
			*into = s.points[0].value
		}
	}
}

// slowest counts the last hour's samples of the series that are scraped too seldom for
// the step. They are few now, half an hour and an hour ago: a series that missed some
// scrapes is not one.
func (d *discovery) slowest(o Options) string {
	s := d.selector(d.names.memoryName(), d.ofContainers()...)
	if o.Namespaces != nil {
		s = d.containers(d.names.memoryName(), slices.Sorted(maps.Keys(d.sizes)))
	}
	few := 4*float64((10*time.Minute)/time.Second)/d.step.Seconds() + 0.5
	text := fmt.Sprintf("count_over_time(%s[%s])", s, seconds(d.lookback))
	for _, ago := range []string{"", " offset 30m", " offset 1h"} {
		text += fmt.Sprintf(" and count_over_time(%s[10m]%s) < %g", s, ago, few)
	}
	return text
}

func (d *discovery) intervalOf(samples float64) time.Duration {
	return time.Duration(math.Round(d.lookback.Seconds()/samples)) * time.Second
}

// widen takes the usual number of samples.
func (d *discovery) widen(samples float64) {
	if !(samples >= 1) {
		return
	}
	interval := d.intervalOf(samples)
	d.interval = interval
	if wide := wholeMinutes(4 * interval); 4*interval > d.step {
		d.rate = wide
		d.warn(analyzer.WarnPartial, d.names.cpuName(), fmt.Sprintf("it is scraped every %s or so, so CPU rates are taken over %s in place of %s and short peaks are flattened; scrape every 60s or faster", interval, wide, d.step))
	}
	if interval > d.step {
		d.peak = wholeMinutes(2 * interval)
	}
}

// widenSlow takes the samples of the slow series, and how many of these there are.
func (d *discovery) widenSlow(samples float64, number int) {
	if !(samples >= 1) {
		return
	}
	interval := d.intervalOf(samples)
	wide := wholeMinutes(4 * interval)
	if wide <= d.rate {
		return
	}
	d.slow.rate = wide
	which := "one series is"
	if number > 1 {
		which = fmt.Sprintf("%d series are", number)
	}
	d.warn(analyzer.WarnPartial, d.names.cpuName(), fmt.Sprintf("%s scraped every %s or so, unlike most, so CPU rates are taken over %s where %s have too few samples and short peaks are flattened; scrape every 60s or faster",
		which, interval, wide, d.rate))
	if peak := wholeMinutes(2 * interval); interval > d.step && peak > d.peak {
		d.slow.peak = peak
	}
}
