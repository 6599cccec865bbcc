package pricing_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestSuccessor(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct{ provider, region, instanceType, want string }{
		{"aws", "us-east-1", "m5.xlarge", "m6a.xlarge"},
		{"aws", "us-east-1", "c5.2xlarge", "c6a.2xlarge"},
		{"aws", "us-east-1", "m6a.xlarge", ""}, // what is newer is dearer
		{"aws", "us-east-1", "t3.medium", ""},  // burstable types have no generation
		{"azure", "eastus", "Standard_B2ms", ""},
		{"gcp", "us-central1", "e2-medium", ""},
	} {
		now := catalog.Lookup(pricing.Query{Provider: tt.provider, Region: tt.region, InstanceType: tt.instanceType}).Offering
		next, ok := catalog.Successor(now)
		if next.InstanceType != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q, want %q", tt.instanceType, next.InstanceType, tt.want)
		}
		if ok && (next.USDPerHour >= now.USDPerHour || next.CPUMillis < now.CPUMillis || next.MemoryBytes < now.MemoryBytes || next.Arch != now.Arch) {
			t.Errorf("%s: %+v is not as large and cheaper", tt.instanceType, next)
		}
	}
	if _, ok := catalog.Successor(pricing.Offering{}); ok {
		t.Error("no type at all: got a successor")
	}
}
