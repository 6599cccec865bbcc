package rightsize

import "slices"

// SizeRisk is a memory size in bytes, and the probability that memory passes it within a
// week, out of sample.
type SizeRisk struct {
	Bytes int64
	Share float64
}

// peakShares are the sizes whose risk is told, by the highest sample.
var peakShares = []float64{0.8, 0.9, 1, 1.1, 1.25, 1.5, 2}

// memorySizes are those about the highest sample, and the requests and limits as they
// are and as advised, which are told exactly.
func (s *Sizing) memorySizes(f *Facts) []int64 {
	var out []int64
	for _, v := range []int64{f.Requests.Memory, f.Limits.Memory, s.Requests.Memory, s.Limits.Memory} {
		if v > 0 {
			out = append(out, v)
		}
	}
	peak := f.Memory.Samples.Max()
	for _, share := range peakShares {
		out = append(out, RoundMemory(share*peak))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
