package purchase_test

import (
	"compress/gzip"
	"context"
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
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// traceMarkets are what is advised from on the traces: one instrument at each of the
// usual discounts, and all that is on sale for a family for one, three and both terms.
func traceMarkets(t *testing.T) map[int][]traceMarket {
	t.Helper()
	out := map[int][]traceMarket{}
	for _, discount := range []float64{0.265, 0.338, 0.37} {
		out[1] = append(out[1], oneDiscount(discount, 1))
	}
	for _, discount := range []float64{0.546, 0.63} {
		out[3] = append(out[3], oneDiscount(discount, 3))
	}
	catalog := pricing.New(pricing.Config{})
	for _, family := range []struct{ provider, region, name string }{{"aws", "us-east-1", "m6i"}, {"azure", "eastus", "dsv5"}} {
		offers, _, err := catalog.CommitmentOffers(family.provider, family.region, family.name, advice.DefaultCapitalCost)
		if err != nil || len(offers) < 4 {
			t.Fatalf("got %d offers for %s, error %v", len(offers), family.name, err)
		}
		for _, terms := range [][]int{{1}, {3}, {1, 3}} {
			m := traceMarket{name: fmt.Sprint(family.provider, " ", family.name, " ", terms)}
			for _, o := range offers {
				if slices.Contains(terms, o.TermYears) {
					m.instruments = append(m.instruments, commitment.Instrument{
						Name: o.Instrument, Years: o.TermYears, Flexible: o.Flexible, Rates: []float64{o.Rate(advice.DefaultCapitalCost)}})
				}
			}
			out[slices.Max(terms)] = append(out[slices.Max(terms)], m)
		}
	}
	return out
}

type traceMarket struct {
	name        string
	instruments []commitment.Instrument
}

func oneDiscount(discount float64, years int) traceMarket {
	return traceMarket{fmt.Sprintf("%.1f %%", 100*discount),
		[]commitment.Instrument{{Years: years, Flexible: true, Rates: []float64{1 - discount}}}}
}

// TestFleetTraces has the rule advise from the last 14 days of the first half of each
// hourly fleet trace (its usual window) and scores the advice on the second half against
// the amounts of the same instruments that would have been best there. The traces tell
// hours and no families: the clairvoyant knows the hours, and both take the demand to
// leave its family as often as the rule assumes. What one would save who knows that it
// never does is beside it. The traces are not part of the repository: PLIMSOLL_TRACES
// names the folder that holds fleet/*.csv.gz. The table it logs is in
// docs/rules/purchase.md.
func TestFleetTraces(t *testing.T) {
	files := traceFiles(t)
	over := map[string][]float64{} // by years and kind of market: cost above the clairvoyant's, percent
	table := "trace | on sale | clairvoyant saves | advice saves | advice costs above | above one who knows the family stays\n"
	markets := traceMarkets(t)
	for _, file := range files {
		columns := fleet(t, file)
		for _, name := range slices.Sorted(maps.Keys(columns)) {
			for _, years := range []int{1, 3} {
				for _, m := range markets[years] {
					s := m.score(t, columns[name])
					table += fmt.Sprintf("%s %s | %s | %s\n", strings.TrimSuffix(filepath.Base(file), ".csv.gz"), name, m.name, s)
					kind := "one instrument"
					if len(m.instruments) > 1 {
						kind = "all on sale"
					}
					for _, key := range []string{"all", kind, fmt.Sprint(kind, ", ", years, " years at most")} {
						over[key] = append(over[key], s.above)
					}
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(over)) {
		v := over[key]
		slices.Sort(v)
		table += fmt.Sprintf("%s: median %.1f %%, worst %.1f %% above the clairvoyant, %d cases\n", key, v[len(v)/2], v[len(v)-1], len(v))
		if got := v[len(v)/2]; got > 3 && (key == "one instrument" || strings.Contains(key, "1 years")) {
			t.Errorf("%s: the median is %.1f %% above the clairvoyant, want at most 3 %%", key, got)
		}
	}
	t.Log("\n" + table)
}

func traceFiles(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("PLIMSOLL_TRACES")
	if dir == "" {
		t.Skip("PLIMSOLL_TRACES is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "fleet", "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s: %v", dir, err)
	}
	return files
}

type traceScore struct{ clairvoyant, advice, above, stays float64 } // percent

func (s traceScore) String() string {
	return fmt.Sprintf("%.1f %% | %.1f %% | +%.1f %% | +%.1f %%", s.clairvoyant, s.advice, s.above, s.stays)
}

func (m traceMarket) score(t *testing.T, trace []float64) traceScore {
	t.Helper()
	hours := column(trace)
	amounts, err := purchase.SaleOf(m.instruments, lastDays(hours[:len(hours)/2], 14)).Amounts()
	if err != nil {
		t.Fatal(err)
	}
	future := purchase.SaleOf(m.instruments, hours[len(hours)/2:]).Program()
	known := leastCost(t, m.instruments, future.Expect)
	got := commitment.OutcomeOf(m.instruments, amounts, future.Expect)
	asIs := future.Expect[len(future.Expect)-1:]
	stays := commitment.OutcomeOf(m.instruments, amounts, asIs).Cost/leastCost(t, m.instruments, asIs) - 1
	return traceScore{100 * (1 - known/got.OnDemand), 100 * (1 - got.Cost/got.OnDemand), 100 * (got.Cost/known - 1), 100 * stays}
}

// leastCost is the mean hour of the amounts that are best for scenarios.
func leastCost(t *testing.T, instruments []commitment.Instrument, of []commitment.Scenario) float64 {
	t.Helper()
	mix, err := (&commitment.Program{Instruments: instruments, Expect: of}).Best(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return mix.Hourly
}

func lastDays(hours [][]float64, days int) [][]float64 { return hours[max(0, len(hours)-24*days):] }

func column(trace []float64) [][]float64 {
	hours := make([][]float64, len(trace))
	for i, v := range trace {
		hours[i] = []float64{v}
	}
	return hours
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
