package manifest

import (
	"path"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// mostPods is the number of files from which bare pods beside each other are
// samples: nobody deploys a folder of them.
const mostPods = 3

// area is a folder of an environment.
type area struct{ tree, folder string }

// parent gives the folder above; false where there is none.
func (p area) parent() (area, bool) {
	up := area{p.tree, path.Dir(p.folder)}
	return up, up.folder != p.folder && path.Base(p.folder) != ".."
}

// areas tells how far in an environment of files something reaches that bounds a
// namespace and names none: a LimitRange, a quota, a budget. It reaches its folder
// and what is below; where no workload is there, the nearest folder above that has
// some. In a folder of bare pods each file is alone.
func areas(files []*manifest.Document) {
	holds, samples := map[area]bool{}, map[area]map[string]bool{}
	others := map[area]bool{} // folders with more than bare pods
	for _, d := range files {
		if !carries(d) {
			continue
		}
		at := area{d.Tree, path.Dir(path.Clean(d.File))}
		if samples[at] == nil {
			samples[at] = map[string]bool{}
		}
		samples[at][d.File] = true
		others[at] = others[at] || d.Kind != "Pod"
		for up, ok := at, true; ok && !holds[up]; up, ok = up.parent() {
			holds[up] = true
		}
	}
	for _, d := range files {
		at := area{d.Tree, path.Dir(path.Clean(d.File))}
		if len(samples[at]) >= mostPods && !others[at] {
			d.Area, d.Alone = path.Clean(d.File), true
			continue
		}
		for up, ok := at, true; ok && !holds[at]; up, ok = up.parent() {
			if holds[up] {
				at = up
			}
		}
		d.Area = at.folder
	}
}

// carries tells documents that may hold containers, and no bounds on them.
func carries(d *manifest.Document) bool {
	switch d.Kind {
	case "HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler", "PodDisruptionBudget", "LimitRange", "ResourceQuota":
		return false
	}
	return !d.HoldsNone()
}
