package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

func fixOf(r *advice.Advice) string {
	if advice.As[recommender.Finding](r.Detail) == nil {
		return ""
	}
	return advice.As[recommender.Finding](r.Detail).Fix
}
