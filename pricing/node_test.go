package pricing_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// cloudNode has the labels that a managed cluster of that cloud puts on a node.
func cloudNode(provider, region, instanceType string, cores, gib int64, more ...string) pricing.Node {
	n := pricing.Node{
		Name: "n1", CPUMillis: cores * 1000, MemoryBytes: gib << 30, ProviderID: provider + "://x",
		Labels: map[string]string{
			"topology.kubernetes.io/region":    region,
			"node.kubernetes.io/instance-type": instanceType,
		},
	}
	for i := 0; i+1 < len(more); i += 2 {
		n.Labels[more[i]] = more[i+1]
	}
	return n
}

// sum is what the split says the whole node costs.
func sum(p pricing.NodePrice, n pricing.Node) float64 {
	return p.CPUPerCoreHour*float64(n.CPUMillis)/1000 + p.MemoryPerGiBHour*float64(n.MemoryBytes)/(1<<30) + p.GPUPerHour*float64(p.GPUs)
}

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

func TestNodePrice(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		name   string
		node   pricing.Node
		usd    float64
		status pricing.Status
		warns  string
	}{
		{"aws on-demand", cloudNode("aws", "us-east-1", "m5.large", 2, 8), 0.096, pricing.Listed, ""},
		{"karpenter spot", cloudNode("aws", "us-east-1", "m5.large", 2, 8, "karpenter.sh/capacity-type", "spot"), 0.03168, pricing.Listed, ""},
		{"eks node group spot", cloudNode("aws", "us-east-1", "m5.large", 2, 8, "eks.amazonaws.com/capacityType", "SPOT"), 0.03168, pricing.Listed, ""},
		{"gke spot", cloudNode("gce", "us-central1", "n2-standard-4", 4, 16, "cloud.google.com/gke-spot", "true"), 0.09212, pricing.Listed, ""},
		{"gke preemptible", cloudNode("gce", "us-central1", "n2-standard-4", 4, 16, "cloud.google.com/gke-preemptible", "true"), 0.09212, pricing.Listed, ""},
		{"gke not spot", cloudNode("gce", "us-central1", "n2-standard-4", 4, 16, "cloud.google.com/gke-spot", "false"), 0.194236, pricing.Listed, ""},
		{"aks spot", cloudNode("azure", "eastus", "Standard_D64s_v5", 64, 256, "kubernetes.azure.com/scalesetpriority", "spot"), 0.59904, pricing.Listed, ""},
		{"aks, region in capitals", cloudNode("azure", "EastUS", "Standard_D64s_v5", 64, 256), 3.072, pricing.Listed, ""},
		{"beta labels alone", pricing.Node{Name: "old", ProviderID: "aws:///us-east-1a/i-1", CPUMillis: 2000, MemoryBytes: 8 << 30,
			Labels: map[string]string{"beta.kubernetes.io/instance-type": "m5.large", "failure-domain.beta.kubernetes.io/region": "us-east-1"}}, 0.096, pricing.Listed, ""},
		{"zone alone", pricing.Node{Name: "z", CPUMillis: 4000, MemoryBytes: 16 << 30,
			Labels: map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4", "topology.kubernetes.io/zone": "us-central1-b", "cloud.google.com/gke-nodepool": "p"}}, 0.194236, pricing.Listed, ""},
		{"zone from the providerID", pricing.Node{Name: "i", ProviderID: "gce://proj/us-central1-a/gke-x", CPUMillis: 4000, MemoryBytes: 16 << 30,
			Labels: map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4"}}, 0.194236, pricing.Listed, ""},
		{"provider from the region's name", pricing.Node{Name: "kwok", ProviderID: "kwok://x", CPUMillis: 2000, MemoryBytes: 8 << 30,
			Labels: map[string]string{"node.kubernetes.io/instance-type": "m5.large", "topology.kubernetes.io/region": "us-east-1"}}, 0.096, pricing.Listed, ""},
		{"spot without spot price", cloudNode("azure", "eastus", "Standard_B1ms", 1, 2, "kubernetes.azure.com/scalesetpriority", "spot"), 0.0207, pricing.Estimated, "on-demand price stands in"},
		{"GPU", cloudNode("aws", "us-east-1", "g5.xlarge", 4, 16), 1.006, pricing.Listed, ""},
		{"no provider", pricing.Node{Name: "bare", CPUMillis: 8000, MemoryBytes: 32 << 30}, 8*0.031611 + 32*0.004237, pricing.Estimated, "OpenCost default prices"},
		{"no provider, nil labels, a GPU", pricing.Node{Name: "bare", CPUMillis: 8000, MemoryBytes: 32 << 30, GPUs: 2}, 8*0.031611 + 32*0.004237 + 2*0.95, pricing.Estimated, "--pricing"},
		{"nothing known", pricing.Node{Name: "ghost"}, 0, pricing.Missing, "neither price nor capacity is known"},
	} {
		p := c.NodePrice(tt.node)
		if !near(p.USDPerHour, tt.usd, 1e-12) || p.Status != tt.status || !strings.Contains(strings.Join(p.Warnings, "; "), tt.warns) || (tt.warns == "") != (len(p.Warnings) == 0) {
			t.Errorf("%s: got %v, %v, %q; want %v, %v, ...%q...", tt.name, p.USDPerHour, p.Status, p.Warnings, tt.usd, tt.status, tt.warns)
		}
		if p.Status == pricing.Missing {
			continue
		}
		if got := sum(p, tt.node); !near(got, p.USDPerHour, 1e-12) {
			t.Errorf("%s: the parts add up to %v of %v", tt.name, got, p.USDPerHour)
		}
		if p.Source == "" || p.AsOf == "" {
			t.Errorf("%s: source %q of %q", tt.name, p.Source, p.AsOf)
		}
	}
}

func TestNodePriceUnknownTypeIsPricedByCapacity(t *testing.T) {
	c := pricing.New(pricing.Config{})
	got := c.NodePrice(cloudNode("aws", "us-east-1", "x9.huge", 16, 64))
	like := c.NodePrice(cloudNode("aws", "us-east-1", "m6i.4xlarge", 16, 64))
	if got.Status != pricing.Estimated || !near(got.USDPerHour, like.USDPerHour, 0.15) || len(got.Warnings) != 2 {
		t.Errorf("got %v USD (%v, %q), want within 15 %% of m6i.4xlarge's %v", got.USDPerHour, got.Status, got.Warnings, like.USDPerHour)
	}
	if got.Source != "kp-aws" || got.AsOf != "2026-07-20" {
		t.Errorf("source %q of %q, want the table's", got.Source, got.AsOf)
	}
}

// TestNodePriceByCapacity prices types that no table lists by their generation.
func TestNodePriceByCapacity(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		node      pricing.Node
		published float64
	}{
		{cloudNode("aws", "us-east-1", "m5.metal", 96, 384), 4.608},
		{cloudNode("aws", "us-east-1", "c6i.metal", 128, 256), 5.44},
		{cloudNode("aws", "eu-west-1", "x9.huge", 4, 16), 0.22},     // m5.xlarge costs 0.214, m7i.xlarge 0.225
		{cloudNode("aws", "eu-north-1", "x9.huge", 4, 16), 0.214},   // m7i.xlarge; m5.xlarge costs 0.204
		{cloudNode("aws", "eu-nowhere-1", "x9.huge", 4, 16), 0.242}, // by eu-central-1, where m7i.xlarge costs that
		{cloudNode("gce", "us-central1", "e2-custom-4-16384", 4, 16), 0.134},
	} {
		p := c.NodePrice(tt.node)
		if p.Status != pricing.Estimated || p.Cause != pricing.UnknownType || !near(p.USDPerHour, tt.published, 0.06) || !near(sum(p, tt.node), p.USDPerHour, 1e-12) {
			t.Errorf("%s: %v USD (%v, %q), published %v", p.Offering.InstanceType, p.USDPerHour, p.Status, p.Warnings, tt.published)
		}
	}
}

func TestNodePriceWindows(t *testing.T) {
	n := cloudNode("azure", "eastus", "Standard_D64s_v5", 64, 256, "kubernetes.io/os", "windows")
	if p := pricing.New(pricing.Config{}).NodePrice(n); p.USDPerHour != 0 || p.Status != pricing.Missing || p.Cause != pricing.OtherSystem || len(p.Warnings) != 1 {
		t.Errorf("%+v", p)
	}
	if p := catalogOf(t, "w.csv", "selector,usd_per_hour\nkubernetes.io/os=windows,6\n").NodePrice(n); p.USDPerHour != 6 || p.Status != pricing.Listed || len(p.Warnings) != 0 {
		t.Errorf("with a price of its own: %+v", p)
	}
}

func TestNodePriceFallbackFlags(t *testing.T) {
	c := pricing.New(pricing.Config{Provider: "GKE", Region: "us-central1"})
	n := pricing.Node{Name: "n", CPUMillis: 4000, MemoryBytes: 16 << 30, Labels: map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4"}}
	if p := c.NodePrice(n); p.USDPerHour != 0.194236 || p.Status != pricing.Listed {
		t.Errorf("with flags: %v (%v), want 0.194236", p.USDPerHour, p.Status)
	}
	n = cloudNode("aws", "us-east-1", "m5.large", 2, 8)
	if p := c.NodePrice(n); p.USDPerHour != 0.096 {
		t.Errorf("the node's own provider must win over the flag; got %v from %+v", p.USDPerHour, p.Offering)
	}
}

// TestSplitByGeneration compares with published and independently computed splits.
func TestSplitByGeneration(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		node     pricing.Node
		cpu, gib float64
		within   float64
	}{
		// least squares over c6i, m6i, r6i: 0.0350 and 0.003464
		{cloudNode("aws", "us-east-1", "m6i.large", 2, 8), 0.0350, 0.003464, 0.02},
		{cloudNode("aws", "us-east-1", "m6a.xlarge", 4, 16), 0.0315, 0.003118, 0.02},
		{cloudNode("aws", "us-east-1", "r6g.xlarge", 4, 32), 0.02805, 0.002768, 0.02},
		// GCP prices vCPU and GiB separately: N1 and E2 in us-central1 are public
		{cloudNode("gce", "us-central1", "n1-standard-4", 4, 15), 0.031611, 0.004237, 0.001},
		{cloudNode("gce", "us-central1", "e2-standard-4", 4, 16), 0.021811, 0.002923, 0.001},
		{cloudNode("gce", "us-central1", "e2-highmem-8", 8, 64), 0.021811, 0.002923, 0.001},
	} {
		p := c.NodePrice(tt.node)
		if !near(p.CPUPerCoreHour, tt.cpu, tt.within) || !near(p.MemoryPerGiBHour, tt.gib, tt.within) {
			t.Errorf("%s: %.6f per vCPU, %.6f per GiB; want %v, %v", p.Offering.InstanceType, p.CPUPerCoreHour, p.MemoryPerGiBHour, tt.cpu, tt.gib)
		}
	}
}

func TestSplitRatioOfAWSGenerations(t *testing.T) {
	c := pricing.New(pricing.Config{})
	var ratio float64
	types := []string{"m5.large", "m5a.large", "m6i.large", "m6a.large", "m6g.large", "m7i.large", "m7a.large", "m7g.large", "m8g.large", "m8i.large"}
	for _, name := range types {
		p := c.NodePrice(cloudNode("aws", "us-east-1", name, 2, 8))
		ratio += p.CPUPerCoreHour / p.MemoryPerGiBHour / float64(len(types))
	}
	if !near(ratio, 10.1, 0.02) {
		t.Errorf("a vCPU costs %.2f times a GiB over generations 5 to 8, want 10.1", ratio)
	}
}

// TestSplitIsExact takes every machine of the tables at its nominal size.
func TestSplitIsExact(t *testing.T) {
	c := pricing.New(pricing.Config{})
	schemes := map[string]string{"aws": "aws", "gcp": "gce", "azure": "azure"}
	for _, provider := range c.Providers() {
		for _, o := range c.Offerings(provider, c.Regions(provider)[0]) {
			if o.CapacityType != pricing.OnDemand {
				continue
			}
			n := cloudNode(schemes[provider], o.Region, o.InstanceType, 0, 0)
			n.CPUMillis, n.MemoryBytes, n.GPUs = o.CPUMillis, o.MemoryBytes*95/100, o.GPUs
			p := c.NodePrice(n)
			if !near(sum(p, n), o.USDPerHour, 1e-12) || p.CPUPerCoreHour <= 0 || p.MemoryPerGiBHour <= 0 || p.GPUPerHour < 0 {
				t.Errorf("%s: %v + %v + %v of %v", o.InstanceType, p.CPUPerCoreHour, p.MemoryPerGiBHour, p.GPUPerHour, o.USDPerHour)
			}
			if o.GPUs > 0 && p.GPUPerHour == 0 {
				t.Errorf("%s: its %d GPUs are free", o.InstanceType, o.GPUs)
			}
		}
	}
}

func BenchmarkNodePrice(b *testing.B) {
	c := pricing.New(pricing.Config{})
	n := cloudNode("aws", "us-east-1", "m5.large", 2, 8, "karpenter.sh/capacity-type", "spot")
	for b.Loop() {
		if c.NodePrice(n).Status != pricing.Listed {
			b.Fatal("no price")
		}
	}
}

func BenchmarkNodePriceEstimated(b *testing.B) {
	c := pricing.New(pricing.Config{})
	n := cloudNode("aws", "eu-west-1", "m8a.xlarge", 4, 16)
	for b.Loop() {
		if c.NodePrice(n).Status != pricing.Estimated {
			b.Fatal("no estimate")
		}
	}
}

// TestNoType: a node that no label gives a type is priced by what it has, and
// is not called by an empty name.
func TestNoType(t *testing.T) {
	n := cloudNode("aws", "us-east-1", "", 4, 16)
	p := pricing.New(pricing.Config{}).NodePrice(n)
	want := []string{
		"the instance type is not known: no label names it",
		"a node without an instance type is priced by its capacity, at what a vCPU and a GiB usually cost on demand in us-east-1 of aws",
	}
	if p.USDPerHour <= 0 || p.Status != pricing.Estimated || !slices.Equal(p.Warnings, want) {
		t.Errorf("got %v USD (%v, %q), want an estimate and %q", p.USDPerHour, p.Status, p.Warnings, want)
	}
}

// TestEstimatedGPUs: the estimate of a machine with GPUs that no table has says at which
// rate they stand in it, since that is of no model.
func TestEstimatedGPUs(t *testing.T) {
	n := cloudNode("azure", "eastus", "Standard_NC6s_v3", 6, 112)
	without := pricing.New(pricing.Config{}).NodePrice(n)
	n.GPUs = 1
	with := pricing.New(pricing.Config{}).NodePrice(n)
	const said = "its GPUs, of whatever model, are put at 0.95 USD an hour each"
	if d := with.USDPerHour - without.USDPerHour; !near(d, 0.95, 1e-9) || !strings.Contains(strings.Join(with.Warnings, " "), said) || strings.Contains(strings.Join(without.Warnings, " "), "GPU") {
		t.Errorf("a GPU adds %v USD an hour to the estimate, which says %q", d, with.Warnings)
	}
}
