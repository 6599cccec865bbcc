package prometheus

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// metricVolumeUsed is the kubelet's, of the volumes that pods mount.
const metricVolumeUsed = "kubelet_volume_stats_used_bytes"

// volumes asks in one query for the most that every claim's volume held in the
// window, read every hour: volumes fill slowly. An engine without the kubelet's
// volume statistics gives nothing; one that fails to answer gives a warning,
// and where it broke off the report is partial.
func (col *collection) volumes(ctx context.Context, namespaces []string) []analyzer.VolumeUsage {
	d := &col.dialect
	labels := []string{d.usage.namespace, "persistentvolumeclaim"}
	matchers := []string{labels[1] + `!=""`}
	if len(namespaces) > 0 {
		matchers = append(matchers, oneOf(labels[0], namespaces))
	}
	query := fmt.Sprintf("max by (%s) (max_over_time(%s[%s:1h]))", list(labels), d.selector(metricVolumeUsed, matchers...),
		seconds(col.window.End.Sub(col.window.Start)))
	held := map[[2]string]int64{}
	a, err := col.client.ask(ctx, question{doing: "reading how full volumes are", end: col.window.End, query: query, most: someSeries}, func(row *series) {
		k := [2]string{row.get(labels[0]), row.get(labels[1])}
		for _, p := range row.points {
			if p.value >= 0 && p.value < math.MaxInt64 {
				held[k] = max(held[k], int64(p.value))
			}
		}
	})
	col.heard(a)
	if err != nil {
		col.warnAll([]analyzer.Warning{beside(err, analyzer.WarnUnreachable, metricVolumeUsed, "how full volumes are was not told, so that none is called oversized")})
		return nil
	}
	var out []analyzer.VolumeUsage
	for k, v := range held {
		out = append(out, analyzer.VolumeUsage{Namespace: k[0], Claim: k[1], Bytes: v})
	}
	slices.SortFunc(out, analyzer.VolumeUsage.Compare)
	return out
}
