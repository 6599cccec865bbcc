package document

import "fmt"

// Comparable refuses what was cut from a report to a section, and reports of other
// workloads: what one left out would look new, or gone.
func Comparable(before, after *Report) error {
	a, b := before.Metadata.Part, after.Metadata.Part
	for _, x := range []struct {
		name string
		part *PartOf
	}{{"OLD", a}, {"NEW", b}} {
		if x.part != nil && x.part.Section != "" {
			return fmt.Errorf("%s is a part of a report, %s: diff needs all of one", x.name, x.part)
		}
	}
	if was, is := before.Metadata.Workloads(), after.Metadata.Workloads(); was != is {
		return fmt.Errorf("the reports are not of the same workloads: OLD has %s; NEW has %s", was, is)
	}
	return nil
}
