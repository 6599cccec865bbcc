package kube

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// maxHeight bounds how many steps of custom owners are read one after another.
const maxHeight = 8

// owners reads the custom resources that control what was read so far, then
// those that control them, and so on up.
func (r *reading) owners(ctx context.Context) error {
	tried := map[object.Kind]bool{}
	for range maxHeight {
		var fresh []object.Kind
		for _, k := range r.inv.Unread() {
			if len(r.namespaces) == 0 {
				k.Namespace = ""
			}
			if !tried[k] && !builtin(k.GroupVersionKind) {
				tried[k] = true
				fresh = append(fresh, k)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		tasks, err := r.resolve(ctx, fresh)
		if err != nil {
			return err
		}
		if err := r.run(ctx, tasks); err != nil {
			return err
		}
	}
	return nil
}

// builtin tells owners that were listed anyway, or that are no workloads.
func builtin(gvk schema.GroupVersionKind) bool {
	return gvk.Group == "" || gvk.Group == "apps" || gvk.Group == "batch"
}

// resolve finds the resources of kinds by discovery.
func (r *reading) resolve(ctx context.Context, wanted []object.Kind) ([]task, error) {
	served := map[schema.GroupVersion]*metav1.APIResourceList{}
	var tasks []task
	for _, w := range wanted {
		gv := w.GroupVersion()
		list, ok := served[gv]
		if !ok {
			list = &metav1.APIResourceList{}
			_, err := retried(ctx, r.c, groupVersionPath(gv), func() (any, error) {
				err := r.c.get(groupVersionPath(gv)).SetHeader("Accept", runtime.ContentTypeJSON).Do(quiet(ctx)).Into(list)
				if err == nil && list.GroupVersion == "" && len(list.APIResources) == 0 {
					err = errNoObject // null is taken for an API without resources otherwise
				}
				return nil, err
			})
			switch {
			case forbidden(err):
				r.warn(analyzer.WarnForbidden, "get "+groupVersionPath(gv), "not allowed to discover this API: workloads of kind "+w.Kind+" are known by their pods only; the role system:discovery grants it")
			case err != nil && !apierrors.IsNotFound(err):
				r.warn(analyzer.WarnUnread, "get "+groupVersionPath(gv), "could not be read: workloads of kind "+w.Kind+" are known by their pods only; "+r.c.wrap("get "+groupVersionPath(gv), err).Error())
			}
			served[gv] = list
		}
		if t, ok := r.taskOf(w, list); ok {
			tasks = append(tasks, t)
		}
	}
	return tasks, ended(ctx)
}

// taskOf finds a kind among a group version's resources, and notes whether it
// scales.
func (r *reading) taskOf(w object.Kind, list *metav1.APIResourceList) (t task, ok bool) {
	for _, res := range list.APIResources {
		if name, sub, nested := strings.Cut(res.Name, "/"); nested {
			if sub == "scale" && ok && t.kind.Resource == name {
				r.inv.SetScalable(w.GroupKind())
			}
			continue
		}
		if res.Kind == w.Kind && res.Namespaced {
			t, ok = task{namespace: w.Namespace, kind: kind{
				Right: Right{
					Group: w.Group, Resource: res.Name, Verbs: []string{"list"}, Namespaced: true,
					Lost: "workloads of kind " + w.Kind + " are known by their pods only",
				},
				version: w.Version, optional: true,
			}}, true
		}
	}
	return t, ok
}

// bareReplicaSets reads in full the ReplicaSets that nothing controls: they
// are workloads of their own, while of the others only the owner counts.
func (r *reading) bareReplicaSets(ctx context.Context) error {
	sets := kinds()[1]
	var tasks []task
	for _, ref := range r.inv.Bare("ReplicaSet") {
		tasks = append(tasks, task{kind: sets, namespace: ref.Namespace, object: ref.Name})
	}
	return r.run(ctx, tasks)
}
