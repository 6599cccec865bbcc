package pricing_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestStoragePrice(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider, region, class string
		usd                     float64
		assumed                 bool
	}{
		{"aws", "us-east-1", "gp3", 0.08, false},
		{"aws", "us-east-1", "ebs-gp2-encrypted", 0.10, false},
		{"aws", "us-east-1", "fast", 0.08, true},
		{"aws", "eu-west-1", "gp3", 0.088, false},
		{"aws", "eu-nowhere-1", "gp3", 0.094, true},
		{"gcp", "us-central1", "premium-rwo", 0.17, false},
		{"gcp", "europe-west4", "standard-rwo", 0.11, false},
		{"azure", "eastus", "managed-premium", 19.71 / 128, false},
		{"own", "here", "local", 0.04, true},
	} {
		got, err := catalog.StoragePrice(tt.provider, tt.region, tt.class)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, tt.provider+" "+tt.region+" "+tt.class, got.USDPerGiB, tt.usd, 1e-6)
		if got.Assumed != tt.assumed || got.Source == "" {
			t.Errorf("%s %s %s: got %+v, want assumed %v", tt.provider, tt.region, tt.class, got, tt.assumed)
		}
	}
}

func TestLoadBalancerPrice(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider string
		usd      float64
	}{{"aws", 0.0225}, {"gcp", 0.025}, {"azure", 0.025}, {"own", 0.025}} {
		got, _, err := catalog.LoadBalancerPrice(tt.provider, "us-east-1")
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, tt.provider, got, tt.usd, 1e-9)
	}
}

func TestServicePrices(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider, region string
		usd              float64
		doubt            string // in the reason; empty where the price is listed
	}{
		{"aws", "us-east-1", 0.10, ""},
		{"eks", "eu-west-1", 0.10, ""},
		{"gcp", "europe-west1", 0.10, ""},
		{"azure", "westeurope", 0.10, "Free tier"},
		{"own", "here", 0, "none is counted"},
		{"", "", 0, "without a known provider"},
	} {
		got, err := catalog.ControlPlane(tt.provider, tt.region)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "control plane of "+tt.provider, got.USDPerHour, tt.usd, 1e-9)
		if tt.doubt == "" && got.Reason != "" || !strings.Contains(got.Reason, tt.doubt) {
			t.Errorf("control plane of %q: reason %q, want %q", tt.provider, got.Reason, tt.doubt)
		}
	}
	for _, tt := range []struct{ provider, region, doubt string }{
		{"aws", "us-east-1", ""},
		{"aws", "eu-west-1", "as in us-east-1"},
		{"own", "here", "no price of load balancers is known for own"},
	} {
		got, err := catalog.LoadBalancer(tt.provider, tt.region)
		if err != nil {
			t.Fatal(err)
		}
		if got.USDPerHour <= 0 || tt.doubt == "" && got.Reason != "" || !strings.Contains(got.Reason, tt.doubt) {
			t.Errorf("load balancer of %s in %s: %+v, want a price and the reason %q", tt.provider, tt.region, got, tt.doubt)
		}
	}
}

// TestOwnServicePrices lays a file over the built-in prices of services.
func TestOwnServicePrices(t *testing.T) {
	o, err := pricing.ParseFile("own.yaml", strings.NewReader(`source: contract
asOf: "2026-10-01"
services:
  - service: control-plane
    usdPerHour: 0
  - service: load-balancer
    provider: eks
    region: us-east-1
    usdPerHour: 0.5
  - service: storage
    usdPerGiBMonth: 0.3
  - service: storage
    class: fast
    usdPerGiBMonth: 0.6
`))
	if err != nil {
		t.Fatal(err)
	}
	c := pricing.New(pricing.Config{Overrides: []pricing.Overrides{o}})
	plane, err := c.ControlPlane("azure", "eastus")
	if err != nil || plane.USDPerHour != 0 || plane.Reason != "" || plane.Source != "contract" {
		t.Errorf("control plane %+v, %v; want 0 without doubt", plane, err)
	}
	here, err := c.LoadBalancer("aws", "us-east-1")
	there, err2 := c.LoadBalancer("aws", "eu-west-1")
	if err != nil || err2 != nil || here.USDPerHour != 0.5 || there.USDPerHour != 0.0225 {
		t.Errorf("load balancers %+v, %+v; want ours in us-east-1 alone", here, there)
	}
	for class, want := range map[string]float64{"fast": 0.6, "gp3": 0.3, "": 0.3} {
		got, err := c.StoragePrice("aws", "us-east-1", class)
		if err != nil || got.USDPerGiB != want || got.Assumed || got.AsOf != "2026-10-01" {
			t.Errorf("storage class %q: %+v, %v; want %v", class, got, err, want)
		}
	}
}

