package openmetrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// clusterLabels tell clusters or tenants apart in dumps of central stores.
var clusterLabels = []string{"cluster", "cluster_name", "cluster_id", "k8s_cluster", "k8s_cluster_name", "kubernetes_cluster", "tenant_id"}

// noteCluster keeps the values of such labels that series of usage have.
func (c *catalog) noteCluster(l map[string]string) {
	for _, label := range clusterLabels {
		v := l[label]
		if v == "" {
			continue
		}
		if c.clusters == nil {
			c.clusters = map[string]map[string]bool{}
		}
		if c.clusters[label] == nil {
			c.clusters[label] = map[string]bool{}
		}
		c.clusters[label][v] = true
	}
}

// several is the error of dumps that hold usage of several clusters: their
// pods would be added up.
func (c *catalog) several() error {
	for _, label := range clusterLabels {
		if values := slices.Sorted(maps.Keys(c.clusters[label])); len(values) > 1 {
			return fmt.Errorf("the dumps hold several clusters by the label %s: %s; give --prometheus-label %s=VALUE for the one that is meant", label, strings.Join(values, ", "), label)
		}
	}
	return nil
}
