package pricing

import (
	"errors"
	"io"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// listColumns are the columns of a short price list, any subset in any order.
var listColumns = []string{
	"provider", "region", "family", "instance_type", "capacity_type", "selector",
	"usd_per_hour", "usd_per_vcpu_hour", "usd_per_gib_hour", "usd_per_gpu_hour", "discount_percent",
	"hardware_usd_per_vcpu", "hardware_usd_per_gib", "hardware_usd_per_gpu", "hardware_years",
	"currency", "source", "as_of",
}

// parseCSV reads a short price list.
func parseCSV(name string, data []byte) (Overrides, []Problem) {
	c, line, err := openCSV(data, listColumns, nil)
	if err != nil {
		return Overrides{}, []Problem{{name, line, err.Error()}}
	}
	var out Overrides
	var problems []Problem
	for len(problems) < maxProblems {
		record, line, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			var e entry
			if e, err = c.entry(name, record); err == nil {
				out.entries = append(out.entries, e)
				continue
			}
		}
		problems = append(problems, Problem{name, line, err.Error()})
	}
	if len(out.entries) == 0 && len(problems) == 0 {
		problems = []Problem{{name, 0, "the file has a header but no prices"}}
	}
	return out, problems
}

func (c *csvRecords) entry(file string, record []string) (entry, error) {
	field := func(name string) string { return strings.Clone(c.field(record, name)) }
	if cur := field("currency"); cur != "" && !strings.EqualFold(cur, "USD") {
		return entry{}, currencyError(cur)
	}
	e := entry{
		provider: cloud.Canonical(field("provider")), region: field("region"), family: field("family"), instanceType: field("instance_type"),
		capacityType: CapacityType(field("capacity_type")), source: field("source"), asOf: field("as_of"),
	}
	var h hardware
	var err error
	if e.selector, err = parseSelector(field("selector")); err != nil {
		return entry{}, err
	}
	for _, n := range []struct {
		name string
		to   *float64
	}{
		{"usd_per_hour", &e.usd}, {"usd_per_vcpu_hour", &e.rates.cpu}, {"usd_per_gib_hour", &e.rates.gib},
		{"usd_per_gpu_hour", &e.gpuUSD}, {"discount_percent", &e.discountPercent},
		{"hardware_usd_per_vcpu", &h.vcpu}, {"hardware_usd_per_gib", &h.gib}, {"hardware_usd_per_gpu", &h.gpu}, {"hardware_years", &h.years},
	} {
		if *n.to, err = nonNegative(n.name, field(n.name)); err != nil {
			return entry{}, err
		}
	}
	if err = h.lay(&e); err != nil {
		return entry{}, err
	}
	return e.finish(file)
}
