package fresh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Volumes are the disks that a fresh cluster would have made.
type Volumes struct {
	Count   int
	Bytes   int64
	Monthly float64 // USD, of those that have a price
	// Unpriced are those that have none, by their class, and why.
	Unpriced []string
}

// VolumesOf prices the claims of a fresh cluster of so many nodes: those that are among the
// objects, and one of each template, and of each ephemeral volume, for every pod of its
// workload. A claim whose volume is known, and one whose size is not, are named and not priced.
func VolumesOf(facts *analyzer.Analysis, catalog *pricing.Catalog, at pricing.Place, nodes int) (v Volumes, err error) {
	s := facts.Snapshot
	listed := map[string]bool{} // by namespace/name
	for i := range s.VolumeClaims {
		listed[s.VolumeClaims[i].Namespace+"/"+s.VolumeClaims[i].Name] = true
		if err := v.add(s, catalog, at, &s.VolumeClaims[i], 1); err != nil {
			return v, err
		}
	}
	for i := range facts.Workloads {
		w := &facts.Workloads[i]
		pods := Pods(w)
		for k := range pods {
			each := 1
			if w.Kind == "DaemonSet" {
				each = nodes
			}
			if err := v.addEphemeral(s, catalog, at, &pods[k], each, listed); err != nil {
				return v, err
			}
		}
		for k := range w.TemplateClaims {
			if err := v.add(s, catalog, at, &w.TemplateClaims[k], len(pods)); err != nil {
				return v, err
			}
		}
		if len(pods) > 0 && w.Template != nil && len(w.ClaimTemplates) > len(w.TemplateClaims) {
			v.leave(fmt.Sprintf("%s: the size of its claims was not read", w.Ref))
		}
	}
	slices.Sort(v.Unpriced)
	return v, nil
}

// addEphemeral prices what is made with a pod, but for claims that are listed already.
func (v *Volumes) addEphemeral(s *analyzer.Snapshot, catalog *pricing.Catalog, at pricing.Place, pod *analyzer.Pod, count int, listed map[string]bool) error {
	for _, claim := range pod.Spec.Ephemeral {
		if claim.Name = pod.Name + "-" + claim.Name; listed[claim.Namespace+"/"+claim.Name] {
			continue
		}
		if err := v.add(s, catalog, at, &claim, count); err != nil {
			return err
		}
	}
	return nil
}

func (v *Volumes) add(s *analyzer.Snapshot, catalog *pricing.Catalog, at pricing.Place, c *analyzer.VolumeClaim, count int) error {
	if count == 0 {
		return nil
	}
	class := s.StorageClass(c.Class)
	price, err := catalog.VolumePrice(at.Provider, at.Region, pricing.VolumeKind{Class: class.Name, Provisioner: class.Provisioner, Parameters: class.Parameters})
	if err != nil {
		return fmt.Errorf("pricing claim %s/%s: %w", c.Namespace, c.Name, err)
	}
	v.Count, v.Bytes = v.Count+count, v.Bytes+int64(count)*c.Requested
	switch why := price.Unpriced(c.Requested); {
	case c.Volume != "":
		v.leave(fmt.Sprintf("claim %s/%s: it names a volume, %s", c.Namespace, c.Name, c.Volume))
	case c.Requested == 0:
		v.leave(fmt.Sprintf("claim %s/%s: it asks for no size", c.Namespace, c.Name))
	case why != "":
		v.leave(fmt.Sprintf("storage class %q: %s has no price here; give it with --pricing", c.Class, why))
	default:
		v.Monthly += float64(count) * price.Monthly(c.Requested)
		if price.Assumed {
			v.leave(fmt.Sprintf("storage class %q is priced as %s", c.Class, price.Item))
		}
	}
	return nil
}

func (v *Volumes) leave(what string) {
	if !slices.Contains(v.Unpriced, what) {
		v.Unpriced = append(v.Unpriced, what)
	}
}

// text says what volumes cost beside the nodes; nothing where there are none.
func (v *Volumes) text() string {
	if v.Count == 0 {
		return ""
	}
	return fmt.Sprintf("; volumes of its claims, %d of %d GiB in all, cost %.2f USD a month beside the nodes", v.Count, v.Bytes>>30, v.Monthly)
}

// doubts lists what the price of the volumes rests on.
func (v *Volumes) doubts() string { return strings.Join(v.Unpriced, "; ") }
