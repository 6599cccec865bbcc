package lookup

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
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
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, r := range rows {
		if i == 0 {
			fmt.Fprintln(w, "TYPE\tCAPACITY\tVCPU\tGIB\tUSD/HOUR\tUSD/MONTH\tAS OF\tSOURCE")
		}
		capacity := r.CapacityType
		if r.TermYears == 3 {
			capacity += " 3y"
		}
		fmt.Fprintf(w, "%s\t%s\t%g\t%g\t%.6g\t%.2f\t%s\t%s\n", analyzer.Printable(r.InstanceType), capacity, r.VCPUs, r.MemoryGiB, r.USDPerHour, r.USDPerMonth, r.AsOf, analyzer.Printable(r.Source))
	}
	return w.Flush()
}

// Contents says what a catalog holds, by provider and region.
func Contents(out io.Writer, catalog *pricing.Catalog) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROVIDER\tREGION\tTYPES\tPRICES")
	for _, provider := range catalog.Providers() {
		for _, region := range catalog.Regions(provider) {
			types := map[string]bool{}
			offerings := catalog.Offerings(provider, region)
			for _, o := range offerings {
				types[o.InstanceType] = true
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", provider, region, len(types), len(offerings))
		}
	}
	return w.Flush()
}
