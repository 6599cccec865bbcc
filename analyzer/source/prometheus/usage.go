package prometheus

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// task reads one day of one shard.
type task struct {
	shard []string
	day   span
	part  part
	// steady are the values that are known already, of a task that is read by remote read.
	steady *steady
	// apart says that nobody waits for it: it counts for no progress.
	apart bool

	pieces int // each question is asked in so many parts of the day
	// pods are those that the queries of some pods are about, by the query's index,
	// as far as they are known.
	pods [queryCount]*[]string

	mu         sync.Mutex // of what follows: questions are asked side by side
	rec        *analyzer.Recorder
	containers map[containerKey]*containerDay
	asked      int32 // numbers the questions, so that no answer is taken twice
	series     map[string]int
	odd        int
	oddOf      map[string]bool // containers with such samples
	unmatched  map[string]bool
	several    map[string]bool // pods of several containers, whose usage is known as a whole alone
	failed     failures
	usage      []analyzer.ContainerUsage
	complete   bool // every query was asked
}

// part is which of queries a task asks.
type part int

const (
	whole part = iota
	// ofUsage are those of cAdvisor's metrics, which change with every sample.
	ofUsage
	// ofState are those of kube-state-metrics, which seldom change.
	ofState
)

// asks reports whether a query is one of the task's.
func (t *task) asks(i int) bool {
	return t.part == whole || (t.part == ofState) == queries[i].ofState()
}

// stepAll counts all queries of the task as done.
func (t *task) stepAll(col *collection) {
	for i := range queries {
		if t.asks(i) {
			col.step()
		}
	}
}

func (q *query) ofState() bool { return strings.HasPrefix(q.metric, "kube_") }

type containerKey struct{ namespace, pod, container string }

// containerDay is one container of one pod within a task.
type containerDay struct {
	*analyzer.PodSeries
	fed   [queryCount]int32 // the last question of each query whose answer was taken
	kills map[*analyzer.Day]kills
}

// kills are OOM kills of a day: those that a restart followed, and those seen as the
// container's final state.
type kills struct{ restarts, ends float64 }

// tell files values of a series under their days; impossible ones are counted.
func (c *containerDay) tell(s *series, file func(*analyzer.Day, float64)) (odd int) {
	for _, p := range s.points {
		if !(p.value >= 0) || p.value > 1e15 {
			odd++
			continue
		}
		if d := c.Day(p.ms); d != nil {
			file(d, p.value)
		}
	}
	return odd
}

// killed adds to the kills of days.
func (c *containerDay) killed(s *series, add func(*kills, float64)) (odd int) {
	return c.tell(s, func(d *analyzer.Day, v float64) {
		k := c.kills[d]
		add(&k, v)
		if c.kills == nil {
			c.kills = map[*analyzer.Day]kills{}
		}
		c.kills[d] = k
	})
}

// begin makes ready for series.
func (t *task) begin(col *collection) {
	t.rec = analyzer.NewRecorder(col.window)
	t.containers = map[containerKey]*containerDay{}
	t.series, t.unmatched, t.several = map[string]int{}, map[string]bool{}, map[string]bool{}
	t.odd, t.oddOf = 0, map[string]bool{}
	t.pods = [queryCount]*[]string{}
}

