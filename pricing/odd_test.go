package pricing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestAttachedGPUs: GPUs that Google attaches to N1 are billed beside the machine,
// by the label that GKE sets. 0.379998 USD is n1-standard-8, 0.35 a T4.
func TestAttachedGPUs(t *testing.T) {
	const label, count, shared = "cloud.google.com/gke-accelerator", "cloud.google.com/gke-accelerator-count", "cloud.google.com/gke-max-shared-clients-per-gpu"
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		name         string
		instanceType string
		region       string
		gpus         int64
		labels       []string
		more         float64 // USD an hour beside the machine
		perGPU       float64
		doubt        string
	}{
		{name: "none", instanceType: "n1-standard-8", region: "us-central1"},
		{name: "two T4", instanceType: "n1-standard-8", region: "us-central1", gpus: 2, labels: []string{label, "nvidia-tesla-t4"}, more: 0.70, perGPU: 0.35},
		{name: "elsewhere", instanceType: "n1-standard-8", region: "europe-west4", gpus: 1, labels: []string{label, "nvidia-tesla-t4"}, more: 0.3675, perGPU: 0.3675},
		{name: "by its count", instanceType: "n1-standard-8", region: "us-central1", labels: []string{label, "nvidia-tesla-v100", count, "2"}, more: 4.96, perGPU: 2.48},
		{name: "shared by four", instanceType: "n1-standard-8", region: "us-central1", gpus: 4, labels: []string{label, "nvidia-tesla-t4", shared, "4"}, more: 0.35, perGPU: 0.0875},
		{name: "a region without one", instanceType: "n1-standard-8", region: "europe-west6", gpus: 1, labels: []string{label, "nvidia-tesla-p100"}, more: 1.46, perGPU: 1.46, doubt: "priced as in us-central1"},
		{name: "unknown", instanceType: "n1-standard-8", region: "us-central1", gpus: 1, labels: []string{label, "nvidia-tesla-k80"}, doubt: "has no price here"},
		{name: "its own", instanceType: "a2-highgpu-1g", region: "us-central1", gpus: 1, labels: []string{label, "nvidia-tesla-a100"}, perGPU: -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := cloudNode("gce", tt.region, tt.instanceType, 8, 30, tt.labels...)
			n.GPUs = tt.gpus
			machine := c.Lookup(pricing.Query{Provider: "gcp", Region: tt.region, InstanceType: tt.instanceType}).Offering.USDPerHour
			p := c.NodePrice(n)
			if !near(p.USDPerHour, machine+tt.more, 1e-12) || tt.perGPU > 0 && !near(p.GPUPerHour, tt.perGPU, 1e-5) {
				t.Errorf("got %v USD, %v a GPU; want %v and %v", p.USDPerHour, p.GPUPerHour, machine+tt.more, tt.perGPU)
			}
			if doubt := strings.Join(p.Warnings, "; "); !strings.Contains(doubt, tt.doubt) || tt.doubt == "" && doubt != "" {
				t.Errorf("got the doubt %q, want %q", doubt, tt.doubt)
			}
		})
	}
}

