package pricing_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestPodsPrice(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		program, id, region string
		want                float64
		status              pricing.Status
	}{
		{"AWS Fargate", "aws:///us-east-1a/x/fargate-1", "us-east-1", 2*0.04048 + 4*0.004445, pricing.Listed},
		{"AWS Fargate", "aws:///eu-west-1a/x/fargate-1", "eu-west-1", 2*0.04048 + 4*0.004445, pricing.Estimated},
		{"GKE Autopilot", "gce://p/us-central1-a/gk3-x", "us-central1", 2*0.0445 + 4*0.0049225, pricing.Listed},
		{"a virtual kubelet", "", "eastus", 0, pricing.Missing},
	} {
		p := c.NodePrice(pricing.Node{
			Name: "n", ProviderID: tt.id, Labels: map[string]string{"topology.kubernetes.io/region": tt.region}, ByPod: tt.program, CPUMillis: 2000, MemoryBytes: 4 << 30,
		})
		if math.Abs(p.USDPerHour-tt.want) > 1e-9 || p.Status != tt.status || p.Offering.CapacityType != pricing.ByPod {
			t.Errorf("%s in %s: %g, %s, %s; want %g, %s", tt.program, tt.region, p.USDPerHour, p.Status, p.Offering.CapacityType, tt.want, tt.status)
		}
		if p.Status != pricing.Listed && len(p.Warnings) != 1 {
			t.Errorf("%s in %s: warnings %q, want one", tt.program, tt.region, p.Warnings)
		}
	}
}

// TestPodClasses: Autopilot's classes beside the usual have rates of their own, as has
// spot, and none is priced as the usual.
func TestPodClasses(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		key, value string
		want       float64
	}{
		{"cloud.google.com/compute-class", "Scale-Out", 0},
		{"cloud.google.com/compute-class", "Balanced", 0},
		{"cloud.google.com/compute-class", "Performance", 0},
		{"cloud.google.com/compute-class", "autopilot", 0.0445},
		{"cloud.google.com/gke-spot", "true", 0},
		{"cloud.google.com/gke-spot", "false", 0.0445},
	} {
		p := c.NodePrice(pricing.Node{
			Name: "gk3-x", ProviderID: "gce://p/us-central1-a/gk3-x", ByPod: "GKE Autopilot", CPUMillis: 1000,
			Labels: map[string]string{"topology.kubernetes.io/region": "us-central1", tt.key: tt.value},
		})
		if !near(p.USDPerHour, tt.want, 1e-9) || (tt.want == 0) != (p.Status == pricing.Missing && len(p.Warnings) == 1) {
			t.Errorf("%s=%s: got %g, %s, %q; want %g", tt.key, tt.value, p.USDPerHour, p.Status, p.Warnings, tt.want)
		}
	}
}
