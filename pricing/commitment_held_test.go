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
		{Name: "ten m6i.xlarge", Family: "m6i", Covers: 1.92, Pays: 1.27, End: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Source: "held.csv"},
		{Name: "savings plan", Covers: 3.5, Pays: 3.5, Source: "held.csv"},
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
	type usage = map[pricing.CommitmentScope]float64
	of := func(family string) pricing.CommitmentScope { return pricing.CommitmentScope{Family: family} }
	for _, tt := range []struct {
		usage usage
		want  float64
	}{
		{usage{of("m6i"): 3}, 3},
		{usage{of("m6i"): 5}, 3.5},
		{usage{of("m6i"): 1, of("r6i"): 1}, 2},
		{usage{of("m6i"): 3, of("r6i"): 2, of("c5"): 4}, 7.5},
		{nil, 0},
	} {
		closeTo(t, "covered", pricing.HeldCover(held, tt.usage), tt.want, 1e-12)
	}
}

// TestCoverHeldByResource: vCPUs cover no memory; what is of the family as a
// whole is spread over what both leave; what is of all comes last.
func TestCoverHeldByResource(t *testing.T) {
	scopes := []pricing.CommitmentScope{{Family: "n2", Resource: pricing.ResourceMemory}, {Family: "n2", Resource: pricing.ResourceVCPU}}
	for _, tt := range []struct {
		name           string
		held           []pricing.HeldCommitment
		memory, vcpus  float64 // what is left of 4 and 6
		covered, total float64
	}{
		{"vCPUs alone", []pricing.HeldCommitment{{Family: "n2", Resource: pricing.ResourceVCPU, Covers: 9}}, 4, 0, 6, 10},
		{"both", []pricing.HeldCommitment{{Family: "n2", Resource: pricing.ResourceVCPU, Covers: 2}, {Family: "n2", Resource: pricing.ResourceMemory, Covers: 1}}, 3, 4, 3, 10},
		{"the family", []pricing.HeldCommitment{{Family: "n2", Covers: 5}}, 2, 3, 5, 10},
		{"the family after its memory", []pricing.HeldCommitment{{Family: "n2", Covers: 3}, {Family: "n2", Resource: pricing.ResourceMemory, Covers: 4}}, 0, 3, 7, 10},
		{"all", []pricing.HeldCommitment{{Covers: 5}}, 0, 5, 5, 10},
		{"another family", []pricing.HeldCommitment{{Family: "e2", Resource: pricing.ResourceVCPU, Covers: 5}}, 4, 6, 0, 10},
	} {
		usage := []float64{4, 6}
		covered := pricing.CoverHeld(tt.held, scopes, usage)
		for _, v := range []struct{ got, want float64 }{{usage[0], tt.memory}, {usage[1], tt.vcpus}, {covered, tt.covered}, {covered + usage[0] + usage[1], tt.total}} {
			closeTo(t, tt.name, v.got, v.want, 1e-12)
		}
	}
}

// TestReadHeldUnits: a line of vCPUs and memory is a commitment to each, priced
// by the family's own prices: 0.031611 USD a vCPU and 0.004237 USD a GiB of N2 in
// us-central1.
func TestReadHeldUnits(t *testing.T) {
	held, err := pricing.ReadHeld(strings.NewReader("name,family,vcpus,memory_gib,usd_hour,end\nbase,N2,100,400,3.1,2027-03-31\nvcpus,n2,10,,,\n"), "held.csv")
	if err != nil || len(held) != 3 {
		t.Fatalf("got %+v, error %v, want three commitments", held, err)
	}
	priced := pricing.New(pricing.Config{}).PriceHeld("gcp", "us-central1", held)
	for i, want := range []struct {
		resource            string
		units, covers, pays float64
	}{
		{pricing.ResourceVCPU, 100, 3.1611, 3.1}, {pricing.ResourceMemory, 400, 1.6948, 0}, {pricing.ResourceVCPU, 10, 0.31611, 0.31611},
	} {
		h := priced[i]
		if h.Resource != want.resource || h.Family != "n2" || h.Units != want.units || h.End.IsZero() != (i == 2) {
			t.Errorf("commitment %d: got %+v, want %+v", i, h, want)
		}
		closeTo(t, "covers", h.Covers, want.covers, 2e-4)
		closeTo(t, "pays", h.Pays, want.pays, 2e-4)
	}
	none := pricing.New(pricing.Config{}).PriceHeld("gcp", "us-central1", []pricing.HeldCommitment{{Family: "zz9", Resource: pricing.ResourceVCPU, Units: 4}})
	if none[0].Covers != 0 {
		t.Errorf("an unknown family covers %g, want nothing", none[0].Covers)
	}
}

