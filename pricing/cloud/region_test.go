package cloud

import "testing"

// TestRegion: a cloud's regions are told from names of others' and from slips.
func TestRegion(t *testing.T) {
	for name, want := range map[string]string{
		"us-east-1": "aws", "us-gov-west-1": "aws", "ap-southeast-7": "aws", "mx-central-1": "aws",
		"eastus": "azure", "westus3": "azure", "ukwest": "azure", "jioindiawest": "azure",
		"us-central1": "gcp", "europe-west12": "gcp", "northamerica-northeast2": "gcp", "me-central1": "gcp",
		"us-east-17": "", "us-east1-b": "", "../x": "", "": "", "us east": "",
	} {
		for _, c := range All() {
			if got := c.Region().MatchString(name); got != (c.Name == want) {
				t.Errorf("%q as a region of %s: got %v", name, c.Name, got)
			}
		}
	}
}

// TestCloudsAreWhole: what the program calls of a cloud without asking whether it is there.
func TestCloudsAreWhole(t *testing.T) {
	for _, c := range All() {
		for what, there := range map[string]bool{
			"Region": c.Region != nil, "RegionOf": c.RegionOf != nil, "Type": c.Type != nil, "Kind": c.Kind != nil, "Generation": c.Generation != nil,
			"Series": c.Series != nil, "General": c.General != nil, "Burst": c.Burst != nil, "Leaves": c.Leaves != nil, "Disk": c.Disk != nil,
			"a scheme": len(c.Schemes) > 0, "an alias": len(c.Aliases) > 0, "Notice": c.Notice > 0, "Balancer": c.Balancer != "",
		} {
			if !there {
				t.Errorf("%s lacks %s", c.Name, what)
			}
		}
	}
}