// run asks all queries of the task, and gives back only an error that ends
// the whole collection.
func (t *task) run(ctx context.Context, col *collection) error {
	defer t.close()
	var err error
	for t.pieces = 1; t.pieces <= mostPieces; t.pieces *= 2 {
		t.begin(col)
		t.failed = failures{}
		if err = t.readAll(ctx, col, t.pieces == 1 && !t.apart); !wasCut(err) {
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

// readAll asks all queries: first those that fit into one question, then the others
// side by side. It gives back an error that ends the collection, or one of an answer
// that was cut.
func (t *task) readAll(ctx context.Context, col *collection, first bool) error {
	answered, err := t.readDaily(ctx, col)
	if err != nil {
		t.failed.add(queries[firstDaily].name, err)
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed [queryCount]error
	var all sync.WaitGroup
	for i := range queries {
		if !t.asks(i) {
			continue
		}
		all.Go(func() {
			if !answered[i] {
				failed[i] = t.readDay(ctx, col, i)
			}
			if first {
				col.step()
			}
			if t.ends(failed[i]) {
				cancel() // what else is asked is vain
			}
		})
	}
	all.Wait()
	return t.settle(failed[:])
}

// readDay asks one query about the whole day.
func (t *task) readDay(ctx context.Context, col *collection, i int) (err error) {
	if t.byExport(ctx, col, i) {
		return nil
	}
	for _, part := range t.day.parts(t.pieces, col.dialect.step) {
		err = errors.Join(err, t.read(ctx, col, i, t.shard, part))
	}
	return err
}

// ends reports whether an error makes the other queries of the task vain.
func (t *task) ends(err error) bool {
	return softly(err) != nil || wasCut(err) && t.pieces < mostPieces
}

// settle files the queries' errors in their order, and gives back the one to go on
// with: that of a query which was called off for another's sake comes last.
func (t *task) settle(failed []error) (ended error) {
	for i, err := range failed {
		if err == nil {
			continue
		}
		if !wasCut(err) || t.pieces >= mostPieces {
			t.failed.add(queries[i].name, err)
		}
		if t.ends(err) && (ended == nil || wasCanceled(ended) && !wasCanceled(err)) {
			ended = err
		}
	}
	t.complete = ended == nil
	return ended
}

func wasCanceled(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindCanceled
}

// read asks one query, in halves where the engine says it is too large.
func (t *task) read(ctx context.Context, col *collection, i int, shard []string, s span) error {
	q, dialect := &queries[i], col.dialect
	if q.pods != nil {
		pods, err := t.podsOf(ctx, col, i, shard, s)
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
	number, kept := t.number(), aside{}
	a, err := col.client.ask(ctx, ask, func(row *series) {
		if !kept.keep(q, row) {
			t.take(col, i, number, dialect.labelsOf(q), row, 0)
		}
	})
	col.heard(a)
	if err == nil && len(kept) > 0 {
		odd := t.askAgain(ctx, col, shard, ask, kept)
		for k, row := range kept {
			t.take(col, i, number, dialect.labelsOf(q), row, odd[k])
		}
	}
	return halve(err, shard, s, col.dialect.step, func(shard []string, s span) error { return t.read(ctx, col, i, shard, s) })
}

// number gives the next question its number.
func (t *task) number() int32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked++
	return t.asked
}

// mostPods is the number of pods up to which a query names them.
const mostPods = 100

// podsOf asks which pods a query is about, unless that was told of the whole day.
func (t *task) podsOf(ctx context.Context, col *collection, i int, shard []string, s span) ([]string, error) {
	if t.pods[i] != nil {
		return *t.pods[i], nil
	}
	var pods []string
	q := &queries[i]
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

// take files one series of the answer to a question, of which so many samples were set aside.
func (t *task) take(col *collection, i int, question int32, labels schema, row *series, aside int) {
	q := &queries[i]
	t.mu.Lock()
	defer t.mu.Unlock()
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
	if c.fed[i] == question && !q.many {
		return // again, after an answer that was cut short
	}
	c.fed[i] = question
	t.series[q.name]++
	if odd := q.take(c, row) + aside; odd > 0 {
		t.odd += odd
		t.oddOf[k.namespace+"/"+k.pod+"/"+k.container] = true
	}
}

// drop forgets what was taken.
func (t *task) drop() {
	t.rec, t.containers = nil, nil
	t.series, t.unmatched, t.several, t.odd, t.oddOf = nil, nil, nil, 0, nil
}

func (t *task) close() {
	for _, c := range t.containers {
		// The two ways of counting see the same kill where a container is
		// restarted, and only one of them sees it where not.
		for d, k := range c.kills {
			d.OOMKills += int64(math.Round(max(k.restarts, k.ends)))
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

func takeOOMRestarts(c *containerDay, s *series) (odd int) {
	return c.killed(s, func(k *kills, v float64) { k.restarts += v })
}

func takeOOMEnds(c *containerDay, s *series) (odd int) {
	return c.killed(s, func(k *kills, v float64) { k.ends += v })
}

func takeRestarts(c *containerDay, s *series) (odd int) {
	return c.tell(s, func(d *analyzer.Day, v float64) { d.Restarts += int64(math.Round(v)) })
}

func takeThrottled(c *containerDay, s *series) (odd int) {
	return c.tell(s, func(d *analyzer.Day, v float64) { d.Throttled += v })
}

func takePeriods(c *containerDay, s *series) (odd int) {
	return c.tell(s, func(d *analyzer.Day, v float64) { d.Periods += v })
}

func takeRequests(c *containerDay, s *series) (odd int) {
	return c.amounts(s, func(d *analyzer.Day, a analyzer.Amounts) { d.Requests = d.Requests.Max(a) })
}

func takeLimits(c *containerDay, s *series) (odd int) {
	return c.amounts(s, func(d *analyzer.Day, a analyzer.Amounts) { d.Limits = d.Limits.Max(a) })
}

// amounts reads one resource of kube-state-metrics: cores, bytes, devices.
func (c *containerDay) amounts(s *series, file func(*analyzer.Day, analyzer.Amounts)) (odd int) {
	resource, devices := s.get("resource"), 0
	odd = c.tell(s, func(d *analyzer.Day, v float64) {
		var a analyzer.Amounts
		switch {
		case resource == "cpu":
			a.CPU = int64(math.Round(v * 1000))
		case resource == "memory":
			a.Memory = int64(math.Round(v))
		case v > analyzer.MostDevices:
			devices++
		default:
			a.GPU = int64(math.Round(v))
		}
		file(d, a)
	})
	return odd + devices
}