// TestCommitmentParts: vCPUs and memory at the prices of each add up to the
// machine, whatever its shape; another cloud's machine stays whole.
func TestCommitmentParts(t *testing.T) {
	c := pricing.New(pricing.Config{})
	unit := map[string]float64{}
	for _, name := range []string{"n2-highcpu-8", "n2-standard-8", "n2-highmem-8"} {
		o := c.Lookup(pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: name}).Offering
		parts := c.CommitmentParts(o, o.USDPerHour)
		if len(parts) != 2 || parts[0].Units != 8 || parts[0].Family != "n2" {
			t.Fatalf("%s: got %+v, want 8 vCPUs and memory of n2", name, parts)
		}
		closeTo(t, name, parts[0].USD+parts[1].USD, o.USDPerHour, 1e-12)
		for _, p := range parts {
			if was, ok := unit[p.Resource]; ok {
				closeTo(t, name+" "+p.Resource, p.USD/p.Units, was, 2e-3*was)
			}
			unit[p.Resource] = p.USD / p.Units
		}
	}
	o := c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.large"}).Offering
	if parts := c.CommitmentParts(o, 0.096); len(parts) != 1 || parts[0].Resource != "" || parts[0].USD != 0.096 || parts[0].Units != 2 {
		t.Errorf("m6i.large: got %+v, want one part", parts)
	}
}

