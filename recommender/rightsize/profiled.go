package rightsize

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Profiled is what a profile other than the taken one would advise: millicores and bytes.
type Profiled struct {
	Profile  Profile
	Requests analyzer.Amounts
}

// profilePromises are the promises of all profiles, which the fleet learns at once.
func profilePromises() (out []Promise) {
	for _, x := range Profiles() {
		out = append(out, x.Promise())
	}
	return out
}

// byProfile notes at each advice on a workload what the other profiles would advise. A
// moment has no promise to keep, so that all profiles say the same there.
func byProfile(p *advice.Pass, policy Policy, w *analyzer.WorkloadFacts, all []advice.Advice) {
	if p.Facts.Snapshot.Window.Moment {
		return
	}
	taken := policy.Promise
	policy.Sizes = false
	for _, x := range Profiles() {
		policy.Promise = x.Promise()
		if policy.Promise == taken {
			continue
		}
		other := adviseWorkload(p, policy, w)
		for i := range all {
			s, o := advice.As[Sizing](all[i].Detail), advice.As[Sizing](other[i].Detail)
			if s != nil && o != nil {
				s.Others = append(s.Others, Profiled{x, o.Requests})
			}
		}
	}
}
