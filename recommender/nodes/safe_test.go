package nodes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestVolumes reads where volumes let a pod run.
func TestVolumes(t *testing.T) {
	in := func(key string, values ...string) []analyzer.NodeTerm {
		return []analyzer.NodeTerm{{{Key: key, Operator: "In", Values: values}}}
	}
	for name, c := range map[string]struct {
		volume   analyzer.Volume
		provider string
		zone     string
		pinned   string
		zones    string
		attach   int64
	}{
		"a zonal disk":                   {analyzer.Volume{Source: "csi", Driver: "ebs.csi.aws.com", Affinity: in("topology.ebs.csi.aws.com/zone", "a")}, "aws:///a/i", "a", "", "a", 1},
		"a regional disk":                {analyzer.Volume{Source: "csi", Driver: "pd.csi.storage.gke.io", Affinity: in("topology.gke.io/zone", "b", "a")}, "gce://p/a/i", "a", "", "a b", 1},
		"a zonal disk without affinity":  {analyzer.Volume{Source: "csi", Driver: "ebs.csi.aws.com"}, "aws:///a/i", "a", "", "a", 1},
		"a disk of before CSI":           {analyzer.Volume{Source: "awsElasticBlockStore", Affinity: in("topology.kubernetes.io/zone", "a")}, "aws:///a/i", "a", "", "a", 1},
		"of an older snapshot":           {analyzer.Volume{Driver: "ebs.csi.aws.com"}, "aws:///a/i", "a", "", "a", 1},
		"a file system":                  {analyzer.Volume{Source: "csi", Driver: "efs.csi.aws.com", Shared: true}, "aws:///a/i", "a", "", "", 0},
		"storage of the cluster's own":   {analyzer.Volume{Source: "csi", Driver: "driver.longhorn.io"}, "", "", "", "", 0},
		"a local disk":                   {analyzer.Volume{Source: "local", Affinity: in("kubernetes.io/hostname", "n")}, "aws:///a/i", "a", "kubernetes.io/hostname", "", 0},
		"a local disk by its own label":  {analyzer.Volume{Source: "csi", Driver: "topolvm.io", Affinity: in("topology.topolvm.io/node", "n")}, "aws:///a/i", "a", "topology.topolvm.io/node", "", 0},
		"a path of the node":             {analyzer.Volume{Source: "hostPath"}, "", "", "own disk", "", 0},
		"a zone that is not the node's":  {analyzer.Volume{Source: "csi", Affinity: in("topology.kubernetes.io/zone", "b")}, "aws:///a/i", "a", "whose zone", "", 0},
		"a kind that nothing models":     {analyzer.Volume{Source: "iscsi", Unmodelled: []string{"iscsi"}}, "", "", "iscsi", "", 0},
		"Azure without zones":            {analyzer.Volume{Source: "csi", Driver: "disk.csi.azure.com", Affinity: in("topology.disk.csi.azure.com/zone", "")}, "azure:///x", "0", "", "", 1},
		"on-premises, nothing is told":   {analyzer.Volume{Name: "gone"}, "", "", "nothing tells", "", 0},
		"in the cloud, nothing is told":  {analyzer.Volume{Name: "gone"}, "aws:///a/i", "a", "", "a", 1},
		"in the cloud, a class of disks": {analyzer.Volume{Name: "gone", Class: "local-nvme"}, "aws:///a/i", "a", "nothing tells", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &analyzer.Snapshot{VolumeClaims: []analyzer.VolumeClaim{{Namespace: "x", Name: "c", Volume: "v", Class: c.volume.Class}}}
			node := analyzer.Node{Name: "n", ProviderID: c.provider, Labels: map[string]string{"topology.kubernetes.io/zone": c.zone}}
			s.Nodes = []analyzer.Node{node}
			if c.volume.Name != "gone" {
				c.volume.Name = "v"
				s.Volumes = []analyzer.Volume{c.volume}
			}
			r := nodes.VolumesOf(s).Of("x", &analyzer.Pod{Spec: analyzer.PodSpec{Claims: []string{"c"}}}, &node)
			if c.pinned == "" != (r.Pinned == "") || !strings.Contains(r.Pinned, c.pinned) {
				t.Errorf("pinned: got %q, want %q", r.Pinned, c.pinned)
			}
			if got := strings.Join(r.Zones, " "); c.pinned == "" && got != c.zones {
				t.Errorf("zones: got %q, want %q", got, c.zones)
			}
			sum := int64(0)
			for _, n := range r.Attach {
				sum += n
			}
			if c.pinned == "" && sum != c.attach {
				t.Errorf("attached: got %v, want %d", r.Attach, c.attach)
			}
		})
	}
}

