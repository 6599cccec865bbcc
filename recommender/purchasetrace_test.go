package recommender_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestFleetTraces advises from the first half of each hourly fleet trace and
// scores the advice on the second half against the amount that would have been
// best there. The traces are not part of the repository: PLIMSOLL_TRACES names
// the folder that holds fleet/*.csv.gz. The table it logs is in
// docs/rules/purchase.md.
func TestFleetTraces(t *testing.T) {
	dir := os.Getenv("PLIMSOLL_TRACES")
	if dir == "" {
		t.Skip("PLIMSOLL_TRACES is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "fleet", "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s: %v", dir, err)
	}
	discounts := []float64{0.265, 0.338, 0.37, 0.546, 0.63}
	over := map[int][]float64{} // by years: cost above the clairvoyant's, percent
	table := "trace | discount | clairvoyant saves | advice saves | whole half | last 14 days | cut to survive\n"
	for _, file := range files {
		columns := fleet(t, file)
		for _, name := range slices.Sorted(maps.Keys(columns)) {
			hours := columns[name]
			half := len(hours) / 2
			for _, discount := range discounts {
				deal := pricing.Deal{OnDemand: 1, Rate: 1 - discount}
				line, above := score(deal, hours[:half], hours[half:])
				table += fmt.Sprintf("%s %s | %.1f %% | %s\n", strings.TrimSuffix(filepath.Base(file), ".csv.gz"), name, 100*discount, line)
				years := 1
				if discount > 0.5 {
					years = 3
				}
				over[years] = append(over[years], above)
				over[0] = append(over[0], above)
			}
		}
	}
	for _, years := range []int{1, 3, 0} {
		slices.Sort(over[years])
		v := over[years]
		table += fmt.Sprintf("years %d (0 is all): median %.1f %%, worst %.1f %% above the clairvoyant, %d cases\n", years, v[len(v)/2], v[len(v)-1], len(v))
	}
	t.Log("\n" + table)
	if got := over[1][len(over[1])/2]; got > 3 {
		t.Errorf("1-year discounts: the median is %.1f %% above the clairvoyant, want at most 3 %%", got)
	}
	if got := over[0][len(over[0])/2]; got > 3 {
		t.Errorf("all discounts: the median is %.1f %% above the clairvoyant, want at most 3 %%", got)
	}
}

// score compares three ways to choose from the past on the future. The last,
// the last 14 days cut until the falls are survived, is what the rule does by
// default, and what is counted.
func score(deal pricing.Deal, past, future []float64) (line string, above float64) {
	next := pricing.DemandOf(future)
	none, best := deal.Cost(next, 0), deal.Cost(next, deal.Optimum(next))
	whole := deal.Optimum(pricing.DemandOf(past))
	window := past[max(0, len(past)-14*24):]
	recent := deal.Optimum(pricing.DemandOf(window))
	fall := 0.8
	if deal.Discount() > 0.5 {
		fall = 0.6
	}
	kept := min(recent, deal.Largest(pricing.DemandOf(times(window, fall))), deal.Largest(pricing.DemandOf(window[len(window)-7*24:])))
	percent := func(k float64) float64 { return 100 * (deal.Cost(next, k)/best - 1) }
	line = fmt.Sprintf("%.1f %% | %.1f %% | +%.1f %% | +%.1f %% | +%.1f %%",
		100*(1-best/none), 100*(1-deal.Cost(next, kept)/none), percent(whole), percent(recent), percent(kept))
	return line, percent(kept)
}

func times(hours []float64, by float64) []float64 {
	out := make([]float64, len(hours))
	for i, h := range hours {
		out[i] = h * by
	}
	return out
}

// fleet reads the columns of a trace that have values.
func fleet(t *testing.T, file string) map[string][]float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, row := range rows[1:] {
		for i, name := range []string{"cpu", "memory"} {
			if v, err := strconv.ParseFloat(row[2+i], 64); err == nil {
				out[name] = append(out[name], v)
			}
		}
	}
	return out
}
