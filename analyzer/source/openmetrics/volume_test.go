package openmetrics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

// TestVolumes reads what volumes held: the most of the window, over all nodes
// that mounted one, and nothing from before.
func TestVolumes(t *testing.T) {
	end := int64(1_760_000_400) // on a step of five minutes
	var b strings.Builder
	b.WriteString("container_memory_working_set_bytes{namespace=\"shop\",pod=\"db-0\",container=\"app\"} 1e8 " + fmt.Sprint(end) + "\n")
	used := func(claim, node string, ago int64, v string) {
		fmt.Fprintf(&b, "kubelet_volume_stats_used_bytes{namespace=%q,persistentvolumeclaim=%q,node=%q} %s %d\n", "shop", claim, node, v, end-ago)
	}
	used("data-db-0", "a", 7200, "9e9")
	used("data-db-0", "a", 1800, "4e9")
	used("data-db-0", "b", 600, "5e9")
	used("empty", "a", 600, "0")
	used("before", "a", 7200, "7")
	used("broken", "a", 600, "NaN")
	b.WriteString("# EOF\n")
	r := collect(t, openmetrics.Options{Window: time.Hour, End: time.Unix(end, 0)}, map[string]string{"d": b.String()})
	want := []analyzer.VolumeUsage{{Namespace: "shop", Claim: "data-db-0", Bytes: 5e9}, {Namespace: "shop", Claim: "empty"}}
	if !slices.Equal(r.Volumes, want) {
		t.Errorf("got %+v, want %+v", r.Volumes, want)
	}
}
