package prometheus

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// task reads one day of one shard.
type task struct {
	shard []string
	day   span

	rec        *analyzer.Recorder
	containers map[containerKey]*containerDay
	asked      int // numbers the questions, so that no answer is taken twice
	pieces     int // each question is asked in so many parts of the day
	series     map[string]int
	odd        int
	unmatched  map[string]bool
	several    map[string]bool // pods of several containers, whose usage is known as a whole alone
	failed     failures
	usage      []analyzer.ContainerUsage
	complete   bool // every query was asked
}

type containerKey struct{ namespace, pod, container string }

// containerDay is one container of one pod within a task.
type containerDay struct {
	*analyzer.PodSeries
	fed      int   // the last question whose answer was taken
	end      int64 // of the span that is being read, Unix milliseconds
	restarts int64 // OOM kills that a restart followed
	ends     int64 // OOM kills seen as the container's final state
}

// begin makes ready for series.
func (t *task) begin(col *collection) {
	t.rec = analyzer.NewRecorder(col.window)
	t.containers = map[containerKey]*containerDay{}
	t.series, t.unmatched, t.several = map[string]int{}, map[string]bool{}, map[string]bool{}
}

// run asks all queries of the task, and gives back only an error that ends
// the whole collection.
func (t *task) run(ctx context.Context, col *collection) error {
	defer t.close()
	var err error
	for t.pieces = 1; t.pieces <= mostPieces; t.pieces *= 2 {
		t.begin(col)
		t.failed = failures{}
		if err = t.readAll(ctx, col, t.pieces == 1); !wasCut(err) {
			break
		}
	}
	return softly(err)
}

// mostPieces is up to how many parts a day is read in where an engine cuts its
// answers at a limit.
const mostPieces = 32

// wasCut reports whether an answer was cut at a limit after a part of it was
// taken, so that all must be read anew.
func wasCut(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.cut
}

// readAll asks all queries. It gives back an error that ends the collection, or
// one of an answer that was cut.
func (t *task) readAll(ctx context.Context, col *collection, first bool) error {
	for i := range queries {
		q := &queries[i]
		var err error
		for _, part := range t.day.parts(t.pieces, col.dialect.step) {
			err = errors.Join(err, t.read(ctx, col, q, t.shard, part))
		}
		if first {
			col.step()
		}
		if err == nil {
			continue
		}
		if wasCut(err) && t.pieces < mostPieces {
			return err
		}
		t.failed.add(q.name, err)
		if softly(err) != nil {
			return err
		}
	}
	t.complete = true
	return nil
}

// read asks one query, in halves where the engine says it is too large.
func (t *task) read(ctx context.Context, col *collection, q *query, shard []string, s span) error {
	dialect := col.dialect
	if q.pods != nil {
		pods, err := t.podsOf(ctx, col, q, shard, s)
		if err != nil || len(pods) == 0 {
			return err
		}
		if len(pods) <= mostPods {
			dialect.pods = pods
		}
	}
	ask := question{doing: "reading " + q.name, end: s.to, query: q.text(&dialect, shard, s.to.Sub(s.from))}
	if q.ranged {
		first, last, ok := s.steps(col.dialect.step)
		if !ok {
			return nil
		}
		ask.start, ask.end, ask.step = first, last, col.dialect.step
	}
	t.asked++
	a, err := col.client.ask(ctx, ask, func(row *series) {
		t.take(col, q, dialect.labelsOf(q), row, s)
	})
	col.heard(a)
	return halve(err, shard, s, col.dialect.step, func(shard []string, s span) error { return t.read(ctx, col, q, shard, s) })
}

// mostPods is the number of pods up to which a query names them.
const mostPods = 100

// podsOf asks which pods a query is about.
func (t *task) podsOf(ctx context.Context, col *collection, q *query, shard []string, s span) ([]string, error) {
	var pods []string
	ask := question{doing: "looking for " + q.name, end: s.to, query: q.pods(&col.dialect, shard, s.to.Sub(s.from))}
	a, err := col.client.ask(ctx, ask, func(row *series) {
		pods = append(pods, row.get(col.dialect.state.pod))
	})
	col.heard(a)
	slices.Sort(pods)
	return slices.Compact(pods), err
}

