package sourcetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Nodes is a day of three nodes: one that is there all the time and told of twice, and
// two that come at six and go at noon, of which the second has a taint and another zone.
func Nodes() Scenario {
	s := Scenario{Name: "nodes by the hour", Window: window(1)}
	s.Series = one("shop", "web-0", "app", "0+7.5x2880", "104857600x2880")
	at := func(from time.Duration, metric, more, node, values string) {
		x := must(fmt.Sprintf("%s{namespace=\"monitoring\",node=%q%s}", metric, node, more), half, values)
		x.From += from
		s.Series = append(s.Series, x)
	}
	of := func(name, kind, zone string, from time.Duration, runs string) {
		at(from, "kube_node_info", `,provider_id="aws:///`+zone+`/i-1",job="a"`, name, "1"+runs)
		at(from, "kube_node_labels", `,label_node_kubernetes_io_instance_type="`+kind+`",label_eks_amazonaws_com_capacity_type="SPOT",label_eks_amazonaws_com_nodegroup="g"`, name, "1"+runs)
		at(from, "kube_node_status_capacity", `,resource="cpu",unit="core"`, name, "4"+runs)
		at(from, "kube_node_status_capacity", `,resource="memory",unit="byte"`, name, "17179869184"+runs)
		at(from, "kube_node_status_allocatable", `,resource="cpu",unit="core"`, name, "3.92"+runs)
		at(from, "kube_node_status_allocatable", `,resource="memory",unit="byte"`, name, "16106127360"+runs)
		at(from, "kube_node_status_allocatable", `,resource="pods",unit="integer"`, name, "58"+runs)
	}
	of("n-0", "m6i.xlarge", "us-east-1a", 0, "x2880")
	at(0, "kube_node_info", `,provider_id="aws:///us-east-1a/i-1",job="b"`, "n-0", "1x2880")
	of("n-1", "m6i.xlarge", "us-east-1a", 6*time.Hour, "x719")
	of("n-2", "c6i.xlarge", "us-east-1b", 6*time.Hour, "x719")
	at(6*time.Hour, "kube_node_spec_taint", `,key="dedicated",value="batch",effect="NoSchedule"`, "n-2", "1x719")
	at(6*time.Hour, "kube_node_spec_taint", `,key="node.kubernetes.io/not-ready",value="",effect="NoSchedule"`, "n-2", "1x719")
	return s
}

// CheckNodes fails the test where a source made something else of Nodes.
func CheckNodes(t *testing.T, s Scenario, rec analyzer.NodeRecorder) {
	t.Helper()
	h := rec.History(s.Window, nil)
	if h == nil || len(h.Hours) < 23 || len(h.Kinds) != 2 {
		t.Fatalf("got %+v, want a day of two kinds of nodes", h)
	}
	const zone, kind = "topology.kubernetes.io/zone", "node.kubernetes.io/instance-type"
	c, m := &h.Kinds[0], &h.Kinds[1]
	if c.Labels[kind] != "c6i.xlarge" {
		c, m = m, c
	}
	for key, want := range map[string]string{kind: "m6i.xlarge", zone: "us-east-1a"} {
		if m.Labels[key] != want {
			t.Errorf("got labels %v, want %s=%s", m.Labels, key, want)
		}
	}
	for key, want := range map[string]string{zone: "us-east-1b", "eks.amazonaws.com/capacityType": "SPOT", "eks.amazonaws.com/nodegroup": "g"} {
		if c.Labels[key] != want {
			t.Errorf("got labels %v, want %s=%s", c.Labels, key, want)
		}
	}
	if len(m.Taints) != 0 || len(c.Taints) != 1 || c.Taints[0] != (analyzer.Taint{Key: "dedicated", Value: "batch", Effect: "NoSchedule"}) {
		t.Errorf("got taints %v and %v", m.Taints, c.Taints)
	}
	if want := (analyzer.Amounts{CPU: 4000, Memory: 16 << 30}); c.Capacity != want || c.Allocatable != (analyzer.Amounts{CPU: 3920, Memory: 15 << 30}) || c.MaxPods != 58 {
		t.Errorf("got a machine of %+v, %+v for %d pods", c.Capacity, c.Allocatable, c.MaxPods)
	}
	for i, hour := range h.Hours {
		checkNodeHour(t, hour-s.Window.Start.Unix()/3600, m.Count[i], c.Count[i])
	}
}

// checkNodeHour holds the counts of an hour of the window to those of Nodes.
func checkNodeHour(t *testing.T, hour int64, m, c float32) {
	t.Helper()
	wantM, wantC := float32(1), float32(0)
	switch {
	case hour >= 6 && hour < 12:
		wantM, wantC = 2, 1
	case hour == 12 || hour == 5: // the last sample of the morning may stand at its end
		return
	}
	if m != wantM || c != wantC {
		t.Errorf("hour %d: got %v and %v nodes, want %v and %v", hour, m, c, wantM, wantC)
	}
}
