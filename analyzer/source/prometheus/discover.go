package prometheus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// roles are the names under which each label is met, in order of preference.
// A scrape without honor_labels puts the scraper's own pod under the usual
// name and the container's under exported_*, so that comes first.
var roles = [3][]string{
	{"exported_namespace", "namespace", "kubernetes_namespace", "k8s_namespace_name"},
	{"exported_pod", "pod", "pod_name", "k8s_pod_name"},
	{"exported_container", "container", "container_name", "k8s_container_name"},
}

// lookbacks are how far an instant of discovery sees: less where an engine's
// limits do not allow more.
var lookbacks = []time.Duration{time.Hour, 10 * time.Minute, 3 * time.Minute}

// lookback is the usual one.
const lookback = time.Hour

// discovery is what there is to collect.
type discovery struct {
	dialect
	sizes    map[string]int // series of one usage metric by namespace; 0 for namespaces that are gone
	warnings []analyzer.Warning
	at       time.Time     // the window's end, or that of the youngest hour with usage
	interval time.Duration // of scrapes; 0 where it is not known
	extent
	split *split // nil where the engine holds one cluster
	said  sayings
}

// discover asks what the engine has. found is false where it has no usage at all.
func discover(ctx context.Context, c *client, o Options) (d discovery, found bool, err error) {
	for _, back := range lookbacks {
		if d, found, err = discoverWithin(ctx, c, o, extent{lookback: back}); !isTooLarge(err) {
			return d, found, err
		}
	}
	if d, found, err = discoverByNamespace(ctx, c, o, err); isTooLarge(err) {
		e := *asError(err) // the window has no part in it: what is asked is minutes long
		e.Next = "raise the engine's limits: even a question of one namespace and three minutes is refused"
		err = &e
	}
	return d, found, err
}

func discoverWithin(ctx context.Context, c *client, o Options, x extent) (d discovery, found bool, err error) {
	d.extent, d.said = x, sayings{warnings: map[string]bool{}}
	d.dialect = dialect{usage: standard, state: standard, matchers: o.Matchers, cluster: o.cluster, step: o.Window.Step}
	f, counts, at, err := d.probeFamilies(ctx, c, o.Window)
	if err != nil {
		return d, false, err
	}
	if f == nil {
		d.warnings = append(d.warnings, d.nothingThere(ctx, c, o.Window))
		return d, false, nil
	}
	d.at = at
	if ago := o.Window.End.Sub(at); ago > 0 {
		d.warn(analyzer.WarnPartial, d.names.memoryName(), "the newest samples are "+ago.Round(time.Hour).String()+" older than the window's end; is the engine still scraping?")
	}
	if missing := d.usage.choose(counts, f); missing != "" {
		d.warn(analyzer.WarnMissing, d.names.memoryName(), "its series carry no "+missing+" label, so usage cannot be told apart by container; keep that label when relabeling")
		return d, false, nil
	}
	if err := d.chooseCPU(ctx, c, f, at); err != nil {
		return d, false, err
	}
	err = d.findRest(ctx, c, o)
	return d, len(d.sizes) > 0, err
}

// findRest asks side by side what needs the names of usage alone. The error is the
// first in this order, whichever came first.
func (d *discovery) findRest(ctx context.Context, c *client, o Options) error {
	d.sizes = map[string]int{}
	sized, gone, apart, state := d.branch(), d.branch(), d.branch(), d.branch()
	var failed [4]error
	var all sync.WaitGroup
	all.Go(func() {
		if failed[0] = sized.countNamespaces(ctx, c, o); failed[0] == nil {
			failed[0] = sized.findInterval(ctx, c, o)
		}
	})
	all.Go(func() { failed[1] = gone.findGone(ctx, c, o) })
	all.Go(func() { apart.split, failed[2] = apart.findSplit(ctx, c, apart.at) })
	all.Go(func() { failed[3] = state.probeState(ctx, c, state.at) })
	all.Wait()
	for _, b := range []*discovery{sized, gone, apart, state} {
		d.warnings = append(d.warnings, b.warnings...)
		d.said.join(b.said)
		for ns, n := range b.sizes {
			d.sizes[ns] = max(d.sizes[ns], n)
		}
	}
	d.interval, d.rate, d.peak, d.slow = sized.interval, sized.rate, sized.peak, sized.slow
	d.split, d.state, d.otelState = apart.split, state.state, state.otelState
	return cmpError(cmpError(failed[0], failed[1]), cmpError(failed[2], failed[3]))
}

// branch is a part of discovery beside others: it has no warnings and no sizes yet.
func (d *discovery) branch() *discovery {
	b := *d
	b.warnings, b.sizes, b.said = nil, map[string]int{}, sayings{warnings: map[string]bool{}}
	return &b
}