// TestGooglesParts: the parts of a machine with GPUs are Google's own prices of
// them, or are not told. 2.933908 is the A100's and 0.56004 the L4's in us-central1.
func TestGooglesParts(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		instanceType     string
		vcpu, gib, gpu   float64 // a unit
		untold           bool
		vcpus, gibs, num float64
	}{
		{instanceType: "a2-highgpu-1g", vcpu: 0.031611, gib: 0.004237, gpu: 2.933908, vcpus: 12, gibs: 85, num: 1},
		{instanceType: "a2-megagpu-16g", vcpu: 0.031611, gib: 0.004237, gpu: 2.933908, vcpus: 96, gibs: 1360, num: 16},
		{instanceType: "g2-standard-4", gpu: 0.56004, vcpus: 4, gibs: 16, num: 1},
		{instanceType: "g2-standard-48", gpu: 0.56004, vcpus: 48, gibs: 192, num: 4},
		{instanceType: "a2-ultragpu-1g", untold: true},
		{instanceType: "a3-highgpu-8g", untold: true},
		{instanceType: "n2-standard-8", vcpu: 0.031611, gib: 0.004237, vcpus: 8, gibs: 32},
	} {
		o := c.Lookup(pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: tt.instanceType}).Offering
		total := 0.0
		for _, part := range c.CommitmentParts(o, o.USDPerHour) {
			total += part.USD
			want := map[string][2]float64{
				pricing.ResourceVCPU: {tt.vcpu, tt.vcpus}, pricing.ResourceMemory: {tt.gib, tt.gibs}, pricing.ResourceGPU: {tt.gpu, tt.num},
			}[part.Resource]
			switch {
			case tt.untold:
				if part.Resource != pricing.ResourceUntold {
					t.Errorf("%s: got a price of its %s", tt.instanceType, part.Resource)
				}
			case part.Units != want[1], want[0] > 0 && !near(part.USD/part.Units, want[0], 1e-4):
				t.Errorf("%s: got %v USD for each of %v %s, want %v of %v", tt.instanceType, part.USD/part.Units, part.Units, part.Resource, want[0], want[1])
			}
		}
		if !near(total, o.USDPerHour, 1e-9) {
			t.Errorf("%s: the parts come to %v USD of %v", tt.instanceType, total, o.USDPerHour)
		}
	}
}

// TestAutoModeFee: EKS Auto Mode takes 12 % of the on-demand price, from spot
// machines too. m5.large: 0.096 and 0.01152 USD.
func TestAutoModeFee(t *testing.T) {
	c := pricing.New(pricing.Config{})
	auto := []string{"eks.amazonaws.com/compute-type", "auto"}
	plain := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8))
	spot := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8, "karpenter.sh/capacity-type", "spot"))
	for _, tt := range []struct {
		name string
		more []string
		want float64
	}{
		{"on demand", auto, plain.USDPerHour + 0.01152},
		{"spot", append([]string{"karpenter.sh/capacity-type", "spot"}, auto...), spot.USDPerHour + 0.01152},
	} {
		if got := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8, tt.more...)).USDPerHour; !near(got, tt.want, 1e-9) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestPrepaid: what is reserved is paid for whether it runs or not, unless the user
// says what it costs.
func TestPrepaid(t *testing.T) {
	for _, labels := range [][]string{
		{"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK"}, {"karpenter.sh/capacity-type", "reserved"},
		{"karpenter.k8s.aws/capacity-reservation-id", "cr-1"}, {"cloud.google.com/reservation-name", "r"},
	} {
		n := cloudNode("aws", "us-east-1", "m5.large", 2, 8, labels...)
		if p := pricing.New(pricing.Config{}).NodePrice(n); p.Offering.CapacityType != pricing.Reserved || p.USDPerHour != 0.096 || p.Status != pricing.Estimated || !strings.Contains(strings.Join(p.Warnings, " "), "prepaid") {
			t.Errorf("%v: got %+v", labels, p)
		}
		if p := catalogOf(t, "r.csv", "instance_type,capacity_type,usd_per_hour\nm5.large,reserved,0.05\n").NodePrice(n); p.USDPerHour != 0.05 || p.Status != pricing.Listed {
			t.Errorf("%v, with a price: got %+v", labels, p)
		}
	}
}

