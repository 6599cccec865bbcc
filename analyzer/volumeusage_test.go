package analyzer_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestSetVolumeUsage: the largest of several readings, an empty volume is known
// to be so, and claims that are not there are passed over.
func TestSetVolumeUsage(t *testing.T) {
	s := &analyzer.Snapshot{VolumeClaims: []analyzer.VolumeClaim{
		{Namespace: "shop", Name: "data"}, {Namespace: "shop", Name: "empty"}, {Namespace: "pay", Name: "data"},
	}}
	s.SetVolumeUsage([]analyzer.VolumeUsage{
		{Namespace: "shop", Claim: "data", Bytes: 5}, {Namespace: "shop", Claim: "data", Bytes: 3},
		{Namespace: "shop", Claim: "empty"}, {Namespace: "shop", Claim: "gone", Bytes: 9},
	})
	for i, want := range []int64{5, 1, 0} {
		if got := s.VolumeClaims[i].Used; got != want {
			t.Errorf("claim %d: got %d bytes, want %d", i, got, want)
		}
	}
}
