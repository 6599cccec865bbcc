package cloud

import (
	"slices"
	"strings"
)

// The parts that machines are billed by where a cloud's list has no machines.
const (
	PartCore = "core"
	PartRAM  = "ram"
	PartGPU  = "gpu"
)

// Part is what a charge or a price of Google's is of: vCPUs, GiB or GPUs of a series.
type Part struct {
	Series string // n2; of GPUs their name, such as Nvidia L4
	Kind   string // PartCore, PartRAM or PartGPU
	Spot   bool
}

var (
	gcpUsage  = form(`^((?:Spot )?Preemptible )?(.+) (Core|Ram) running in .+$`)
	gcpCommit = form(`^()Commitment(?: v\d+)?: (?:(.+) )?(Cpu|Ram) in .+ for (?:1|3) [Yy]ears?$`)
	gcpGPU    = form(`^(Nvidia .+?) GPU( attached to (?:Spot )?Preemptible VMs)?(?: running in .+)?$`)
	gcpSeries = form(`^[A-Z]\d+[A-Z]*$`)
)

// gcpKinds are the words beside a series' name that leave it the plain machine. A SKU with
// another word is of something else: custom sizes, sole tenants, calendar mode.
var gcpKinds = []string{"Instance", "Predefined", "AMD", "Arm", "Memory-optimized", "Intel"}

// PartOf tells what a SKU is a part of, by its description; ok is false for what is no part of a
// plain machine.
func PartOf(description string) (p Part, ok bool) {
	if m := gcpGPU().FindStringSubmatch(description); m != nil {
		return Part{strings.ReplaceAll(m[1], "Tesla ", ""), PartGPU, m[2] != ""}, true
	}
	m := gcpUsage().FindStringSubmatch(description)
	usual := "" // without a series' name
	if m == nil {
		m, usual = gcpCommit().FindStringSubmatch(description), "n1"
	}
	if m == nil {
		return p, false
	}
	if p = (Part{usual, PartCore, m[1] != ""}); m[3] == "Ram" {
		p.Kind = PartRAM
	}
	for _, word := range strings.Fields(strings.Replace(m[2], "Compute optimized", "C2", 1)) {
		switch {
		case gcpSeries().MatchString(word) && (p.Series == "" || p.Series == usual):
			p.Series = strings.ToLower(word)
		case !slices.Contains(gcpKinds, word):
			return Part{}, false
		}
	}
	return p, p.Series != ""
}

// PartHours tells how many hours of a vCPU, a GiB or a GPU one unit of a price or a charge is, by
// the unit's name in the catalog or in FOCUS; 0 for other units. C4D's memory goes by 10^9 bytes.
func PartHours(kind, unit string) float64 {
	unit = strings.TrimPrefix(strings.ToLower(unit), "1 ")
	if kind != PartRAM {
		if strings.HasPrefix(unit, "h") {
			return 1
		}
		return 0
	}
	switch {
	case unit == "giby.h" || strings.HasPrefix(unit, "gibibyte h"):
		return 1
	case unit == "gby.h" || strings.HasPrefix(unit, "gigabyte h"):
		return 1e9 / (1 << 30)
	}
	return 0
}

// SeriesOf is PartOf for a list of prices, which tells spot apart by itself.
func SeriesOf(description string) (series, kind string, ok bool) {
	p, ok := PartOf(description)
	return p.Series, p.Kind, ok
}
