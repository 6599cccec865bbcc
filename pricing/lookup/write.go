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

// Write prints rows as a table, as json or as csv.
func Write(out io.Writer, format string, rows []Row) error {
	switch format {
	case "json":
		if rows == nil {
			rows = []Row{}
		}
		data, err := json.MarshalIndent(rows, "", "  ")
		if err != nil {
			return err
		}
		_, err = out.Write(append(analyzer.EscapeJSON(data), '\n'))
		return err
	case "csv":
		return writeCSV(out, rows)
	case "table":
		return writeTable(out, rows)
	}
	return fmt.Errorf("-o %s: use table, json or csv", format)
}

func writeCSV(out io.Writer, rows []Row) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	w := csv.NewWriter(out)
	records := [][]string{{"provider", "region", "instance_type", "capacity_type", "term_years", "arch", "vcpus", "memory_gib", "gpus", "accelerator", "usd_per_hour", "usd_per_month", "as_of", "source"}}
	for _, r := range rows {
		records = append(records, []string{r.Provider, r.Region, r.InstanceType, r.CapacityType, strconv.Itoa(r.TermYears), r.Arch, number(r.VCPUs), number(r.MemoryGiB),
			strconv.FormatInt(r.GPUs, 10), r.Accelerator, number(r.USDPerHour), number(r.USDPerMonth), r.AsOf, r.Source})
	}
	for _, record := range records {
		for i, text := range record {
			record[i] = analyzer.Cell(text)
		}
	}
	return w.WriteAll(records)
}

func writeTable(out io.Writer, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	lines := [][]string{{"TYPE", "CAPACITY", "VCPU", "GIB", "USD/HOUR", "USD/MONTH", "AS OF", "SOURCE"}}
	for _, r := range rows {
		capacity := r.CapacityType
		if r.TermYears == 3 {
			capacity += " 3y"
		}
		lines = append(lines, []string{
			analyzer.Printable(r.InstanceType), capacity, fmt.Sprintf("%g", r.VCPUs), fmt.Sprintf("%g", r.MemoryGiB),
			fmt.Sprintf("%.6g", r.USDPerHour), fmt.Sprintf("%.2f", r.USDPerMonth), r.AsOf, analyzer.Printable(r.Source),
		})
	}
	return grid.Write(out, []bool{2: true, 3: true, 4: true, 5: true}, lines)
}

// Contents says what a catalog holds, by provider and region.
func Contents(out io.Writer, catalog *pricing.Catalog) error {
	lines := [][]string{{"PROVIDER", "REGION", "TYPES", "PRICES"}}
	for _, provider := range catalog.Providers() {
		for _, region := range catalog.Regions(provider) {
			types := map[string]bool{}
			offerings := catalog.Offerings(provider, region)
			for _, o := range offerings {
				types[o.InstanceType] = true
			}
			lines = append(lines, []string{analyzer.Printable(provider), analyzer.Printable(region), strconv.Itoa(len(types)), strconv.Itoa(len(offerings))})
		}
	}
	return grid.Write(out, []bool{2: true, 3: true}, lines)
}
