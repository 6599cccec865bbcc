package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

func fixOf(r *advice.Advice) string {
	if advice.As[horizontal.Finding](r.Detail) == nil {
		return ""
	}
	return advice.As[horizontal.Finding](r.Detail).Fix
}
