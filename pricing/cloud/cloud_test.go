package cloud_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// TestEachCloud: a cloud says all of itself, and nothing that another says.
func TestEachCloud(t *testing.T) {
	said := map[string]string{}
	for _, c := range cloud.All() {
		if cloud.Of(c.Name) != c || cloud.Canonical(" "+c.Name) != c.Name {
			t.Errorf("%s is not found by its name", c.Name)
		}
		for _, word := range slices.Concat([]string{c.Name}, c.Aliases, c.Schemes, c.Domains, []string{c.DiskZone}) {
			if word == "" || said[word] != "" {
				t.Errorf("%s: %q is said by %q", c.Name, word, said[word])
			}
			said[word] = c.Name
		}
		if c.RegionOf == nil || c.Type == nil || c.Kind == nil || c.Generation == nil || c.Series == nil || c.General == nil || c.Disk == nil {
			t.Errorf("%s does not read its names: %+v", c.Name, c)
		}
		if c.Notice <= 0 || len(c.Spot) == 0 || c.Balancer == "" || c.ControlPlane == "" {
			t.Errorf("%s lacks its spot labels, its notice or its services", c.Name)
		}
		if item, named := c.Disk("nothing that it knows"); item == "" || named {
			t.Errorf("%s: got disk %q, %t of a class without a name", c.Name, item, named)
		}
		for provisioner, kind := range c.Provisioners {
			if c.Disks[kind] == "" || cloud.DiskOf(provisioner) != kind {
				t.Errorf("%s: %s makes %q, which is no disk", c.Name, provisioner, kind)
			}
		}
	}
	if names := cloud.Names(); !slices.IsSorted(names) || len(names) < 3 {
		t.Errorf("got %v", names)
	}
}

func TestOfNode(t *testing.T) {
	for _, tt := range []struct {
		id     string
		labels map[string]string
		want   string
		zone   string
	}{
		{id: "aws:///us-east-1a/i-0abc", want: "aws", zone: "us-east-1a"},
		{id: "gce://project/us-central1-a/name", want: "gcp", zone: "us-central1-a"},
		{id: "azure:///subscriptions/x", want: "azure"},
		{labels: map[string]string{"kubernetes.azure.com/mode": "system"}, want: "azure"},
		{id: "kwok://n", labels: map[string]string{"app": "aws"}},
	} {
		got := ""
		if c := cloud.OfNode(tt.id, tt.labels); c != nil {
			got = c.Name
		}
		if zone := cloud.ZoneOfID(tt.id); got != tt.want || zone != tt.zone {
			t.Errorf("%s %v: got %q in %q, want %q in %q", tt.id, tt.labels, got, zone, tt.want, tt.zone)
		}
	}
}

// TestUnknownCloud: a cloud that is not known keeps its name, and is warned the
// shortest.
func TestUnknownCloud(t *testing.T) {
	if got := cloud.Canonical("Hetzner"); got != "hetzner" {
		t.Errorf("got %q", got)
	}
	if got := cloud.RegionOfZone("hetzner", "fsn1-dc14"); got != "fsn1-dc14" {
		t.Errorf("got %q", got)
	}
	for _, c := range cloud.All() {
		if cloud.Notice("hetzner") > c.Notice || cloud.Notice(c.Name) != c.Notice {
			t.Errorf("%s warns %d s before, the unknown %d s", c.Name, c.Notice, cloud.Notice("hetzner"))
		}
	}
	if got := cloud.ParseType("hetzner", "cx22"); got.Family != "cx22" || cloud.KindOf("hetzner", "cx22") != (cloud.Kind{}) {
		t.Errorf("got %+v", got)
	}
}
