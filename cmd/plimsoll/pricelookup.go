package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// priceLookup is what 'price TYPE...' is asked.
type priceLookup struct {
	query        pricing.Query // its capacity type may be allCapacity
	vcpu, memory string        // as ranges, such as 4-8
	arch         string
	gpu          bool
	sort, output string
}

const allCapacity = "all"

func (l *priceLookup) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.vcpu, "vcpu", "", "types of so many vCPUs alone: `N` or MIN-MAX")
	cmd.Flags().StringVar(&l.memory, "memory", "", "types of so much memory alone: `GIB` or MIN-MAX")
	cmd.Flags().StringVar(&l.arch, "arch", "", "types of an `ARCH` alone: amd64 or arm64")
	cmd.Flags().BoolVar(&l.gpu, "gpu", false, "types with GPUs or other accelerators alone")
	cmd.Flags().StringVar(&l.sort, "sort", "", "sort by `KEY`: name, price, vcpu or memory (default: as the types are given)")
	cmd.Flags().StringVarP(&l.output, "output", "o", "table", "`FORMAT`: table, json or csv")
}

// priceRow is a price as -o json prints it. Hourly and monthly amounts are USD.
type priceRow struct {
	Provider     string  `json:"provider"`
	Region       string  `json:"region"`
	InstanceType string  `json:"instanceType"`
	CapacityType string  `json:"capacityType"`
	TermYears    int     `json:"termYears,omitempty"`
	Arch         string  `json:"arch,omitempty"`
	VCPUs        float64 `json:"vcpus"`
	MemoryGiB    float64 `json:"memoryGiB"`
	GPUs         int64   `json:"gpus,omitempty"`
	Accelerator  string  `json:"accelerator,omitempty"`
	USDPerHour   float64 `json:"usdPerHour"`
	USDPerMonth  float64 `json:"usdPerMonth"`
	AsOf         string  `json:"asOf,omitempty"`
	Source       string  `json:"source"`
}

func rowOf(o pricing.Offering) priceRow {
	return priceRow{
		Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType, CapacityType: string(o.CapacityType), TermYears: o.TermYears, Arch: o.Arch,
		VCPUs: float64(o.CPUMillis) / 1000, MemoryGiB: float64(o.MemoryBytes) / (1 << 30), GPUs: o.GPUs, Accelerator: o.GPUName,
		USDPerHour: o.USDPerHour, USDPerMonth: o.USDPerHour * pricing.HoursPerMonth, AsOf: o.AsOf, Source: o.Source,
	}
}

func (l *priceLookup) run(s streams, catalog *pricing.Catalog, types []string) error {
	if l.query.Provider == "" || l.query.Region == "" {
		return fmt.Errorf("which cloud and region? give --provider and --region, such as --provider aws --region us-east-1")
	}
	keep, err := l.filter()
	if err != nil {
		return err
	}
	if len(types) == 0 {
		types = []string{"*"}
	}
	rows, missing, err := l.find(catalog, types)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r priceRow) bool { return !keep(r) })
	if err := l.order(rows); err != nil {
		return err
	}
	if len(rows) == 0 && len(missing) == 0 {
		missing = []string{"no type of " + l.query.Region + " is as asked: loosen --vcpu, --memory, --arch or --gpu"}
	}
	var out bytes.Buffer
	if err := l.write(&out, rows); err != nil {
		return err
	}
	if _, err := s.Out.Write(out.Bytes()); err != nil {
		return err
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "; "))
	}
	return nil
}

// find looks every type or pattern up; what has no price of its own is named.
func (l *priceLookup) find(catalog *pricing.Catalog, types []string) (rows []priceRow, missing []string, err error) {
	var here []pricing.Offering // read when a pattern asks for it
	for _, name := range types {
		if !strings.ContainsAny(name, "*?[") && l.query.CapacityType != allCapacity {
			q := l.query
			q.InstanceType = name
			row, doubt, err := l.one(catalog, q)
			if err != nil {
				return nil, nil, err
			}
			if doubt != "" {
				missing = append(missing, doubt)
			} else {
				rows = append(rows, row)
			}
			continue
		}
		if here == nil {
			if here = catalog.Offerings(l.query.Provider, l.query.Region); here == nil {
				return nil, nil, l.unknownRegion(catalog)
			}
		}
		found := 0
		for _, o := range here {
			match, err := path.Match(name, o.InstanceType)
			if err != nil {
				return nil, nil, fmt.Errorf("the pattern %q is not closed", name)
			}
			if match && l.capacity(o) {
				found++
				rows = append(rows, rowOf(o))
			}
		}
		if found == 0 {
			missing = append(missing, fmt.Sprintf("%s: no type of %s is called so", name, l.query.Region))
		}
	}
	return rows, missing, nil
}

// capacity reports whether an offering is bought as asked.
func (l *priceLookup) capacity(o pricing.Offering) bool {
	q := l.query
	return q.CapacityType == allCapacity || o.CapacityType == q.CapacityType && (q.CapacityType != pricing.Reserved || o.TermYears == cmp.Or(q.TermYears, 1))
}

