package cloud

// Attach is what a cloud attaches to machines that have no GPUs of their own, and bills beside them.
type Attach struct {
	// Types begins the names of those machines.
	Types string
	// Kind and Count are the labels by which a node says which GPUs it has and how many, and
	// Shared that of how many pods share one. Most is the most that one has.
	Kind, Count, Shared string
	Most                int64
	// GPUs are by the values of Kind. UsualIn is the region whose price is the usual.
	GPUs            map[string]AttachedGPU
	UsualIn, Source string
}

// AttachedGPU is what one GPU costs an hour in USD: at most places, and by region. A region that
// is not there has none.
type AttachedGPU struct {
	Name  string
	Usual float64
	At    map[string]float64
}

// attachOfGCP are GKE's labels, and Google's prices by way of skypilot-org/skypilot-catalog
// (Apache-2.0), catalogs/v8/gcp/vms.csv at 006059e0.
var attachOfGCP = &Attach{
	Types: "n1-", Most: 8, UsualIn: "us-central1", Source: "skypilot-catalog",
	Kind: "cloud.google.com/gke-accelerator", Count: "cloud.google.com/gke-accelerator-count", Shared: "cloud.google.com/gke-max-shared-clients-per-gpu",
	GPUs: map[string]AttachedGPU{
		"nvidia-tesla-t4": {Name: "NVIDIA T4", Usual: 0.35, At: map[string]float64{
			"asia-east1": 0.35, "asia-east2": 0.44, "asia-northeast1": 0.37, "asia-northeast3": 0.37, "asia-south1": 0.41, "asia-southeast1": 0.37,
			"asia-southeast2": 0.4033, "australia-southeast1": 0.44, "europe-central2": 0.41, "europe-west1": 0.35, "europe-west2": 0.399,
			"europe-west3": 0.41, "europe-west4": 0.3675, "me-west1": 0.385, "northamerica-northeast1": 0.38538, "southamerica-east1": 0.48,
			"us-central1": 0.35, "us-east1": 0.35, "us-east4": 0.37, "us-west1": 0.35, "us-west2": 0.42074, "us-west3": 0.42074, "us-west4": 0.37,
		}},
		"nvidia-tesla-v100": {Name: "NVIDIA V100", Usual: 2.48, At: map[string]float64{
			"asia-east1": 2.48, "europe-west4": 2.604, "us-central1": 2.48, "us-east1": 2.48, "us-west1": 2.48,
		}},
		"nvidia-tesla-p100": {Name: "NVIDIA P100", Usual: 1.46, At: map[string]float64{
			"asia-east1": 1.6, "australia-southeast1": 1.6, "europe-west1": 1.6, "europe-west4": 1.533, "us-central1": 1.46, "us-east1": 1.46, "us-west1": 1.46,
		}},
		"nvidia-tesla-p4": {Name: "NVIDIA P4", Usual: 0.6, At: map[string]float64{
			"asia-southeast1": 0.65, "australia-southeast1": 0.65, "europe-west4": 0.63, "northamerica-northeast1": 0.65, "us-central1": 0.6, "us-east4": 0.6, "us-west2": 0.72,
		}},
	},
}
