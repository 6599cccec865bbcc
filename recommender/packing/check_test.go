package packing_test

import (
	"context"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestCheckFindsFaults breaks a sound plan in every way and expects to be told.
func TestCheckFindsFaults(t *testing.T) {
	apart := []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"p"}}}
	zonal := []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}
	spread := func(key string) []packing.Spread { return []packing.Spread{{TopologyKey: key, MaxSkew: 1}} }
	tests := map[string]struct {
		pod  func(*packing.Pod)  // changes all pods after packing
		plan func(*packing.Plan) // changes the plan
		want string
	}{
		"sound":           {},
		"lost pod":        {plan: func(p *packing.Plan) { p.Nodes[0].Pods = p.Nodes[0].Pods[1:] }, want: "neither placed nor abstained"},
		"pod twice":       {plan: func(p *packing.Plan) { p.Nodes[0].Pods = append(p.Nodes[0].Pods, p.Nodes[1].Pods...) }, want: "placed twice"},
		"unknown pod":     {plan: func(p *packing.Plan) { p.Nodes[0].Pods = append(p.Nodes[0].Pods, "ghost") }, want: "unknown"},
		"empty node":      {plan: func(p *packing.Plan) { p.Nodes[0].Pods = nil }, want: "node 0 is empty"},
		"both":            {plan: func(p *packing.Plan) { p.Abstained = []packing.Abstention{{Pod: "p0", Reason: "x"}} }, want: "both placed and abstained"},
		"no reason":       {plan: func(p *packing.Plan) { p.Abstained = []packing.Abstention{{Pod: "p0"}} }, want: "without a reason"},
		"CPU":             {pod: func(p *packing.Pod) { p.CPU *= 3 }, want: "cpu overcommitted"},
		"memory":          {pod: func(p *packing.Pod) { p.Memory *= 1000 }, want: "memory overcommitted"},
		"GPUs":            {pod: func(p *packing.Pod) { p.GPUs = 1 }, want: "gpus overcommitted"},
		"extended":        {pod: func(p *packing.Pod) { p.Extended = map[string]int64{"x/y": 1} }, want: "extended x/y overcommitted"},
		"pods":            {plan: func(p *packing.Plan) { p.Nodes[0].Offering.Pods = 1 }, want: "pods overcommitted"},
		"stated requests": {plan: func(p *packing.Plan) { p.Nodes[0].CPU++ }, want: "stated requests"},
		"selector":        {pod: func(p *packing.Pod) { p.NodeSelector = map[string]string{"a": "b"} }, want: "node selector a=b"},
		"affinity":        {pod: func(p *packing.Pod) { p.Affinity = []packing.Term{{{Key: "a", Operator: packing.Exists}}} }, want: "node affinity"},
		"greater than": {pod: func(p *packing.Pod) {
			p.Affinity = []packing.Term{{{Key: packing.LabelZone, Operator: packing.Gt, Values: []string{"1"}}}}
		}, want: "node affinity"},
		"architecture": {pod: func(p *packing.Pod) { p.Archs = []string{"arm64"} }, want: "architecture amd64"},
		"volume":       {pod: func(p *packing.Pod) { p.Zone = "elsewhere" }, want: "volume zone"},
		"taint":        {plan: func(p *packing.Plan) { p.Nodes[0].Offering.Taints = []packing.Taint{{Key: "t", Effect: "NoExecute"}} }, want: "taint t"},
		"host anti":    {pod: func(p *packing.Pod) { p.AntiAffinity = apart }, want: "shares its kubernetes.io/hostname"},
		"zone anti":    {pod: func(p *packing.Pod) { p.AntiAffinity = zonal }, want: "shares its topology.kubernetes.io/zone"},
		"host spread":  {pod: func(p *packing.Pod) { p.Spread = spread(packing.LabelHostname) }, want: "on a node, maxSkew 1"},
		"zone spread": {plan: func(p *packing.Plan) {
			p.Nodes[1].Offering.Zone = "b"
			p.Nodes[1].Pods, p.Nodes[0].Pods = p.Nodes[1].Pods[:1], append(p.Nodes[0].Pods, p.Nodes[1].Pods[1:]...)
		}, pod: func(p *packing.Pod) { p.Spread = spread(packing.LabelZone); p.CPU = 10 }, want: "maxSkew 1"},
		"price":            {plan: func(p *packing.Plan) { p.Hourly -= 0.5 }, want: "its nodes cost"},
		"impossible bound": {plan: func(p *packing.Plan) { p.LowerBound = p.Hourly + 1 }, want: "the bound is wrong"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			list := pods("p", 5, 600, nil)
			plan, err := packing.Pack(context.Background(), packing.Input{Pods: list, Offerings: []packing.Offering{small()}})
			if err != nil {
				t.Fatal(err)
			}
			if tt.plan != nil {
				tt.plan(&plan)
			}
			if tt.pod != nil {
				for i := range list {
					tt.pod(&list[i])
				}
			}
			err = packing.Check(plan, list, nil)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no fault", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want a fault with %q", err, tt.want)
			}
		})
	}
}