// TestSpotLabels: spot is told by the labels of the usual tools, and by the user's.
func TestSpotLabels(t *testing.T) {
	c := pricing.New(pricing.Config{SpotLabels: []pricing.Label{{Key: "ours", Value: "cheap"}}})
	for _, tt := range []struct {
		labels []string
		want   pricing.CapacityType
	}{
		{[]string{"node-role.kubernetes.io/spot-worker", "true"}, pricing.Spot}, {[]string{"node-role.kubernetes.io/spot-worker", ""}, pricing.Spot}, {[]string{"node-role.kubernetes.io/spot-worker", "false"}, pricing.OnDemand},
		{[]string{"lifecycle", "Ec2Spot"}, pricing.Spot},
		{[]string{"node.kubernetes.io/lifecycle", "spot"}, pricing.Spot}, {[]string{"spotinst.io/node-lifecycle", "spot"}, pricing.Spot},
		{[]string{"kops.k8s.io/instance-lifecycle", "spot"}, pricing.Spot}, {[]string{"cloud.google.com/gke-preemptible", "true"}, pricing.Spot},
		{[]string{"kubernetes.azure.com/scalesetpriority", "spot"}, pricing.Spot}, {[]string{"ours", "cheap"}, pricing.Spot},
		{[]string{"spotinst.io/node-lifecycle", "od"}, pricing.OnDemand}, {[]string{"lifecycle", "normal"}, pricing.OnDemand}, {[]string{"ours", "dear"}, pricing.OnDemand}, {nil, pricing.OnDemand},
	} {
		if got := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8, tt.labels...)).Offering.CapacityType; got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.labels, got, tt.want)
		}
	}
}

// TestSizeFlexible: AWS' reserved instances cover other sizes of their family, but for
// those with accelerators, for HPC and on bare metal; Azure's within a series; Google
// has no reservation of a size. Of another provider nothing is known.
func TestSizeFlexible(t *testing.T) {
	for _, tt := range []struct {
		provider string
		flexible bool
		families string
	}{
		{"aws", true, "m6i c7g t3 r5d i4i x2iedn z1d m5zn"},
		{"aws", false, "g4ad g4dn g5 g5g g6 g6e gr6 p3 p4d p5 inf1 inf2 trn1 dl1 vt1 f1 hpc6a hpc7a u7i-12tb u-6tb1 mac2 m5.metal"},
		{"azure", true, "dsv5 dasv5 edsv5 fsv2"},
		{"gcp", true, "n2 e2 c3"},
		{"own", false, "m6i"},
	} {
		for _, family := range strings.Fields(tt.families) {
			if got := pricing.SizeFlexible(tt.provider, family); got != tt.flexible {
				t.Errorf("%s of %s: got %v, want %v", family, tt.provider, got, tt.flexible)
			}
		}
	}
	for name, family := range map[string]string{"m5.metal": "m5.metal", "m5.metal-24xl": "m5.metal", "m5.24xlarge": "m5"} {
		if got := pricing.CommitmentFamily("aws", name); got != family {
			t.Errorf("%s is of the family %q, want %q: no size of m5 stands for bare metal", name, got, family)
		}
	}
}

// TestReservedSizes: what is advised for a family of AWS follows the rule: a reserved
// instance only where its sizes are flexible, and the savings plan everywhere.
func TestReservedSizes(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for family, reserved := range map[string]bool{"m6i": true, "g5": false, "g4dn": false} {
		offers, _, err := c.CommitmentOffers("aws", "us-east-1", family, 0.08)
		if err != nil || len(offers) == 0 {
			t.Fatalf("%s: %d offers, error %v", family, len(offers), err)
		}
		for _, o := range offers {
			if !strings.Contains(o.Instrument, "Savings Plan") || !o.Flexible && strings.Contains(o.Instrument, "reserved") != reserved {
				t.Errorf("%s: got %q", family, o.Instrument)
			}
			if !reserved && !o.Flexible && !strings.Contains(o.Note, "one size alone") {
				t.Errorf("%s: the note %q does not say why", family, o.Note)
			}
		}
	}
}

