package prometheus_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// fleet makes the series of clusters in one engine, each sample a minute apart.
type fleet struct {
	t    *testing.T
	days int
	all  []sourcetest.Series
}

func (f *fleet) add(selector, values string, from, to int) {
	s := series(f.t, selector, fmt.Sprintf("%sx%d", values, (to-from)*1440-11))
	s.Every, s.From = time.Minute, time.Duration(from)*24*time.Hour+10*time.Minute
	f.all = append(f.all, s)
}

// pod adds the usage of a pod from one day to another, as a server with these labels
// wrote it.
func (f *fleet) pod(name, labels string, from, to int) {
	sel := fmt.Sprintf(`{namespace="shop",pod=%q,container="main"%s}`, name, labels)
	f.add("container_cpu_usage_seconds_total"+sel, "0+15", from, to)
	f.add("container_memory_working_set_bytes"+sel, "104857600+0", from, to)
	f.add(fmt.Sprintf(`http_requests_total{namespace="shop",pod=%q,job="web"%s}`, name, labels), "0+60", from, to)
}

// state adds what kube-state-metrics tells of a cluster that was created at a moment.
func (f *fleet) state(created int, labels string, nodes, pods []string, from, to int) {
	f.add(fmt.Sprintf(`kube_namespace_created{namespace="kube-system"%s}`, labels), fmt.Sprintf("%d+0", created), from, to)
	for _, n := range nodes {
		f.add(fmt.Sprintf(`kube_node_info{node=%q%s}`, n, labels), "1+0", from, to)
	}
	for _, p := range pods {
		f.add(fmt.Sprintf(`kube_pod_info{namespace="shop",pod=%q,uid="uid-%s"%s}`, p, p, labels), "1+0", from, to)
		f.add(fmt.Sprintf(`kube_pod_owner{namespace="shop",pod=%q,owner_kind="ReplicaSet",owner_name="web-6d4cf56db6",owner_is_controller="true"%s}`, p, labels), "1+0", from, to)
	}
}

// shopOf is a snapshot whose pods run on nodes, each on its own.
func shopOf(pods, nodes []string) *analyzer.Snapshot {
	w := analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}}
	snap := &analyzer.Snapshot{}
	for i, p := range pods {
		w.Pods = append(w.Pods, analyzer.Pod{Name: p, UID: "uid-" + p, Phase: "Running", Node: nodes[i%len(nodes)]})
	}
	for _, n := range nodes {
		snap.Nodes = append(snap.Nodes, analyzer.Node{Name: n})
	}
	snap.Workloads = append(snap.Workloads, w)
	return snap
}

// read opens the fleet's engine, narrows it and reads.
func (f *fleet) read(snap *analyzer.Snapshot, matchers ...prometheus.Matcher) (prometheus.Result, error) {
	f.t.Helper()
	start := options("").Window.Start
	w := analyzer.Window{Start: start, End: start.AddDate(0, 0, f.days)}
	e, err := prometheus.Open(f.t.Context(), prometheus.Options{URL: engine(f.t, start, f.all).URL, Window: w, Matchers: matchers})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := e.Narrow(f.t.Context(), snap); err != nil {
		return prometheus.Result{}, err
	}
	return e.Collect(f.t.Context(), &analyzer.Owners{}, nil)
}

// podDays adds up the CPU samples of all pods, in days of one pod.
func podDays(r prometheus.Result) float64 {
	n := 0
	for _, u := range r.Usage {
		for i := range u.Days {
			n += int(u.Days[i].CPU.Count())
		}
	}
	return float64(n) / 288
}

var (
	ourPods    = []string{"web-6d4cf56db6-x2x4z", "web-6d4cf56db6-b7k2p", "web-6d4cf56db6-q9wz4", "web-6d4cf56db6-m4t8d"}
	theirPods  = []string{"web-7f9c8b5d4c-k2j4h", "web-7f9c8b5d4c-z8x6v"}
	ourNodes   = []string{"ip-10-0-1-7", "ip-10-0-2-9"}
	theirNodes = []string{"ip-10-8-1-7"}
)

const us, them = 1700000001, 1700000002

