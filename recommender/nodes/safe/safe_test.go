package safe_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestKeep adds to pods what they have today.
func TestKeep(t *testing.T) {
	host := func(n int64) packing.Spread {
		return packing.Spread{TopologyKey: packing.LabelHostname, MaxSkew: n, Soft: true}
	}
	zone := func(n int64) packing.Spread {
		return packing.Spread{TopologyKey: packing.LabelZone, MaxSkew: n, Soft: true}
	}
	for name, c := range map[string]struct {
		at     string // node and zone of each pod, such as "1a 2b"
		change func(*safe.Spot)
		spread []packing.Spread
		pinned string
	}{
		"in two zones":            {"1a 2b 3a", nil, []packing.Spread{host(2)}, "a b -"},
		"in one zone":             {"1a 2a", nil, []packing.Spread{host(1)}, "- -"},
		"batch work":              {"1a 2b", func(p *safe.Spot) { p.Batch = true }, nil, "- -"},
		"a quorum of three":       {"1a 2b 3c", func(p *safe.Spot) { p.Ordered = true }, []packing.Spread{host(1)}, "a b c"},
		"a quorum of five":        {"1a 2b 3c 1a 2b", func(p *safe.Spot) { p.Ordered = true }, []packing.Spread{host(2)}, "a b c - -"},
		"volumes in zones":        {"1a 2b 3a", func(p *safe.Spot) { p.Pod.Zone = p.Zone }, []packing.Spread{host(2)}, "a b a"},
		"spread over zones":       {"1a 2b 3c 4a", func(p *safe.Spot) { p.Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 3}} }, []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 3}, host(2), zone(1)}, "- - - -"},
		"a wish that holds":       {"1a 2a", func(p *safe.Spot) { p.Wishes = wish(packing.LabelHostname) }, []packing.Spread{host(1), host(1)}, "- -"},
		"a wish that does not":    {"1a 1a 2a", func(p *safe.Spot) { p.Wishes = wish(packing.LabelHostname) }, []packing.Spread{host(2), host(2)}, "- - -"},
		"one that stays, down":    {"1a 2a 3b", func(p *safe.Spot) { p.Down = p.Zone == "b"; p.Stays = p.Down }, []packing.Spread{host(2)}, "a b -"},
		"a zone's pod that stays": {"1a 2b", func(p *safe.Spot) { p.Stays = p.Zone == "a" }, []packing.Spread{host(1)}, "- b"},
		"apart in zones by itself": {"1a 2b", func(p *safe.Spot) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"g"}}}
		}, []packing.Spread{host(1)}, "- -"},
	} {
		t.Run(name, func(t *testing.T) {
			var spots []safe.Spot
			var zones []string
			for _, at := range strings.Fields(c.at) {
				p := safe.Spot{Pod: &packing.Pod{Group: "g"}, Node: at[:1], Zone: at[1:]}
				if c.change != nil {
					c.change(&p)
				}
				spots = append(spots, p)
				if !slices.Contains(zones, p.Zone) {
					zones = append(zones, p.Zone)
				}
			}
			safe.Keep(spots, map[string][]string{"g": zones}, zones, 6)
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
