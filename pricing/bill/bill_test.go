package bill_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/bill"
)

func check(t *testing.T, text string, own ...pricing.Overrides) bill.Check {
	t.Helper()
	tables := pricing.New(pricing.Config{})
	c, err := bill.Checker{Tables: tables, Own: pricing.New(pricing.Config{Overrides: own})}.Check("bill.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "pricing", "focus-bill.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// differences gives the causes, and fails where they do not lead from the bill to what is said.
func differences(t *testing.T, c bill.Check) map[bill.Cause]float64 {
	t.Helper()
	out := map[bill.Cause]float64{}
	sum := c.Bill
	for _, d := range c.Differences {
		out[d.Cause] = d.USD
		sum += d.USD
	}
	if math.Abs(sum-c.Says) > 0.005 {
		t.Errorf("the bill of %.4f and its differences are %.4f, not the %.4f that are said", c.Bill, sum, c.Says)
	}
	return out
}

// TestSampleBill: 200 charges whose causes were worked out when the bill was made.
func TestSampleBill(t *testing.T) {
	c := check(t, sample(t))
	if c.Charges != 200 || c.Bill != 1359.8346 || c.Billed != 1374.5656 || c.Says != 1301.228 {
		t.Errorf("got %d charges, bill %v, billed %v, says %v", c.Charges, c.Bill, c.Billed, c.Says)
	}
	got := differences(t, c)
	for cause, want := range map[bill.Cause]float64{
		bill.ListPrice: -4.8, bill.Negotiated: 76.3814, bill.Committed: 109.2499, bill.SpotPrice: -12.144, bill.System: -88.944,
		bill.NotPriced: -39.1, bill.Unused: -25, bill.NoPrice: -60, bill.NoUsage: -14.25,
	} {
		if math.Abs(got[cause]-want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", cause, got[cause], want)
		}
	}
	if len(got) != 9 {
		t.Errorf("got the causes %v", got)
	}
	for _, l := range c.Lines {
		sum := l.Bill
		for _, usd := range l.Causes {
			sum += usd
		}
		if math.Abs(sum-l.Says) > 0.001 {
			t.Errorf("%s %s: %v and %v do not make %v", l.Item, l.Buying, l.Bill, l.Causes, l.Says)
		}
	}
}

// TestOwnContract: with the contract in a price file no discount is left to name.
func TestOwnContract(t *testing.T) {
	own, err := pricing.ParseFile("contract.csv", strings.NewReader("provider,region,instance_type,capacity_type,discount_percent\naws,us-east-1,m6i.xlarge,on-demand,12\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := differences(t, check(t, sample(t), own))
	without := differences(t, check(t, sample(t)))
	off := 20 * 48 * 0.192 * 0.12
	if math.Abs(got[bill.OwnPrice]) > 1e-6 || math.Abs(without[bill.Negotiated]-got[bill.Negotiated]-off) > 1e-3 {
		t.Errorf("got %v with the contract, %v without; want %v less negotiated", got, without, off)
	}
}

const head = "ProviderName,ChargeCategory,RegionId,ServiceName,BillingCurrency,EffectiveCost,ListCost,ContractedCost,PricingCategory,PricingQuantity,PricingUnit,SkuPriceDetails,x_UsageType,x_SkuDetails\n"

// TestMachines: where a bill may say which machine it is of.
func TestMachines(t *testing.T) {
	for name, tt := range map[string]struct {
		row  string
		says float64
	}{
		"FOCUS 1.2":           {`AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hours,"{""InstanceType"":""m6i.xlarge""}",,`, 1.92},
		"AWS' usage type":     {`Amazon Web Services,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hrs,,BoxUsage:m6i.xlarge,`, 1.92},
		"Azure's details":     {`Microsoft,Usage,westeurope,Virtual Machines,USD,1,1,1,Standard,10,Hours,,,"{""ServiceType"":""Standard_D4s_v5""}"`, 2.3},
		"by the second":       {`AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,36000,Seconds,,BoxUsage:m6i.xlarge,`, 0},
		"an estimate":         {`AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hours,,BoxUsage:m6i.3xlarge,`, 5.76},
		"no machine":          {`AWS,Usage,us-east-1,S3,USD,1,1,1,Standard,10,GB-Mo,,TimedStorage-ByteHrs,`, 0},
		"without other costs": {`AWS,Usage,us-east-1,EC2,USD,1,,,Standard,10,Hours,,BoxUsage:m6i.xlarge,`, 1.92},
	} {
		c := check(t, head+tt.row+"\n")
		differences(t, c)
		if math.Abs(c.Says-tt.says) > 1e-9 {
			t.Errorf("%s: got %v, want %v; %+v", name, c.Says, tt.says, c)
		}
	}
}

// TestBillsThatAreNotUsed: each is refused by its line.
func TestBillsThatAreNotUsed(t *testing.T) {
	row := "AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hours,,BoxUsage:m6i.xlarge,\n"
	for name, tt := range map[string]struct{ text, want string }{
		"empty":            {"", "empty"},
		"a header alone":   {head, "no charges"},
		"another format":   {"lineItem/UsageType,lineItem/UnblendedCost\na,1\n", "lacks chargecategory"},
		"euros":            {head + row + strings.Replace(row, "USD", "EUR", 1), `bill.csv:3: the charge is in "EUR"`},
		"no number":        {head + strings.Replace(row, ",1,1,1,", ",1,x,1,", 1), "bill.csv:2: listcost \"x\" is not a number"},
		"no cost":          {head + strings.Replace(row, ",1,1,1,", ",,1,1,", 1), "no EffectiveCost"},
		"not a number":     {head + strings.Replace(row, ",1,1,1,", ",NaN,1,1,", 1), "not a number"},
		"a column twice":   {strings.Replace(head, "\n", ",ListCost\n", 1) + strings.Replace(row, "\n", ",9\n", 1), "twice"},
		"in base 16":       {head + strings.Replace(row, ",10,", ",0x1p4,", 1), "not a number"},
		"a line too short": {head + "AWS,Usage\n", "wrong number of fields"},
	} {
		_, err := bill.Checker{Tables: pricing.New(pricing.Config{}), Own: pricing.New(pricing.Config{})}.Check("bill.csv", strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func TestWrite(t *testing.T) {
	c := check(t, sample(t))
	for format, want := range map[string]string{
		"table": "  negotiated discount", "csv": "provider,region,item,buying,quantity,unit,bill_usd,says_usd,list price differs,", "json": `"cause": "negotiated discount"`,
	} {
		var out bytes.Buffer
		if err := bill.Write(&out, format, &c); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %v, %s", format, err, out.String())
		}
		if format == "json" && !json.Valid(out.Bytes()) {
			t.Error("json: not valid")
		}
	}
	if err := bill.Write(new(bytes.Buffer), "yaml", &c); err == nil {
		t.Error("yaml was written")
	}
}

// TestOtherSpellings: units, currencies, regions and ways to buy in other cases are the same ones; an
// hour of something else than a machine is none.
func TestOtherSpellings(t *testing.T) {
	const row = "AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hours,,BoxUsage:m6i.xlarge,\n"
	for to, says := range map[[2]string]float64{
		{",USD,", ",usd,"}:                      1.92,
		{"us-east-1", "US-East-1"}:              1.92,
		{"m6i.xlarge", "M6I.XLARGE"}:            1.92,
		{",Hours,", ",1 Hour,"}:                 1.92,
		{",Hours,", ",HRS,"}:                    1.92,
		{",Standard,", ",DYNAMIC,"}:             0.7872,
		{",Hours,", ",Host-Hours,"}:             0,
		{",Hours,", ",hundreds of hours,"}:      0,
		{"AWS", "Some Cloud"}:                   0,
		{",Usage,", ",Credit,"}:                 0,
		{",1,1,1,Standard", ",-1,-1,,Standard"}: 1.92,
	} {
		c := check(t, head+strings.Replace(row, to[0], to[1], 1))
		differences(t, c)
		if math.Abs(c.Says-says) > 1e-9 {
			t.Errorf("%q: got %v, want %v; %+v", to[1], c.Says, says, c.Lines)
		}
	}
}

// TestHalfMonth: a bill of some days is held against the prices of these days. Two halves of a
// bill, cut anywhere, come to the whole, cause by cause.
func TestHalfMonth(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(sample(t)), "\n")
	whole := check(t, strings.Join(lines, ""))
	want := differences(t, whole)
	for _, at := range []int{2, 60, 101, 199} {
		first, second := check(t, strings.Join(lines[:at], "")), check(t, lines[0]+strings.Join(lines[at:], ""))
		if first.Charges+second.Charges != 200 || math.Abs(first.Bill+second.Bill-whole.Bill)+math.Abs(first.Says+second.Says-whole.Says) > 0.001 {
			t.Errorf("cut at %d: %v and %v said of %v and %v, of the whole %v of %v", at, first.Says, second.Says, first.Bill, second.Bill, whole.Says, whole.Bill)
		}
		got := differences(t, first)
		for cause, usd := range differences(t, second) {
			got[cause] += usd
		}
		for cause, usd := range want {
			if math.Abs(got[cause]-usd) > 0.001 {
				t.Errorf("cut at %d: %s comes to %v, of the whole to %v", at, cause, got[cause], usd)
			}
		}
	}
	const head = "ProviderName,ChargeCategory,RegionId,ServiceName,BillingCurrency,EffectiveCost,PricingQuantity,PricingUnit,x_UsageType,BillingPeriodStart,ChargePeriodStart,ChargePeriodEnd\n"
	const month = ",2026-10-01T00:00:00Z,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z\n"
	half := check(t, head+
		"AWS,Usage,us-east-1,EC2,USD,1,360,Hours,BoxUsage:m6i.xlarge,2026-10-01T00:00:00Z,2026-10-01T00:00:00Z,2026-10-15T00:00:00Z\n"+
		"AWS,Usage,us-east-1,EC2,USD,1,50,GB-Mo,EBS:VolumeUsage.gp3,2026-10-01T00:00:00Z,2026-10-15 22:00:00 UTC,2026-10-15 23:00:00 UTC\n"+
		"AWS,Usage,us-east-1,EC2,USD,1,36000,GB-Hours,EBS:VolumeUsage.gp3,,,\n"+
		"AWS,Usage,us-east-1,EC2,USD,1,5,LCU-Hrs,LoadBalancerUsage,,never,\n"+
		"AWS,Purchase,us-east-1,EC2,USD,1,1,,"+month)
	if half.From != "2026-10-01" || half.To != "2026-10-16" || math.Abs(half.Says-(360*0.192+50*0.08)) > 1e-4 {
		t.Errorf("got %s to %s, says %v", half.From, half.To, half.Says)
	}
	var out bytes.Buffer
	if err := bill.Write(&out, "table", &half); err != nil || !strings.HasPrefix(out.String(), "Usage from 2026-10-01 to 2026-10-15, 15 days; all sums are for these.\n") {
		t.Errorf("got %v, %s", err, out.String())
	}
}

// FuzzEach: any text is a bill or an error, and amounts are finite.
func FuzzEach(f *testing.F) {
	f.Add(head + "AWS,Usage,us-east-1,EC2,USD,1,1,1,Standard,10,Hours,\"{\"\"InstanceType\"\":1}\",BoxUsage:m6i.xlarge,\n")
	f.Add("\xef\xbb\xbf" + head + "null,Usage,,,USD,1e14,,,,,,{,,[]\n")
	f.Fuzz(func(t *testing.T, text string) {
		err := bill.Each("bill.csv", strings.NewReader(text), func(r bill.Row) error {
			if s := r.List + r.Contracted + r.Effective + r.Billed + r.Quantity; math.IsNaN(s) || math.IsInf(s, 0) {
				return fmt.Errorf("the amounts of %+v", r)
			}
			return nil
		})
		if err != nil && strings.Contains(err.Error(), "the amounts of") {
			t.Error(err)
		}
	})
}

const gcpHead = "ProviderName,ChargeCategory,RegionId,ServiceName,BillingCurrency,EffectiveCost,ListCost,ContractedCost,PricingQuantity,PricingUnit,ChargeDescription\n"

// TestParts: where machines are billed by their parts, each is priced by its series in the region, and
// what is no part is named by its SKU. List prices of us-central1 are Google's.
func TestParts(t *testing.T) {
	for row, want := range map[string]struct {
		says, off float64
		cause     bill.Cause
		item      string
	}{
		"1,1,1,10,hour,N2 Instance Core running in Americas":                             {0.31611, 0.0035, bill.ListPrice, ""},
		"1,1,1,100,gibibyte hour,N2 Instance Ram running in Americas":                    {0.4237, 0.0035, bill.ListPrice, ""},
		"1,1,1,107.3741824,gigabyte hour,C4D Instance Ram running in Americas":           {0.375333, 0.0035, bill.ListPrice, ""},
		"1,1,1,10,hour,E2 Instance Core running in Americas":                             {0.21811, 0.0035, bill.ListPrice, ""},
		"1,1,1,10,hour,Nvidia L4 GPU running in Americas":                                {5.6004, 0.0035, bill.ListPrice, ""},
		"1,1,1,10,hour,Nvidia Tesla T4 GPU running in Americas":                          {3.5, 0.0035, bill.ListPrice, ""},
		"1,1,1,10,hour,Spot Preemptible E2 Instance Core running in Americas":            {0.13, 0.5, bill.SpotPrice, ""},
		"1,1,1,10,hour,N2 Custom Instance Core running in Americas":                      {0, 0, bill.NotPriced, "N2 Custom Instance Core running in Americas"},
		"1,1,1,10,gibibyte month,Storage PD Capacity":                                    {0, 0, bill.NotPriced, "Storage PD Capacity"},
		"1,1,1,36000,seconds,N2 Instance Core running in Americas":                       {0, 0, bill.NoPrice, "N2 Instance Core running in Americas"},
		"1,1,1,,hour,N2 Instance Core running in Americas":                               {0, 0, bill.NoPrice, ""},
		"1,1,1,10,hour,Z9 Instance Core running in Americas":                             {0, 0, bill.NoPrice, ""},
		"0.1,0.1,0.1,10,gibibyte hour,\"N2 Instance\nCore \"\"running\"\" in Americas\"": {0, 0, bill.NotPriced, ""},
	} {
		c := check(t, gcpHead+"Google Cloud,Usage,us-central1,Compute Engine,USD,"+row+"\n")
		got := differences(t, c)
		if _, ok := got[want.cause]; !ok || math.Abs(c.Says-want.says) > want.off*want.says || want.item != "" && c.Lines[0].Item != want.item {
			t.Errorf("%s: got %v, want %v; %v, %+v", row, c.Says, want.says, got, c.Lines)
		}
	}
}

// TestNoPlainMachine: what has a machine's hours but is none of one's own on Linux is not priced as one.
func TestNoPlainMachine(t *testing.T) {
	const wide = "ProviderName,ChargeCategory,RegionId,ServiceName,BillingCurrency,EffectiveCost,PricingQuantity,PricingUnit,SkuPriceDetails,x_UsageType,x_Operation,x_SkuMeterSubCategory\n"
	for row, want := range map[string]bill.Cause{
		"AWS,Usage,us-east-1,EC2,USD,1,10,Hours,,BoxUsage:m6i.xlarge,RunInstances:0010,":                                      bill.System,
		"AWS,Usage,us-east-1,EC2,USD,1,10,Hours,,BoxUsage:m6i.xlarge,RunInstances:0002,":                                      bill.System,
		"AWS,Usage,us-east-1,EC2,USD,1,10,Hours,,DedicatedUsage:m6i.xlarge,RunInstances,":                                     bill.NotPriced,
		"AWS,Usage,us-east-1,RDS,USD,1,10,Hours,,InstanceUsage:db.m5.large,CreateDBInstance,":                                 bill.NotPriced,
		"AWS,Usage,us-east-1,ElastiCache,USD,1,10,Hours,\"{\"\"InstanceType\"\":\"\"cache.m5.large\"\"}\",NodeUsage:x,,":      bill.NotPriced,
		"AWS,Usage,,EC2,USD,1,10,Hours,,BoxUsage:m6i.xlarge,RunInstances,":                                                    bill.NoPrice,
		"AWS,Usage,us-east-1,EC2,USD,1,,Hours,,BoxUsage:m6i.xlarge,RunInstances,":                                             bill.NoPrice,
		"Microsoft,Usage,eastus,VMs,USD,1,10,1 Hour,\"{\"\"InstanceType\"\":\"\"Standard_D4s_v5\"\"}\",,,Dsv5 Series Windows": bill.System,
		"AWS,Usage,us-east-1,Amazon Elastic MapReduce,USD,1,10,Hours,,BoxUsage:m6i.xlarge,RunInstances,":                      bill.NotPriced,
		"AWS,Usage,us-east-1,Amazon EKS,USD,1,10,Hours,\"{\"\"InstanceType\"\":\"\"m6i.xlarge\"\"}\",,,":                      bill.NotPriced,
	} {
		c := check(t, wide+row+"\n")
		if _, ok := differences(t, c)[want]; !ok || c.Says != 0 {
			t.Errorf("%s: got %v, want %q; %+v", row, c.Says, want, c.Differences)
		}
	}
	if c := check(t, wide+"AWS,usage,us-east-1,EC2,USD,-1,-10,Hours,,EUC1-SpotUsage:m6i.xlarge,RunInstances:SV001,\n"); c.Says != -1.92 || c.Priced != -1 {
		t.Errorf("a correction: got %+v", c)
	}
}

// TestBillHasAnEnd: memory is bounded where a quotation mark never closes.
func TestBillHasAnEnd(t *testing.T) {
	open := io.MultiReader(strings.NewReader(head+"\""), io.LimitReader(endless{}, 1<<32))
	if err := bill.Each("bill.csv", open, func(bill.Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "quotation mark") {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestBlocks: Azure's quantities of pricing are in blocks, and Databricks' hours are no machine's.
func TestBlocks(t *testing.T) {
	const azure = "ProviderName,ChargeCategory,RegionId,ServiceName,BillingCurrency,EffectiveCost,PricingCategory,PricingQuantity,PricingUnit,x_PricingBlockSize,x_SkuDetails,x_SkuMeterCategory\n"
	c := check(t, azure+`Microsoft,Usage,westeurope,Virtual Machines,USD,5.52,Standard,0.24,Hours,100,"{""ServiceType"":""Standard_D4s_v5""}",Virtual Machines`+"\n")
	if math.Abs(c.Says-5.52) > 1e-9 || c.Lines[0].Quantity != 24 {
		t.Errorf("got %+v", c)
	}
	c = check(t, azure+`Microsoft,Usage,westeurope,Azure Databricks,USD,5.52,Standard,24,Hours,1,"{""ServiceType"":""Standard_D4s_v5""}",Azure Databricks`+"\n")
	if _, ok := differences(t, c)[bill.NotPriced]; !ok || c.Says != 0 {
		t.Errorf("got %+v", c)
	}
}

// TestPacked: a bill may be packed by gzip, and one that is cut is not used.
func TestPacked(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, sample(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if c := check(t, packed.String()); c.Charges != 200 || c.Says != 1301.228 {
		t.Errorf("got %d charges, %v", c.Charges, c.Says)
	}
	for _, text := range []string{packed.String()[:packed.Len()/2], "\x1f\x8bno"} {
		if _, err := (bill.Checker{Tables: pricing.New(pricing.Config{}), Own: pricing.New(pricing.Config{})}).Check("bill.csv.gz", strings.NewReader(text)); err == nil {
			t.Error("a cut bill was used")
		}
	}
}
