package prometheus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// trace is what a value of a label shows of clusters: when their namespaces kube-system
// were created, once for each, how many names of this cluster it has at the most, and
// when that was seen last.
type trace struct {
	created map[float64]bool
	names   int
	last    int64 // Unix milliseconds
}

// traces is a trace for each value.
type traces map[string]*trace

func (t traces) at(v string) *trace {
	if t[v] == nil {
		t[v] = &trace{created: map[float64]bool{}}
	}
	return t[v]
}

// created gives the creations under some values.
func (t traces) created(values []string) map[float64]bool {
	out := map[float64]bool{}
	for _, v := range values {
		if t[v] != nil {
			maps.Copy(out, t[v].created)
		}
	}
	return out
}

// clusters asks what clusters each value of a label shows, at the end of a span and at
// each day before it.
func (e *Engine) clusters(ctx context.Context, d *dialect, label string, s span) (traces, error) {
	out := traces{}
	const metric = "kube_namespace_created"
	var terms []string // of clusters whose series are the same, the samples are those of either
	for _, edge := range []string{"min", "max"} {
		for _, of := range [][]string{{`namespace="kube-system"`, `exported_namespace=""`}, {`exported_namespace="kube-system"`}} {
			terms = append(terms, fmt.Sprintf(`label_replace(%s_over_time(%s[%s]),"edge","%s","","")`, edge, d.selector(metric, of...), seconds(24*time.Hour), edge))
		}
	}
	query := strings.Join(terms, " or ")
	err := e.daily(ctx, s, "looking for the creation of clusters", query, func(row *series) {
		t := out.at(row.get(label))
		for _, p := range row.points {
			t.created[p.value] = true
			t.last = max(t.last, p.ms)
		}
	})
	return out, err
}

// held asks how many of some names each value of a label had, likewise.
func (e *Engine) held(ctx context.Context, label, of, selector string, s span) (traces, error) {
	out := traces{}
	err := e.daily(ctx, s, "looking for this cluster's "+of+"s of before", countBy(label, of, selector, seconds(lookback)), func(row *series) {
		t := out.at(row.get(label))
		for _, p := range row.points {
			t.names, t.last = max(t.names, int(p.value)), max(t.last, p.ms)
		}
	})
	return out, err
}

// daily asks at the end of a span and at each day before it, as far as the span goes.
func (e *Engine) daily(ctx context.Context, s span, doing, query string, each func(*series)) error {
	const day = 24 * time.Hour
	q := question{doing: doing, query: query, end: s.to, most: someSeries}
	if days := s.to.Sub(s.from) / day; days > 0 {
		q.start, q.step = s.to.Add(-days*day), day
	}
	_, err := e.client.ask(ctx, q, each)
	return softly(err)
}

// before is under which other values of a label the cluster's series stood earlier in
// the window: a label may be younger than the window, or have been renamed.
type before struct {
	mine   []string // have series of this cluster alone
	shared []string // have those of other clusters too, or it is not known
	until  time.Time
}

// past is what before goes by.
type past struct {
	dialect     dialect // without what was chosen of the label
	label       string
	now         []string // values that the cluster's series stand under now
	snap        *analyzer.Snapshot
	span        span
	shown, pods traces
	this        map[float64]bool // when this cluster was created
}

// before looks for them, by when the cluster was created, and by its pods and nodes.
func (e *Engine) before(ctx context.Context, label string, now []string, snap *analyzer.Snapshot) (out before, err error) {
	x := &past{dialect: e.has.dialect, label: label, now: now, snap: snap, span: span{e.options.Window.Start.Add(lookback), e.has.at}, pods: traces{}}
	d := &x.dialect
	d.cluster = labelMatcher{}
	d.matchers = slices.DeleteFunc(slices.Clone(d.matchers), func(m Matcher) bool { return m.Name == label })
	if x.shown, err = e.clusters(ctx, d, label, x.span); err != nil {
		return out, err
	}
	if names, random := podsToProve(snap); random {
		if x.pods, err = e.held(ctx, label, d.usage.pod, d.selector(d.names.memoryName(), oneOf(d.usage.pod, names)), x.span); err != nil {
			return out, err
		}
	}
	x.this = x.shown.created(now)
	for v, t := range x.shown {
		x.pods.at(v).last = max(x.pods.at(v).last, t.last)
	}
	until := int64(0)
	for _, v := range slices.Sorted(maps.Keys(x.pods)) {
		if slices.Contains(now, v) {
			continue
		}
		alone, err := e.mineAlone(ctx, x, v)
		switch {
		case err != nil:
			return out, err
		case alone:
			out.mine = append(out.mine, v)
		case x.pods[v].names > 0 || meet(x.shown.at(v).created, x.this):
			out.shared = append(out.shared, v)
		default:
			continue // another cluster's
		}
		until = max(until, x.pods[v].last)
	}
	out.until = time.UnixMilli(until).UTC()
	return out, nil
}

// meet reports whether two sets have anything in common.
func meet(a, b map[float64]bool) bool {
	for v := range a {
		if b[v] {
			return true
		}
	}
	return false
}

// mineAlone reports whether a value had series of this cluster and no other's: of one
// creation, that of this cluster, and no node that another cluster has now; or, where
// that is not told, our pods on our nodes alone.
func (e *Engine) mineAlone(ctx context.Context, x *past, v string) (bool, error) {
	created := x.shown.at(v).created
	under := oneOf(x.label, []string{v})
	switch {
	case len(x.this) == 1 && maps.Equal(created, x.this):
		theirs, err := e.nodesBeside(ctx, x)
		if err != nil || len(theirs) == 0 {
			return err == nil, err
		}
		held, err := e.held(ctx, x.label, "node", x.dialect.selector("kube_node_info", under, oneOf("node", theirs)), x.span)
		return err == nil && held.at(v).names == 0, err
	case len(created) > 0 || x.pods.at(v).names == 0:
		return false, nil
	}
	all, err := e.held(ctx, x.label, "node", x.dialect.selector("kube_node_info", under), x.span)
	if err != nil || all.at(v).names == 0 || all.at(v).names > askedPods {
		return false, err
	}
	ours, err := e.held(ctx, x.label, "node", x.dialect.selector("kube_node_info", under, oneOf("node", nodesToProve(x.snap))), x.span)
	return err == nil && ours.at(v).names == all.at(v).names, err
}

// nodesBeside lists some nodes that are under the values of other clusters now.
func (e *Engine) nodesBeside(ctx context.Context, x *past) (names []string, err error) {
	ours := map[string]bool{}
	for i := range x.snap.Nodes {
		ours[x.snap.Nodes[i].Name] = true
	}
	other := anyOf(x.label, x.now)
	if other.kind = notEqual; len(x.now) > 1 {
		other.kind = unlike
	}
	query := fmt.Sprintf("topk(%d, group by (node) (last_over_time(%s[%s])))", askedPods, x.dialect.selector("kube_node_info", other.String()), seconds(lookback))
	_, err = e.client.ask(ctx, question{doing: "looking for the nodes of other clusters", query: query, end: e.has.at, most: someSeries}, func(row *series) {
		if n := row.get("node"); n != "" && !ours[n] {
			names = append(names, n)
		}
	})
	slices.Sort(names)
	return names, softly(err)
}
