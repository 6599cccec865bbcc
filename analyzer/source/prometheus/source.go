package prometheus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Options says what to collect from where. URL and Window are needed; the
// zero value of the rest is a default.
type Options struct {
	// URL is the engine's base URL, with or without /api/v1 behind it.
	URL string
	// Transport carries credentials and TLS; nil is http.DefaultTransport. See
	// TransportFromFile.
	Transport http.RoundTripper
	// Matchers go into every selector, the owner series' too.
	Matchers []Matcher
	// Window is what to read. Its Step is 5 min when zero, and must divide a day.
	Window analyzer.Window
	// Namespaces limits the collection; nil is all.
	Namespaces []string
	// Owners joins pods to workloads. It comes filled with what is known of the
	// present; the owner series are added to it. Nil is an empty one.
	Owners *analyzer.Owners
	// Concurrency bounds the queries in flight, 4 when zero.
	Concurrency int
	// Timeout bounds each query, 2 min when zero.
	Timeout time.Duration
	// Progress, if set, is told of queries done and to do. It is called by one
	// goroutine at a time.
	Progress func(done, total int)

	retryWait time.Duration // before the first retry; tests shorten it
	cluster   labelMatcher  // see dialect
}

// Result is what was collected.
type Result struct {
	Usage    []analyzer.ContainerUsage // sorted
	Requests []analyzer.RequestRate    // sorted
	Volumes  []analyzer.VolumeUsage    // sorted
	Network  []analyzer.NetworkUsage   // sorted
	Nodes    analyzer.NodeRecorder
	Warnings []analyzer.Warning // sorted
	Source   analyzer.Source
	// Window is the one asked for, with the step that was used.
	Window analyzer.Window
}

// Collect reads a window's usage. An engine without the metrics, or one that
// answers in part, gives warnings and what there is. The error is a *Error
// when nothing could be had from the engine, and otherwise a mistake in the
// options.
func Collect(ctx context.Context, o Options) (Result, error) {
	e, err := Open(ctx, o)
	if err != nil {
		return Result{}, err
	}
	return e.Collect(ctx, e.options.Owners, o.Namespaces)
}

// Engine is an engine of which is known what it has.
type Engine struct {
	client  *client
	options Options
	found   bool // there is usage
	has     discovery
}

// Open asks an engine what it has, which needs neither owners nor, unless the
// user limits them, namespaces: so it can go on while those are found out. Its
// errors are those of the function Collect.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	e := &Engine{client: c, options: o}
	if e.has, e.found, err = discover(ctx, c, o); err != nil {
		return nil, err
	}
	return e, nil
}

// Collect reads as the function of that name does, for owners and of
// namespaces (nil is all) that are known by now.
func (e *Engine) Collect(ctx context.Context, owners *analyzer.Owners, namespaces []string) (Result, error) {
	o, d := &e.options, e.has
	d.sizes = d.of(namespaces)
	out := Result{Source: analyzer.Source{Kind: "prometheus", Name: e.client.shown, Reads: "usage"}, Window: o.Window}
	col := &collection{
		client: e.client, dialect: d.dialect, window: o.Window, at: d.at, owners: owners, sizes: d.sizes, progress: o.Progress,
		rows: ownerRows{rows: map[analyzer.Ref]ownerRow{}, series: map[string]int{}},
		said: sayings{maps.Clone(d.said.warnings), d.said.partial}, warnings: slices.Clone(d.warnings),
	}
	col.queriesOnly.Store(!d.names.usual() || d.otel()) // remote read is of cAdvisor's names
	var err error
	if e.found && len(d.sizes) > 0 {
		err = col.fill(ctx, &out, &d, namespaces, o.Concurrency)
	}
	col.warnAll(col.said.list())
	out.Warnings = slices.Compact(slices.SortedFunc(slices.Values(col.warnings), analyzer.CompareWarnings))
	return out, err
}

