package lookup

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/grid"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Sheet is an answer in each of its formats. The first line of screen and of records
// has the names of the columns.
type Sheet struct {
	Document any // as JSON; a list, never nil
	Records  [][]string
	Screen   [][]string
	Right    []bool // of the screen's columns, those of numbers
}

// Write prints the sheet as a table, as json or as csv.
func (s *Sheet) Write(out io.Writer, format string) error {
	switch format {
	case "json":
		data, err := json.MarshalIndent(s.Document, "", "  ")
		if err != nil {
			return err
		}
		_, err = out.Write(append(analyzer.EscapeJSON(data), '\n'))
		return err
	case "csv":
		w := csv.NewWriter(out)
		for _, record := range s.Records {
			for i, text := range record {
				if _, err := strconv.ParseFloat(text, 64); err != nil {
					record[i] = analyzer.Cell(text)
				}
			}
		}
		return w.WriteAll(s.Records)
	case "table":
		if len(s.Screen) < 2 {
			return nil
		}
		return grid.Write(out, s.Right, s.Screen)
	}
	return CheckFormat(format)
}

// CheckFormat refuses a format that an answer cannot have.
func CheckFormat(format string) error {
	switch format {
	case "table", "json", "csv":
		return nil
	}
	return fmt.Errorf("-o %s: use table, json or csv", format)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Write prints rows as a table, as json or as csv. Beside puts the ways to buy a type
// beside each other in the table.
func Write(out io.Writer, format string, rows []Row, beside bool) error {
	if beside && format == "table" {
		return writeBeside(out, rows)
	}
	if rows == nil {
		rows = []Row{}
	}
	s := Sheet{Document: rows, Right: []bool{2: true, 3: true, 4: true, 5: true}}
	s.Screen = [][]string{{"TYPE", "CAPACITY", "VCPU", "GIB", "USD/HOUR", "USD/MONTH", "AS OF", "SOURCE"}}
	s.Records = [][]string{{"provider", "region", "instance_type", "capacity_type", "term_years", "arch", "vcpus", "memory_gib", "gpus", "accelerator", "usd_per_hour", "usd_per_month", "as_of", "source", "program"}}
	for _, r := range rows {
		s.Screen = append(s.Screen, []string{
			analyzer.Printable(r.InstanceType), r.bought(), fmt.Sprintf("%g", r.VCPUs), fmt.Sprintf("%g", r.MemoryGiB),
			fmt.Sprintf("%.6g", r.USDPerHour), fmt.Sprintf("%.2f", r.USDPerMonth), r.AsOf, analyzer.Printable(r.Source),
		})
		s.Records = append(s.Records, []string{r.Provider, r.Region, r.InstanceType, r.CapacityType, strconv.Itoa(r.TermYears), r.Arch, number(r.VCPUs), number(r.MemoryGiB),
			strconv.FormatInt(r.GPUs, 10), r.Accelerator, number(r.USDPerHour), number(r.USDPerMonth), r.AsOf, r.Source, r.Program})
	}
	return s.Write(out, format)
}

// Place is a region of a provider with what the tables hold of it.
type Place struct {
	Provider string `json:"provider"`
	Region   string `json:"region"`
	Types    int    `json:"types,omitempty"` // 0 where it was not counted
	Prices   int    `json:"prices,omitempty"`
}

// Contents says what a catalog holds: the regions of each provider, and of one that is
// asked for the number of types and prices. To count all of them would read all tables.
func Contents(out io.Writer, format string, catalog *pricing.Catalog, provider string) error {
	places := []Place{}
	for _, p := range catalog.Providers() {
		for _, region := range catalog.Regions(p) {
			if provider == "" {
				places = append(places, Place{Provider: p, Region: region})
			}
		}
	}
	if provider != "" {
		provider = catalog.Lookup(pricing.Query{Provider: provider}).Offering.Provider // as the tables spell it
		for _, region := range catalog.Regions(provider) {
			types := map[string]bool{}
			offerings := catalog.Offerings(provider, region)
			for _, o := range offerings {
				types[o.InstanceType] = true
			}
			places = append(places, Place{Provider: provider, Region: region, Types: len(types), Prices: len(offerings)})
		}
	}
	s := Sheet{Document: places, Right: []bool{2: true, 3: true}}
	s.Screen = [][]string{{"PROVIDER", "REGION", "TYPES", "PRICES"}}
	s.Records = [][]string{{"provider", "region", "types", "prices"}}
	if provider == "" {
		s.Screen[0], s.Records[0] = s.Screen[0][:2], s.Records[0][:2]
	}
	for _, p := range places {
		cells := []string{p.Provider, p.Region, strconv.Itoa(p.Types), strconv.Itoa(p.Prices)}[:len(s.Screen[0])]
		s.Records = append(s.Records, cells)
		s.Screen = append(s.Screen, []string{analyzer.Printable(cells[0]), analyzer.Printable(cells[1])})
		if provider != "" {
			s.Screen[len(s.Screen)-1] = append(s.Screen[len(s.Screen)-1], cells[2:]...)
		}
	}
	return s.Write(out, format)
}