// TestOneSize: what a node says of itself may bind AWS' reserved instances to one size, and is
// priced as plain Linux on shared machines, with doubt.
func TestOneSize(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		scheme, image, want, doubt string
		labels                     []string
	}{
		{scheme: "aws", image: "Amazon Linux 2023.6.20241010"}, {scheme: "aws", image: "Ubuntu 24.04.1 LTS"}, {scheme: "aws"},
		{scheme: "aws", image: "Red Hat Enterprise Linux 9.4 (Plow)", want: "Red Hat Enterprise Linux", doubt: "Red Hat Enterprise Linux is priced as plain Linux"},
		{scheme: "aws", image: "SUSE Linux Enterprise Server 15 SP6", want: "SUSE Linux Enterprise", doubt: "SUSE Linux Enterprise is priced as plain Linux"},
		{scheme: "aws", image: "Red Hat Enterprise Linux CoreOS 417.94.202410250757-0"},
		{scheme: "aws", image: "Amazon Linux 2", labels: []string{"karpenter.k8s.aws/instance-tenancy", "dedicated"}, want: "dedicated machines", doubt: "dedicated machines are priced as shared ones"},
		{scheme: "aws", image: "Amazon Linux 2", labels: []string{"karpenter.k8s.aws/instance-tenancy", "default"}},
		{scheme: "gce", image: "Red Hat Enterprise Linux 9.4 (Plow)", doubt: "Red Hat Enterprise Linux is priced as plain Linux"},
	} {
		n := cloudNode(tt.scheme, map[string]string{"aws": "us-east-1", "gce": "us-central1"}[tt.scheme], map[string]string{"aws": "m6i.large", "gce": "n2-standard-2"}[tt.scheme], 2, 8, tt.labels...)
		n.OSImage = tt.image
		p := c.NodePrice(n)
		if got := pricing.OneSize(p.Offering.Provider, n.OSImage, n.Labels); got != tt.want {
			t.Errorf("%s %q %v: got %q, want %q", tt.scheme, tt.image, tt.labels, got, tt.want)
		}
		if doubt := strings.Join(p.Warnings, "; "); !strings.HasPrefix(doubt, tt.doubt) || tt.doubt == "" && doubt != "" || (p.Status == pricing.Estimated) != (tt.doubt != "") || p.USDPerHour <= 0 {
			t.Errorf("%s %q %v: got %v USD an hour, %s, with the doubt %q; want %q", tt.scheme, tt.image, tt.labels, p.USDPerHour, p.Status, doubt, tt.doubt)
		}
		own := catalogOf(t, "r.csv", "instance_type,usd_per_hour\nm6i.large,0.2\nn2-standard-2,0.2\n")
		if p := own.NodePrice(n); p.USDPerHour != 0.2 || len(p.Warnings) > 0 {
			t.Errorf("%q with a price: got %v, %v", tt.image, p.USDPerHour, p.Warnings)
		}
	}
}

