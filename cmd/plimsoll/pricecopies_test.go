package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestPricesAgainstCopies holds what the program prints against copies of the clouds' price lists that
// the tables do not come from: CSV files with provider, region, instance_type and usd_per_hour, in the
// folder that PLIMSOLL_PRICE_COPIES names. It asks for 60 types spread over those of each
// region. docs/prices.md says where copies are.
func TestPricesAgainstCopies(t *testing.T) {
	folder := os.Getenv("PLIMSOLL_PRICE_COPIES")
	if folder == "" {
		t.Skip("PLIMSOLL_PRICE_COPIES names no folder of copies")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no copies: %v", folder, err)
	}
	catalog := pricing.New(pricing.Config{})
	for _, file := range files {
		copied := readCopy(t, file)
		var asked, within, absent, all, allWithin int
		var without []string
		var off []string
		by := bySeries{}
		for _, place := range slices.Sorted(maps.Keys(copied)) {
			provider, region, _ := strings.Cut(place, " ")
			if !slices.Contains(catalog.Regions(provider), region) {
				without = append(without, region)
				continue
			}
			printed := printedPrices(t, provider, region)
			types := slices.Sorted(maps.Keys(copied[place]))
			types = slices.DeleteFunc(types, func(name string) bool { return printed[name] == 0 })
			absent += len(copied[place]) - len(types)
			for _, name := range types {
				if all++; agree(printed[name], copied[place][name]) {
					allWithin++
				} else {
					by.add(catalog, provider, region, name, printed[name], copied[place][name])
				}
			}
			for i := range min(60, len(types)) {
				name := types[i*len(types)/min(60, len(types))]
				asked++
				if agree(printed[name], copied[place][name]) {
					within++
				} else {
					off = append(off, fmt.Sprintf("%s in %s: %v, the copy has %v (%+.1f %%)", name, region, printed[name], copied[place][name], 100*(printed[name]/copied[place][name]-1)))
				}
			}
		}
		t.Logf("%s: %d regions, %d of %d within 0.35 %%; of all, %d of %d; %d types of the copy are not in the tables, nor are the regions %v",
			filepath.Base(file), len(copied)-len(without), within, asked, allWithin, all, absent, without)
		t.Log(by.words())
		t.Log(strings.Join(off, "\n"))
		if asked == 0 || within*100 < asked*80 {
			t.Errorf("%s: %d of %d are within 0.35 %%", file, within, asked)
		}
	}
}

// bySeries are the types that differ, by series and region, with their sizes and both prices.
type bySeries map[string]map[string][]differing

type differing struct{ vcpus, gib, ours, copied float64 }

func (b bySeries) add(c *pricing.Catalog, provider, region, name string, ours, copied float64) {
	o := c.Lookup(pricing.Query{Provider: provider, Region: region, InstanceType: name}).Offering
	series := pricing.CommitmentFamily(provider, name)
	if b[series] == nil {
		b[series] = map[string][]differing{}
	}
	b[series][region] = append(b[series][region], differing{float64(o.CPUMillis) / 1000, float64(o.MemoryBytes) / (1 << 30), ours, copied})
}

// words tells of each series how many types differ, and by how much a vCPU and a GiB do where a region
// has types of two shapes: they tell the prices of both, in the tables and in the copy.
func (b bySeries) words() string {
	var out []string
	for _, series := range slices.Sorted(maps.Keys(b)) {
		types, cpu, gib := 0, []float64{}, []float64{}
		for _, list := range b[series] {
			types += len(list)
			shape := func(x, y differing) int { return cmp.Compare(x.gib/x.vcpus, y.gib/y.vcpus) }
			lean, rich := slices.MinFunc(list, shape), slices.MaxFunc(list, shape)
			if rich.gib*lean.vcpus < 1.5*lean.gib*rich.vcpus {
				continue // of one shape: nothing tells the two apart
			}
			c, g := (lean.ours*rich.gib-rich.ours*lean.gib)/(lean.copied*rich.gib-rich.copied*lean.gib), (lean.vcpus*rich.ours-rich.vcpus*lean.ours)/(lean.vcpus*rich.copied-rich.vcpus*lean.copied)
			if min(c, g) > 0.5 && max(c, g) < 2 { // shared cores have no price of a vCPU
				cpu, gib = append(cpu, c), append(gib, g)
			}
		}
		line := fmt.Sprintf("%s: %d types in %d regions differ", series, types, len(b[series]))
		if len(cpu) > 0 {
			line += fmt.Sprintf("; in %d regions that tell, a vCPU costs %.4f to %.4f times the copy's and a GiB %.4f to %.4f times",
				len(cpu), slices.Min(cpu), slices.Max(cpu), slices.Min(gib), slices.Max(gib))
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// agree holds two prices of one thing to 0.35 %.
func agree(ours, copied float64) bool { return math.Abs(ours/copied-1) <= 0.0035 }

// readCopy reads a copy by place and type.
func readCopy(t *testing.T, file string) map[string]map[string]float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) < 2 || strings.Join(records[0], ",") != "provider,region,instance_type,usd_per_hour" {
		t.Fatalf("%s is no copy: %v", file, err)
	}
	out := map[string]map[string]float64{}
	for _, r := range records[1:] {
		usd, err := strconv.ParseFloat(r[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		place := r[0] + " " + r[1]
		if out[place] == nil {
			out[place] = map[string]float64{}
		}
		out[place][r[2]] = usd
	}
	return out
}

// printedPrices is what the program prints of a region's machines on demand, by type.
func printedPrices(t *testing.T, provider, region string) map[string]float64 {
	t.Helper()
	code, out, errs := plimsoll("price", "--provider", provider, "--region", region, "--no-price-cache", "-o", "csv")
	if code != 0 {
		t.Fatalf("%s %s: %s", provider, region, errs)
	}
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	name, usd := slices.Index(records[0], "instance_type"), slices.Index(records[0], "usd_per_hour")
	if name < 0 || usd < 0 {
		t.Fatalf("the columns are %v", records[0])
	}
	prices := map[string]float64{}
	for _, r := range records[1:] {
		if prices[r[name]], err = strconv.ParseFloat(r[usd], 64); err != nil {
			t.Fatal(err)
		}
	}
	return prices
}
