package pricing

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// priceFile is a price file as YAML or JSON.
type priceFile struct {
	Currency string        `json:"currency"`
	Source   string        `json:"source"`
	AsOf     string        `json:"asOf"`
	Prices   []priceItem   `json:"prices"`
	Services []serviceItem `json:"services"`
}

type priceItem struct {
	Provider        string   `json:"provider"`
	Region          string   `json:"region"`
	Family          string   `json:"family"`
	InstanceType    string   `json:"instanceType"`
	CapacityType    string   `json:"capacityType"`
	Selector        string   `json:"selector"`
	USDPerHour      *float64 `json:"usdPerHour"`
	USDPerVCPUHour  *float64 `json:"usdPerVCPUHour"`
	USDPerGiBHour   *float64 `json:"usdPerGiBHour"`
	USDPerGPUHour   *float64 `json:"usdPerGPUHour"`
	DiscountPercent *float64 `json:"discountPercent"`

	HardwareUSDPerVCPU *float64 `json:"hardwareUSDPerVCPU"`
	HardwareUSDPerGiB  *float64 `json:"hardwareUSDPerGiB"`
	HardwareUSDPerGPU  *float64 `json:"hardwareUSDPerGPU"`
	HardwareYears      *float64 `json:"hardwareYears"`
}

// parseYAML reads a price file; unknown and repeated keys are problems. YAML
// decoding loses line numbers, so they are looked for in the text afterwards.
func parseYAML(name string, data []byte) (Overrides, []Problem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if documents(data) > 1 {
		return Overrides{}, []Problem{{name, 0, "more than one YAML document; keep all prices in one"}}
	}
	if err := manifest.CheckAliases(data); err != nil {
		return Overrides{}, []Problem{{name, 0, err.Error()}}
	}
	var f priceFile
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return Overrides{}, []Problem{yamlProblem(name, data, err)}
	}
	if f.Currency != "" && !strings.EqualFold(f.Currency, "USD") {
		return Overrides{}, []Problem{{name, 0, currencyError(f.Currency).Error()}}
	}
	if len(f.Prices)+len(f.Services) == 0 {
		return Overrides{}, []Problem{{name, 0, "no prices: the list under \"prices\" is missing or empty"}}
	}
	var out Overrides
	var problems []Problem
	for i := range f.Prices {
		e, err := f.Prices[i].entry(name, f.Source, f.AsOf)
		if err != nil {
			problems = append(problems, Problem{name, itemLine(data, "prices", i), fmt.Sprintf("prices[%d]: %v", i, err)})
			continue
		}
		out.entries = append(out.entries, e)
	}
	for i := range f.Services {
		e, err := f.Services[i].entry(cmp.Or(f.Source, name), f.AsOf)
		if err != nil {
			problems = append(problems, Problem{name, itemLine(data, "services", i), fmt.Sprintf("services[%d]: %v", i, err)})
			continue
		}
		out.services = append(out.services, e)
	}
	return out, problems[:min(len(problems), maxProblems)]
}

func (p *priceItem) entry(file, source, asOf string) (entry, error) {
	e := entry{
		provider: cloud.Canonical(p.Provider), region: p.Region, family: p.Family, instanceType: p.InstanceType,
		capacityType: CapacityType(p.CapacityType), source: source, asOf: asOf,
	}
	var h hardware
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
		{"hardwareUSDPerVCPU", p.HardwareUSDPerVCPU, &h.vcpu}, {"hardwareUSDPerGiB", p.HardwareUSDPerGiB, &h.gib},
		{"hardwareUSDPerGPU", p.HardwareUSDPerGPU, &h.gpu}, {"hardwareYears", p.HardwareYears, &h.years},
	} {
		if n.from == nil {
			continue
		}
		if *n.from < 0 || math.IsNaN(*n.from) || math.IsInf(*n.from, 0) {
			return entry{}, fmt.Errorf("%s is %g; it must be a number of 0 or more", n.name, *n.from)
		}
		*n.to = *n.from
	}
	if err = h.lay(&e); err != nil {
		return entry{}, err
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

// yamlProblem strips the decoder's own layers from its message, puts it on one
// line, and finds the line of the file.
func yamlProblem(name string, data []byte, err error) Problem {
	s := strings.Join(strings.Fields(err.Error()), " ")
	for _, layer := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: ", "yaml: "} {
		s = strings.TrimPrefix(s, layer)
	}
	if key, ok := strings.CutPrefix(s, "unknown field "); ok {
		return Problem{name, keyLine(data, strings.Trim(key, `"`)), fmt.Sprintf("unknown key %s; known keys are currency, source, asOf, prices and services, and in each price "+
			"provider, region, family, instanceType, capacityType, selector, usdPerHour, usdPerVCPUHour, usdPerGiBHour, usdPerGPUHour, discountPercent, hardwareUSDPerVCPU, hardwareUSDPerGiB, hardwareUSDPerGPU, hardwareYears, and in each service provider, region, service, class, usdPerHour, usdPerGiBMonth", key)}
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return Problem{name, keyLine(data, wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]),
			fmt.Sprintf("%s can't be of type %s; see the price file's keys in docs/prices.md", cmp.Or(wrong.Field, "a price file"), wrong.Value)}
	}
	line := 0
	if at := strings.Index(s, "line "); at >= 0 {
		// The number is absent from some messages; then the line stays 0.
		_, _ = fmt.Sscanf(s[at:], "line %d:", &line)
		s = strings.TrimPrefix(s, fmt.Sprintf("line %d: ", line))
	}
	return Problem{name, line, s}
}

// itemLine finds the line of the i-th item of the list under a key, where it is
// written one item a line; else 0.
func itemLine(data []byte, key string, i int) int {
	number, indent, inside := 0, -1, false
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimLeft(line, " ")
		switch {
		case bytes.HasPrefix(line, []byte(key+":")):
			inside = true
		case inside && bytes.HasPrefix(text, []byte("-")) && (indent < 0 || indent == len(line)-len(text)):
			indent = len(line) - len(text)
			if i--; i < 0 {
				return number
			}
		}
	}
	return 0
}

// keyLine finds the first line on which a key stands; else 0.
func keyLine(data []byte, key string) int {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimLeft(line, " -{\"'")
		if rest, ok := bytes.CutPrefix(text, []byte(key)); ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \"'"), []byte(":")) {
			return number
		}
	}
	return 0
}