// TestOneClusterInParts: servers that part one cluster's targets among them, and pairs
// that see the same, are no clusters: all of it is read, and nothing twice.
func TestOneClusterInParts(t *testing.T) {
	t.Parallel()
	part := func(i int, name string) string {
		return fmt.Sprintf(`,prometheus="monitoring/%s",prometheus_replica="prometheus-%s-%d"`, name, name, i)
	}
	for name, write := range map[string]func(f *fleet){
		"shards": func(f *fleet) {
			for i, p := range ourPods {
				f.pod(p, part(i%2, "k8s"), 0, 1)
			}
			f.state(us, part(0, "k8s"), ourNodes, ourPods, 0, 1)
		},
		"two servers": func(f *fleet) {
			for i, p := range ourPods {
				f.pod(p, part(0, []string{"infra", "apps"}[i%2]), 0, 1)
			}
			f.state(us, part(0, "infra"), ourNodes, ourPods, 0, 1)
		},
		"two servers, one of state alone": func(f *fleet) {
			for i, p := range ourPods {
				f.pod(p, part(0, []string{"a", "b"}[i%2]), 0, 1)
			}
			f.state(us, part(0, "infra"), ourNodes, ourPods, 0, 1)
		},
		"a pair": func(f *fleet) {
			for i := range 2 {
				for _, p := range ourPods {
					f.pod(p, part(i, "k8s"), 0, 1)
				}
				f.state(us, part(i, "k8s"), ourNodes, ourPods, 0, 1)
			}
		},
		"a pair of servers of other names": func(f *fleet) {
			for i := range 2 {
				for _, p := range ourPods {
					f.pod(p, part(0, []string{"a", "b"}[i]), 0, 1)
				}
				f.state(us, part(0, []string{"a", "b"}[i]), ourNodes, ourPods, 0, 1)
			}
		},
		"shards beside another cluster": func(f *fleet) {
			for i, p := range ourPods {
				f.pod(p, part(0, []string{"infra", "apps"}[i%2]), 0, 1)
			}
			f.state(us, part(0, "infra"), ourNodes, ourPods, 0, 1)
			for _, p := range theirPods {
				f.pod(p, part(0, "lab"), 0, 1)
			}
			f.state(them, part(0, "lab"), theirNodes, theirPods, 0, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fleet{t: t, days: 1}
			write(f)
			got, err := f.read(shopOf(ourPods, ourNodes))
			if err != nil {
				t.Fatal(err)
			}
			if n := podDays(got); n < 3.95 || n > 4 {
				t.Errorf("got %.2f days of pods, want 4", n)
			}
			rate := 0.0
			for _, r := range got.Requests {
				rate += rateOf(r)
			}
			if rate < 3.9 || rate > 4.1 {
				t.Errorf("got %.2f requests a second, want 4", rate)
			}
			for _, u := range got.Usage {
				for i := range u.Days {
					if p := u.Days[i].CPU.Quantile(0.5); p < 245 || p > 255 {
						t.Errorf("%s uses %v millicores, want 250", u.Ref, p)
					}
				}
			}
		})
	}
}

// TestPartsThatProveNothing: pods of both clusters under the values that part ours stop.
func TestPartsThatProveNothing(t *testing.T) {
	t.Parallel()
	f := &fleet{t: t, days: 1}
	for i, p := range ourPods {
		f.pod(p, fmt.Sprintf(`,prometheus="p%d"`, i%2), 0, 1)
	}
	f.state(us, `,prometheus="p0"`, ourNodes, ourPods, 0, 1)
	f.pod(theirPods[0], `,prometheus="p1"`, 0, 1)
	f.pod(theirPods[1], `,prometheus="p2"`, 0, 1)
	f.state(them, `,prometheus="p1"`, theirNodes, theirPods, 0, 1)
	_, err := f.read(shopOf(ourPods, ourNodes))
	if several := (*prometheus.SeveralClusters)(nil); !errors.As(err, &several) || several.Label != "prometheus" {
		t.Errorf("got %v, want that it holds several clusters", err)
	}
}