// fill reads the usage, and beside it what takes few queries.
func (col *collection) fill(ctx context.Context, out *Result, d *discovery, namespaces []string, concurrency int) error {
	var failed error
	usage, err := col.collect(ctx, shards(col.sizes), concurrency, func(known func() bool) {
		var all sync.WaitGroup
		all.Go(func() { out.Requests, failed = col.requests(ctx, d, concurrency, known) })
		all.Go(func() { // no third: half of the gate is the owners'
			out.Volumes = col.volumes(ctx, namespaces)
			out.Network = col.network(ctx, concurrency, known)
			out.Nodes = col.nodes(ctx)
		})
		all.Wait()
	})
	if err != nil {
		out.Requests, out.Volumes, out.Network = nil, nil, nil
		out.Nodes = analyzer.NodeRecorder{}
		return err
	}
	out.Usage = usage
	return failed
}

func (o *Options) complete() error {
	w := &o.Window
	if w.Step == 0 {
		w.Step = 5 * time.Minute
	}
	const day = 24 * time.Hour
	switch {
	case !w.End.After(w.Start):
		return fmt.Errorf("prometheus window: it ends at %s, not after its start %s", w.End.Format(time.RFC3339), w.Start.Format(time.RFC3339))
	case w.Step < 10*time.Second || day%w.Step != 0 || w.Step%time.Second != 0:
		return fmt.Errorf("prometheus step %s: want whole seconds, at least 10s, that divide a day, such as 5m", w.Step)
	}
	for _, m := range o.Matchers {
		if !labelName.MatchString(m.Name) {
			return fmt.Errorf("label matcher %q: not a Prometheus label name", m.Name)
		}
	}
	if o.Namespaces != nil && len(o.Namespaces) == 0 {
		return errors.New("prometheus namespaces: an empty list selects nothing; leave it out for all")
	}
	if o.Owners == nil {
		o.Owners = &analyzer.Owners{}
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 4
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.retryWait == 0 {
		o.retryWait = time.Second
	}
	return nil
}

// collection is one run, shared by its tasks.
type collection struct {
	client  *client
	dialect dialect
	window  analyzer.Window
	owners  *analyzer.Owners
	rows    ownerRows
	sizes   map[string]int // series of one usage metric by namespace
	// queriesOnly says that the engine's remote read is not to be had, or no gain.
	queriesOnly atomic.Bool
	exports     exports
	at          time.Time // see discovery
	// apart says that the engine did not answer a question of several queries.
	apart atomic.Bool

	mu          sync.Mutex
	progress    func(done, total int)
	done, total int
	said        sayings
	warnings    []analyzer.Warning
}

// step counts a query as done.
func (col *collection) step() {
	col.mu.Lock()
	defer col.mu.Unlock()
	col.done++
	if col.progress != nil {
		col.progress(col.done, col.total)
	}
}

// heard notes what an engine says of its own answer.
func (col *collection) heard(a answer) {
	col.mu.Lock()
	defer col.mu.Unlock()
	col.said.hear(a)
}

// sayings are what an engine says beside its answers.
type sayings struct {
	warnings map[string]bool
	partial  bool
}

func (s *sayings) hear(a answer) {
	s.partial = s.partial || a.partial
	for _, w := range a.warnings {
		s.keep(oneLine(w))
	}
}

// keep keeps the first maxWarnings by their text, in whatever order they come.
func (s *sayings) keep(w string) {
	s.warnings[w] = true
	if len(s.warnings) > maxWarnings {
		delete(s.warnings, slices.Max(slices.Collect(maps.Keys(s.warnings))))
	}
}

// join adds what was said beside other answers.
func (s *sayings) join(o sayings) {
	s.partial = s.partial || o.partial
	for w := range o.warnings {
		s.keep(w)
	}
}

// list gives them as warnings.
func (s *sayings) list() (out []analyzer.Warning) {
	add := func(message string) {
		out = append(out, analyzer.Warning{Code: analyzer.WarnPartial, Subject: "prometheus", Message: message})
	}
	if s.partial {
		add("the engine called its answers partial: some of its stores did not answer; usage may be too low")
	}
	for _, w := range slices.Sorted(maps.Keys(s.warnings)) {
		add("the engine warns: " + w)
	}
	return out
}

// runner is a task of the grid of shards and days.
type runner interface {
	run(context.Context, *collection) error
}

// collect runs the grid: owners first, since usage is filed under them. beside runs
// along with it; known waits until the owners are there, and reports whether they are.
func (col *collection) collect(ctx context.Context, shards [][]string, concurrency int, beside func(known func() bool)) ([]analyzer.ContainerUsage, error) {
	var owners []runner
	var batches []*ownerBatch
	var ownerTasks []*ownerTask
	all := days(col.window)
	for _, shard := range shards {
		b := &ownerBatch{shard: shard}
		for _, day := range all {
			b.tasks = append(b.tasks, &ownerTask{shard: shard, day: day})
		}
		owners, batches, ownerTasks = append(owners, b), append(batches, b), append(ownerTasks, b.tasks...)
	}
	col.total = len(ownerTasks) * (len(ownerQueries) + len(queries))
	var along sync.WaitGroup
	settled, known := make(chan struct{}), false
	along.Go(func() { beside(func() bool { <-settled; return known }) })
	stopped := col.runAll(ctx, owners, concurrency)
	if stopped == nil {
		col.rows.fill(col.owners)
		known = true
	}
	close(settled)
	usage, usageTasks := col.usage(batches, all)
	if stopped == nil {
		stopped = col.runAll(ctx, usage, concurrency)
	}
	along.Wait()
	if ctx.Err() != nil && origin.Stalled(ctx) == nil {
		return nil, stopped
	}
	return col.sum(ownerTasks, usageTasks, stopped)
}

// usage are the tasks of usage, and what runs them. By remote read what seldom changes is
// read apart, for the whole window.
func (col *collection) usage(shards []*ownerBatch, days []span) (run []runner, all []*task) {
	raw := !col.queriesOnly.Load()
	for i, b := range shards {
		var usage, state []*task
		for _, day := range days {
			t := &task{shard: b.shard, day: day}
			if raw {
				t.part = ofUsage
				state = append(state, &task{shard: b.shard, day: day, part: ofState})
			}
			usage = append(usage, t)
		}
		series := 0
		for _, ns := range b.shard {
			series += col.sizes[ns]
		}
		run = append(run, col.batches(usage, series, i == 0)...)
		if raw {
			run = append(run, &stateBatch{tasks: state, owner: b})
		}
		all = append(append(all, usage...), state...)
	}
	return run, all
}

// runAll runs tasks on a few goroutines, until one says that the rest is vain.
func (col *collection) runAll(ctx context.Context, tasks []runner, concurrency int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan runner)
	var group sync.WaitGroup
	for range min(concurrency, len(tasks)) {
		group.Go(func() {
			for t := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := t.run(ctx, col); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, t := range tasks {
		next <- t
	}
	close(next)
	group.Wait()
	if origin.Stalled(ctx) == nil {
		return context.Cause(ctx)
	}
	e := transportError(ctx, context.Cause(ctx))
	e.Doing, e.URL, e.Midway = "reading usage", col.client.shown, col.client.health.begun()
	return e
}

// sum adds the tasks' parts up and turns their doubts into warnings.
func (col *collection) sum(ownerTasks []*ownerTask, usageTasks []*task, stopped error) ([]analyzer.ContainerUsage, error) {
	var failed failures
	for _, t := range ownerTasks {
		failed.merge(&t.failed)
	}
	lists := make([][]analyzer.ContainerUsage, 0, len(usageTasks))
	series, unmatched, several, odd, oddOf := map[string]int{}, map[string]bool{}, map[string]bool{}, 0, map[string]bool{}
	for _, t := range usageTasks {
		failed.merge(&t.failed)
		lists = append(lists, t.usage)
		for name, n := range t.series {
			series[name] += n
		}
		maps.Copy(unmatched, t.unmatched)
		maps.Copy(several, t.several)
		odd += t.odd
		maps.Copy(oddOf, t.oddOf)
	}
	usage := analyzer.MergeUsage(lists...)
	if first := cmpError(stopped, failed.first()); first != nil && len(usage) == 0 {
		return nil, first
	}
	for i := range 2 { // without CPU or memory there is nothing to say
		if q := &queries[i]; series[q.name] == 0 && failed.has(q.name) {
			return nil, failed.of(q.name)
		}
	}
	col.warnAll(failed.warnings(len(ownerTasks))) // one for each shard and day
	if stopped == nil {
		col.warnOfAbsent(series, &failed)
	}
	col.warnOfUnread(usageTasks, cmpError(stopped, failed.first()))
	col.warnOfData(unmatched, odd, oddOf)
	if len(several) > 0 {
		col.warn(analyzer.WarnMissing, col.dialect.names.memoryName(), fmt.Sprintf("it is of whole pods, and %s more than one container, or unknown ones: their usage cannot be told apart; let the kubeletstats receiver collect containers",
			haveSome(several)))
	}
	col.warnOfDays(usage)
	return usage, nil
}

// warnOfUnread names the days, namespaces and workloads whose usage was not read.
func (col *collection) warnOfUnread(tasks []*task, why error) {
	days, namespaces, unread, all := map[string]bool{}, map[string]bool{}, 0, false
	for _, t := range tasks {
		if t.complete && !t.failed.has(queries[0].name) && !t.failed.has(queries[1].name) {
			continue
		}
		unread++
		days[t.day.from.Format(time.DateOnly)] = true
		all = all || len(t.shard) == 0
		for _, ns := range t.shard {
			namespaces[ns] = true
		}
	}
	if unread == 0 {
		return
	}
	what := some(days, "day") + " of " + some(namespaces, "namespace")
	if workloads := col.owners.WorkloadsIn(namespaces); len(workloads) > 0 {
		what += " (" + some(workloads, "workload") + ")"
	}
	message := fmt.Sprintf("usage was not read of %s: nothing is lowered, drained or bought on what is left", what)
	if why != nil {
		message += "; " + why.Error()
	}
	within := ""
	if !all {
		within = strings.Join(slices.Sorted(maps.Keys(namespaces)), ",")
	}
	col.warnAll([]analyzer.Warning{{Code: analyzer.WarnUnread, Subject: "prometheus", Message: message, Within: within}})
}

// some lists names, up to a length that can be read.
func some(names map[string]bool, one string) string {
	const most = 10
	sorted := slices.Sorted(maps.Keys(names))
	more := ""
	if len(sorted) > most {
		more = fmt.Sprintf(" and %d more", len(sorted)-most)
		sorted = sorted[:most]
	}
	if len(names) != 1 {
		one += "s"
	}
	return one + " " + strings.Join(sorted, ", ") + more
}

func cmpError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (col *collection) warn(code, subject, message string) {
	col.warnAll([]analyzer.Warning{{Code: code, Subject: subject, Message: message}})
}

func (col *collection) warnAll(all []analyzer.Warning) {
	col.mu.Lock()
	defer col.mu.Unlock()
	col.warnings = append(col.warnings, all...)
}

// warnOfAbsent names the metrics that no series came of, and what follows.
func (col *collection) warnOfAbsent(series map[string]int, failed *failures) {
	for i := range queries {
		q := &queries[i]
		if q.absent != "" && series[q.name] == 0 && !failed.has(q.name) {
			col.warn(analyzer.WarnMissing, q.metric, q.absent)
		}
	}
	for _, q := range ownerQueries {
		if q.absent != "" && col.rows.series[q.metric] == 0 && !failed.has(q.name) {
			col.warn(analyzer.WarnMissing, q.metric, q.absent)
		}
	}
}

// warnOfDays says of which of the window's days there are samples at all.
func (col *collection) warnOfDays(usage []analyzer.ContainerUsage) {
	if text := analyzer.DaysSeenOf(col.window, usage).Text(); text != "" {
		col.warn(analyzer.WarnPartial, "days", text+": the engine keeps less, a store was down, or nothing ran; advice rests on those days alone")
	}
}

func (col *collection) warnOfData(unmatched map[string]bool, odd int, of map[string]bool) {
	if n := len(unmatched); n > 0 {
		first := slices.Min(slices.Collect(maps.Keys(unmatched)))
		text := fmt.Sprintf("%d pods of the window belong to no known workload (the first is %s); each stands for itself", n, first)
		if n == 1 {
			text = fmt.Sprintf("one pod of the window belongs to no known workload (%s); it stands for itself", first)
		}
		col.warn(analyzer.WarnUnmatched, "pods", text)
	}
	if odd > 0 {
		col.warn(analyzer.WarnOdd, "samples", fmt.Sprintf("%s cannot be true (negative, not a number, no working set at all, beyond any machine, or outside the window); left out, of %s", analyzer.Several(odd, "sample"), some(of, "container")))
	}
}
