package digest

// UpTo gives the samples without those in buckets that lie above v, and how
// many were dropped. The sum of what is kept is exact where nothing is dropped,
// else within MaxRelativeError.
func (h *Histogram) UpTo(v float64) (kept Histogram, dropped uint64) {
	if h.max <= v {
		return *h, 0
	}
	kept = Histogram{zeros: h.zeros, n: h.zeros, min: h.min}
	for i, c := range h.counts {
		lo, hi := bounds(h.lo + int32(i))
		if c == 0 || lo > v {
			continue
		}
		kept.bump(h.lo+int32(i), uint64(c))
		kept.n += uint64(c)
		kept.sum += float64(c) * (lo + hi) / 2
		kept.max = min(hi, h.max)
	}
	if kept.n == 0 {
		return Histogram{}, h.n
	}
	return kept, h.n - kept.n
}