// TestAzureSizes: Azure bills a disk by the next larger of its sizes, each by its own
// price; AWS and Google bill each GiB.
func TestAzureSizes(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider, region, class string
		gib                     int64
		usd                     float64
	}{
		{"azure", "eastus", "managed-csi", 1, 0.3}, {"azure", "eastus", "managed-csi", 4, 0.3}, {"azure", "eastus", "managed-csi", 40, 4.8},
		{"azure", "eastus", "managed-csi-premium", 4, 0.6}, {"azure", "eastus", "managed-csi-premium", 128, 19.71}, {"azure", "eastus", "managed-csi-premium", 129, 38.012142},
		{"azure", "eastus", "managed-csi-premium", 4096, 495.5657}, {"azure", "eastus", "managed-csi-premium", 5000, 946.08}, {"azure", "eastus", "managed-csi", 32000, 2457.6},
		{"azure", "eastus", "managed-csi-premium", 8192, 946.08}, {"azure", "eastus", "managed-csi-premium", 16384, 1802.06}, {"azure", "eastus", "managed-csi-premium", 32767, 3604.11},
		{"azure", "eastus", "premium-zrs", 8192, 1419.12}, {"azure", "eastus", "premium-zrs", 40, 15.31}, {"azure", "eastus", "zrs", 128, 14.4},
		{"azure", "nowhere", "managed-csi", 5000, 614.4},
		{"azure", "nowhere", "managed-csi", 40, 64 * 9.6 / 128}, {"aws", "us-east-1", "gp3", 40, 3.2}, {"gcp", "us-central1", "premium-rwo", 40, 6.8},
	} {
		p, err := c.StoragePrice(tt.provider, tt.region, tt.class)
		within := 1e-6
		if p.Assumed {
			within = 0.2
		}
		if got := p.Monthly(tt.gib << 30); err != nil || !near(got, tt.usd, within) {
			t.Errorf("%d GiB of %s in %s: got %v USD a month, error %v, want %v", tt.gib, tt.class, tt.region, got, err, tt.usd)
		}
	}
	hdd, err := c.VolumePrice("azure", "eastus", pricing.VolumeKind{Class: "x", Parameters: map[string]string{"skuname": "Standard_LRS"}})
	if err != nil || !near(hdd.Monthly(1<<30), 1.536, 1e-9) {
		t.Errorf("a GiB of HDD: got %v, error %v, want the price of 32", hdd.Monthly(1<<30), err)
	}
	for gib, usd := range map[int64]float64{8192: 262.14, 16384: 491.52, 32767: 953.55} {
		if got := hdd.Monthly(gib << 30); !near(got, usd, 1e-9) || hdd.Unpriced(gib<<30) != "" {
			t.Errorf("%d GiB of HDD: got %v (%s), want %v", gib, got, hdd.Unpriced(gib<<30), usd)
		}
	}
	if hdd.Monthly(0) != 0 {
		t.Error("a disk of no size costs something")
	}
	if over := int64(32768) << 30; hdd.Monthly(over) != 0 || !strings.Contains(hdd.Unpriced(over), "32768 GiB, above the largest of 32767") {
		t.Errorf("a disk larger than any that is sold: got %v USD, %q", hdd.Monthly(over), hdd.Unpriced(over))
	}
}

// TestVolumesWithoutAPrice: nothing stands in for a type that is known and has no price,
// nor for what is no disk of the provider; its own price does.
func TestVolumesWithoutAPrice(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider string
		kind     pricing.VolumeKind
		missing  string
	}{
		{"aws", pricing.VolumeKind{Class: "x", Provisioner: "ebs.csi.aws.com", Parameters: map[string]string{"type": "gp9"}}, "gp9"},
		{"aws", pricing.VolumeKind{Class: "gp3", Provisioner: "efs.csi.aws.com"}, "efs.csi.aws.com"},
		{"aws", pricing.VolumeKind{Class: "efs-sc"}, "efs-sc"},
		{"aws", pricing.VolumeKind{Class: "local", Provisioner: "kubernetes.io/no-provisioner"}, "kubernetes.io/no-provisioner"},
		{"aws", pricing.VolumeKind{Class: "longhorn", Provisioner: "driver.longhorn.io"}, "driver.longhorn.io"},
		{"gcp", pricing.VolumeKind{Class: "fast", Provisioner: "pd.csi.storage.gke.io", Parameters: map[string]string{"type": "hyperdisk-balanced"}}, "hyperdisk-balanced"},
		{"gcp", pricing.VolumeKind{Class: "fast", Provisioner: "pd.csi.storage.gke.io", Parameters: map[string]string{"type": "pd-extreme", "provisioned-iops-on-create": "10000"}}, "pd-extreme"},
		{"gcp", pricing.VolumeKind{Class: "hyperdisk-balanced"}, "hyperdisk-balanced"},
		{"gcp", pricing.VolumeKind{Class: "premium-rwx"}, "premium-rwx"},
		{"azure", pricing.VolumeKind{Class: "azurefile-premium"}, "azurefile-premium"},
		{"azure", pricing.VolumeKind{Class: "files", Provisioner: "file.csi.azure.com", Parameters: map[string]string{"skuname": "Premium_LRS"}}, "file.csi.azure.com"},
		{"azure", pricing.VolumeKind{Class: "x", Provisioner: "disk.csi.azure.com", Parameters: map[string]string{"skuname": "PremiumV2_LRS"}}, "PremiumV2_LRS"},
		{"azure", pricing.VolumeKind{Class: "x", Parameters: map[string]string{"skuname": "UltraSSD_ZRS"}}, "UltraSSD_ZRS"},
	} {
		p, err := c.VolumePrice(tt.provider, "us-east-1", tt.kind)
		if err != nil || p.Missing != tt.missing || p.Monthly(100<<30) != 0 {
			t.Errorf("%s %+v: got %+v, error %v; want no price of %s", tt.provider, tt.kind, p, err, tt.missing)
		}
		own := catalogOf(t, "s.yaml", "services:\n- service: storage\n  usdPerGiBMonth: 0.3\n")
		if p, err := own.VolumePrice(tt.provider, "us-east-1", tt.kind); err != nil || p.Missing != "" || !near(p.Monthly(100<<30), 30, 1e-9) {
			t.Errorf("%s %+v with a price: got %+v, error %v", tt.provider, tt.kind, p, err)
		}
	}
}

