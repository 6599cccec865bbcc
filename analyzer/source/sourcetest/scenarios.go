package sourcetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Scenarios lists what every source must get right. Rates are chosen so that
// the wanted values can be worked out by hand: +7.5 s in 30 s is 250m.
func Scenarios() []Scenario {
	all := []Scenario{
		steady(), replicas(), twoJobs(), reset(), restartID(), gap(), shortLived(), noState(), owners(), clusters(),
		pause(), oomKills(), jobOOM(), settings(), throttling(), levels(), slowScrape(), mixedScrapes(), sixty(), siblings(),
	}
	for i := range all {
		all[i].Window = window(daysOf(all[i]))
	}
	return all
}

func daysOf(s Scenario) int {
	last := 0
	for _, w := range s.Want {
		last = max(last, w.Day)
	}
	return last + 1
}

const (
	mib  = 1 << 20
	half = 30 * time.Second
)

// must parses a series of this file, of which a test makes sure that they parse.
func must(selector string, every time.Duration, values string) Series {
	s, err := Parse(selector, 0, every, values)
	if err != nil {
		panic(err) // a mistake in this file
	}
	return s
}

// pod names a pod's container in selectors: namespace, pod, container, and more.
func pod(ns, name, container string, more ...string) string {
	return fmt.Sprintf("{namespace=%q,pod=%q,container=%q%s}", ns, name, container, strings.Join(append([]string{""}, more...), ","))
}

// one gives a pod's CPU and memory series and its bare owner.
func one(ns, name, container, cpu, memory string, more ...string) []Series {
	return []Series{
		must("container_cpu_usage_seconds_total"+pod(ns, name, container, more...), half, cpu),
		must("container_memory_working_set_bytes"+pod(ns, name, container, more...), half, memory),
	}
}

// state gives what kube-state-metrics says of a bare pod.
func state(ns, name string) []Series {
	const container = "app"
	return []Series{
		must(fmt.Sprintf("kube_pod_owner{namespace=%q,pod=%q,owner_kind=\"<none>\",owner_name=\"<none>\",owner_is_controller=\"<none>\"}", ns, name), half, "1x2880"),
		must(fmt.Sprintf("kube_replicaset_owner{namespace=%q,replicaset=\"other-7d9f8c6b5\",owner_kind=\"Deployment\",owner_name=\"other\",owner_is_controller=\"true\"}", ns), half, "1x2880"),
		must("kube_pod_container_status_restarts_total"+pod(ns, name, container, `uid="u1"`), half, "0x2880"),
		must("kube_pod_container_resource_requests"+pod(ns, name, container, `resource="cpu"`), half, "0.5x2880"),
	}
}

