package pricing

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// attachesGPUs reports whether a type of Google's has no GPUs of its own and may
// have some attached, which are then billed beside it.
func attachesGPUs(instanceType string) bool { return strings.HasPrefix(instanceType, "n1-") }

// The labels by which GKE names the GPUs of a node, and how many pods share one.
const (
	acceleratorLabel = "cloud.google.com/gke-accelerator"
	acceleratorCount = "cloud.google.com/gke-accelerator-count"
	sharedClients    = "cloud.google.com/gke-max-shared-clients-per-gpu"
)

// The source of the prices of attached GPUs: Google's own by way of
// skypilot-org/skypilot-catalog (Apache-2.0), catalogs/v8/gcp/vms.csv at 006059e0.
const attachedSource = "skypilot-catalog"

// attachedGPUs are the GPUs that can be attached, in USD an hour for one: at most
// places, and where it is another price.
var attachedGPUs = map[string]struct {
	name  string
	usual float64
	at    map[string]float64 // by region; a region that is not there has none
}{
	"nvidia-tesla-t4": {name: "NVIDIA T4", usual: 0.35, at: map[string]float64{
		"asia-east1": 0.35, "asia-east2": 0.44, "asia-northeast1": 0.37, "asia-northeast3": 0.37, "asia-south1": 0.41, "asia-southeast1": 0.37,
		"asia-southeast2": 0.4033, "australia-southeast1": 0.44, "europe-central2": 0.41, "europe-west1": 0.35, "europe-west2": 0.399,
		"europe-west3": 0.41, "europe-west4": 0.3675, "me-west1": 0.385, "northamerica-northeast1": 0.38538, "southamerica-east1": 0.48,
		"us-central1": 0.35, "us-east1": 0.35, "us-east4": 0.37, "us-west1": 0.35, "us-west2": 0.42074, "us-west3": 0.42074, "us-west4": 0.37,
	}},
	"nvidia-tesla-v100": {name: "NVIDIA V100", usual: 2.48, at: map[string]float64{
		"asia-east1": 2.48, "europe-west4": 2.604, "us-central1": 2.48, "us-east1": 2.48, "us-west1": 2.48,
	}},
	"nvidia-tesla-p100": {name: "NVIDIA P100", usual: 1.46, at: map[string]float64{
		"asia-east1": 1.6, "australia-southeast1": 1.6, "europe-west1": 1.6, "europe-west4": 1.533, "us-central1": 1.46, "us-east1": 1.46, "us-west1": 1.46,
	}},
	"nvidia-tesla-p4": {name: "NVIDIA P4", usual: 0.6, at: map[string]float64{
		"asia-southeast1": 0.65, "australia-southeast1": 0.65, "europe-west4": 0.63, "northamerica-northeast1": 0.65, "us-central1": 0.6, "us-east4": 0.6, "us-west2": 0.72,
	}},
}

// attach puts the GPUs on a price that a node of Google's has beside its machine,
// by the label that GKE sets. The tables' types that have GPUs hold them already.
func (p *Price) attach(n Node) {
	o := &p.Offering
	kind := n.Labels[acceleratorLabel]
	if o.Provider != "gcp" || kind == "" || p.Status == Missing || !attachesGPUs(o.InstanceType) || o.GPUs > 0 && o.GPUName != "" {
		return
	}
	count := n.attached()
	gpu, known := attachedGPUs[kind]
	if !known || count == 0 {
		p.doubt(fmt.Sprintf("%s attached to %s has no price here and is in no sum; give the whole machine's price with --pricing", kind, o.InstanceType))
		return
	}
	usd, listed := gpu.at[o.Region]
	switch {
	case !listed:
		usd = gpu.usual
		p.doubt(fmt.Sprintf("%s attached to %s is priced as in us-central1", gpu.name, o.InstanceType))
	case o.CapacityType == Spot:
		p.doubt(fmt.Sprintf("no spot price of attached %s is known here: its on-demand price stands in", gpu.name))
	}
	o.GPUs, o.GPUName = count, gpu.name
	o.USDPerHour += usd * float64(count)
	if !strings.Contains(o.Source, attachedSource) {
		o.Source += "+" + attachedSource
	}
}

// doubt makes the price an estimate for one more reason.
func (p *Price) doubt(reason string) {
	p.Status, p.Cause = Estimated, cmp.Or(p.Cause, UnknownType)
	if !strings.Contains(p.Reason, reason) {
		p.Reason = strings.TrimPrefix(p.Reason+"; "+reason, "; ")
	}
}

// attached is the number of GPUs that a node has: what it reports, in whole ones
// where several pods share one, else what its label says.
func (n Node) attached() int64 {
	if shared, err := strconv.ParseInt(n.Labels[sharedClients], 10, 32); err == nil && shared > 1 && n.GPUs > 0 {
		return max(n.GPUs/shared, 1)
	}
	if n.GPUs > 0 {
		return n.GPUs
	}
	count, err := strconv.ParseInt(n.Labels[acceleratorCount], 10, 32)
	if err != nil || count < 0 || count > mostAttached {
		return 0
	}
	return count
}

// mostAttached is the most GPUs that Google attaches to a machine.
const mostAttached = 8
