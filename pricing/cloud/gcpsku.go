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
	gcpDevice = form(`^(?:Commitment(?: v\d+)?: )?(?:A\d\w* )?((?i:nvidia) )?((?:Tesla )?[A-Z]+[\w ]*?)(?: GPU| \(1 gpu slice\))?( attached to (?:Spot )?Preemptible VMs)?(?: (?:running )?in .+?)?(?: for (?:1|3) [Yy]ears?)?$`)
	gcpSeries = form(`^[A-Z]\d+[A-Z]*$`)
)

// gcpGPUs are the GPUs by the names that SKUs have for them, without their maker, with those of the
// tables. Those that have "Workstation" are of a license.
// Source: the descriptions of the Cloud Billing Catalog, cloud.google.com/skus/sku-groups.
var gcpGPUs = map[string]string{
	"T4": "T4", "P4": "P4", "V100": "V100", "P100": "P100", "K80": "K80", "L4": "L4", "A100": "A100", "A100 80GB": "A100 80GB",
	"H100 80GB": "H100 80GB", "H100 80GB Mega": "H100 80GB Mega", "H100 Mega 80GB": "H100 80GB Mega",
	"H200 141GB": "H200 141GB", "B200": "B200", "RTX 6000 96GB": "RTX PRO 6000", "RTX PRO 6000": "RTX PRO 6000",
}

// gcpKinds are the words beside a series' name that leave it the plain machine. A SKU with
// another word is of something else: custom sizes, sole tenants, calendar mode.
var gcpKinds = []string{"Instance", "Predefined", "AMD", "Arm", "Memory-optimized", "Intel"}

// gcpGPU is the tables' name of a GPU. One that is not known keeps its own where the SKU says its maker.
func gcpGPU(maker, name string) string {
	name = strings.TrimPrefix(name, "Tesla ")
	if known := gcpGPUs[name]; known != "" || maker == "" || strings.Contains(name, "Workstation") || strings.Contains(name, "GPU") {
		return known
	}
	return name
}

// PartOf tells what a SKU is a part of, by its description; ok is false for what is no part of a
// plain machine.
func PartOf(description string) (p Part, ok bool) {
	if m := gcpDevice().FindStringSubmatch(description); m != nil {
		if name := gcpGPU(m[1], m[2]); name != "" {
			return Part{"Nvidia " + name, PartGPU, m[3] != ""}, true
		}
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
	hourly := Hourly(unit)
	unit = strings.TrimPrefix(strings.ToLower(unit), "1 ")
	switch {
	case kind != PartRAM && hourly:
		return 1
	case kind != PartRAM:
		return 0
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