func join(lists ...[]Series) []Series {
	var out []Series
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

const (
	steadyCPU    = "0+7.5x2880"
	steadyMemory = "104857600x2880"
)

func steadyWant(ref string) Want {
	return Want{Ref: ref, Container: "app", Slots: 288, Pods: 1,
		CPU:    map[float64]float64{0.01: 250, 0.5: 250, 1: 250},
		Memory: map[float64]float64{0.01: 100 * mib, 1: 100 * mib}}
}

func steady() Scenario {
	return Scenario{Name: "steady", NoWarnings: true, Only: true,
		Series: join(one("shop", "cart", "app", steadyCPU, steadyMemory), state("shop", "cart")),
		Want:   []Want{steadyWant("shop/Pod/cart")}}
}

func replicas() Scenario {
	return Scenario{Name: "HA replicas of the engine", Only: true,
		Series: join(
			one("shop", "cart", "app", steadyCPU, steadyMemory, `prometheus_replica="a"`),
			one("shop", "cart", "app", steadyCPU, steadyMemory, `prometheus_replica="b"`)),
		Want: []Want{steadyWant("shop/Pod/cart")}}
}

func twoJobs() Scenario {
	return Scenario{Name: "two jobs scrape one kubelet", Only: true,
		Series: join(
			one("shop", "cart", "app", steadyCPU, steadyMemory, `job="kubelet"`, `id="/kubepods/x"`, `image="cart:1"`),
			one("shop", "cart", "app", steadyCPU, steadyMemory, `job="cadvisor"`)),
		Want: []Want{steadyWant("shop/Pod/cart")}}
}

func reset() Scenario {
	return Scenario{Name: "a counter is reset at noon",
		Series: one("shop", "cart", "app", "0+7.5x1439 0+7.5x1440", steadyMemory),
		Want:   []Want{steadyWant("shop/Pod/cart")}}
}

func restartID() Scenario {
	w := steadyWant("shop/Pod/cart")
	w.CPU = map[float64]float64{0.01: 250, 0.5: 250, 1: 250} // one slot of 288 may read low
	return Scenario{Name: "a restart gives the container another id",
		Series: join(
			one("shop", "cart", "app", "0+7.5x1444", "104857600x1444", `id="/kubepods/one"`),
			one("shop", "cart", "app", "_x1445 0+7.5x1435", "_x1445 104857600x1435", `id="/kubepods/two"`)),
		Want: []Want{w}}
}

func gap() Scenario {
	w := steadyWant("shop/Pod/cart")
	w.Slots = 288 - 24
	return Scenario{Name: "no scrapes for two hours",
		Series: one("shop", "cart", "app", "0+7.5x1199 _x240 10800+7.5x1440", "104857600x1199 _x240 104857600x1440"),
		Want:   []Want{w}}
}

func shortLived() Scenario {
	w := steadyWant("shop/Pod/cart")
	w.Slots = 72
	return Scenario{Name: "a pod lives from six to noon", Only: true,
		Series: join(
			one("shop", "cart", "app", "_x720 0+7.5x720", "_x720 104857600x720"),
			one("shop", "late", "app", steadyCPU, steadyMemory)),
		Want: []Want{w, {Ref: "shop/Pod/late", Container: "app", CPU: map[float64]float64{1: 250}}}}
}

func noState() Scenario {
	return Scenario{Name: "no kube-state-metrics: pods are joined by name", Only: true,
		Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "cart"}}},
		Series:    one("shop", "cart-7d9f8c6b5-x2x4z", "app", steadyCPU, steadyMemory),
		Want:      []Want{steadyWant("shop/Deployment/cart")},
		Warnings: []string{"missing kube_pod_owner", "missing kube_replicaset_owner", "missing kube_pod_container_status_restarts_total",
			"missing kube_pod_container_resource_requests"}}
}

func owners() Scenario {
	own := func(metric, child, kind, name string) Series {
		return must(fmt.Sprintf("%s{namespace=\"shop\",%s,owner_kind=%q,owner_name=%q,owner_is_controller=\"true\"}", metric, child, kind, name), half, "1x1440")
	}
	return Scenario{Name: "pods of the past find their workload through the owner series", Only: true,
		Series: join(
			one("shop", "web-aaa-one", "app", "0+7.5x1440", "104857600x1440"),
			one("shop", "nightly-1-two", "app", "0+7.5x1440", "104857600x1440"),
			one("shop", "db-three", "app", "0+7.5x1440", "104857600x1440"),
			[]Series{
				own("kube_pod_owner", `pod="web-aaa-one"`, "ReplicaSet", "web-aaa"),
				own("kube_replicaset_owner", `replicaset="web-aaa"`, "Rollout", "web"),
				own("kube_pod_owner", `pod="nightly-1-two"`, "Job", "nightly-1"),
				own("kube_job_owner", `job_name="nightly-1"`, "CronJob", "nightly"),
				own("kube_pod_owner", `pod="db-three"`, "Cluster", "db"),
			}),
		Want: []Want{
			{Ref: "shop/Rollout/web", Container: "app", CPU: map[float64]float64{0.5: 250}, Slots: 144},
			{Ref: "shop/CronJob/nightly", Container: "app", CPU: map[float64]float64{0.5: 250}, Slots: 144},
			{Ref: "shop/Cluster/db", Container: "app", CPU: map[float64]float64{0.5: 250}, Slots: 144},
		}}
}

