package pin_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestBursting: a burstable machine has its baseline, less what the system keeps, at its
// price; where surplus credits are on sale more of it costs them in every hour.
func TestBursting(t *testing.T) {
	for name, tt := range map[string]struct {
		provider, name    string
		cpu, allocatable  int64
		sustained         int64
		variants          int
		rate, most, least float64 // USD an hour of a vCPU beyond; of the machine
	}{
		"T3 by AWS":          {"aws", "t3.large", 2000, 1930, 530, 5, 0.05, 0.1 + 0.05*1.4, 0.1},
		"T4g is less":        {"aws", "t4g.xlarge", 4000, 3920, 1520, 5, 0.04, 0.1 + 0.04*2.4, 0.1},
		"T2 is standard":     {"aws", "t2.large", 2000, 1930, 530, 1, 0, 0.1, 0.1},
		"another of AWS":     {"aws", "m6i.large", 2000, 1930, 1930, 1, 0, 0.1, 0.1},
		"E2 has no credits":  {"gcp", "e2-medium", 2000, 940, 940, 1, 0, 0.1, 0.1},
		"B of Azure":         {"azure", "Standard_B2s", 2000, 1900, 300, 1, 0, 0.1, 0.1},
		"B2ms of Azure":      {"azure", "Standard_B2ms", 2000, 1900, 500, 1, 0, 0.1, 0.1},
		"B4ms of Azure":      {"azure", "Standard_B4ms", 4000, 3860, 760, 1, 0, 0.1, 0.1},
		"a large B of Azure": {"azure", "Standard_B8ms", 8000, 7820, 1164, 1, 0, 0.1, 0.1},
		"the smallest one":   {"azure", "Standard_B1ls", 1000, 940, 0, 1, 0, 0.1, 0.1},
	} {
		o := pricing.Offering{Provider: tt.provider, InstanceType: tt.name, CPUMillis: tt.cpu}
		cpu := pin.Sustained(o, tt.allocatable)
		got := pin.Bursting(packing.Offering{CPU: cpu, USDPerHour: 0.1}, o, tt.allocatable)
		if cpu != tt.sustained || len(got) != tt.variants {
			t.Errorf("%s: got %d millicores and %d variants, want %d and %d", name, cpu, len(got), tt.sustained, tt.variants)
			continue
		}
		last := got[len(got)-1]
		if math.Abs(last.USDPerHour-tt.most) > 1e-9 || got[0].USDPerHour != tt.least || len(got) > 1 && last.CPU != tt.allocatable {
			t.Errorf("%s: got %+v, want from %v to %v USD", name, got, tt.least, tt.most)
		}
		for i := 1; i < len(got); i++ {
			if more := tt.rate * float64(got[i].CPU-cpu) / 1000; math.Abs(got[i].USDPerHour-0.1-more) > 1e-9 {
				t.Errorf("%s: %d millicores for %v, want %v beyond", name, got[i].CPU, got[i].USDPerHour, more)
			} else if math.Abs(got[i].Fee-more) > 1e-9 {
				t.Errorf("%s: commitments may cover all but %v, want all but the surplus of %v", name, got[i].Fee, more)
			}
		}
	}
}
