package cloud

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

var gcp = &Cloud{
	Name: "gcp", Aliases: []string{"gce", "gke", "google"},
	Schemes:  []string{"gce://"},
	Domains:  []string{"cloud.google.com/", "topology.gke.io/"},
	ZoneInID: "gce",
	RegionOf: beforeDash, // us-east1-b is of us-east1
	Region:   form(`^[a-z]+-[a-z]+[1-9][0-9]?$`),
	DiskZone: "topology.gke.io/zone",

	Spot: []Label{
		{"cloud.google.com/gke-spot", "true"},
		{"cloud.google.com/gke-preemptible", "true"},
		{"cloud.google.com/gke-provisioning", "spot"},
	},
	Prepaid:  []Label{{"cloud.google.com/reservation-name", ""}},
	Notice:   25, // of the 30 seconds of Compute Engine, what GKE leaves a pod
	Capacity: []Label{{"cloud.google.com/gke-provisioning", "spot"}},

	Burst: burstOfGCP, Leaves: gkeAllocatable, NodeDisk: 44 << 30, BootDisk: 100,
	Driver: "pd.csi.storage.gke.io", InTree: "gcePersistentDisk",
	// 127 beside the boot disk, 15 to shared cores.
	Attaches: func(vcpus int64) int64 {
		if vcpus < 2 {
			return 15
		}
		return 127
	},
	Type: parseGCP, Kind: kindOfGCP, Generation: generationOfGCP, Series: seriesOfGCP,
	General: form(`^(n2|n2d|n4|n4d|c3|c3d|c4|c4a|c4d|e2|t2d)-(standard|highcpu|highmem)-\d+$`),

	Disks: map[string]string{
		"pd-standard": "pd-standard", "pd-balanced": "pd-balanced", "pd-ssd": "pd-ssd", // Hyperdisk's and pd-extreme's IOPS are billed beside and have no price here
	},
	Provisioners:    map[string]string{"pd.csi.storage.gke.io": "pd-standard", "kubernetes.io/gce-pd": "pd-standard"},
	Disk:            diskOfGCP,
	Replicated:      Label{"replication-type", "regional-pd"},
	BalancerClasses: []string{"networking.gke.io/"},
	Balancer:        "Forwarding rule, first five (OpenCost constant)", ControlPlane: "GKE cluster management fee (Standard and Autopilot)",
	RulesTogether: true, BillsParts: true,
	Programs: []Program{
		{Name: "CUD resource-based", Scope: "series + region", Payment: "monthly", Instrument: "resource-based committed use discount"},
		{Name: "CUD flexible", Instrument: "flexible committed use discount", Flexible: true, Covers: flexibleOfGCP},
	},
	Runs: []string{"cloud.google.com/gke-"}, Kubelet: "-gke.",
	Attach: attachOfGCP,
	PodRates: []PodRate{{
		Program: "GKE Autopilot", Region: "us-central1", VCPU: 0.0445, GiB: 0.0049225,
		Source: "cloud.google.com/kubernetes-engine/pricing, general-purpose pods", AsOf: "2026-06-30",
	}},
	PodClass: "cloud.google.com/compute-class", PodClasses: []string{"autopilot", "general-purpose"},
	Pools:   []string{"cloud.google.com/gke-nodepool"},
	Fixed:   []string{"cloud.google.com/gke-nodepool"},
	Refused: []string{"cloud.google.com"},
	Tell:    []string{"cloud.google.com/gke-accelerator"},
	Machine: []string{"cloud.google.com/machine-family", "cloud.google.com/gke-accelerator", "cloud.google.com/gke-cpu"},
	Devices: []string{
		"cloud.google.com/gke-accelerator", "cloud.google.com/gke-gpu-partition-size",
		"cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology",
	},
	LineByName:   true,
	Accelerators: []string{"google.com/tpu"},
	AddOns: AddOns{
		Namespaces: []string{"gmp-system", "gke-managed-", "gke-gmp-system"},
		Labels:     []string{"components.gke.io/component-name", "k8s.io/cloud-provider-gcp"},
		Names:      []string{"anetd", "netd", "pdcsi", "filestore", "gcsfusecsi", "fluentbit-gke", "gke-metrics", "gke-metadata", "metadata-proxy", "event-exporter", "l7-default-backend"},
	},
	Sidecars: map[string]string{"gke-gcsfuse-sidecar": "the annotations gke-gcsfuse/cpu-request and memory-request of the pod template"},
	Pods:     PodProgram{Name: Autopilot, Nodes: []string{"gk3-"}, Types: []string{"ek-"}, OwnUnbilled: true},
}

