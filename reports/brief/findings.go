package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func findingLines(r *document.Report) (out []string) {
	for i := range r.Recommendations {
		if x := &r.Recommendations[i]; x.Fix != "" {
			out = append(out, Clean(fmt.Sprintf("Finding: %s: %s; %s.", x.Target, x.Title, x.Fix)))
		}
	}
	return out
}
