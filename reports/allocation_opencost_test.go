package reports_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// TestAllocationLikeOpenCost: keys and fields of the parts are OpenCost's, and
// what is not known is null rather than nothing.
func TestAllocationLikeOpenCost(t *testing.T) {
	a := &allocation.Allocation{
		Cluster: "prod-eu", Hours: 10, Seen: 1, Bill: allocation.Bill{Nodes: 30, Volumes: 3, LoadBalancers: 0.25},
		Nodes: []allocation.Node{{
			Name: "n", ProviderID: "aws:///eu-west-1a/i-0abc", GPUModel: "Tesla-T4", Total: 30,
			Used: pricing.Cost{CPU: 10, GPU: 20},
		}},
		Items: []allocation.Item{{
			Container: "app", Node: "n", Nodes: pricing.Cost{CPU: 10, GPU: 20},
			Hold:   allocation.Hold{PodHours: 10, CPU: allocation.Amount{Requested: 5000, Used: 4000, Held: 5000}, GPUHours: 20},
			Limits: allocation.Limits{CPU: 20_000, Memory: float64(10 * gi)}, NamespaceLabels: map[string]string{"team": "ml"},
			Volume: 3, VolumeByteHours: 50, LoadBalancer: 0.25,
			Volumes:       []allocation.Part{{Name: "pv-1", ByteHours: 20, USD: 1}, {Name: "pv-2", ByteHours: 30, USD: 2}},
			LoadBalancers: []allocation.Part{{Name: "ml/front", USD: 0.25}},
		}},
	}
	a.Items[0].Namespace = "ml"
	var row map[string]any
	data, err := json.Marshal(allocated(t, a, "namespace", allocation.Options{}).Allocation.Allocations[0])
	if err == nil {
		err = json.Unmarshal(data, &row)
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"cpuCoreLimitAverage":        "2",
		"ramByteLimitAverage":        "1073741824",
		"gpuCount":                   "2",
		"gpuCost":                    "20",
		"gpuEfficiency":              "null",
		"gpuAllocation":              `{"gpuModel":"Tesla-T4","gpuRequestAverage":2,"gpuUsageAverage":null}`,
		"pvs":                        `{"cluster=prod-eu:name=pv-1":{"byteHours":20,"cost":1},"cluster=prod-eu:name=pv-2":{"byteHours":30,"cost":2}}`,
		"lbAllocations":              `{"prod-eu/ml/front":{"cost":0.25,"hours":10,"service":"ml/front"}}`,
		"networkTransferBytes":       "null",
		"properties.providerID":      `"i-0abc"`,
		"properties.namespaceLabels": `{"team":"ml"}`,
	} {
		var v any = row
		for name := range strings.SplitSeq(path, ".") {
			v = v.(map[string]any)[name]
		}
		if got, _ := json.Marshal(v); string(got) != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// TestEfficiencyThatIsNotKnown: a share of what was requested is null where the usage is
// of one reading, or there is none.
func TestEfficiencyThatIsNotKnown(t *testing.T) {
	for name, tt := range map[string]struct {
		moment, unused bool
		want           string
	}{
		"history":     {false, false, "[0.8,0,0.8]"},
		"one reading": {true, false, "[null,null,null]"},
		"no usage":    {false, true, "[null,null,null]"},
	} {
		a := &allocation.Allocation{
			Cluster: "prod-eu", Hours: 10, Seen: 1, Unused: tt.unused, Bill: allocation.Bill{Nodes: 10},
			Nodes: []allocation.Node{{Name: "n", Total: 10, Used: pricing.Cost{CPU: 10}}},
			Items: []allocation.Item{{
				Container: "app", Node: "n", Nodes: pricing.Cost{CPU: 10},
				Hold: allocation.Hold{PodHours: 10, CPU: allocation.Amount{Requested: 5000, Used: 4000, Held: 5000}},
			}},
		}
		a.Items[0].Namespace, a.Window.Moment = "ml", tt.moment
		row := allocated(t, a, "namespace", allocation.Options{}).Allocation.Allocations[0]
		if got, _ := json.Marshal([]*float64{row.CPUEfficiency, row.RAMEfficiency, row.TotalEfficiency}); string(got) != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}