// What Google asks of commitments to a machine's parts.
// Source: cloud.google.com/compute/docs/instances/committed-use-discounts-overview.
const (
	GPUReservation = "Google sells commitments to GPUs only with a reservation of the machines attached to them"
	GPUsApart      = "which Google commits to apart, and GPUs only with a reservation"
	// MemoryBound says how many GiB, its one number, a vCPU has at most.
	MemoryBound = "Google's commitments have at most %.4g GiB for each vCPU that is committed to with it"
	// MemoryPerVCPU is the GiB for each vCPU that Google's API names as the most in a
	// commitment. Families that have machines with more are sold by theirs.
	// Source: cloud.google.com/ruby/docs/reference/google-cloud-compute-v1/latest/Google-Cloud-Compute-V1-ResourceCommitment.
	MemoryPerVCPU = 6.5
)

// diskOfGCP reads GKE's own classes and the types' names; pd-balanced is the usual one.
// Filestore's shares are no disks.
func diskOfGCP(class string) (item string, named bool) {
	switch {
	case contains(class, "hyperdisk", "extreme", "rwx", "filestore", "nfs"):
		return "", true
	case strings.Contains(class, "premium") || strings.Contains(class, "ssd"):
		return "pd-ssd", true
	case strings.Contains(class, "balanced") || class == "standard-rwo":
		return "pd-balanced", true
	case class == "standard" || strings.Contains(class, "pd-standard"):
		return "pd-standard", true
	}
	return "pd-balanced", false
}

// parseGCP reads series, class and vCPUs: c3-standard-8-lssd is series c3, family
// c3-standard-lssd, size 8. Series price vCPU and memory separately, so the series is the group.
func parseGCP(name string) TypeName {
	parts := strings.Split(name, "-")
	t := TypeName{}
	kept := make([]string, 0, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSuffix(p, "g"), 64)
		if i > 0 && t.Size == 0 && err == nil && n > 0 && n <= 1e6 {
			t.Size = n
			continue
		}
		kept = append(kept, p)
	}
	t.Family = strings.Join(kept, "-")
	t.Burstable = t.Size == 0
	if len(parts) > 1 {
		t.Group = parts[0]
	}
	return t
}

// kindOfGCP reads the series' letter, its generation and the shape: n2d-highmem
// is class n, generation 2, by AMD, with much memory.
func kindOfGCP(instanceType string) Kind {
	series, shape, ok := strings.Cut(parseGCP(instanceType).Family, "-")
	class := LeadingLetters(series)
	digits := leadingDigits(series[len(class):])
	generation, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return Kind{}
	}
	k := Kind{Kind: class + "/" + shape, Generation: generation, Maker: cmp.Or(series[len(class)+len(digits):], "i")}
	return k
}

// generationOfGCP is n-standard and 2 of n2-standard-4.
func generationOfGCP(name string) (class, digits string) {
	series, kind, _ := strings.Cut(name, "-")
	shape, _, _ := strings.Cut(kind, "-")
	letters := LeadingLetters(series)
	return letters + "-" + shape, leadingDigits(series[len(letters):])
}

// seriesOfGCP is n2 of n2-standard-8.
func seriesOfGCP(name string) string {
	series, _, _ := strings.Cut(name, "-")
	return series
}

// flexibleOfGCP tells the series that flexible committed use discounts cover.
func flexibleOfGCP(listed, series string) bool {
	return strings.HasPrefix(listed, "most general-purpose") &&
		slices.Contains([]string{"e2", "n1", "n2", "n2d", "n4", "n4a", "n4d", "c2", "c2d", "c3", "c3d", "c4", "c4a", "c4d", "t2d"}, series)
}

// burstOfGCP is what Google publishes of its shared cores.
func burstOfGCP(name string) Burst {
	return Burst{Baseline: map[string]int64{"f1-micro": 200, "g1-small": 500, "e2-micro": 125, "e2-small": 250, "e2-medium": 500}[name], Shared: true}
}
