package kube

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// settle finds the namespaces to read where none were named: all, or, for a
// user who may not, those in which the user may list pods.
func (r *reading) settle(ctx context.Context, sel *object.Selection) error {
	if len(sel.Namespaces) > 0 {
		return nil
	}
	pods := kinds()[0]
	err := r.c.probe(ctx, pods, "")
	switch {
	case err == nil:
		return nil
	case timedOut(err) || origin.Stalled(ctx) != nil: // not waited for again; the other kinds may be readable
		r.lost[pods.name()] = true
		return r.judge(task{kind: pods}, err)
	case !forbidden(err):
		if err := r.c.wrap("list pods", err); !weakens(err) {
			return err
		}
		return nil // tried again beside the others
	}
	candidates, how := r.candidates(ctx)
	readable, err := r.readable(ctx, pods, candidates)
	if err != nil {
		return err
	}
	if len(readable) == 0 {
		r.namespaces = candidates
		return r.nothing()
	}
	sel.Namespaces = readable
	r.warn(analyzer.WarnForbidden, "list pods", fmt.Sprintf(
		"not allowed to list pods (apiGroup \"\", cluster-wide): fell back to %s (%s); name others with -n, or grant the right with deploy/rbac.yaml",
		places(slices.Clone(readable)), how))
	return nil
}

// candidates are the namespaces that the user can find out about.
func (r *reading) candidates(ctx context.Context) (names []string, how string) {
	namespaces := kinds()[slices.IndexFunc(kinds(), func(k kind) bool { return k.Resource == "namespaces" })]
	err := r.c.list(ctx, namespaces, "", query{}, func(page runtime.Object) error {
		for _, ns := range page.(*corev1.NamespaceList).Items {
			names = append(names, ns.Name)
		}
		return nil
	})
	if err == nil && len(names) > 0 {
		return names, "those that this user may read"
	}
	return []string{r.c.namespace}, "the kubeconfig's current namespace"
}

// readable tries namespaces side by side and keeps those whose pods may be
// listed, in order.
func (r *reading) readable(ctx context.Context, pods kind, names []string) ([]string, error) {
	ok := make([]bool, len(names))
	failed := make([]error, len(names))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, len(names)) {
		wg.Go(func() {
			for i := range next {
				err := r.c.probe(ctx, pods, names[i])
				ok[i] = !forbidden(err)
				if err = r.c.wrap("list pods", err); err != nil && ok[i] && !weakens(err) {
					failed[i] = err
				}
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	wg.Wait()
	var out []string
	for i, name := range names {
		if failed[i] != nil {
			return nil, failed[i]
		}
		if ok[i] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// probe lists one object, once, to see whether it may.
func (c *Client) probe(ctx context.Context, k kind, namespace string) error {
	ctx, began := quiet(ctx), time.Now()
	_, err := c.page(ctx, k, namespace, query{limit: 1}, "", 1)
	switch {
	case err == nil:
		origin.Answered(ctx)
	case origin.Stalled(ctx) != nil:
		return origin.Stalled(ctx)
	case timedOut(err):
		origin.InVain(ctx, began)
	}
	return err
}
