package waste

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// claimOwner is the workload that a claim belongs to.
type claimOwner struct {
	of *analyzer.WorkloadFacts
	// awaited says that the workload is asked for a pod that mounts the claim.
	awaited bool
}

// ownerOf finds the workload whose pods would mount a claim: it names it in
// its pod template, or is the StatefulSet that the claim's name tells of. One
// that is asked for pods comes before those that are not.
func ownerOf(p *advice.Pass, c analyzer.VolumeClaim) claimOwner {
	var found claimOwner
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		if w.Namespace != c.Namespace {
			continue
		}
		number, own := claimOfSet(c.Name, w)
		awaited := w.Replicas > 0 && w.Kind != "Job"
		switch {
		case own:
			awaited = awaited && number < int(w.Replicas)
		case !slices.Contains(w.Claims, c.Name):
			continue
		}
		if found.of == nil || awaited && !found.awaited {
			found = claimOwner{of: w, awaited: awaited}
		}
	}
	return found
}

// claimOfSet reports whether a claim's name is TEMPLATE-SET-NUMBER of a set's
// own, and the number. Snapshots of older programs don't tell the templates:
// there any name does for one.
func claimOfSet(claim string, w *analyzer.WorkloadFacts) (number int, ok bool) {
	at := strings.LastIndexByte(claim, '-')
	if at < 0 || w.Kind != "StatefulSet" {
		return 0, false
	}
	number, err := strconv.Atoi(claim[at+1:])
	template, own := strings.CutSuffix(claim[:at], "-"+w.Name)
	if err != nil || number < 0 || !own || template == "" {
		return 0, false
	}
	return number, len(w.ClaimTemplates) == 0 || slices.Contains(w.ClaimTemplates, template)
}

// claims are those that no pod mounts.
type claims struct {
	// asleep are the workloads without pods to which some belong, in order.
	asleep []*analyzer.WorkloadFacts
	of     map[analyzer.Ref][]analyzer.VolumeClaim
	// left belong to none of those; owners are whose they were.
	left   []analyzer.VolumeClaim
	owners []*analyzer.WorkloadFacts
}

// unmounted sorts the claims that no pod mounts by whose they are, once.
func (l *look) unmounted() *claims {
	if l.unused != nil {
		return l.unused
	}
	u := &claims{of: map[analyzer.Ref][]analyzer.VolumeClaim{}}
	l.unused = u
	for _, c := range l.bound(false) {
		o := ownerOf(l.Pass, c)
		switch {
		case o.awaited: // its pod is about to come, or comes by its schedule
		case o.of != nil && o.of.Replicas == 0 && o.of.Kind != "Job":
			if u.of[o.of.Ref] == nil {
				u.asleep = append(u.asleep, o.of)
			}
			u.of[o.of.Ref] = append(u.of[o.of.Ref], c)
		default:
			u.left, u.owners = append(u.left, c), append(u.owners, o.of)
		}
	}
	return u
}

func unmountedVolumes(l *look) error {
	u := l.unmounted()
	for i, c := range u.left {
		if err := l.unmountedClaim(c, u.owners[i]); err != nil {
			return err
		}
	}
	return nil
}

// scaledToZero finds workloads without pods whose volumes are paid for: the
// claims of one are one finding.
func scaledToZero(l *look) error {
	u := l.unmounted()
	for _, w := range u.asleep {
		if err := l.asleep(w, u.of[w.Ref]); err != nil {
			return err
		}
	}
	return nil
}

// unmountedClaim is a claim that nothing is going to mount. The workload, which
// may be nil, is one whose pods did.
func (l *look) unmountedClaim(c analyzer.VolumeClaim, w *analyzer.WorkloadFacts) error {
	r := advice.Advice{Subject: "PersistentVolumeClaim/" + c.Namespace + "/" + c.Name, Title: "no pod mounts it", Confidence: 0.6}
	f := Finding{Loss: "its data; a pod that is made by hand now and then mounts nothing meanwhile"}
	switch {
	case w != nil && w.Kind == "Job":
		r.Title = fmt.Sprintf("no pod mounts it: %s has ended", w.Ref)
		f.Loss = "its data, such as what " + w.String() + " left on it"
	case w != nil:
		r.Title = fmt.Sprintf("no pod mounts it: %s has fewer pods now", w.Ref)
		f.Loss = "its data, which " + w.String() + " would want when it is scaled up again"
	}
	showUsed(&r, c)
	return l.volume(r, f, sizeOf(c), 0, c.Volume, c.Class)
}

// asleep files a workload without pods and its claims.
func (l *look) asleep(w *analyzer.WorkloadFacts, claims []analyzer.VolumeClaim) error {
	state := "scaled to zero"
	if w.Kind == "CronJob" {
		state = "suspended"
	}
	var names []string
	r := advice.Advice{Workload: w.Ref, Confidence: 0.7}
	f := Finding{}
	var size, held int64
	for _, c := range claims {
		at := l.places.Volume(c.Volume)
		price, err := l.Costs.Catalog.VolumePrice(at.Provider, at.Region, l.places.VolumeKind(l.Facts.Snapshot, c.Volume, c.Class))
		if err != nil {
			return err
		}
		citeVolume(&r, at, price)
		unpriced := price.Unpriced(sizeOf(c))
		warnAssumed(&r, c.Class, at.Region, price, unpriced)
		f.Unpriced = cmp.Or(f.Unpriced, unpriced)
		names = append(names, c.Name)
		size, held = size+sizeOf(c), held+c.Used
		f.Monthly += price.Monthly(sizeOf(c))
	}
	r.Title = fmt.Sprintf("%s, but its %s: %s", state, keeps(len(names)), few(names))
	f.Loss = "the data on " + few(names) + ", which " + w.String() + " would want when it runs again"
	r.ShowPart(advice.PartVolumes, "volumes", float64(len(claims)), "count")
	r.Show("size", float64(size), "bytes")
	if held > 0 {
		r.Show("most that they held", float64(held), "bytes")
	}
	r.Show("history", l.windowDays(), "days")
	if ago, ran := lastRan(l.Pass, w); ran {
		r.Show("last ran before the end of it", ago, "days")
		if ago < advice.IdleDays {
			r.Confidence = 0.3 // it may be scaled by the load, or be down for a repair
		}
	}
	l.file(r, f)
	return nil
}

func keeps(n int) string {
	if n == 1 {
		return "volume is kept"
	}
	return fmt.Sprintf("%d volumes are kept", n)
}

// few lists names, or the first of them and how many more there are.
func few(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// lastRan is how many days before the window's end a workload last had a pod
// that was measured.
func lastRan(p *advice.Pass, w *analyzer.WorkloadFacts) (days float64, ran bool) {
	var last int64 // hours since 1970
	for i := range w.Containers {
		for _, d := range w.Containers[i].Days {
			for h := range d.Hours {
				if d.Hours[h].Pods > 0 {
					last = max(last, int64(d.Date)*24+int64(h)+1)
				}
			}
		}
	}
	end := p.Facts.Snapshot.Window.End.Unix()
	return max(0, float64(end-last*3600)/86400), last > 0
}

// sizeOf is the size of a claim's volume, in bytes.
func sizeOf(c analyzer.VolumeClaim) int64 { return max(c.Capacity, c.Requested) }

// showUsed tells how full a claim's volume was, where that is known.
func showUsed(r *advice.Advice, c analyzer.VolumeClaim) {
	if c.Used > 0 {
		r.Show("most that it held", float64(c.Used), "bytes")
	}
}
