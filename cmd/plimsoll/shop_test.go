package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// shopEnd is the end of the shop's dump: 2026-05-04T00:00:00Z.
const shopEnd = 1777852800

// shopPod is the usage of one pod of testdata/scripts/shop/objects.yaml: by
// day (8 to 20 h UTC) and by night.
type shopPod struct {
	namespace, pod, container string
	cpuDay, cpuNight          float64 // cores
	memory                    int64   // bytes, by night
	cpuRequest, memoryRequest string
	ownerKind, owner          string
}

var shopPods = []shopPod{
	{"shop", "web-7d9c-x1", "app", 0.30, 0.05, 400 << 20, "1", "2147483648", "ReplicaSet", "web-7d9c"},
	{"shop", "web-7d9c-x2", "app", 0.25, 0.05, 380 << 20, "1", "2147483648", "ReplicaSet", "web-7d9c"},
	{"shop", "db-0", "db", 0.45, 0.40, 3 << 30, "0.5", "4294967296", "StatefulSet", "db"},
	{"lab", "trial-5b6f-z9", "app", 0.01, 0.01, 60 << 20, "0.25", "536870912", "Deployment", "trial"},
}

// shopDump writes the shop's usage over some days, as promtool dumps it: that
// of the containers alone, or with what kube-state-metrics tells of them.
func shopDump(days int, bare bool) []byte {
	const step = 300
	var out bytes.Buffer
	for _, p := range shopPods {
		pod := fmt.Sprintf(`namespace=%q,pod=%q,cluster="eu-1"`, p.namespace, p.pod)
		container := fmt.Sprintf("container=%q,%s", p.container, pod)
		constant := func(series, value string) {
			for at := shopEnd - days*86400; at <= shopEnd; at += 3600 {
				fmt.Fprintf(&out, "%s %s %d\n", series, value, at)
			}
		}
		if !bare {
			constant(fmt.Sprintf("kube_pod_owner{%s,owner_kind=%q,owner_name=%q,owner_is_controller=\"true\"}", pod, p.ownerKind, p.owner), "1")
			constant(fmt.Sprintf(`kube_pod_container_resource_requests{%s,resource="cpu",unit="core"}`, container), p.cpuRequest)
			constant(fmt.Sprintf(`kube_pod_container_resource_requests{%s,resource="memory",unit="byte"}`, container), p.memoryRequest)
			constant(fmt.Sprintf("kube_pod_container_status_restarts_total{%s}", container), "0")
		}
		total := 0.0
		var memory bytes.Buffer
		for at := shopEnd - days*86400; at <= shopEnd; at += step {
			cores, held := p.cpuNight, p.memory
			if hour := at % 86400 / 3600; hour >= 8 && hour < 20 {
				cores, held = p.cpuDay, p.memory+p.memory/10
			}
			total += cores * step
			fmt.Fprintf(&out, "container_cpu_usage_seconds_total{%s} %.3f %d\n", container, total, at)
			fmt.Fprintf(&memory, "container_memory_working_set_bytes{%s} %d %d\n", container, held, at)
		}
		out.Write(memory.Bytes())
		if !bare && p.pod == "web-7d9c-x1" {
			constant(`kube_replicaset_owner{namespace="shop",replicaset="web-7d9c",owner_kind="Deployment",owner_name="web",owner_is_controller="true",cluster="eu-1"}`, "1")
		}
	}
	out.WriteString("# EOF\n")
	return out.Bytes()
}

// openShop copies the shop's files into a folder: objects.yaml, usage.om.gz and
// bare.om, which holds a week without anything of kube-state-metrics.
func openShop(dir string) error {
	objects, err := os.ReadFile(filepath.Join(root, "testdata", "scripts", "shop", "objects.yaml"))
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"objects.yaml": objects, "usage.om.gz": shopUsage(), "bare.om": shopBare()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

var (
	shopUsage = sync.OnceValue(func() []byte { return zipped(shopDump(14, false)) })
	shopBare  = sync.OnceValue(func() []byte { return shopDump(7, true) })
)

func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data) // into memory, which takes all
	_ = z.Close()
	return b.Bytes()
}
