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

// TestPartOfGPU: Google's names of GPUs are those of the tables, whether its SKU says who makes them or not.
func TestPartOfGPU(t *testing.T) {
	for description, want := range map[string]cloud.Part{
		"Nvidia L4 GPU running in Netherlands":                                 {Series: "Nvidia L4", Kind: "gpu"},
		"Nvidia L4 GPU attached to Spot Preemptible VMs running in Las Vegas":  {Series: "Nvidia L4", Kind: "gpu", Spot: true},
		"Commitment v1: Nvidia L4 GPU in Frankfurt for 1 Year":                 {Series: "Nvidia L4", Kind: "gpu"},
		"Commitment v1: Nvidia L4 GPU running in Frankfurt for 3 Years":        {Series: "Nvidia L4", Kind: "gpu"},
		"Nvidia Tesla A100 GPU running in Americas":                            {Series: "Nvidia A100", Kind: "gpu"},
		"Nvidia Tesla A100 80GB GPU running in EMEA":                           {Series: "Nvidia A100 80GB", Kind: "gpu"},
		"Nvidia H100 80GB Mega GPU running in Frankfurt":                       {Series: "Nvidia H100 80GB Mega", Kind: "gpu"},
		"H200 141GB GPU running in Belgium":                                    {Series: "Nvidia H200 141GB", Kind: "gpu"},
		"A4 Nvidia B200 (1 gpu slice) running in Netherlands":                  {Series: "Nvidia B200", Kind: "gpu"},
		"RTX 6000 96GB running in Oregon":                                      {Series: "Nvidia RTX PRO 6000", Kind: "gpu"},
		"RTX 6000 96GB attached to Spot Preemptible VMs running in Delhi":      {Series: "Nvidia RTX PRO 6000", Kind: "gpu", Spot: true},
		"Commitment v1: RTX 6000 96GB in Delhi for 1 Year":                     {Series: "Nvidia RTX PRO 6000", Kind: "gpu"},
		"Nvidia B300 GPU running in Oregon":                                    {Series: "Nvidia B300", Kind: "gpu"},
		"B300 GPU running in Oregon":                                           {},
		"NVIDIA RTX PRO 6000 GPU running in Oregon":                            {Series: "Nvidia RTX PRO 6000", Kind: "gpu"},
		"Nvidia L4 GPU Virtual Workstation running in Americas":                {},
		"Nvidia L4 Virtual Workstation GPU running in Netherlands":             {},
		"Reserved Nvidia H100 80GB GPU in Belgium in Calendar Mode":            {},
		"DWS Defined Duration Nvidia L4 GPU running in Columbus":               {},
		"NVIDIA RTX Pro 6000 GPU with no zonal redundancy in us-central1":      {},
		"TpuV6e running in Columbus":                                           {},
		"SSD backed Local Storage attached to Spot Preemptible VMs in Bangkok": {},
		"G4 Instance Core running in Iowa":                                     {Series: "g4", Kind: "core"},
		"Spot Preemptible A3 Instance Ram running in Americas":                 {Series: "a3", Kind: "ram", Spot: true},
		"Commitment v1: N2 Cpu in EMEA for 1 Year":                             {Series: "n2", Kind: "core"},
		"Licensing Fee for Windows Server on VM with RTX 6000 96GB (GPU cost)": {},
		"Storage PD Capacity 141GB":                                            {},
		"Nvidia Quadro Virtual Workstation GPU attached to Preemptible VMs":    {},
	} {
		got, ok := cloud.PartOf(description)
		if got != want || ok != (want != cloud.Part{}) {
			t.Errorf("%s: got %+v, %t, want %+v", description, got, ok, want)
		}
	}
}
