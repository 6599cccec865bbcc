package pricing_test

import (
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
		{"aws", "eu-west-1", "gp3", 0.08, true},
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
	}{{"aws", 0.0225}, {"gcp", 0.025}, {"azure", 0.025}, {"own", 0}} {
		got, _, err := catalog.LoadBalancerPrice(tt.provider, "us-east-1")
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, tt.provider, got, tt.usd, 1e-9)
	}
}
