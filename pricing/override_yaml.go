package pricing

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"

	"sigs.k8s.io/yaml"
)

// priceFile is a price file as YAML or JSON.
type priceFile struct {
	Currency string      `json:"currency"`
	Source   string      `json:"source"`
	AsOf     string      `json:"asOf"`
	Prices   []priceItem `json:"prices"`
}

type priceItem struct {
	Provider        string   `json:"provider"`
	Region          string   `json:"region"`
	InstanceType    string   `json:"instanceType"`
	CapacityType    string   `json:"capacityType"`
	Selector        string   `json:"selector"`
	USDPerHour      *float64 `json:"usdPerHour"`
	USDPerVCPUHour  *float64 `json:"usdPerVCPUHour"`
	USDPerGiBHour   *float64 `json:"usdPerGiBHour"`
	USDPerGPUHour   *float64 `json:"usdPerGPUHour"`
	DiscountPercent *float64 `json:"discountPercent"`
}

// parseYAML reads a price file; unknown and repeated keys are problems. YAML
// decoding loses line numbers, so messages name the entry by its place instead.
func parseYAML(name string, data []byte) (Overrides, []Problem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if documents(data) > 1 {
		return Overrides{}, []Problem{{name, 0, "more than one YAML document; keep all prices in one"}}
	}
	var f priceFile
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return Overrides{}, []Problem{{name, 0, yamlCause(err)}}
	}
	if f.Currency != "" && f.Currency != "USD" {
		return Overrides{}, []Problem{{name, 0, currencyError(f.Currency).Error()}}
	}
	if len(f.Prices) == 0 {
		return Overrides{}, []Problem{{name, 0, "no prices: the list under \"prices\" is missing or empty"}}
	}
	var out Overrides
	var problems []Problem
	for i := range f.Prices {
		e, err := f.Prices[i].entry(name, f.Source, f.AsOf)
		if err != nil {
			problems = append(problems, Problem{name, 0, fmt.Sprintf("prices[%d]: %v", i, err)})
			continue
		}
		out.entries = append(out.entries, e)
	}
	return out, problems[:min(len(problems), maxProblems)]
}

func (p *priceItem) entry(file, source, asOf string) (entry, error) {
	e := entry{
		provider: canonicalProvider(p.Provider), region: p.Region, instanceType: p.InstanceType,
		capacityType: CapacityType(p.CapacityType), source: source, asOf: asOf,
	}
	var err error
	if e.selector, err = parseSelector(p.Selector); err != nil {
		return entry{}, err
	}
	for _, n := range []struct {
		name string
		from *float64
		to   *float64
	}{
		{"usdPerHour", p.USDPerHour, &e.usd}, {"usdPerVCPUHour", p.USDPerVCPUHour, &e.rates.cpu},
		{"usdPerGiBHour", p.USDPerGiBHour, &e.rates.gib}, {"usdPerGPUHour", p.USDPerGPUHour, &e.gpuUSD},
		{"discountPercent", p.DiscountPercent, &e.discountPercent},
	} {
		if n.from == nil {
			continue
		}
		if *n.from < 0 || math.IsNaN(*n.from) || math.IsInf(*n.from, 0) {
			return entry{}, fmt.Errorf("%s is %g; it must be a number of 0 or more", n.name, *n.from)
		}
		*n.to = *n.from
	}
	return e.finish(file)
}

// finish fills in what the file left out and checks the entry.
func (e entry) finish(file string) (entry, error) {
	e.source = cmp.Or(e.source, file)
	if _, ok := parseDate(e.asOf); e.asOf != "" && !ok {
		return entry{}, fmt.Errorf("date %q is not understood; write YYYY-MM-DD", e.asOf)
	}
	return e, e.check()
}

// documents counts the YAML documents of a file by their separators.
func documents(data []byte) int {
	n, content := 0, false
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, " \t\r\n")
		switch {
		case bytes.Equal(line, []byte("---")) || bytes.HasPrefix(line, []byte("--- ")):
			content = false
		case len(line) > 0 && line[0] != '#' && !content:
			n, content = n+1, true
		}
	}
	return n
}

// yamlCause strips the decoder's own layers from its message and puts it on one line.
func yamlCause(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	for _, layer := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: ", "yaml: "} {
		s = strings.TrimPrefix(s, layer)
	}
	if key, ok := strings.CutPrefix(s, "unknown field "); ok {
		return fmt.Sprintf("unknown key %s; known keys are currency, source, asOf and prices, and in each price "+
			"provider, region, instanceType, capacityType, selector, usdPerHour, usdPerVCPUHour, usdPerGiBHour, usdPerGPUHour, discountPercent", key)
	}
	return s
}