// TestCheckSkewOfZones counts a zone that is behind only where the pod may run on one
// of its nodes.
func TestCheckSkewOfZones(t *testing.T) {
	list := append(pods("p", 3, 100, nil), pods("q", 2, 100, nil)...)
	for i := range 3 {
		list[i].Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 2}}
		list[i].NodeSelector = map[string]string{"pool": "x"}
	}
	node := func(zone, pool string, of ...packing.Pod) packing.PlannedNode {
		n := packing.PlannedNode{Offering: small()}
		n.Offering.Zone, n.Offering.Labels = zone, map[string]string{"pool": pool}
		for _, p := range of {
			n.Pods, n.CPU, n.Memory = append(n.Pods, p.Name), n.CPU+p.CPU, n.Memory+p.Memory
		}
		return n
	}
	for _, tt := range []struct {
		pool  string // of the node in the other zone
		fault bool
	}{{"x", true}, {"y", false}} {
		plan := packing.Plan{Nodes: []packing.PlannedNode{node("a", "x", list[:3]...), node("b", "y", list[3]), node("b", tt.pool, list[4])}}
		for _, n := range plan.Nodes {
			plan.Hourly += n.Offering.USDPerHour
		}
		err := packing.Check(plan, list, nil)
		if skewed := err != nil && strings.Contains(err.Error(), "3 pods of p in its zone and 0 in b, maxSkew 2"); skewed != tt.fault || !tt.fault && err != nil {
			t.Errorf("a node of pool %s in zone b: got %v, want a fault: %v", tt.pool, err, tt.fault)
		}
	}
}

func TestMatching(t *testing.T) {
	node := small()
	node.Labels = map[string]string{"cores": "8", "team": "red"}
	node.Taints = []packing.Taint{{Key: "k", Value: "v", Effect: "NoSchedule"}}
	tolerate := packing.Toleration{Key: "k", Operator: "Equal", Value: "v", Effect: "NoSchedule"}
	term := func(key string, op packing.Operator, values ...string) []packing.Term {
		return []packing.Term{{{Key: key, Operator: op, Values: values}}}
	}
	tests := map[string]struct {
		affinity   []packing.Term
		toleration packing.Toleration
		want       bool
	}{
		"plain":                 {nil, tolerate, true},
		"In":                    {term("team", packing.In, "blue", "red"), tolerate, true},
		"In, other value":       {term("team", packing.In, "blue"), tolerate, false},
		"In, no label":          {term("squad", packing.In, "red"), tolerate, false},
		"NotIn, no label":       {term("squad", packing.NotIn, "red"), tolerate, true},
		"NotIn":                 {term("team", packing.NotIn, "red"), tolerate, false},
		"Exists":                {term("team", packing.Exists), tolerate, true},
		"DoesNotExist":          {term("team", packing.DoesNotExist), tolerate, false},
		"Gt":                    {term("cores", packing.Gt, "4"), tolerate, true},
		"Gt, equal":             {term("cores", packing.Gt, "8"), tolerate, false},
		"Lt":                    {term("cores", packing.Lt, "9"), tolerate, true},
		"Lt, not a number":      {term("team", packing.Lt, "9"), tolerate, false},
		"second term":           {append(term("squad", packing.Exists), term("team", packing.Exists)...), tolerate, true},
		"zone label":            {term(packing.LabelZone, packing.In, "a"), tolerate, true},
		"operating system":      {term(packing.LabelOS, packing.In, "linux"), tolerate, true},
		"capacity type":         {term(packing.LabelCapacityType, packing.In, "spot"), tolerate, false},
		"toleration, no value":  {nil, packing.Toleration{Key: "k", Effect: "NoSchedule"}, false},
		"toleration, any value": {nil, packing.Toleration{Key: "k", Operator: "Exists"}, true},
		"toleration of all":     {nil, packing.Toleration{Operator: "Exists"}, true},
		"toleration, effect":    {nil, packing.Toleration{Key: "k", Operator: "Exists", Effect: "NoExecute"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod("p", 100)
			p.Affinity, p.Tolerations = tt.affinity, []packing.Toleration{tt.toleration}
			plan := mustPack(t, packing.Input{Pods: []packing.Pod{p}, Offerings: []packing.Offering{node}})
			if got := len(plan.Abstained) == 0; got != tt.want {
				t.Errorf("placed: got %v, want %v", got, tt.want)
			}
			// The checker must come to the same verdict by its own reading.
			forced := packing.Plan{Nodes: []packing.PlannedNode{{Offering: node, Pods: []string{"p"}, CPU: p.CPU, Memory: p.Memory}}, Hourly: 1}
			if got := packing.Check(forced, []packing.Pod{p}, nil) == nil; got != tt.want {
				t.Errorf("checker: got %v, want %v", got, tt.want)
			}
		})
	}
}
