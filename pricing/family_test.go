package pricing_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestGeneral(t *testing.T) {
	for _, c := range []struct {
		provider, name, family string
		want                   bool
	}{
		{"aws", "m7i.2xlarge", "m7i", true},
		{"aws", "r8g.large", "r8g", true},
		{"aws", "m5.large", "m5", false},
		{"aws", "m7i-flex.large", "m7i-flex", false},
		{"aws", "c6gn.xlarge", "c6gn", false},
		{"aws", "t3.large", "t3", false},
		{"gcp", "n2-standard-8", "n2-standard", true},
		{"gcp", "e2-medium", "e2-medium", false},
		{"gcp", "c3-standard-4-lssd", "c3-standard-lssd", false},
		{"azure", "Standard_D4as_v5", "Standard_D*as_v5", true},
		{"azure", "Standard_D4ds_v5", "Standard_D*ds_v5", false},
		{"azure", "Standard_B2ms", "Standard_B*ms", false},
		{"own", "m7i.large", "m7i.large", false},
	} {
		o := pricing.Offering{Provider: c.provider, InstanceType: c.name}
		if got := o.General(); got != c.want {
			t.Errorf("%s %s is general: got %v, want %v", c.provider, c.name, got, c.want)
		}
		if got := o.Family(); got != c.family {
			t.Errorf("family of %s %s: got %s, want %s", c.provider, c.name, got, c.family)
		}
	}
}
