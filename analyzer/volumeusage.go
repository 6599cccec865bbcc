package analyzer

import "cmp"

// VolumeUsage is the most that a claim's volume held in the window, as the
// kubelet saw its file system.
type VolumeUsage struct {
	Namespace, Claim string
	Bytes            int64
}

// Compare orders by namespace and claim.
func (u VolumeUsage) Compare(o VolumeUsage) int {
	return cmp.Or(cmp.Compare(u.Namespace, o.Namespace), cmp.Compare(u.Claim, o.Claim))
}

// SetVolumeUsage notes on the snapshot's claims what their volumes held; usage
// of claims that it does not have is left out.
func (s *Snapshot) SetVolumeUsage(usage []VolumeUsage) {
	held := map[[2]string]int64{}
	for _, u := range usage {
		k := [2]string{u.Namespace, u.Claim}
		held[k] = max(held[k], u.Bytes)
	}
	for i := range s.VolumeClaims {
		c := &s.VolumeClaims[i]
		if v, ok := held[[2]string{c.Namespace, c.Name}]; ok {
			c.Used = max(v, 1) // an empty volume is known to be so
		}
	}
}
