package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func findingLines(r *document.Report) (out []string) {
	for _, x := range Findings(r) {
		out = append(out, Clean(fmt.Sprintf("Finding: %s: %s; %s.", x.Target, x.Title, x.Fix)))
	}
	return out
}

// Findings are the recommendations that say in words what to mend.
func Findings(r *document.Report) (out []*document.Recommendation) {
	for i := range r.Recommendations {
		if x := &r.Recommendations[i]; x.Fix != "" {
			out = append(out, x)
		}
	}
	return out
}