// TestALabelThatBegins: of a label that is younger than the window, or renamed in it, the
// history before is read where it is proven to be of this cluster, and else named.
func TestALabelThatBegins(t *testing.T) {
	t.Parallel()
	other := func(f *fleet, labels string, from, to int) {
		for _, p := range theirPods {
			f.pod(p, labels, from, to)
		}
		f.state(them, labels, theirNodes, theirPods, from, to)
	}
	ours := func(f *fleet, labels string, from, to int) {
		for _, p := range ourPods[:2] {
			f.pod(p, labels, from, to)
		}
		f.state(us, labels, ourNodes, ourPods[:2], from, to)
	}
	chosen := prometheus.Matcher{Name: "cluster", Value: "eu-1"}
	for _, c := range []struct {
		name     string
		write    func(f *fleet)
		matchers []prometheus.Matcher
		podDays  float64
		want     string
	}{
		{"all have it from the second day on", func(f *fleet) {
			ours(f, "", 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
		}, nil, 8, ""},
		{"ours had none, the other came later", func(f *fleet) {
			ours(f, "", 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
			other(f, `,cluster="eu-2"`, 2, 4)
		}, nil, 8, "; eu-1 is read, as this cluster's pods and nodes are there, and (none), where they were until 2026-01-0"},
		{"ours was renamed", func(f *fleet) {
			ours(f, `,cluster="prod"`, 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
			other(f, `,cluster="eu-2"`, 0, 4)
		}, nil, 8, ", and prod, where they were until 2026-01-0"},
		{"none had one", func(f *fleet) {
			ours(f, "", 0, 2)
			other(f, "", 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
			other(f, `,cluster="eu-2"`, 2, 4)
		}, nil, 4, "series of this cluster have the value (none), and it is not known that no other cluster's do: they are left out"},
		{"none had one, and nothing is told of nodes", func(f *fleet) {
			ours(f, "", 0, 2)
			f.pod(theirPods[0], "", 0, 2)
			f.state(them, `,instance="10.8.0.1:8080"`, nil, theirPods, 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
			other(f, `,cluster="eu-2"`, 2, 4)
		}, nil, 4, "series of this cluster have the value (none), and it is not known that no other cluster's do: they are left out"},
		{"the user chose", func(f *fleet) {
			ours(f, "", 0, 2)
			ours(f, `,cluster="eu-1"`, 2, 4)
			other(f, `,cluster="eu-2"`, 2, 4)
		}, []prometheus.Matcher{chosen}, 4, "series of this cluster have the value (none), which --prometheus-label cluster=eu-1 leaves out"},
		{"the user chose of one that has it always", func(f *fleet) {
			ours(f, `,cluster="eu-1"`, 0, 4)
			other(f, `,cluster="eu-2"`, 0, 4)
		}, []prometheus.Matcher{chosen}, 8, ""},
		{"another cluster had none", func(f *fleet) {
			other(f, "", 0, 2)
			other(f, `,cluster="eu-2"`, 2, 4)
			ours(f, `,cluster="eu-1"`, 0, 4)
		}, nil, 8, "; eu-1 is read, as this cluster's pods and nodes are there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fleet{t: t, days: 4}
			c.write(f)
			got, err := f.read(shopOf(ourPods[:2], ourNodes), c.matchers...)
			if err != nil {
				t.Fatal(err)
			}
			if n := podDays(got); n < 0.98*c.podDays || n > c.podDays {
				t.Errorf("got %.2f days of pods, want %v", n, c.podDays)
			}
			said := ""
			for _, w := range got.Warnings {
				if w.Subject == "cluster" {
					said += w.Message
				}
			}
			if !strings.Contains(said, c.want) || c.want == "" && said != "" {
				t.Errorf("got  %s\nwant %s", said, c.want)
			}
			days := slices.ContainsFunc(got.Warnings, func(w analyzer.Warning) bool {
				return w.Code == analyzer.WarnPartial && strings.HasPrefix(w.Message, "there are samples of 2 of 4 days")
			})
			if days != (c.podDays < 8) {
				t.Errorf("the days that are left are named: %t, want %t", days, c.podDays < 8)
			}
		})
	}
}

// rateOf is the mean of the requests a second to a workload's pods together.
func rateOf(r analyzer.RequestRate) float64 {
	sum, n := 0.0, 0
	for i := range r.Days {
		for slot := range digest.SlotsPerDay {
			if v, pods := r.Days[i].Load.At(slot); pods > 0 {
				sum, n = sum+v/1000, n+1
			}
		}
	}
	return sum / float64(max(n, 1))
}

// TestChosenBehindAGateway: one that refuses what does not name the cluster costs nothing
// but the look at what the name leaves out.
func TestChosenBehindAGateway(t *testing.T) {
	t.Parallel()
	f := &fleet{t: t, days: 1}
	for _, p := range ourPods {
		f.pod(p, `,cluster="eu-1"`, 0, 1)
	}
	f.state(us, `,cluster="eu-1"`, ourNodes, ourPods, 0, 1)
	start := options("").Window.Start
	st := storage(t, start, f.all)
	inner, refused := withRead(api(t, st, plenty), st), false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.FormValue("query"); q != "" && !strings.Contains(q, `cluster="eu-1"`) {
			refused = true
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	e, err := prometheus.Open(t.Context(), prometheus.Options{
		URL: server.URL, Window: analyzer.Window{Start: start, End: start.AddDate(0, 0, 1)}, Matchers: []prometheus.Matcher{{Name: "cluster", Value: "eu-1"}},
	})
	if err == nil {
		err = e.Narrow(t.Context(), shopOf(ourPods, ourNodes))
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Collect(t.Context(), &analyzer.Owners{}, nil)
	if n := podDays(got); err != nil || n < 3.95 || !refused {
		t.Errorf("got %.2f days of pods, %v, refused: %t; want 4 and that nothing of it ends the reading", n, err, refused)
	}
}