// halve reads both halves of what was too large: of the shard while it has
// several namespaces, then of the time.
func halve(err error, shard []string, s span, step time.Duration, read func([]string, span) error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindTooLarge || e.cut {
		return err
	}
	if n := len(shard); n > 1 {
		return errors.Join(read(shard[:n/2], s), read(shard[n/2:], s))
	}
	a, b, ok := s.halves(step)
	if !ok {
		return err
	}
	return errors.Join(read(shard, a), read(shard, b))
}

// take files one series.
func (t *task) take(col *collection, q *query, labels schema, row *series, s span) {
	k := containerKey{row.get(labels.namespace), row.get(labels.pod), row.get(labels.container)}
	if k.namespace == "" || k.pod == "" {
		return
	}
	if labels.container == "" { // of the pod as a whole
		only, ok := col.owners.Only(k.namespace, k.pod)
		if !ok {
			t.several[k.namespace+"/"+k.pod] = true
			return
		}
		k.container = only
	}
	if k.container == "" {
		return
	}
	c := t.containers[k]
	if c == nil {
		ref, match := col.owners.Resolve(k.namespace, k.pod)
		if match == analyzer.MatchNone {
			t.unmatched[k.namespace+"/"+k.pod] = true
		}
		c = &containerDay{PodSeries: t.rec.Pod(ref, col.owners.Container(ref, k.pod, k.container)).Named(k.pod)}
		t.containers[k] = c
	}
	if c.fed == t.asked && !q.many {
		return // again, after an answer that was cut short
	}
	c.fed, c.end = t.asked, s.to.UnixMilli()
	t.series[q.name]++
	t.odd += q.take(c, row)
}

func (t *task) close() {
	for _, c := range t.containers {
		// The two ways of counting see the same kill where a container is
		// restarted, and only one of them sees it where not.
		if kills := max(c.restarts, c.ends); kills > 0 {
			if d := c.Day(c.end); d != nil {
				d.OOMKills += kills
			}
		}
		c.Close()
	}
	t.usage = t.rec.Usage()
	t.rec, t.containers = nil, nil
}

func takeCPU(c *containerDay, s *series) (odd int) {
	for _, p := range s.points {
		if !c.CPU(p.ms, p.value*1000) {
			odd++
		}
	}
	return odd
}

func takeMemory(c *containerDay, s *series) (odd int) {
	for _, p := range s.points {
		if !c.Memory(p.ms, p.value) {
			odd++
		}
	}
	return odd
}

// total adds a series' values up; impossible ones are counted apart.
func total(s *series) (sum float64, odd int) {
	for _, p := range s.points {
		if !(p.value >= 0) || p.value > 1e15 {
			odd++
			continue
		}
		sum += p.value
	}
	return sum, odd
}

func takeOOMRestarts(c *containerDay, s *series) (odd int) {
	n, odd := total(s)
	c.restarts += int64(math.Round(n))
	return odd
}

func takeOOMEnds(c *containerDay, s *series) (odd int) {
	n, odd := total(s)
	c.ends += int64(math.Round(n))
	return odd
}

func takeRestarts(c *containerDay, s *series) (odd int) {
	n, odd := total(s)
	if d := c.Day(c.end); d != nil {
		d.Restarts += int64(math.Round(n))
	}
	return odd
}

func takeThrottled(c *containerDay, s *series) (odd int) {
	n, odd := total(s)
	if d := c.Day(c.end); d != nil {
		d.Throttled += n
	}
	return odd
}

func takePeriods(c *containerDay, s *series) (odd int) {
	n, odd := total(s)
	if d := c.Day(c.end); d != nil {
		d.Periods += n
	}
	return odd
}

func takeRequests(c *containerDay, s *series) (odd int) {
	a, odd := amount(s)
	if d := c.Day(c.end); d != nil {
		d.Requests = d.Requests.Max(a)
	}
	return odd
}

func takeLimits(c *containerDay, s *series) (odd int) {
	a, odd := amount(s)
	if d := c.Day(c.end); d != nil {
		d.Limits = d.Limits.Max(a)
	}
	return odd
}

// amount reads one resource of kube-state-metrics: cores, bytes, devices.
func amount(s *series) (a analyzer.Amounts, odd int) {
	v, odd := total(s)
	switch resource := s.get("resource"); {
	case resource == "cpu":
		a.CPU = int64(math.Round(v * 1000))
	case resource == "memory":
		a.Memory = int64(math.Round(v))
	default:
		a.GPU = int64(math.Round(v))
	}
	return a, odd
}