func clusters() Scenario {
	return Scenario{Name: "an engine of two clusters", Cluster: "east", Only: true, NoWarnings: true,
		Series: join(
			cluster("east", one("shop", "cart", "app", steadyCPU, steadyMemory)),
			cluster("east", state("shop", "cart")),
			cluster("west", one("shop", "cart", "app", "0+30x2880", "904857600x2880")),
			cluster("west", one("bank", "till", "app", "0+30x2880", "904857600x2880")),
			cluster("west", state("bank", "till")),
			cluster("west", []Series{must(`kube_pod_owner{namespace="shop",pod="cart",owner_kind="StatefulSet",owner_name="wrong",owner_is_controller="true"}`, half, "1x2880")})),
		Want: []Want{steadyWant("shop/Pod/cart")}}
}

func cluster(value string, series []Series) []Series {
	for _, s := range series {
		s.Labels["cluster"] = value
	}
	return series
}

func pause() Scenario {
	return Scenario{Name: "the pod's own cgroup and its pause container are left out", Only: true,
		Series: join(
			one("shop", "cart", "app", steadyCPU, steadyMemory),
			one("shop", "cart", "POD", "0+60x2880", "904857600x2880"),
			one("shop", "cart", "", "0+60x2880", "904857600x2880")),
		Want: []Want{steadyWant("shop/Pod/cart")}}
}

func oomKills() Scenario {
	restarts := "kube_pod_container_status_restarts_total" + pod("shop", "cart", "app", `uid="u1"`)
	reason := func(r string) string {
		return "kube_pod_container_status_last_terminated_reason" + pod("shop", "cart", "app", `uid="u1"`, fmt.Sprintf("reason=%q", r))
	}
	return Scenario{Name: "OOM kills are restarts while the last reason is OOMKilled",
		Series: join(one("shop", "cart", "app", "0+7.5x5760", "104857600x5760"),
			[]Series{
				// An error at 04:00, kills at 08:00, 12:00 and 36:00, an error at 40:00.
				must(restarts, half, "0x479 1x479 2x479 3x2879 4x479 5x959"),
				must(reason("Error"), half, "_x480 1x479 _x3840 1x959"),
				must(reason("OOMKilled"), half, "_x960 1x3839"),
			}),
		Want: []Want{
			{Ref: "shop/Pod/cart", Container: "app", OOMKills: 2, Restarts: 3},
			{Ref: "shop/Pod/cart", Container: "app", Day: 1, OOMKills: 1, Restarts: 2},
		}}
}

func jobOOM() Scenario {
	return Scenario{Name: "an OOM kill that nothing restarts",
		Series: join(one("shop", "run", "app", "0+7.5x960", "104857600x960"),
			[]Series{
				must("kube_pod_container_status_restarts_total"+pod("shop", "run", "app", `uid="u1"`), half, "0x2880"),
				must("kube_pod_container_status_terminated_reason"+pod("shop", "run", "app", `uid="u1"`, `reason="OOMKilled"`), half, "_x961 1x1919"),
			}),
		Want: []Want{{Ref: "shop/Pod/run", Container: "app", OOMKills: 1}}}
}

func settings() Scenario {
	amount := func(kind, resource, values string) Series {
		return must("kube_pod_container_resource_"+kind+pod("shop", "cart", "app", fmt.Sprintf("resource=%q", resource)), half, values)
	}
	return Scenario{Name: "requests and limits as they were, by day",
		Series: join(one("shop", "cart", "app", "0+7.5x5760", "104857600x5760"),
			[]Series{
				amount("requests", "cpu", "0.5x2880 0.25x2879"), amount("requests", "memory", "536870912x5760"),
				amount("limits", "memory", "1073741824x2880 536870912x2879"), amount("requests", "nvidia_com_gpu", "_x2881 1x2879"),
				must("kube_pod_init_container_resource_requests"+pod("shop", "cart", "setup", `resource="cpu"`), half, "1x2880"),
			}),
		Want: []Want{
			{Ref: "shop/Pod/cart", Container: "app", Requests: analyzer.Amounts{CPU: 500, Memory: 512 * mib}, Limits: analyzer.Amounts{Memory: 1024 * mib}},
			{Ref: "shop/Pod/cart", Container: "app", Day: 1, Requests: analyzer.Amounts{CPU: 250, Memory: 512 * mib, GPU: 1}, Limits: analyzer.Amounts{Memory: 512 * mib}},
			{Ref: "shop/Pod/cart", Container: "setup", Requests: analyzer.Amounts{CPU: 1000}, CPU: map[float64]float64{}},
		}}
}