func TestOwnServicePricesRefused(t *testing.T) {
	for entry, want := range map[string]string{
		"service: dns, usdPerHour: 1":                             "p.yaml:2: services[0]: service \"dns\" is none of",
		"service: storage, usdPerHour: 1":                         "storage is priced by usdPerGiBMonth",
		"service: storage, usdPerHour: 1, usdPerGiBMonth: 1":      "and by that alone",
		"service: load-balancer":                                  "load-balancer is priced by usdPerHour",
		"service: control-plane, usdPerHour: -1":                  "must be a number from 0",
		"service: control-plane, usdPerHour: 1, class: fast":      "only storage has a class",
		"service: control-plane, usdPerHour: 1, instanceType: m5": "unknown key",
	} {
		_, err := pricing.ParseFile("p.yaml", strings.NewReader("services:\n  - {"+entry+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", entry, err, want)
		}
	}
}

// TestVolumePrice: the class's parameters decide, then what its provisioner makes
// without them, then its name.
func TestVolumePrice(t *testing.T) {
	c := pricing.New(pricing.Config{})
	params := func(kv ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i+1 < len(kv); i += 2 {
			out[kv[i]] = kv[i+1]
		}
		return out
	}
	for _, tt := range []struct {
		name, provider, region string
		kind                   pricing.VolumeKind
		want                   float64 // USD a month of 100 GiB
		assumed                bool
	}{
		{"AKS's managed-csi", "azure", "eastus", pricing.VolumeKind{Class: "managed-csi"}, 9.6, false},
		{"AKS's managed-csi-premium", "azure", "eastus", pricing.VolumeKind{Class: "managed-csi-premium"}, 19.71, false},
		{"skuName before the name", "azure", "eastus", pricing.VolumeKind{Class: "premium-looking", Provisioner: "disk.csi.azure.com", Parameters: params("skuname", "StandardSSD_LRS")}, 9.6, false},
		{"the provisioner's default", "azure", "eastus", pricing.VolumeKind{Class: "fast", Provisioner: "disk.csi.azure.com"}, 9.6, false},
		{"an Ultra disk with what its driver gives", "azure", "eastus", pricing.VolumeKind{Class: "x", Provisioner: "disk.csi.azure.com", Parameters: params("skuname", "UltraSSD_LRS")}, 11.972 + 500*0.04964 + 100*0.3495, false},
		{"an Ultra disk with IOPS", "azure", "eastus", pricing.VolumeKind{Class: "x", Parameters: params("skuname", "UltraSSD_LRS", "diskiopsreadwrite", "4000", "diskmbpsreadwrite", "20")}, 11.972 + 198.56 + 6.99, false},
		{"an Ultra disk has 2 IOPS a GiB", "azure", "eastus", pricing.VolumeKind{Class: "ultra", Parameters: params("diskiopsreadwrite", "100", "diskmbpsreadwrite", "1")}, 11.972 + 200*0.04964 + 0.3495, false},
		{"AKS's default class in several zones", "azure", "eastus", pricing.VolumeKind{Class: "managed-csi", Provisioner: "disk.csi.azure.com", Parameters: params("skuname", "StandardSSD_ZRS")}, 14.4, false},
		{"AKS's premium class in several zones", "azure", "westeurope", pricing.VolumeKind{Class: "managed-csi-premium", Provisioner: "disk.csi.azure.com", Parameters: params("skuname", "Premium_ZRS")}, 32.519, false},
		{"three zones where none are sold", "azure", "westus", pricing.VolumeKind{Class: "x", Parameters: params("skuname", "Premium_ZRS")}, 32.256, true},
		{"an Ultra disk elsewhere", "azure", "uksouth", pricing.VolumeKind{Class: "ultra", Parameters: params("diskiopsreadwrite", "1000", "diskmbpsreadwrite", "1")}, 14.965 + 1000*0.02482 + 0.08103, false},
		{"gp3", "aws", "us-east-1", pricing.VolumeKind{Class: "gp3"}, 8, false},
		{"type before the name", "aws", "us-east-1", pricing.VolumeKind{Class: "gp3", Provisioner: "ebs.csi.aws.com", Parameters: params("type", "gp2")}, 10, false},
		{"the CSI driver's default", "aws", "us-east-1", pricing.VolumeKind{Class: "fast", Provisioner: "ebs.csi.aws.com"}, 8, false},
		{"gp3 with IOPS and throughput", "aws", "us-east-1", pricing.VolumeKind{Class: "fast", Parameters: params("type", "gp3", "iops", "6000", "throughput", "250")}, 8 + 15 + 5, false},
		{"io1 with IOPS", "aws", "us-east-1", pricing.VolumeKind{Class: "fast", Parameters: params("type", "io1", "iops", "1000")}, 12.5 + 65, false},
		{"io1 with IOPS by size", "aws", "us-east-1", pricing.VolumeKind{Class: "fast", Parameters: params("type", "io1", "iopspergb", "10")}, 12.5 + 65, false},
		{"gp3 with IOPS by size", "aws", "us-east-1", pricing.VolumeKind{Class: "gp3", Parameters: params("iopspergb", "50")}, 8 + 2000*0.005, false},
		{"io2's first rate", "aws", "us-east-1", pricing.VolumeKind{Class: "io2", Parameters: params("iops", "32000")}, 12.5 + 2080, false},
		{"io2's three rates", "aws", "us-east-1", pricing.VolumeKind{Class: "io2", Parameters: params("iops", "100000")}, 12.5 + 32000*0.065 + 32000*0.0455 + 36000*0.03185, false},
		{"io1 has one rate, and at most 64,000", "aws", "us-east-1", pricing.VolumeKind{Class: "io1", Parameters: params("iops", "100000")}, 12.5 + 64000*0.065, false},
		{"EKS Auto Mode's disks", "aws", "us-east-1", pricing.VolumeKind{Class: "auto", Provisioner: "ebs.csi.eks.amazonaws.com"}, 8, false},
		{"a disk in two zones", "gcp", "us-central1", pricing.VolumeKind{Class: "x", Provisioner: "pd.csi.storage.gke.io", Parameters: params("type", "pd-balanced", "replication-type", "regional-pd")}, 20, false},
		{"GKE's standard-rwo", "gcp", "us-central1", pricing.VolumeKind{Class: "standard-rwo"}, 10, false},
		{"a type of Google's", "gcp", "us-central1", pricing.VolumeKind{Class: "standard-rwo", Parameters: params("type", "pd-ssd")}, 17, false},
		{"IOPS that are none", "aws", "us-east-1", pricing.VolumeKind{Class: "gp3", Parameters: params("iops", "many", "throughput", "-1")}, 8, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := c.VolumePrice(tt.provider, tt.region, tt.kind)
			if err != nil || !near(p.Monthly(100<<30), tt.want, 1e-3) || p.Assumed != tt.assumed {
				t.Errorf("got %v USD (%s, assumed %v), error %v; want %v (assumed %v)", p.Monthly(100<<30), p.Item, p.Assumed, err, tt.want, tt.assumed)
			}
		})
	}
}