// TestPrepaying: an upfront payment is taken where it earns two points more a year
// than money costs. All upfront earns a little
// less than that beside partial upfront, for m6i for a year at 8 %.
func TestPrepaying(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		capital float64
		want    string
	}{{0.02, "all_upfront"}, {0.08, "partial_upfront"}, {0.25, "no_upfront"}} {
		offers, _, err := c.CommitmentOffers("aws", "us-east-1", "m6i", tt.capital)
		if err != nil || len(offers) == 0 {
			t.Fatal(err, len(offers))
		}
		if got := offers[0].Payment; got != tt.want {
			t.Errorf("money at %v: got %s, want %s", tt.capital, got, tt.want)
		}
		// What is taken is at the higher cost of money no dearer than paying monthly.
		for _, o := range offers {
			monthly, _, _ := c.CommitmentOffers("aws", "us-east-1", "m6i", tt.capital, "no_upfront")
			for _, m := range monthly {
				if m.Instrument == o.Instrument && m.TermYears == o.TermYears && o.Rate(tt.capital+pricing.PrepayPremium) > m.Rate(tt.capital) {
					t.Errorf("%s for %d years at %v: prepaying earns too little", o.Instrument, o.TermYears, tt.capital)
				}
			}
		}
	}
}

// TestLoadBalancers: Google and Azure have one price for the first five rules of a
// cluster; AWS bills each load balancer.
func TestLoadBalancers(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider string
		count    int
		want     float64
	}{
		{"aws", 0, 0}, {"aws", 1, 0.0225}, {"aws", 7, 7 * 0.0225},
		{"gcp", 0, 0}, {"gcp", 1, 0.025}, {"gcp", 5, 0.025}, {"gcp", 7, 0.045},
		{"azure", 1, 0.025}, {"azure", 4, 0.025}, {"azure", 12, 0.095},
	} {
		if p, err := c.LoadBalancers(tt.provider, "us-east-1", tt.count); err != nil || !near(p.USDPerHour, tt.want, 1e-9) {
			t.Errorf("%d of %s: got %v USD an hour, error %v, want %v", tt.count, tt.provider, p.USDPerHour, err, tt.want)
		}
	}
	own := catalogOf(t, "s.yaml", "services:\n- service: load-balancer\n  usdPerHour: 0.02\n")
	if p, err := own.LoadBalancers("gcp", "us-central1", 3); err != nil || !near(p.USDPerHour, 0.06, 1e-9) {
		t.Errorf("with a price: got %v, error %v, want 0.06", p.USDPerHour, err)
	}
}

