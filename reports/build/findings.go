package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
)

func fixOf(r *advice.Advice) string {
	if advice.As[finding.Finding](r.Detail) == nil {
		return ""
	}
	return advice.As[finding.Finding](r.Detail).Fix
}
