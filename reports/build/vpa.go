package build

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) vpa(r *advice.Advice) *document.VPA {
	out := &document.VPA{
		Name: advice.As[horizontal.VPA](r.Detail).Name, UpdateMode: advice.As[horizontal.VPA](r.Detail).Mode, Reason: advice.As[horizontal.VPA](r.Detail).Why, Containers: []document.VPAContainer{},
		Evidence: evidence(r.Evidence), Warnings: sortedWarnings(append([]analyzer.Warning{}, r.Warnings...)),
	}
	for _, c := range advice.As[horizontal.VPA](r.Detail).Containers {
		out.Containers = append(out.Containers, document.VPAContainer{
			Container: c.Container, Mode: c.Mode, ControlledResources: append([]string{}, c.Resources...),
			MinAllowed: resources(c.MinAllowed), MaxAllowed: resources(c.MaxAllowed),
		})
	}
	return out
}
