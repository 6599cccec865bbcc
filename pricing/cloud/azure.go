package cloud

import (
	"strconv"
	"strings"
)

var azure = &Cloud{
	Name: "azure", Aliases: []string{"aks", "microsoft"},
	Schemes:      []string{"azure://"},
	Domains:      []string{"kubernetes.azure.com/", "karpenter.azure.com/", "topology.disk.csi.azure.com/"},
	RegionOf:     beforeDash, // eastus-2 is of eastus
	Region:       form(`^[a-z]+[1-9]?$`),
	DiskZone:     "topology.disk.csi.azure.com/zone",
	LowerRegions: true,

	Spot:   []Label{{"kubernetes.azure.com/scalesetpriority", "spot"}, {"karpenter.azure.com/capacity-type", "spot"}},
	Notice: 30,

	Burst: burstOfAzure, Leaves: aksAllocatable, NodeDisk: 110 << 30, BootDisk: 128,
	Driver: "disk.csi.azure.com", InTree: "azureDisk",
	// Two for each vCPU, 4 at the least and 64 at the most.
	Attaches: func(vcpus int64) int64 { return min(max(2*vcpus, 4), 64) },
	Type:     parseAzure, Kind: kindOfAzure, Generation: generationOfAzure, Series: seriesOfAzure,
	General: form(`^Standard_[DEF]\d+(a|p)?[lm]?s_v[5-9]$`),

	Disks: map[string]string{
		"premium_lrs": premiumSSD, "standardssd_lrs": standardSSD, "standard_lrs": standardHDD, "ultrassd_lrs": ultraDisk,
		"premium_zrs": premiumZRS, "standardssd_zrs": standardZRS, // of AKS' own classes too, in several zones
	},
	Provisioners: map[string]string{"disk.csi.azure.com": "standardssd_lrs", "kubernetes.io/azure-disk": "standardssd_lrs"},
	Disk:         diskOfAzure,
	Ladder:       map[string]string{premiumSSD: "Premium SSD P", standardSSD: "Standard SSD E", standardHDD: "Standard HDD S", premiumZRS: "Premium SSD ZRS P", standardZRS: "Standard SSD ZRS E"},
	// What an Ultra disk has without parameters is the driver's default.
	// Source: github.com/kubernetes-sigs/azuredisk-csi-driver, docs/driver-parameters.md.
	Beside: map[string][]Provision{ultraDisk: {
		{Item: "Ultra disk IOPS", Amount: "diskiopsreadwrite", Usual: 500, LeastPerGiB: 2, Most: 160_000},
		{Item: "Ultra disk throughput", Amount: "diskmbpsreadwrite", Usual: 100, Most: 4000},
	}},
	Programs: []Program{
		{Name: "reservation", Scope: "series + region", Payment: "same price monthly or upfront", Instrument: "Azure reservation"},
		{Name: "savings plan for compute", Scope: "any compute, global", Instrument: "Azure savings plan for compute", Flexible: true},
	},
	Tier:     "the control plane is priced as AKS' Standard tier; the Free tier costs nothing, Premium costs more; say which with --pricing",
	Balancer: "Standard LB, first 5 rules", ControlPlane: "AKS Standard tier (uptime SLA)",
	RulesTogether: true, InternalBalancer: "service.beta.kubernetes.io/azure-load-balancer-internal",
	Runs:       []string{"kubernetes.azure.com/"},
	Pools:      []string{"kubernetes.azure.com/agentpool", "agentpool"},
	Fixed:      []string{"kubernetes.azure.com/agentpool", "agentpool"},
	Refused:    []string{"kubernetes.azure.com"},
	Machine:    []string{"karpenter.azure.com/sku-"},
	SystemPool: Label{"kubernetes.azure.com/mode", "system"},
	AddOns: AddOns{
		Namespaces: []string{"calico-system", "tigera-operator", "aks-istio-system"},
		Labels:     []string{"kubernetes.azure.com/managedby"},
		Names:      []string{"azure-", "csi-azure", "cloud-node-manager", "ama-", "omsagent", "retina"},
	},
	Pods: PodProgram{
		Name: ContainerInstances, Virtual: true, Nodes: []string{"virtual-node-aci"},
		Taint: Label{"virtual-kubelet.io/provider", "azure"},
	},
	Karpenter: "karpenter.azure.com", NodeClass: "AKSNodeClass",
}

// NamedDiskGiB is the size of the disk that names a type. Azure bills disks by their size.
const NamedDiskGiB = 128