// ask sends a question of discovery and keeps what the engine says beside its
// answer.
func (d *discovery) ask(ctx context.Context, c *client, q question, each func(*series)) (answer, error) {
	q.most = someSeries
	a, err := c.ask(ctx, q, each)
	d.said.hear(a)
	return a, err
}

func (d *discovery) warn(code, subject, message string) {
	d.warnings = append(d.warnings, analyzer.Warning{Code: code, Subject: subject, Message: message})
}

// of gives the sizes of some namespaces; nil is all.
func (d *discovery) of(namespaces []string) map[string]int {
	if namespaces == nil {
		return d.sizes
	}
	out := make(map[string]int, len(namespaces))
	for _, ns := range namespaces {
		out[ns] = d.sizes[ns]
	}
	return out
}

// probeFamilies finds the names by which the engine has usage; nil where it has
// none by any.
func (d *discovery) probeFamilies(ctx context.Context, c *client, w analyzer.Window) (f *family, counts map[string]float64, at time.Time, err error) {
	for i := range families {
		f = &families[i]
		d.names = usageNames{memory: f.memory, cpu: f.cpu[0], pods: f.pods}
		counts, at, err = d.probeUsage(ctx, c, f, w)
		if i > 0 && refused(err) {
			continue
		}
		if err != nil || counts["any"] > 0 {
			return f, counts, at, err
		}
	}
	d.names = usageNames{}
	return nil, nil, w.End, nil
}

// probeUsage finds the youngest hour with usage, and counts its series by the
// labels they carry. Nearly always that is the last hour; an engine may be
// behind, though, or its data may have ended within the window, and then the
// days are searched backwards.
func (d *discovery) probeUsage(ctx context.Context, c *client, f *family, w analyzer.Window) (map[string]float64, time.Time, error) {
	counts, err := d.probe(ctx, c, f.memory, f.labels[:], w.End)
	if err != nil || counts["any"] > 0 {
		return counts, w.End, err
	}
	for _, day := range slices.Backward(days(w)) {
		var youngest int64
		q := question{
			doing: "looking for older series of " + f.memory, query: d.any(f.memory),
			start: day.from, end: day.to, step: lookback,
		}
		_, err := d.ask(ctx, c, q, func(s *series) {
			if n := len(s.points); n > 0 {
				youngest = s.points[n-1].ms
			}
		})
		if err != nil {
			return nil, w.End, err
		}
		if youngest > 0 {
			at := time.UnixMilli(youngest).UTC()
			counts, err := d.probe(ctx, c, f.memory, f.labels[:], at)
			return counts, at, err
		}
	}
	return nil, w.End, nil
}

// any counts a metric's series of the last hour that have a label set so.
func (d *discovery) any(metric string, matchers ...string) string {
	if !strings.HasPrefix(metric, "kube_") {
		matchers = append(matchers, d.within...)
	}
	return fmt.Sprintf("count(last_over_time(%s[%s]))", d.selector(metric, matchers...), seconds(d.lookback))
}

// probe counts a metric's series: "any" of them, and those with each label.
func (d *discovery) probe(ctx context.Context, c *client, metric string, labels [][]string, at time.Time) (map[string]float64, error) {
	term := func(found string, matchers ...string) string {
		return fmt.Sprintf(`label_replace(%s,"found","%s","","")`, d.any(metric, matchers...), found)
	}
	terms := []string{term("any")}
	for _, names := range labels {
		for _, l := range names {
			terms = append(terms, term(l, promName(l)+`!=""`))
		}
	}
	counts := map[string]float64{}
	q := question{doing: "looking for series of " + metric, query: strings.Join(terms, " or "), end: at}
	_, err := d.ask(ctx, c, q, func(s *series) {
		if len(s.points) > 0 {
			counts[s.get("found")] = s.points[0].value
		}
	})
	return counts, err
}

// choose picks the label of each role that at least half of the series carry,
// and names a role that none fits.
func (s *schema) choose(counts map[string]float64, f *family) (missing string) {
	for i, at := range []*string{&s.namespace, &s.pod, &s.container} {
		if i == 2 && f.pods {
			*at = ""
			continue
		}
		found := false
		for _, name := range f.labels[i] {
			if counts[name]*2 >= counts["any"] || name == roles[i][1] && counts[name] > 0 {
				*at, found = name, true
				break
			}
		}
		if !found {
			return f.labels[i][min(1, len(f.labels[i])-1)]
		}
	}
	return ""
}

