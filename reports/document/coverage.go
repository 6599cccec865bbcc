package document

import "slices"

// Coverage is the median share of the window in which containers were seen; ok is
// false where there are none.
func (r *Report) Coverage() (share float64, ok bool) {
	var all []float64
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if c.Type == "container" {
				all = append(all, c.Coverage)
			}
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}