const (
	standardHDD = "Standard HDD S10 (128 GiB)"
	premiumSSD  = "Premium SSD P10 (128 GiB)"
	standardSSD = "Standard SSD E10 (128 GiB)"
	premiumZRS  = "Premium SSD ZRS P10 (128 GiB)"
	standardZRS = "Standard SSD ZRS E10 (128 GiB)"
	ultraDisk   = "Ultra disk capacity"
)

// diskOfAzure reads AKS' own classes; Standard SSD is the usual one. Shares of files and
// blobs are no disks, and Premium SSD v2 has no price.
func diskOfAzure(class string) (item string, named bool) {
	switch {
	case contains(class, "azurefile", "azure-file", "blob", "nfs", "premiumv2", "premium-v2", "premium2"):
		return "", true
	case strings.Contains(class, "zrs") && strings.Contains(class, "premium"):
		return premiumZRS, true
	case strings.Contains(class, "zrs"):
		return standardZRS, true
	case strings.Contains(class, "ultra"):
		return ultraDisk, true
	case strings.Contains(class, "premium"):
		return premiumSSD, true
	case class == "managed-csi" || class == "default" || class == "managed":
		return standardSSD, true
	}
	return standardSSD, false
}

// parseAzure reads series, size and features: Standard_D4als_v6 is family
// Standard_D*als_v6, size 4. D and E of one version differ only in memory, and the
// features l and m only say "less" and "more memory", so the group drops them.
func parseAzure(name string) TypeName {
	body, _ := strings.CutPrefix(name, "Standard_")
	series := LeadingLetters(body)
	rest := body[len(series):]
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	features, version, _ := strings.Cut(rest[digits:], "_")
	t := TypeName{Family: name[:len(name)-len(rest)] + "*" + rest[digits:], Burstable: series == "B"}
	// In DS2_v2 the number is a rank, and E4-2s_v5 has fewer cores than its name.
	if n, err := strconv.ParseFloat(rest[:digits], 64); err == nil && n <= 1e6 && series != "DS" && !strings.HasPrefix(features, "-") {
		t.Size = n
	}
	switch series {
	case "D", "E":
		t.Group = "DE" + memoryNeutral(features) + "_" + version
	case "F":
		t.Group = "F" + memoryNeutral(features) + "_" + version
	}
	return t
}

func memoryNeutral(features string) string {
	return strings.NewReplacer("l", "", "m", "").Replace(features)
}

// kindOfAzure reads series, features and version: Standard_D4ads_v6 is series D,
// version 6, by AMD, with a disk.
func kindOfAzure(instanceType string) Kind {
	body, ok := strings.CutPrefix(instanceType, "Standard_")
	series := LeadingLetters(body)
	features, version, versioned := strings.Cut(strings.TrimLeft(body[len(series):], "0123456789"), "_v")
	generation, err := strconv.Atoi(leadingDigits(version))
	if !ok || !versioned || err != nil {
		return Kind{}
	}
	k := Kind{Generation: generation, Maker: "i"}
	for _, maker := range []string{"a", "p"} {
		if rest, ok := strings.CutPrefix(features, maker); ok {
			k.Maker, features = maker, rest
			break
		}
	}
	k.Kind = series + "/" + sorted(features)
	return k
}

// generationOfAzure is D and 5 of Standard_D4as_v5.
func generationOfAzure(name string) (class, digits string) {
	class = LeadingLetters(strings.TrimPrefix(name, "Standard_"))
	if _, version, ok := strings.Cut(name, "_v"); ok {
		digits = leadingDigits(version)
	}
	return class, digits
}

// seriesOfAzure is dsv5 of Standard_D8s_v5.
func seriesOfAzure(name string) string {
	body, _ := strings.CutPrefix(name, "Standard_")
	series := LeadingLetters(body)
	features := strings.TrimLeft(body[len(series):], "0123456789")
	if series == "B" && !strings.Contains(features, "_") {
		return "bs" // Bms and Bs are one series to reservations
	}
	return strings.ToLower(series + strings.ReplaceAll(features, "_", ""))
}

// burstOfAzure is what Azure publishes of its B series: of the newer ones the least.
// Source: learn.microsoft.com, Bv1-series sizes, base CPU performance, read 2026-11.
func burstOfAzure(name string) Burst {
	size, burstable := strings.CutPrefix(name, "Standard_B")
	if !burstable {
		return Burst{}
	}
	switch size {
	case "1ls":
		return Burst{Baseline: 50}
	case "1s":
		return Burst{Baseline: 100}
	case "2ms":
		return Burst{Baseline: 300}
	case "4ms":
		return Burst{Baseline: 225}
	case "8ms", "12ms", "16ms", "20ms":
		return Burst{Baseline: 168}
	}
	return Burst{Baseline: 200}
}
