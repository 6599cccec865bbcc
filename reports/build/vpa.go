package build

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) vpa(r *recommender.Recommendation) *document.VPA {
	out := &document.VPA{
		Name: r.VPA.Name, UpdateMode: r.VPA.Mode, Reason: r.VPA.Why, Containers: []document.VPAContainer{},
		Evidence: evidence(r.Evidence), Warnings: sortedWarnings(append([]analyzer.Warning{}, r.Warnings...)),
	}
	for _, c := range r.VPA.Containers {
		out.Containers = append(out.Containers, document.VPAContainer{
			Container: c.Container, Mode: c.Mode, ControlledResources: append([]string{}, c.Resources...),
			MinAllowed: resources(c.MinAllowed), MaxAllowed: resources(c.MaxAllowed),
		})
	}
	return out
}
