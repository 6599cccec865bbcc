package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// fieldManager owns the fields that the testbed applies.
const fieldManager = "testbed"

// client applies objects of any kind, many at once.
type client struct {
	kubernetes.Interface
	config  *rest.Config
	dynamic dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

func newClient(kubeconfig string) (*client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 1000, 2000
	config.WarningHandler = rest.NoWarnings{}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(discovery.NewDiscoveryClientForConfigOrDie(config))
	return &client{Interface: typed, config: config, dynamic: dyn, mapper: restmapper.NewDeferredDiscoveryRESTMapper(cached)}, nil
}

// apply puts objects in place by server-side apply, some at a time. Nodes are
// created instead: apply would drop their status.
func (c *client) apply(ctx context.Context, objects []*unstructured.Unstructured) error {
	queue := make(chan *unstructured.Unstructured)
	errs := make(chan error, len(objects))
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for o := range queue {
				if err := c.applyOne(ctx, o); err != nil {
					errs <- fmt.Errorf("apply %s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
				}
			}
		})
	}
	for _, o := range objects {
		queue <- o
	}
	close(queue)
	workers.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func (c *client) applyOne(ctx context.Context, o *unstructured.Unstructured) error {
	resource, err := c.resource(o)
	if err != nil {
		return err
	}
	if o.GetKind() == "Node" {
		_, err := resource.Create(ctx, o, metav1.CreateOptions{FieldManager: fieldManager})
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	}
	_, err = resource.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	return err
}

// applyStatus applies an object's status subresource.
func (c *client) applyStatus(ctx context.Context, o *unstructured.Unstructured) error {
	resource, err := c.resource(o)
	if err != nil {
		return err
	}
	_, err = resource.ApplyStatus(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("apply the status of %s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
	}
	return nil
}

// resource finds where an object's kind is served; a kind that a definition
// has only just added is waited for.
func (c *client) resource(o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	var mapping *meta.RESTMapping
	var err error
	for range 50 {
		mapping, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if !meta.IsNoMatchError(err) {
			break
		}
		time.Sleep(100 * time.Millisecond)
		c.mapper.Reset()
	}
	if err != nil {
		return nil, err
	}
	r := c.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return r, nil
	}
	if o.GetNamespace() == "" {
		o.SetNamespace(metav1.NamespaceDefault)
	}
	return r.Namespace(o.GetNamespace()), nil
}

// uid asks for an object's UID.
func (c *client) uid(ctx context.Context, o *unstructured.Unstructured) (types.UID, error) {
	r, err := c.resource(o)
	if err != nil {
		return "", err
	}
	got, err := r.Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return got.GetUID(), nil
}

// decode reads the objects of a YAML or JSON stream; Lists are taken apart.
func decode(r io.Reader) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	d := yaml.NewYAMLOrJSONDecoder(r, 4096)
	for {
		o := &unstructured.Unstructured{}
		switch err := d.Decode(&o.Object); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case len(o.Object) == 0:
			continue
		}
		if !o.IsList() {
			out = append(out, o)
			continue
		}
		err := o.EachListItem(func(item runtime.Object) error {
			out = append(out, item.(*unstructured.Unstructured))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
}

func decodeAll(documents ...[]byte) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, d := range documents {
		objects, err := decode(bytes.NewReader(d))
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return all, nil
}

// Apply puts the objects of YAML files ("-" is stdin) into the testbed by
// server-side apply, cluster-scoped ones and definitions first.
func (t *Testbed) Apply(ctx context.Context, files ...string) error {
	c, err := newClient(t.Kubeconfig)
	if err != nil {
		return err
	}
	var first, rest []*unstructured.Unstructured
	for _, f := range files {
		objects, err := decodeFile(f)
		if err != nil {
			return fmt.Errorf("read %s: %w", f, err)
		}
		for _, o := range objects {
			switch o.GetKind() {
			case "Namespace", "CustomResourceDefinition", "ServiceAccount":
				first = append(first, o)
			default:
				rest = append(rest, o)
			}
		}
	}
	// Namespaces before the service accounts in them.
	for _, o := range first {
		if o.GetKind() == "Namespace" {
			if err := c.applyOne(ctx, o); err != nil {
				return fmt.Errorf("apply Namespace %s: %w", o.GetName(), err)
			}
		}
	}
	if err := c.apply(ctx, first); err != nil {
		return err
	}
	return c.apply(ctx, rest)
}

func decodeFile(name string) ([]*unstructured.Unstructured, error) {
	if name == "-" {
		return decode(os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decode(f)
}