// TestCloudBalancer: a Service of a class is the cloud's where the cloud's controllers serve
// that class; one without is, and no class is that of a cloud that is not known.
func TestCloudBalancer(t *testing.T) {
	for _, tt := range []struct {
		provider, class string
		want            bool
	}{
		{"aws", "", true}, {"", "", true}, {"aws", "service.k8s.aws/nlb", true}, {"aws", "eks.amazonaws.com/nlb", true},
		{"gcp", "networking.gke.io/l4-regional-external", true}, {"gcp", "service.k8s.aws/nlb", false},
		{"aws", "metallb.io/metallb", false}, {"aws", "io.cilium/l2-announcer", false}, {"azure", "tailscale", false}, {"", "tailscale", false},
		{"aws", "metallb.io/ip-allocated-from-pool", false},
	} {
		if got := pricing.CloudBalancer(tt.provider, tt.class); got != tt.want {
			t.Errorf("class %q at %q: got %v, want %v", tt.class, tt.provider, got, tt.want)
		}
	}
}

// TestExtendedSupport: EKS bills $0.60 an hour for versions beyond standard support.
func TestExtendedSupport(t *testing.T) {
	c := pricing.New(pricing.Config{})
	at := func(day string) time.Time {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct {
		provider string
		minor    int
		at       time.Time
		want     float64
	}{
		{"aws", 30, at("2025-07-23"), 0.10}, {"aws", 30, at("2025-07-24"), 0.60}, {"aws", 34, at("2026-09-21"), 0.10}, {"aws", 35, at("2027-03-27"), 0.10}, {"aws", 35, at("2027-03-28"), 0.60},
		{"aws", 0, at("2026-09-21"), 0.10}, {"aws", 30, time.Time{}, 0.10}, {"aws", 99, at("2026-09-21"), 0.10},
		{"aws", 22, at("2026-09-21"), 0.60}, {"aws", 1, at("2026-09-21"), 0.60}, {"aws", 20, at("2022-01-01"), 0.10}, {"gcp", 22, at("2026-09-21"), 0.10}, {"gcp", 28, at("2026-09-21"), 0.10},
	} {
		p, err := c.ControlPlaneOf(tt.provider, "us-east-1", tt.minor, tt.at)
		if err != nil || !near(p.USDPerHour, tt.want, 1e-9) || (tt.want > 0.5) != strings.Contains(p.Reason, "standard support") {
			t.Errorf("1.%d of %s on %s: got %v USD an hour (%q), error %v, want %v", tt.minor, tt.provider, tt.at, p.USDPerHour, p.Reason, err, tt.want)
		}
	}
}

// TestHybridNodes: EKS bills $0.02 for a vCPU-hour of a hybrid node, and nothing for
// the machine, which is the user's own.
func TestHybridNodes(t *testing.T) {
	n := pricing.Node{Name: "h", ProviderID: "eks-hybrid:///us-west-2/prod/mi-1", CPUMillis: 32000, MemoryBytes: 128 << 30, Labels: map[string]string{"eks.amazonaws.com/compute-type": "hybrid"}}
	p := pricing.New(pricing.Config{}).NodePrice(n)
	if !near(p.USDPerHour, 0.64, 1e-9) || !near(p.CPUPerCoreHour, 0.02, 1e-9) || p.MemoryPerGiBHour != 0 || p.Status != pricing.Estimated || len(p.Warnings) != 1 {
		t.Errorf("got %+v, want 0.64 USD an hour by its vCPUs", p)
	}
	if p := catalogOf(t, "h.csv", "provider,usd_per_vcpu_hour,usd_per_gib_hour\naws,0.03,0.001\n").NodePrice(n); !near(p.USDPerHour, 32*0.03+128*0.001, 1e-9) {
		t.Errorf("with a price: got %v", p.USDPerHour)
	}
}
