package kube

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// pageSize is how many objects a page has. Pages keep the answers, and what
// the API server holds of them, small.
const pageSize = 500

// maxRestarts is how often a list is begun anew when its pages expire.
const maxRestarts = 2

// metadataAccept asks for PartialObjectMetadata in place of the objects.
const metadataAccept = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," +
	"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// query narrows a list.
type query struct {
	labels, fields string
	limit          int // of objects in all; 0 for no limit
}

// list reads a kind page by page and hands each page over. An expired page
// goes on from where the server says, else the list begins anew, so a page's
// objects may be handed over twice.
func (c *Client) list(ctx context.Context, k kind, namespace string, q query, page func(runtime.Object) error) error {
	ctx = quiet(ctx)
	next, restarts := "", 0
	for {
		list, err := c.page(ctx, k, namespace, q, next)
		var status apierrors.APIStatus
		switch {
		case apierrors.IsResourceExpired(err) && errors.As(err, &status) && next != "" && restarts < maxRestarts:
			restarts++
			next = status.Status().Continue
			continue
		case err != nil:
			return err
		}
		if err := page(list); err != nil {
			return err
		}
		m, err := meta.ListAccessor(list)
		if err != nil {
			return err
		}
		if next = m.GetContinue(); next == "" || q.limit > 0 {
			return nil
		}
	}
}

func (c *Client) page(ctx context.Context, k kind, namespace string, q query, next string) (runtime.Object, error) {
	o := metav1.ListOptions{Limit: pageSize, Continue: next, LabelSelector: q.labels, FieldSelector: q.fields}
	if q.limit > 0 {
		o.Limit = int64(q.limit)
	}
	if k.list == nil { // no Go type here
		return c.dynamic.Resource(schema.GroupVersionResource{Group: k.Group, Version: k.version, Resource: k.Resource}).Namespace(namespace).List(ctx, o)
	}
	r := c.get(k.path(namespace)).VersionedParams(&o, metav1.ParameterCodec)
	if k.metadata {
		r = r.SetHeader("Accept", metadataAccept)
	}
	list := k.list()
	if err := r.Do(ctx).Into(list); err != nil {
		return nil, err
	}
	if m, ok := list.(*metav1.PartialObjectMetadataList); ok {
		m.APIVersion, m.Kind = "", "" // of the list itself: the items have their own, or none
	}
	return list, nil
}
