package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

func fixOf(r *recommender.Recommendation) string {
	if r.Finding == nil {
		return ""
	}
	return r.Finding.Fix
}
