package pricing_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestHome: what is paid for beside machines is where most of them are.
func TestHome(t *testing.T) {
	east, west := pricing.Offering{Provider: "gcp", Region: "us-east4"}, pricing.Offering{Provider: "gcp", Region: "us-west1"}
	own := pricing.Offering{InstanceType: "own"}
	for name, tt := range map[string]struct {
		machines []pricing.Offering
		want     pricing.Place
	}{
		"none":             {nil, pricing.Place{}},
		"of no provider":   {[]pricing.Offering{own, own}, pricing.Place{}},
		"the first of two": {[]pricing.Offering{own, west, east}, pricing.Place{Provider: "gcp", Region: "us-west1"}},
		"most":             {[]pricing.Offering{west, own, own, own, east, east}, pricing.Place{Provider: "gcp", Region: "us-east4"}},
	} {
		if got := pricing.Home(tt.machines); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	for zone, want := range map[string]string{"us-east4-b": "us-east4", "us-west1-a": "us-west1", "1": "europe-west1", "": "europe-west1"} {
		if got := (pricing.Place{Provider: "gcp", Region: "europe-west1"}).Zone(zone); got != (pricing.Place{Provider: "gcp", Region: want}) {
			t.Errorf("%s: got %v", zone, got)
		}
	}
	if !pricing.IsZoneKey("topology.gke.io/zone") || pricing.IsZoneKey("kubernetes.io/hostname") || !pricing.IsRegionKey("topology.kubernetes.io/region") {
		t.Error("the keys of zones and regions are not told apart")
	}
}