func TestReadHeldErrors(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "reading the header"},
		{"a column is missing", "name,family\na,b\n", `no column "covers_usd_hour"`},
		{"an unknown column", "name,family,covers_usd_hour,ends\na,m6i,1,2027-03-31\n", `the column "ends" is not known`},
		{"no number", "name,family,covers_usd_hour\na,m6i,much\n", `line 2: covers_usd_hour "much"`},
		{"negative", "name,family,covers_usd_hour\na,m6i,-1\n", "line 2"},
		{"not a number", "name,family,covers_usd_hour\na,m6i,NaN\n", "line 2"},
		{"no cost", "name,family,covers_usd_hour,usd_hour\na,m6i,1,cheap\n", `line 2: usd_hour "cheap"`},
		{"units of no family", "name,family,vcpus\na,,4\n", "line 2: vcpus and memory_gib are of a family"},
		{"units and USD", "name,family,covers_usd_hour,vcpus\na,n2,1,4\n", "in the place of covers_usd_hour"},
		{"no number of units", "name,family,memory_gib\na,n2,lots\n", `line 2: memory_gib "lots" is not an amount of GiB`},
		{"neither", "name,family,covers_usd_hour,vcpus\na,n2,,\n", `line 2: covers_usd_hour ""`},
		{"no date", "name,family,covers_usd_hour,end\na,m6i,1,soon\n", `end "soon"`},
		{"too many fields", "name,family,covers_usd_hour\na,m6i,1,2\n", "wrong number of fields"},
	} {
		_, err := pricing.ReadHeld(strings.NewReader(tt.file), "held.csv")
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "held.csv") {
			t.Errorf("%s: got error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestHeldOfAnotherRegion: a commitment counts in its own region alone, and in the cluster's
// where it names none.
func TestHeldOfAnotherRegion(t *testing.T) {
	held, err := pricing.ReadHeld(strings.NewReader("\ufeffname,family,covers_usd_hour,region\nhere,m6i,1,US-East-1\nthere,m6i,2,eu-west-1\nany,m6i,4,\nplan,,8,eu-west-1\n"), "held.csv")
	if err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]float64{"us-east-1": 5, "eu-west-1": 14, "ap-south-1": 4, "": 15} {
		var covers float64
		for _, h := range pricing.New(pricing.Config{}).PriceHeld("aws", region, held) {
			covers += h.Covers
		}
		if covers != want {
			t.Errorf("in %q: they cover %v USD an hour, want %v", region, covers, want)
		}
	}
}

func FuzzReadHeld(f *testing.F) {
	f.Add(heldFile)
	f.Add("name,family,vcpus,memory_gib\na,n2,4,16\n")
	f.Add("name,family,covers_usd_hour\n\"a\nb\",m6i,1e3\n")
	f.Fuzz(func(t *testing.T, file string) {
		held, err := pricing.ReadHeld(strings.NewReader(file), "f")
		if err != nil && held != nil {
			t.Errorf("got commitments beside the error %v", err)
		}
		for _, h := range held {
			if !(h.Covers >= 0 && h.Pays >= 0 && h.Units >= 0) {
				t.Errorf("%+v covers or costs less than nothing", h)
			}
		}
	})
}

// TestWideHeldCoverTheLargestDiscountFirst: reserved instances and plans of a family apply
// before a plan of all families, which goes to the family with the largest discount, whatever
// the order of the families. Google's flexible commitments cover no GPUs, and not every family.
func TestWideHeldCoverTheLargestDiscountFirst(t *testing.T) {
	c := pricing.New(pricing.Config{})
	whole := func(families ...string) (out []pricing.CommitmentScope) {
		for _, f := range families {
			out = append(out, pricing.CommitmentScope{Family: f})
		}
		return out
	}
	percent := func(family string) float64 {
		offers, _, err := c.CommitmentOffers("aws", "us-east-1", family, 0, "no_upfront")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range offers {
			if o.Flexible && o.TermYears == 1 {
				return o.DiscountPercent
			}
		}
		return 0
	}
	large, small := "m6i", "c7i-flex"
	if percent(large) < percent(small) {
		large, small = small, large
	}
	if percent(large) == percent(small) {
		t.Fatalf("both have %v %%", percent(large))
	}
	plan := pricing.HeldCommitment{Covers: 5}
	n2, memory := pricing.CommitmentScope{Family: "n2", Resource: pricing.ResourceVCPU}, pricing.CommitmentScope{Family: "n2", Resource: pricing.ResourceMemory}
	for _, tt := range []struct {
		name, provider, region string
		held                   []pricing.HeldCommitment
		scopes                 []pricing.CommitmentScope
		usage, left            []float64
	}{
		{"the largest discount", "aws", "us-east-1", []pricing.HeldCommitment{plan}, whole(large, small), []float64{4, 4}, []float64{0, 3}},
		{"in any order", "aws", "us-east-1", []pricing.HeldCommitment{plan}, whole(small, large), []float64{4, 4}, []float64{3, 0}},
		{"a family's own first", "aws", "us-east-1", []pricing.HeldCommitment{plan, {Family: large, Covers: 3}}, whole(small, large), []float64{4, 4}, []float64{0, 0}},
		{"a family's own is lost elsewhere", "aws", "us-east-1", []pricing.HeldCommitment{{Family: large, Covers: 6}, plan}, whole(small, large), []float64{6, 4}, []float64{1, 0}},
		{"two plans", "aws", "us-east-1", []pricing.HeldCommitment{{Covers: 2}, {Covers: 3}}, whole(small, large), []float64{4, 4}, []float64{3, 0}},
		{"a family that no table has", "aws", "us-east-1", []pricing.HeldCommitment{plan}, whole("zz9", small), []float64{4, 4}, []float64{3, 0}},
		{"Google's flexible cover no GPUs", "gcp", "us-central1", []pricing.HeldCommitment{plan}, []pricing.CommitmentScope{{Family: "g2", Resource: pricing.ResourceGPU}, n2, memory}, []float64{4, 1, 2}, []float64{4, 0, 0}},
		{"nor every family", "gcp", "us-central1", []pricing.HeldCommitment{plan}, []pricing.CommitmentScope{{Family: "m3", Resource: pricing.ResourceVCPU}, n2}, []float64{4, 7}, []float64{4, 2}},
	} {
		priced := c.PriceHeld(tt.provider, tt.region, tt.held)
		sum := 0.0
		for j := range tt.usage {
			sum += tt.usage[j] - tt.left[j]
		}
		closeTo(t, tt.name+": covered", pricing.CoverHeld(priced, tt.scopes, tt.usage), sum, 1e-12)
		for j, want := range tt.left {
			closeTo(t, tt.name+": left of "+tt.scopes[j].Family, tt.usage[j], want, 1e-12)
		}
	}
}