// nothingThere says why there is no usage: no such metric, or the user's
// matchers leave none.
func (d *discovery) nothingThere(ctx context.Context, c *client, w analyzer.Window) analyzer.Warning {
	out := analyzer.Warning{Code: analyzer.WarnMissing, Subject: metricMemory,
		Message: "no such series in the window, so there is no usage; scrape the kubelets' /metrics/cadvisor, or check that this is the cluster's engine, and its tenant where it has several (http_headers in --prometheus-config)"}
	if len(d.matchers) == 0 {
		return out
	}
	bare := *d
	bare.matchers, bare.cluster = nil, labelMatcher{}
	f, _, _, err := bare.probeFamilies(ctx, c, w)
	if err == nil && f != nil {
		names := make([]string, len(d.matchers))
		for i, m := range d.matchers {
			names[i] = m.String()
		}
		out.Message = fmt.Sprintf("the engine has such series but none with %s, so there is no usage; check --prometheus-label", strings.Join(names, ","))
	}
	return out
}

// countNamespaces lists the namespaces of now with their number of series, and those
// that the user named.
func (d *discovery) countNamespaces(ctx context.Context, c *client, o Options) error {
	if d.all != nil {
		return d.countEach(ctx, c, d.all, d.at)
	}
	matchers := d.ofContainers()
	if o.Namespaces != nil {
		for _, ns := range o.Namespaces {
			d.sizes[ns] = 0
		}
		matchers = append(matchers, oneOf(d.usage.namespace, slices.Sorted(maps.Keys(d.sizes))))
	}
	selector := d.selector(d.names.memoryName(), matchers...)
	query := fmt.Sprintf("count by (%s) (last_over_time(%s[%s]))", promName(d.usage.namespace), selector, seconds(d.lookback))
	_, err := d.ask(ctx, c, question{doing: "counting series by namespace", query: query, end: d.at}, func(s *series) {
		if len(s.points) > 0 && s.get(d.usage.namespace) != "" {
			d.sizes[s.get(d.usage.namespace)] = int(s.points[0].value)
		}
	})
	return err
}

// findGone lists from the index the namespaces of the window, with those that are
// gone: nothing where the user named some.
func (d *discovery) findGone(ctx context.Context, c *client, o Options) error {
	if d.all != nil || o.Namespaces != nil {
		return nil
	}
	selector := d.selector(d.names.memoryName(), d.ofContainers()...)
	past, err := d.ask(ctx, c, question{
		doing: "listing namespaces of the past", path: "label/" + labelPath(d.usage.namespace) + "/values",
		start: o.Window.Start, end: o.Window.End, values: url.Values{"match[]": {selector}},
	}, nil)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		d.warn(lostCode(err, analyzer.WarnPartial), "namespaces", "those deleted within the window are left out: "+err.Error())
		return nil
	}
	for _, ns := range past.values {
		if ns != "" {
			d.sizes[ns] = 0
		}
	}
	return nil
}

// probeState learns the labels of kube-state-metrics. Where the engine broke off at
// it, they are guessed, and what is then not found may be there: owners, OOM kills.
func (d *discovery) probeState(ctx context.Context, c *client, at time.Time) error {
	for _, metric := range []string{metricPodOwner, metricRequests} {
		counts, err := d.probe(ctx, c, metric, [][]string{roles[0], roles[1]}, at)
		if err != nil {
			return d.guess(metric, "its labels could not be learned and are taken to be the usual ones, so owners, requests, restarts and OOM kills may be missed", err)
		}
		if counts["any"] == 0 {
			continue
		}
		// kube_pod_owner has no container of its own: where one label was
		// renamed by the scrape, the other was too.
		counts["container"] = counts["any"]
		_ = d.state.choose(counts, &families[0])
		if d.state.pod == "exported_pod" {
			d.state.container, err = d.stateContainer(ctx, c, at)
		}
		return d.guess(metricRestarts, "its container label could not be learned and is taken to be container, so requests, restarts and OOM kills may be missed", err)
	}
	if d.otel() { // the receivers beside each other share their labels
		d.otelState, d.state = true, d.usage
		if d.state.container == "" {
			d.state.container = strings.Replace(d.usage.pod, "pod", "container", 1)
		}
	}
	return nil
}

// guess says what follows from a question of discovery that was lost, unless its
// error ends the collection.
func (d *discovery) guess(subject, follows string, err error) error {
	if err == nil || softly(err) != nil {
		return err
	}
	d.warn(lostCode(err, analyzer.WarnPartial), subject, follows+": "+firstLine(err).Error())
	return nil
}

// stateContainer tells whether the container label was renamed too, which
// depends on whether the scraper adds one of its own.
func (d *discovery) stateContainer(ctx context.Context, c *client, at time.Time) (string, error) {
	counts, err := d.probe(ctx, c, metricRestarts, [][]string{{"exported_container"}}, at)
	if err == nil && counts["exported_container"] > 0 {
		return "exported_container", nil
	}
	return "container", err
}

// softly lets through only errors that end a collection.
func softly(err error) error {
	var e *Error
	if errors.As(err, &e) && !e.fatal() {
		return nil
	}
	return err
}

// wholeMinutes rounds up.
func wholeMinutes(d time.Duration) time.Duration {
	return (d + time.Minute - 1) / time.Minute * time.Minute
}
