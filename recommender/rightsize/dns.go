package rightsize

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// heldAsDNS gives the reason for which the cluster's DNS keeps its requests, or "".
func heldAsDNS(w *analyzer.WorkloadFacts) string {
	if !w.ClusterDNS() {
		return ""
	}
	return "the cluster's DNS is sized by its pods and services, not by a calm week: its provider's formula holds"
}

// DNSMemory is the memory in bytes that CoreDNS calls for in a cluster of so many pods
// and Services: a MB for each 250 of them, and 56. That is the formula for a server with
// the plugin autopath; without it a MB does for 1,000, and 54. Its configuration is not
// read, so that the larger holds.
// Source: github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md.
func DNSMemory(pods, services int) int64 {
	const mb = 1_000_000
	return 56*mb + int64(pods+services)*mb/250
}

// boundDNS lets the memory of CoreDNS be sized by its usage, down to what its own
// formula calls for. Where not all pods and Services were seen it stays as it is, as
// its CPU does, which goes by the queries that nobody counted.
func (f *Facts) boundDNS(all *analyzer.Analysis, w *analyzer.WorkloadFacts) {
	services := all.Snapshot.Services
	if !w.ClusterDNS() || !strings.Contains(f.Name, "coredns") || services == 0 || all.Snapshot.Partial() != "" {
		return
	}
	pods := 0
	for i := range all.Workloads {
		for j := range all.Workloads[i].Pods {
			if !all.Workloads[i].Pods[j].Ended() {
				pods++
			}
		}
	}
	f.LeastMemory, f.LeastRule = DNSMemory(pods, services), fmt.Sprintf("CoreDNS' formula for %d pods and %d Services", pods, services)
	f.HoldMemory = cmp.Or(HeldByHPA(w, f.Name, "memory"), heldByPod(w, f.ContainerFacts, "memory"))
}
