package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// extent is how much of an engine one question of discovery is about: less
// where its limits do not allow more.
type extent struct {
	lookback time.Duration // one of lookbacks
	// within are matchers of one namespace, which stands for all; all are the
	// namespaces then, and none where one question may be of all.
	within []string
	all    []string
}

// mostTried is how many namespaces are tried for one that stands for all.
const mostTried = 20

// discoverByNamespace is for an engine that takes no question of all namespaces
// at once, however short: one namespace stands for all, and they are counted in
// halves. It gives the error back where the engine does not list them.
func discoverByNamespace(ctx context.Context, c *client, o Options, refused error) (d discovery, found bool, err error) {
	label, names := o.namespaces(ctx, c)
	for i, name := range names {
		if i == mostTried {
			break
		}
		x := extent{lookback: lookbacks[len(lookbacks)-1], within: []string{oneOf(label, []string{name})}, all: names}
		if d, found, err = discoverWithin(ctx, c, o, x); found || err != nil && !isTooLarge(err) {
			return d, found, err
		}
		if err != nil {
			refused = err
		}
	}
	return d, false, refused
}

// namespaces lists those that the engine's index has, and the label of them.
func (o *Options) namespaces(ctx context.Context, c *client) (label string, names []string) {
	for _, label := range slices.Concat(families[0].labels[0], dotted[0]) {
		a, err := c.ask(ctx, question{
			doing: "listing namespaces", path: "label/" + labelPath(label) + "/values",
			start: o.Window.Start, end: o.Window.End, values: url.Values{},
		}, nil)
		a.values = slices.DeleteFunc(a.values, func(v string) bool {
			return v == "" || o.Namespaces != nil && !slices.Contains(o.Namespaces, v)
		})
		if err == nil && len(a.values) > 0 {
			return label, a.values
		}
	}
	return "", nil
}

// countEach counts the series of some namespaces, in halves where the engine says
// that it is too much. One whose series it does not count has more than fit.
func (d *discovery) countEach(ctx context.Context, c *client, names []string, at time.Time) error {
	label := d.usage.namespace
	selector := d.selector(d.names.memoryName(), append(d.ofContainers(), oneOf(label, names))...)
	query := fmt.Sprintf("count by (%s) (last_over_time(%s[%s]))", promName(label), selector, seconds(d.lookback))
	for _, name := range names {
		d.sizes[name] = 0
	}
	_, err := d.ask(ctx, c, question{doing: "counting series by namespace", query: query, end: at}, func(s *series) {
		if len(s.points) > 0 {
			d.sizes[s.get(label)] = int(s.points[0].value)
		}
	})
	switch {
	case !isTooLarge(err):
		return err
	case len(names) == 1:
		d.sizes[names[0]] = shardSeries
		return nil
	}
	return errors.Join(d.countEach(ctx, c, names[:len(names)/2], at), d.countEach(ctx, c, names[len(names)/2:], at))
}

func asError(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}

// isTooLarge reports whether an engine's limits are in the way of an answer.
func isTooLarge(err error) bool {
	e := asError(err)
	return e != nil && e.Kind == KindTooLarge
}

// splits are the labels beside the usual ones by which the engine's clusters can
// be told apart: a cluster has one namespace kube-system, which was created once.
func (d *discovery) splits(ctx context.Context, c *client, at time.Time) ([]string, error) {
	created := map[string]map[string]map[float64]bool{} // by label and value
	moments := map[float64]bool{}
	const metric = "kube_namespace_created"
	query := fmt.Sprintf("last_over_time(%s[%s]) or last_over_time(%s[%s])",
		d.selector(metric, `namespace="kube-system"`, `exported_namespace=""`), seconds(d.lookback),
		d.selector(metric, `exported_namespace="kube-system"`), seconds(d.lookback))
	_, err := d.ask(ctx, c, question{doing: "looking for several clusters", query: query, end: at}, func(s *series) {
		if len(s.points) == 0 {
			return
		}
		when := s.points[0].value
		moments[when] = true
		for i, name := range s.names {
			if created[name] == nil {
				created[name] = map[string]map[float64]bool{}
			}
			if created[name][s.values[i]] == nil {
				created[name][s.values[i]] = map[float64]bool{}
			}
			created[name][s.values[i]][when] = true
		}
	})
	if err != nil || len(moments) < 2 {
		return nil, d.guess(metric, "whether the engine holds several clusters could not be told, so the usage may be of more than one", err)
	}
	var out []string
	for name, values := range created {
		if tellsTarget(name) || len(values) < 2 {
			continue
		}
		apart := true
		for _, of := range values {
			apart = apart && len(of) == 1
		}
		if apart {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// tellsTarget reports whether a label tells scrape targets apart and no clusters.
func tellsTarget(label string) bool {
	switch label {
	case "__name__", "namespace", "exported_namespace", "instance", "pod", "job", "endpoint", "service", "container", "uid", "node", "id":
		return true
	}
	return strings.HasSuffix(label, "replica")
}
