package pricing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const heldFile = `name, family, covers_usd_hour, usd_hour, end
ten m6i.xlarge, M6i, 1.92, 1.27, 2026-12-31
savings plan, , 3.5, ,
`

func TestReadHeld(t *testing.T) {
	held, err := pricing.ReadHeld(strings.NewReader(heldFile), "held.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := []pricing.HeldCommitment{
		{Name: "ten m6i.xlarge", Family: "m6i", Covers: 1.92, Pays: 1.27, End: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)},
		{Name: "savings plan", Covers: 3.5, Pays: 3.5},
	}
	if len(held) != 2 || held[0] != want[0] || held[1] != want[1] {
		t.Errorf("got %+v, want %+v", held, want)
	}
	left := pricing.HeldAt(held, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if len(left) != 1 || left[0].Name != "savings plan" {
		t.Errorf("in 2027: got %+v, want the savings plan alone", left)
	}
}

// TestHeldCover: narrow ones first, what they leave is for those of all.
func TestHeldCover(t *testing.T) {
	held := []pricing.HeldCommitment{{Family: "m6i", Covers: 2}, {Covers: 1.5}, {Family: "c5", Covers: 9}}
	for _, tt := range []struct {
		usage map[string]float64
		want  float64
	}{
		{map[string]float64{"m6i": 3}, 3},
		{map[string]float64{"m6i": 5}, 3.5},
		{map[string]float64{"m6i": 1, "r6i": 1}, 2},
		{map[string]float64{"m6i": 3, "r6i": 2, "c5": 4}, 7.5},
		{nil, 0},
	} {
		closeTo(t, "covered", pricing.HeldCover(held, tt.usage), tt.want, 1e-12)
	}
}

func TestReadHeldErrors(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "reading the header"},
		{"a column is missing", "name,family\na,b\n", `no column "covers_usd_hour"`},
		{"no number", "name,family,covers_usd_hour\na,m6i,much\n", `line 2: covers_usd_hour "much"`},
		{"negative", "name,family,covers_usd_hour\na,m6i,-1\n", "line 2"},
		{"not a number", "name,family,covers_usd_hour\na,m6i,NaN\n", "line 2"},
		{"no cost", "name,family,covers_usd_hour,usd_hour\na,m6i,1,cheap\n", `line 2: usd_hour "cheap"`},
		{"no date", "name,family,covers_usd_hour,end\na,m6i,1,soon\n", `end "soon"`},
		{"too many fields", "name,family,covers_usd_hour\na,m6i,1,2\n", "wrong number of fields"},
	} {
		_, err := pricing.ReadHeld(strings.NewReader(tt.file), "held.csv")
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "held.csv") {
			t.Errorf("%s: got error %v, want %q", tt.name, err, tt.want)
		}
	}
}

func FuzzReadHeld(f *testing.F) {
	f.Add(heldFile)
	f.Add("name,family,covers_usd_hour\n\"a\nb\",m6i,1e3\n")
	f.Fuzz(func(t *testing.T, file string) {
		held, err := pricing.ReadHeld(strings.NewReader(file), "f")
		if err != nil && held != nil {
			t.Errorf("got commitments beside the error %v", err)
		}
		for _, h := range held {
			if !(h.Covers >= 0 && h.Pays >= 0) {
				t.Errorf("%+v covers or costs less than nothing", h)
			}
		}
	})
}
