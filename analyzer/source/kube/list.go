package kube

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
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

const (
	// attempts is how often a page is asked for that fails for a reason that
	// passes.
	attempts  = 4
	firstWait = 500 * time.Millisecond
	// mostAsked is the longest wait that a server may ask for; one that wants
	// more is left alone.
	mostAsked = 2 * time.Second
	// mostEmpty bounds pages without objects, which a server that never ends
	// sends one after the other.
	mostEmpty = 20
	// mostThin bounds pages with few objects that say there are more: a server
	// fills its pages.
	mostThin = 20
	// mostObjects bounds the objects of one kind. Clusters have a few hundred
	// thousand pods at most.
	mostObjects = 2_000_000
	// maxAnswer bounds one answer's bytes. A page that is larger is asked for
	// in smaller parts. An object has 1.5 MB at most.
	maxAnswer = 8 << 20
)

var (
	errGivenUp  = fmt.Errorf("%d kinds in a row failed, so the server is given up", mostInRow)
	errThin     = fmt.Errorf("the server sends more than %d pages with hardly an object", mostThin)
	errMany     = fmt.Errorf("the server sends more than %d objects of one kind", mostObjects)
	errKind     = fmt.Errorf("%d lists of this kind failed, so it is not asked for again", mostPlaces)
	errSamePage = errors.New("the server sends the same page again and again")
	errNoObject = errors.New("the answer is empty")
	errEmpty    = errors.New("the server sends page after page without objects")
)

// list reads a kind page by page and hands each page over. An expired page
// goes on from where the server says, else the list begins anew, so a page's
// objects may be handed over twice.
func (c *Client) list(ctx context.Context, k kind, namespace string, q query, page func(runtime.Object) error) error {
	ctx = quiet(ctx)
	next, restarts, size, pages := "", 0, int64(pageSize), newPages()
	for {
		list, err := retried(ctx, c, k.name(), func() (runtime.Object, error) { return c.page(ctx, k, namespace, q, next, size) })
		var status apierrors.APIStatus
		switch {
		case apierrors.IsResourceExpired(err) && errors.As(err, &status) && next != "" && restarts < maxRestarts:
			restarts++
			next = status.Status().Continue
			pages = newPages()
			continue
		case errors.Is(err, origin.ErrLarge) && size > 5 && q.limit == 0:
			size /= 10
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
		if err := pages.goesOn(next, list, size); err != nil {
			return err
		}
	}
}

// pages is what a list has brought so far.
type pages struct {
	seen                 map[string]bool // tokens, and the first object of each page
	empty, thin, objects int
}

func newPages() *pages { return &pages{seen: map[string]bool{}} }

// goesOn notes a page and the token of the next; an error where the list would
// have no end.
func (p *pages) goesOn(next string, page runtime.Object, size int64) error {
	n := meta.LenList(page)
	first := firstOf(page)
	p.objects += n
	if p.empty++; n > 0 {
		p.empty = 0
	}
	if int64(n) < size/10 {
		p.thin++
	}
	switch {
	case p.seen["token "+next], first != "" && p.seen[first]:
		return errSamePage
	case p.empty > mostEmpty:
		return errEmpty
	case p.thin > mostThin:
		return errThin
	case p.objects > mostObjects:
		return errMany
	}
	p.seen["token "+next], p.seen[first] = true, true
	return nil
}

// firstOf names the first object of a page; "" where there is none, or where it has
// no name.
func firstOf(page runtime.Object) (name string) {
	_ = meta.EachListItem(page, func(o runtime.Object) error {
		if m, err := meta.Accessor(o); err == nil && m.GetName() != "" {
			name = "object " + m.GetNamespace() + "/" + m.GetName()
		}
		return errSamePage // any error: the first is enough
	})
	return name
}

// retried asks again where the server is busy or the connection broke, as is
// done with Prometheus.
func retried[T any](ctx context.Context, c *Client, what string, ask func() (T, error)) (out T, err error) {
	for try := 1; ; try++ {
		if c.health.over() {
			return out, errGivenUp
		}
		began := time.Now()
		out, err = ask()
		if err == nil {
			c.health.answered()
			origin.Answered(ctx)
			return out, nil
		}
		if timedOut(err) {
			origin.InVain(ctx, began)
		}
		if stalled := origin.Stalled(ctx); stalled != nil {
			return out, stalled
		}
		wait, again := passes(err)
		if !again || try == attempts || wait > mostAsked {
			c.health.failed(what, err)
			return out, err
		}
		if wait = max(firstWait<<(try-1), wait); !sleep(ctx, wait) {
			return out, cmp.Or(origin.Stalled(ctx), ctx.Err())
		}
	}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// cutOff tells an answer that ended in the middle: of the connection, or of its
// text.
func cutOff(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "unexpected end of JSON input")
}

// passes tells errors that may be over a moment later, and how long the server
// asks to wait.
func passes(err error) (wait time.Duration, again bool) {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		code := status.Status().Code
		if d := status.Status().Details; d != nil {
			wait = time.Duration(d.RetryAfterSeconds) * time.Second
		}
		return wait, code == http.StatusTooManyRequests || code >= 500
	}
	return 0, errors.Is(err, syscall.ECONNRESET) || cutOff(err)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// placing are the kinds of which a field that is not known may decide where a pod runs.
func placing() []string { return []string{"pods", "nodes", "persistentvolumes"} }

func (c *Client) page(ctx context.Context, k kind, namespace string, q query, next string, size int64) (runtime.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, origin.Within(ctx, c.timeout))
	defer cancel()
	o := metav1.ListOptions{Limit: size, Continue: next, LabelSelector: q.labels, FieldSelector: q.fields}
	if q.limit > 0 {
		o.Limit = int64(q.limit)
	}
	if k.list == nil || c.whole && k.Group == "" && slices.Contains(placing(), k.Resource) { // no Go type, or an older one
		return c.dynamic.Resource(schema.GroupVersionResource{Group: k.Group, Version: k.version, Resource: k.Resource}).Namespace(namespace).List(ctx, o)
	}
	r := c.get(k.path(namespace)).VersionedParams(&o, metav1.ParameterCodec)
	if k.metadata != "" {
		r = r.SetHeader("Accept", metadataAccept)
	}
	list, answer := k.list(), r.Do(ctx)
	if raw, err := answer.Raw(); err == nil && (string(bytes.TrimSpace(raw)) == "null" || string(bytes.TrimSpace(raw)) == "{}") {
		return nil, errNoObject // taken for an empty list otherwise
	}
	if err := answer.Into(list); err != nil {
		return nil, err
	}
	if m, ok := list.(*metav1.PartialObjectMetadataList); ok {
		m.APIVersion, m.Kind = "", "" // of the list itself: the items have their own, or none
	}
	return list, nil
}