func throttling() Scenario {
	w := steadyWant("shop/Pod/cart")
	w.ThrottledShare = 0.25
	return Scenario{Name: "throttled periods",
		Series: join(one("shop", "cart", "app", steadyCPU, steadyMemory), []Series{
			must("container_cpu_cfs_periods_total"+pod("shop", "cart", "app"), half, "0+300x2880"),
			must("container_cpu_cfs_throttled_periods_total"+pod("shop", "cart", "app"), half, "0+75x2880"),
		}),
		Want: []Want{w}}
}

// levels has the first 18 hours at 100m and the last six at 1000m, so the
// quantiles up to 0.75 are of the first level.
func levels() Scenario {
	return Scenario{Name: "two levels",
		Series: one("shop", "cart", "app", "0+3x2160 6510+30x719", "52428800x2160 209715200x719"),
		Want: []Want{{Ref: "shop/Pod/cart", Container: "app", Slots: 288,
			CPU:    map[float64]float64{0.1: 100, 0.5: 100, 0.74: 100, 0.77: 1000, 0.95: 1000, 1: 1000},
			Memory: map[float64]float64{0.5: 50 * mib, 0.74: 50 * mib, 0.77: 200 * mib, 1: 200 * mib}}}}
}

func sixty() Scenario {
	return Scenario{Name: "a scrape a minute", NoWarnings: true,
		Series: join([]Series{
			must("container_cpu_usage_seconds_total"+pod("shop", "cart", "app"), time.Minute, "0+15x1440"),
			must("container_memory_working_set_bytes"+pod("shop", "cart", "app"), time.Minute, "104857600x1440"),
		}, state("shop", "cart")),
		Want: []Want{steadyWant("shop/Pod/cart")}}
}

func slowScrape() Scenario {
	w := steadyWant("shop/Pod/cart")
	w.CPU = map[float64]float64{0.05: 250, 1: 250} // a rate over a wide range starts low
	return Scenario{Name: "a scrape every four minutes",
		Series: []Series{
			must("container_cpu_usage_seconds_total"+pod("shop", "cart", "app"), 4*time.Minute, "0+60x360"),
			must("container_memory_working_set_bytes"+pod("shop", "cart", "app"), 4*time.Minute, "104857600x360"),
		},
		Want: []Want{w}}
}

// mixedScrapes has a few series that are scraped more seldom than most: every seven
// minutes, of which a step of five holds one sample at most.
func mixedScrapes() Scenario {
	slow := steadyWant("shop/Pod/cart")
	slow.CPU = map[float64]float64{0.05: 250, 1: 250} // a rate over a wide range starts low
	var often []Series
	for i := range 5 {
		often = append(often, one("shop", fmt.Sprintf("often-%d", i), "app", "0+7.5x2880", "104857600x2880")...)
	}
	return Scenario{Name: "few are scraped more seldom than most",
		Series: append(often,
			must("container_cpu_usage_seconds_total"+pod("shop", "cart", "app"), 7*time.Minute, "0+105x206"),
			must("container_memory_working_set_bytes"+pod("shop", "cart", "app"), 7*time.Minute, "104857600x206"),
		),
		Want: []Want{slow, steadyWant("shop/Pod/often-0")}}
}

// siblings has two pods of one Deployment: their samples are pooled, their
// peaks are not.
func siblings() Scenario {
	own := func(pod string) Series {
		return must(fmt.Sprintf("kube_pod_owner{namespace=\"shop\",pod=%q,owner_kind=\"StatefulSet\",owner_name=\"db\",owner_is_controller=\"true\"}", pod), half, "1x2880")
	}
	return Scenario{Name: "pods of one workload are pooled", Only: true,
		Series: join(
			one("shop", "db-0", "app", "0+3x2880", "52428800x2880"),
			one("shop", "db-1", "app", "0+30x2880", "209715200x2880"),
			[]Series{own("db-0"), own("db-1")}),
		Want: []Want{{Ref: "shop/StatefulSet/db", Container: "app", Slots: 288, Pods: 2,
			CPU:    map[float64]float64{0.25: 100, 0.49: 100, 0.51: 1000, 1: 1000},
			Memory: map[float64]float64{0.25: 50 * mib, 1: 200 * mib}}}}
}
