package group

import (
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// DiskOf is the disk that the plan counts on in a group, in bytes, where its pods ask for
// more ephemeral-storage than a node has by default; 0 where the default does. Nobody else
// would tell an autoscaler. daemons run on every node.
func DiskOf(g *Group, pods, daemons []packing.Pod, planned []packing.PlannedNode) (disk int64) {
	c := cloud.Of(g.Provider)
	if c == nil {
		return 0
	}
	asks, always := map[string]int64{}, int64(0)
	for i := range pods {
		if ask := pods[i].Extended[pin.EphemeralStorage]; ask > 0 {
			asks[pods[i].Name] = ask
		}
	}
	for i := range daemons {
		always += daemons[i].Extended[pin.EphemeralStorage]
	}
	for _, i := range g.Nodes {
		sum := always
		for _, name := range planned[i].Pods {
			sum += asks[name]
		}
		if sum > c.NodeDisk {
			disk = max(disk, planned[i].Offering.Extended[pin.EphemeralStorage])
		}
	}
	return disk
}
