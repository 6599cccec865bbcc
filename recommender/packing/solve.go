package packing

// Budgets of the search in comparisons, a few nanoseconds each: a first, short
// search gives the pattern bound its first patterns; the second profits from
// that bound's duals and patterns.
const (
	firstWork, firstWorkPerBin = 5_000_000, 100_000
	lastWork, lastWorkPerBin   = 120_000_000, 2_500_000
	roundings                  = 30
)

// solve packs the instance, and bounds what any packing costs from below.
func (inst *instance) solve(effort float64) ([]bin, float64) {
	if effort <= 0 {
		effort = 1
	}
	v, cuts := inst.assignmentBound(inst.cuts())
	plain := v
	if len(cuts) > 0 { // with cuts, part of the worth is in the nodes and not in the pods
		plain, _ = inst.assignmentBound(nil)
	}
	s := newSearcher(inst, plain.pod)
	bins := s.start()
	bins = s.improve(bins, int(effort*float64(firstWork+firstWorkPerBin*len(bins))), v.total(inst))
	low, worth, shares := inst.patternBound(v, bins, cuts)
	if shares != nil {
		s = newSearcher(inst, worth)
		for range roundings {
			if rounded := s.round(shares); rounded != nil && s.price(rounded) < s.price(bins) {
				bins = rounded
			}
		}
	}
	return s.improve(bins, int(effort*float64(lastWork+lastWorkPerBin*len(bins))), low), low
}
