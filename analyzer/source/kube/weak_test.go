package kube_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// listed are the kinds that every cluster has, by their resource.
var listed = map[string]string{
	"pods": "v1 Pod", "nodes": "v1 Node", "namespaces": "v1 Namespace", "services": "v1 Service", "limitranges": "v1 LimitRange",
	"resourcequotas": "v1 ResourceQuota", "persistentvolumes": "v1 PersistentVolume", "persistentvolumeclaims": "v1 PersistentVolumeClaim",
	"replicationcontrollers": "v1 ReplicationController", "deployments": "apps/v1 Deployment", "replicasets": "apps/v1 ReplicaSet",
	"statefulsets": "apps/v1 StatefulSet", "daemonsets": "apps/v1 DaemonSet", "controllerrevisions": "apps/v1 ControllerRevision", "jobs": "batch/v1 Job", "cronjobs": "batch/v1 CronJob",
	"horizontalpodautoscalers": "autoscaling/v2 HorizontalPodAutoscaler", "poddisruptionbudgets": "policy/v1 PodDisruptionBudget",
}

// answer is that of a cluster with one pod and one Deployment.
func answer(w http.ResponseWriter, r *http.Request) {
	resource := path.Base(r.URL.Path)
	if resource == "version" {
		version(w)
		return
	}
	group, kind, ok := strings.Cut(listed[resource], " ")
	if !ok || strings.Contains(r.URL.Path, "metrics.k8s.io") {
		status(w, 404, "NotFound", "no")
		return
	}
	items := map[string]string{"pods": podJSON("a"), "deployments": `{"metadata":{"name":"d","namespace":"team"},"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"c"}]}}}}`}[resource]
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList") {
		group, kind = "meta.k8s.io/v1", "PartialObjectMetadata"
	}
	fmt.Fprintf(w, `{"kind":"%sList","apiVersion":%q,"metadata":{},"items":[%s]}`, kind, group, items)
}

// faults are how a list may go wrong.
var faults = map[string]http.HandlerFunc{
	"never": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"stands still": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, `{"kind":"`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	},
	"reset": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	},
	"HTML": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>sign in</html>")
	},
	"cut": func(w http.ResponseWriter, _ *http.Request) {
		jsonAnswer(w, `{"kind":"PodList","apiVersion":"v1","items":[{"meta`)
	},
	"null": func(w http.ResponseWriter, _ *http.Request) { jsonAnswer(w, `null`) },
	"500":  func(w http.ResponseWriter, _ *http.Request) { status(w, 500, "InternalError", "no") },
	"429": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		status(w, 429, "TooManyRequests", "no")
	},
	"410": func(w http.ResponseWriter, _ *http.Request) { status(w, 410, "Expired", "no") },
	"302": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://other.example.com/")
		w.WriteHeader(http.StatusFound)
	},
	"large": func(w http.ResponseWriter, _ *http.Request) { jsonAnswer(w, "{"+strings.Repeat(" ", 17<<20)) },
}

func jsonAnswer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, text)
}

// read collects with two seconds for each request and six without any answer.
func read(t *testing.T, h http.HandlerFunc) (*analyzer.Snapshot, error) {
	t.Helper()
	client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, serve(t, h), ""), RequestTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := origin.NewPatience(6 * time.Second).Begin(context.Background())
	defer stop()
	return client.Collect(ctx, kube.Options{Moment: true})
}

// cases run side by side, many at once, since they wait more than they work.
type cases struct {
	t     *testing.T
	all   sync.WaitGroup
	slots chan struct{}
}

func sideBySide(t *testing.T) *cases {
	return &cases{t: t, slots: make(chan struct{}, 12)}
}

func (c *cases) run(name string, do func(t *testing.T)) {
	c.slots <- struct{}{}
	c.all.Go(func() {
		defer func() { <-c.slots }()
		c.t.Run(name, do)
	})
}