// TestStock tells what a type has, of the nodes of its pool.
func TestStock(t *testing.T) {
	gpus := func(name string, n int64) nodes.Member {
		return nodes.Member{
			Node:    &analyzer.Node{Resources: analyzer.Resources{name: n, "ephemeral-storage": 50 << 30, "hugepages-2Mi": 1 << 20}, Allocatable: analyzer.Amounts{GPU: n}},
			Machine: pricing.Offering{Provider: "aws", InstanceType: "g4dn.xlarge", CPUMillis: 4000, GPUs: 1},
		}
	}
	larger := pricing.Offering{Provider: "aws", InstanceType: "g4dn.12xlarge", CPUMillis: 48000, GPUs: 4}
	other := pricing.Offering{Provider: "aws", InstanceType: "g5.xlarge", CPUMillis: 4000, GPUs: 1}
	for name, c := range map[string]struct {
		members     []nodes.Member
		of          pricing.Offering
		device      string
		count, disk int64
		huge        int64
	}{
		"its own":              {[]nodes.Member{gpus("nvidia.com/gpu", 1)}, gpus("", 0).Machine, "nvidia.com/gpu", 1, 50 << 30, 1 << 20},
		"of its line":          {[]nodes.Member{gpus("nvidia.com/gpu", 1)}, larger, "nvidia.com/gpu", 4, 50 << 30, 0},
		"of another line":      {[]nodes.Member{gpus("nvidia.com/gpu", 1)}, other, "nvidia.com/gpu", 0, 50 << 30, 0},
		"shared in time":       {[]nodes.Member{gpus("nvidia.com/gpu", 4)}, larger, "nvidia.com/gpu", 0, 50 << 30, 0},
		"slices":               {[]nodes.Member{gpus("nvidia.com/mig-1g.5gb", 7)}, larger, "nvidia.com/mig-1g.5gb", 0, 50 << 30, 0},
		"the least of its own": {[]nodes.Member{gpus("nvidia.com/gpu", 4), gpus("nvidia.com/gpu", 1)}, gpus("", 0).Machine, "nvidia.com/gpu", 1, 50 << 30, 1 << 20},
	} {
		has, _ := nodes.StockOf("aws", c.members).Of(c.of)
		if has[c.device] != c.count || has["ephemeral-storage"] != c.disk || has["hugepages-2Mi"] != c.huge || has["attachable-volumes-ebs.csi.aws.com"] == 0 {
			t.Errorf("%s: got %v", name, has)
		}
	}
}

// TestKeepSafe adds to pods what they have today.
func TestKeepSafe(t *testing.T) {
	host := func(n int64) packing.Spread {
		return packing.Spread{TopologyKey: packing.LabelHostname, MaxSkew: n, Soft: true}
	}
	zone := func(n int64) packing.Spread {
		return packing.Spread{TopologyKey: packing.LabelZone, MaxSkew: n, Soft: true}
	}
	for name, c := range map[string]struct {
		at     string // node and zone of each pod, such as "1a 2b"
		change func(*nodes.Spot)
		spread []packing.Spread
		pinned string
	}{
		"in two zones":            {"1a 2b 3a", nil, []packing.Spread{host(2)}, "a b -"},
		"in one zone":             {"1a 2a", nil, []packing.Spread{host(1)}, "- -"},
		"batch work":              {"1a 2b", func(p *nodes.Spot) { p.Batch = true }, nil, "- -"},
		"a quorum of three":       {"1a 2b 3c", func(p *nodes.Spot) { p.Ordered = true }, []packing.Spread{host(1)}, "a b c"},
		"a quorum of five":        {"1a 2b 3c 1a 2b", func(p *nodes.Spot) { p.Ordered = true }, []packing.Spread{host(2)}, "a b c - -"},
		"volumes in zones":        {"1a 2b 3a", func(p *nodes.Spot) { p.Pod.Zone = p.Zone }, []packing.Spread{host(2)}, "a b a"},
		"spread over zones":       {"1a 2b 3c 4a", func(p *nodes.Spot) { p.Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 3}} }, []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 3}, host(2), zone(1)}, "- - - -"},
		"a wish that holds":       {"1a 2a", func(p *nodes.Spot) { p.Wishes = wish(packing.LabelHostname) }, []packing.Spread{host(1), host(1)}, "- -"},
		"a wish that does not":    {"1a 1a 2a", func(p *nodes.Spot) { p.Wishes = wish(packing.LabelHostname) }, []packing.Spread{host(2), host(2)}, "- - -"},
		"a zone's pod that stays": {"1a 2b", func(p *nodes.Spot) { p.Stays = p.Zone == "a" }, []packing.Spread{host(1)}, "- b"},
		"apart in zones by itself": {"1a 2b", func(p *nodes.Spot) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"g"}}}
		}, []packing.Spread{host(1)}, "- -"},
	} {
		t.Run(name, func(t *testing.T) {
			var spots []nodes.Spot
			var zones []string
			for _, at := range strings.Fields(c.at) {
				p := nodes.Spot{Pod: &packing.Pod{Group: "g"}, Node: at[:1], Zone: at[1:]}
				if c.change != nil {
					c.change(&p)
				}
				spots = append(spots, p)
				if !slices.Contains(zones, p.Zone) {
					zones = append(zones, p.Zone)
				}
			}
			nodes.KeepSafe(spots, map[string][]string{"g": zones}, zones, 6)
			var pinned []string
			for i := range spots {
				z := spots[i].Pod.Zone
				if z == "" {
					z = "-"
				}
				pinned = append(pinned, z)
				if !slices.Equal(spots[i].Spread, c.spread) {
					t.Errorf("pod %d: got %v, want %v", i, spots[i].Spread, c.spread)
				}
			}
			if got := strings.Join(pinned, " "); got != c.pinned {
				t.Errorf("zones: got %s, want %s", got, c.pinned)
			}
		})
	}
}

func wish(key string) *analyzer.PodSpec {
	return &analyzer.PodSpec{SoftSpread: []analyzer.TopologySpread{{TopologyKey: key, MaxSkew: 1}}}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name, allow, deny string
		want              bool
	}{
		{"m6i.large", "", "", true}, {"m6i.large", "m6i.*", "", true}, {"m6i.large", "c6i.* m*", "", true}, {"m6i.large", "c*", "", false},
		{"m6i.large", "", "*.large", false}, {"m6i.large", "m6i.*", "m6i.large", false},
	} {
		if got := nodes.Allowed(c.name, strings.Fields(c.allow), strings.Fields(c.deny)); got != c.want {
			t.Errorf("%s of %q but %q: got %v", c.name, c.allow, c.deny, got)
		}
	}
}