func (l *priceLookup) unknownRegion(catalog *pricing.Catalog) error {
	q := l.query
	if len(catalog.Regions(q.Provider)) == 0 {
		return fmt.Errorf("--provider %s: there are price tables of %s", q.Provider, strings.Join(catalog.Providers(), ", "))
	}
	return fmt.Errorf("--region %s: the tables have no such region of %s; near it are %s", q.Region, q.Provider, few(catalog.RegionsNear(q.Provider, q.Region)))
}

// one looks a type up; the doubt is why there is no listed price.
func (l *priceLookup) one(catalog *pricing.Catalog, q pricing.Query) (row priceRow, doubt string, err error) {
	p := catalog.Lookup(q)
	switch {
	case p.Cause == pricing.UnknownRegion:
		return row, "", l.unknownRegion(catalog)
	case p.Status == pricing.Estimated:
		return row, fmt.Sprintf("%s: %s; an audit takes %.4g USD an hour", q.InstanceType, p.Reason, p.Offering.USDPerHour), nil
	case p.Status == pricing.Missing:
		return row, q.InstanceType + ": " + p.Reason, nil
	}
	return rowOf(p.Offering), "", nil
}

// filter makes one test of the flags that narrow.
func (l *priceLookup) filter() (keep func(priceRow) bool, err error) {
	cpu, err := parseRange("--vcpu", l.vcpu)
	if err != nil {
		return nil, err
	}
	memory, err := parseRange("--memory", l.memory)
	if err != nil {
		return nil, err
	}
	if l.arch != "" && l.arch != "amd64" && l.arch != "arm64" {
		return nil, fmt.Errorf("--arch %s: use amd64 or arm64", l.arch)
	}
	return func(r priceRow) bool {
		return cpu.has(r.VCPUs) && memory.has(r.MemoryGiB) && (l.arch == "" || r.Arch == l.arch) && (!l.gpu || r.Accelerator != "" || r.GPUs > 0)
	}, nil
}

// span is a range of numbers, ends included; the zero value holds all.
type span struct {
	from, to float64
	set      bool
}

func (s span) has(v float64) bool { return !s.set || v >= s.from && v <= s.to }

func parseRange(flag, text string) (s span, err error) {
	if text == "" {
		return s, nil
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	s.set = true
	var errTo error
	s.from, err = strconv.ParseFloat(from, 64)
	s.to, errTo = strconv.ParseFloat(to, 64)
	if err != nil || errTo != nil || !(s.from >= 0 && s.to >= s.from) {
		return s, fmt.Errorf("%s %s: write a number or a range, such as 4 or 4-8", flag, text)
	}
	return s, nil
}

func (l *priceLookup) order(rows []priceRow) error {
	by := map[string]func(a, b priceRow) int{
		"name":   func(a, b priceRow) int { return strings.Compare(a.InstanceType, b.InstanceType) },
		"price":  func(a, b priceRow) int { return cmp.Compare(a.USDPerHour, b.USDPerHour) },
		"vcpu":   func(a, b priceRow) int { return cmp.Compare(a.VCPUs, b.VCPUs) },
		"memory": func(a, b priceRow) int { return cmp.Compare(a.MemoryGiB, b.MemoryGiB) },
	}[l.sort]
	switch {
	case by != nil:
		slices.SortStableFunc(rows, by)
	case l.sort != "":
		return fmt.Errorf("--sort %s: use name, price, vcpu or memory", l.sort)
	}
	return nil
}

func (l *priceLookup) write(out io.Writer, rows []priceRow) error {
	switch l.output {
	case "json":
		if rows == nil {
			rows = []priceRow{}
		}
		return writeJSON(out, rows)
	case "csv":
		return writePriceCSV(out, rows)
	case "table":
		return writePriceTable(out, rows)
	}
	return fmt.Errorf("-o %s: use table, json or csv", l.output)
}

func writePriceCSV(out io.Writer, rows []priceRow) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	w := csv.NewWriter(out)
	records := [][]string{{"provider", "region", "instance_type", "capacity_type", "term_years", "arch", "vcpus", "memory_gib", "gpus", "accelerator", "usd_per_hour", "usd_per_month", "as_of", "source"}}
	for _, r := range rows {
		records = append(records, []string{r.Provider, r.Region, r.InstanceType, r.CapacityType, strconv.Itoa(r.TermYears), r.Arch, number(r.VCPUs), number(r.MemoryGiB),
			strconv.FormatInt(r.GPUs, 10), r.Accelerator, number(r.USDPerHour), number(r.USDPerMonth), r.AsOf, r.Source})
	}
	for _, record := range records {
		for i, text := range record {
			record[i] = plainCell(text)
		}
	}
	return w.WriteAll(records)
}

// plainCell keeps a text from being a formula in a spreadsheet, or from steering a
// terminal: names come from users' price files.
func plainCell(s string) string {
	s = analyzer.Printable(s)
	if _, err := strconv.ParseFloat(s, 64); err != nil && s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func writePriceTable(out io.Writer, rows []priceRow) error {
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
