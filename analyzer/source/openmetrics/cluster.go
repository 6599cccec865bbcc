package openmetrics

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// clusterLabels tell clusters or tenants apart in dumps of central stores.
var clusterLabels = []string{"cluster", "cluster_name", "cluster_id", "k8s_cluster", "k8s_cluster_name", "kubernetes_cluster", "tenant_id"}

// podsSeen are the pods of one value of a label, by a hash of what no other cluster's
// pod has.
type podsSeen map[uint64]bool

// noteCluster keeps the values of such labels that series of usage have, each with the
// pods that have it.
func (c *catalog) noteCluster(l map[string]string) {
	for _, label := range clusterLabels {
		v := l[label]
		if v == "" {
			continue
		}
		if c.clusters == nil {
			c.clusters = map[string]map[string]podsSeen{}
		}
		if c.clusters[label] == nil {
			c.clusters[label] = map[string]podsSeen{}
		}
		pods := c.clusters[label][v]
		if pods == nil {
			pods = podsSeen{}
			c.clusters[label][v] = pods
		}
		if pod := onlyOnce(l); pod != "" {
			pods[maphash.String(c.seeds[0], pod)] = true
		}
	}
}

// podUID is the UID of a pod within the path of its cgroup; systemd writes _ for -.
var podUID = regexp.MustCompile(`[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}`)

// onlyOnce names the pod of a series by what no pod of another cluster has: its UID, else
// the random end of its name with its namespace; "" where it has neither.
func onlyOnce(l map[string]string) string {
	if uid := cmp.Or(l["uid"], l["k8s_pod_uid"], podUID.FindString(l["id"])); uid != "" {
		return strings.ReplaceAll(uid, "_", "-")
	}
	if analyzer.HasRandomName(l["pod"]) {
		return l["namespace"] + "/" + l["pod"]
	}
	return ""
}

// several is the error of dumps that hold usage of several clusters: their
// pods would be added up. Values that have pods in common are of one cluster, whose
// label was renamed or which is scraped twice.
func (c *catalog) several() error {
	for _, label := range clusterLabels {
		if values := slices.Sorted(maps.Keys(c.clusters[label])); len(values) > 1 && !oneCluster(c.clusters[label], values) {
			return fmt.Errorf("the dumps hold several clusters by the label %s: %s; give --prometheus-label %s=VALUE for the one that is meant", label, strings.Join(values, ", "), label)
		}
	}
	return nil
}

// oneCluster reports whether each value shares pods with those before it, in any order.
func oneCluster(pods map[string]podsSeen, values []string) bool {
	known, left := pods[values[0]], values[1:]
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(v string) bool { return known.meets(pods[v]) })
		if at < 0 {
			return false
		}
		both := maps.Clone(known)
		maps.Copy(both, pods[left[at]])
		known, left = both, slices.Delete(slices.Clone(left), at, at+1)
	}
	return true
}

// meets reports whether two sets have a pod in common.
func (p podsSeen) meets(o podsSeen) bool {
	if len(o) < len(p) {
		p, o = o, p
	}
	for pod := range p {
		if o[pod] {
			return true
		}
	}
	return false
}