// One kind that fails, in whatever way, weakens the answer and does not end it.
func TestOneKindThatFails(t *testing.T) {
	each := sideBySide(t)
	defer each.all.Wait()
	for name, fault := range faults {
		for resource := range listed {
			if resource == "controllerrevisions" { // see TestToldKindThatFails
				continue
			}
			if resource != "pods" && resource != "nodes" && resource != "namespaces" && resource != "deployments" && name != "HTML" {
				continue
			}
			each.run(name+"/"+resource, func(t *testing.T) {
				began, asked := time.Now(), atomic.Bool{}
				s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
					if path.Base(r.URL.Path) == resource && !strings.Contains(r.URL.Path, "metrics") {
						asked.Store(true)
						fault(w, r)
						return
					}
					answer(w, r)
				})
				if err != nil || !asked.Load() && resource == "services" {
					if resource == "services" && !asked.Load() {
						return // asked for by the search for an engine alone
					}
					t.Fatal(err)
				}
				if unread := s.Unread(); !strings.Contains(unread, "list "+resource) {
					t.Errorf("got %q of what was not read, want it to name %s", unread, resource)
				}
				if len(s.Workloads) == 0 {
					t.Error("nothing is left of the others")
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// slow reports whether the machine was too busy even for the first question.
func slow(err error) bool { return strings.Contains(err.Error(), "ask for the version") }

// A server that dies after N answers ends in an error of one line, or in what was
// read before, with all else named.
func TestServerThatDies(t *testing.T) {
	each := sideBySide(t)
	defer each.all.Wait()
	for name, fault := range faults {
		if name == "410" || name == "302" {
			continue
		}
		for n := range 20 {
			if n > 3 && n%4 > 0 {
				continue
			}
			each.run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				began, count := time.Now(), atomic.Int64{}
				s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
					if count.Add(1) > int64(n) {
						fault(w, r)
						return
					}
					answer(w, r)
				})
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				switch {
				case err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "canceled") || n > 8 && !slow(err)):
					t.Errorf("got %v", err)
				case err == nil && s.Unread() == "" && n < 16:
					t.Errorf("nothing is said of what was not read: %v", s.Warnings)
				}
			})
		}
	}
}

// An API that is not in every cluster is no error where it is not installed. Where
// it fails, in whatever way, it is one as any other: who scales a workload is not
// known then.
func TestOptionalKindThatFails(t *testing.T) {
	each := sideBySide(t)
	defer each.all.Wait()
	all := maps.Clone(faults)
	all["404"] = func(w http.ResponseWriter, _ *http.Request) { status(w, 404, "NotFound", "no") }
	all["404 as text"] = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "404 page not found", http.StatusNotFound) }
	all["403"] = func(w http.ResponseWriter, _ *http.Request) { status(w, 403, "Forbidden", "no") }
	all["405"] = func(w http.ResponseWriter, _ *http.Request) { status(w, 405, "MethodNotAllowed", "no") }
	for name, fault := range all {
		for _, resource := range []string{"verticalpodautoscalers", "scaledobjects", "rollouts", "v1alpha1"} {
			each.run(name+"/"+resource, func(t *testing.T) {
				s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
					switch base := path.Base(r.URL.Path); {
					case base == resource:
						fault(w, r)
					case base == "v1alpha1":
						jsonAnswer(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"argoproj.io/v1alpha1","resources":[{"name":"rollouts","kind":"Rollout","namespaced":true,"verbs":["list"]}]}`)
					case base == "pods" && !strings.Contains(r.URL.Path, "metrics"):
						jsonAnswer(w, `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a","namespace":"team","ownerReferences":[{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","name":"web","controller":true}]},"spec":{"containers":[{"name":"c"}]}}]}`)
					default:
						answer(w, r)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				whole := strings.HasPrefix(name, "404") || name == "403" || name == "405" && resource != "v1alpha1"
				if unread := s.Unread(); whole != (unread == "") || !whole && !strings.Contains(unread, resource) {
					t.Errorf("got %q of what was not read; whole: %v", unread, whole)
				}
				if strings.HasPrefix(name, "404") {
					for _, w := range s.Warnings {
						if strings.Contains(w.Subject, resource) {
							t.Errorf("what is not installed is told of: %v", w)
						}
					}
				}
			})
		}
	}
}

// A kind that no advice rests on is told of where it fails, and weakens nothing else.
func TestToldKindThatFails(t *testing.T) {
	each := sideBySide(t)
	defer each.all.Wait()
	all := maps.Clone(faults)
	all["404"] = func(w http.ResponseWriter, _ *http.Request) { status(w, 404, "NotFound", "no") }
	all["403"] = func(w http.ResponseWriter, _ *http.Request) { status(w, 403, "Forbidden", "no") }
	for name, fault := range all {
		each.run(name, func(t *testing.T) {
			s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
				if path.Base(r.URL.Path) == "controllerrevisions" {
					fault(w, r)
					return
				}
				answer(w, r)
			})
			if err != nil {
				t.Fatal(err)
			}
			if unread := s.Unread(); unread != "" || s.Partial() != "" {
				t.Errorf("it weakens the rest: %q, %q", unread, s.Partial())
			}
			if !slices.ContainsFunc(s.Warnings, func(w analyzer.Warning) bool { return w.Subject == "list controllerrevisions.apps" }) {
				t.Errorf("nothing is said of it: %v", s.Warnings)
			}
		})
	}
}
