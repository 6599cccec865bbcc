package recommender_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// byPod is a cluster of one pod on a node that is none.
const byPod = `-- objects.yaml --
apiVersion: v1
kind: Node
metadata: {name: NODE, labels: {LABEL, topology.kubernetes.io/region: REGION, topology.kubernetes.io/zone: REGIONa}}
spec: {providerID: "PROVIDER", taints: [{key: eks.amazonaws.com/compute-type, value: fargate, effect: NoSchedule}]}
status: {capacity: {cpu: "64", memory: 256Gi}, allocatable: {cpu: "64", memory: 256Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web, uid: u-web}
spec:
  replicas: 1
  template: {spec: {containers: [{name: app, image: app:1, resources: {requests: {cpu: "CPU", memory: MEMORY}}}]}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-0, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u-web, controller: true}]}
spec: {nodeName: NODE, containers: [{name: app, image: app:1, resources: {requests: {cpu: "CPU", memory: MEMORY}}}]}
status: {phase: Running}
-- series --
shop/web-0/app cpu ( USEDx288 )x14
shop/web-0/app memory ( HELDx288 )x14
`

// TestBeyondFargate: a pod that is billed by itself may ask for more than it has today: its
// node is as large as it. On Fargate the largest size that is sold bounds that, and a pod
// that is in none is named.
func TestBeyondFargate(t *testing.T) {
	most := analyzer.FargateMost.Memory
	for _, tt := range []struct {
		name, program, cpu, memory, used, held string
		least, mem                             int64 // of the advice, at the least; bytes in full where it is bounded
		unsold                                 bool
	}{
		{"needs more", "fargate", "500m", "1Gi", "900m", "1800Mi", 900, 1800 << 20, false},
		{"needs more than the largest", "fargate", "15", "100Gi", "15800m", "119Gi", 15800, most, false},
		{"is larger than the largest", "fargate", "17", "20Gi", "9", "8Gi", 0, 0, true},
		{"needs more on Autopilot", "autopilot", "500m", "1Gi", "900m", "1800Mi", 900, 1800 << 20, false},
	} {
		set := strings.NewReplacer("NODE", "fargate-a", "LABEL", "eks.amazonaws.com/compute-type: fargate", "REGION", "us-east-1", "PROVIDER", "aws:///us-east-1a/x/fargate-a",
			"CPU", tt.cpu, "MEMORY", tt.memory, "USED", tt.used, "HELD", tt.held)
		if tt.program == "autopilot" {
			set = strings.NewReplacer("NODE", "gk3-a", "LABEL", "cloud.google.com/gke-nodepool: pool-1", "REGION", "us-central1", "PROVIDER", "gce://p/us-central1-a/gk3-a",
				"CPU", tt.cpu, "MEMORY", tt.memory, "USED", tt.used, "HELD", tt.held)
		}
		facts := analyzer.Analyze(casetest.Snapshot(t, txtar.Parse([]byte(set.Replace(byPod)))))
		costs := cost.Of(facts, pricing.New(pricing.Config{}))
		all, err := recommender.Run(t.Context(), facts, costs, advice.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			s := advice.As[rightsize.Sizing](all[i].Detail)
			if s == nil {
				continue
			}
			if s.Requests.CPU < tt.least || s.Requests.Memory < tt.mem || tt.program == "fargate" && !tt.unsold && !analyzer.FargateSells(s.Requests) {
				t.Errorf("%s: advised %dm and %d bytes, want %dm and %d at the least, in a size that is sold", tt.name, s.Requests.CPU, s.Requests.Memory, tt.least, tt.mem)
			}
		}
		named := false
		for _, w := range costs.Warnings {
			named = named || strings.Contains(w.Message, "more than Fargate sells")
		}
		if named != tt.unsold {
			t.Errorf("%s: named as in no size that is sold: %v", tt.name, named)
		}
	}
}
