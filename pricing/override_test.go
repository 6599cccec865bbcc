package pricing_test

import (
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func mustParse(t testing.TB, name, text string) pricing.Overrides {
	t.Helper()
	o, err := pricing.ParseFile(name, strings.NewReader(text))
	if err != nil {
		t.Fatalf("ParseFile(%s): %v\n%s", name, err, text)
	}
	return o
}

// catalogOf lays price files over the tables; names alternate with texts.
func catalogOf(t testing.TB, files ...string) *pricing.Catalog {
	t.Helper()
	var cfg pricing.Config
	for i := 0; i < len(files); i += 2 {
		cfg.Overrides = append(cfg.Overrides, mustParse(t, files[i], files[i+1]))
	}
	return pricing.New(cfg)
}

func TestOverridePrecedence(t *testing.T) {
	const typeFile = "instance_type,usd_per_hour\nm5.large,0.08\n"
	for _, tt := range []struct {
		name   string
		files  []string
		labels []string
		usd    float64
		source string
	}{
		{"type", []string{"a.csv", typeFile}, nil, 0.08, "a.csv"},
		{"type, spot too", []string{"a.csv", typeFile}, []string{"karpenter.sh/capacity-type", "spot"}, 0.08, "a.csv"},
		{"type, on-demand only", []string{"a.csv", "instance_type,capacity_type,usd_per_hour\nm5.large,on-demand,0.08\n"},
			[]string{"karpenter.sh/capacity-type", "spot"}, 0.03168, "ec2info"},
		{"other region", []string{"a.csv", "instance_type,region,usd_per_hour\nm5.large,eu-west-1,0.08\n"}, nil, 0.096, "kp-aws"},
		{"discount", []string{"a.csv", "provider,discount_percent\neks,10\n"}, nil, 0.096 * 0.9, "kp-aws, less 10 % by a.csv"},
		{"other provider's discount", []string{"a.csv", "provider,discount_percent\ngke,10\n"}, nil, 0.096, "kp-aws"},
		{"selector", []string{"a.csv", "selector,usd_per_hour\npool=gpu,2.5\n"}, []string{"pool", "gpu"}, 2.5, "a.csv"},
		{"selector elsewhere", []string{"a.csv", "selector,usd_per_hour\npool=gpu,2.5\n"}, []string{"pool", "web"}, 0.096, "kp-aws"},
		{"selector with a discount", []string{"a.csv", "selector,discount_percent\n\"pool,pool!=gpu\",50\n"}, []string{"pool", "web"}, 0.048, "kp-aws, less 50 % by a.csv"},
		{"absent label", []string{"a.csv", "selector,usd_per_hour\n!pool,1\n"}, nil, 1, "a.csv"},
		{"per vCPU and GiB", []string{"a.csv", "usd_per_vcpu_hour,usd_per_gib_hour\n0.01,0.001\n"}, nil, 2*0.01 + 8*0.001, "a.csv"},
		{"later entry wins", []string{"a.csv", typeFile + "m5.large,0.07\n"}, nil, 0.07, "a.csv"},
		{"later file wins", []string{"a.csv", typeFile, "b.csv", "provider,discount_percent\naws,50\n"}, nil, 0.048, "kp-aws, less 50 % by b.csv"},
		{"earlier file is kept elsewhere", []string{"a.csv", typeFile, "b.csv", "provider,discount_percent\ngcp,50\n"}, nil, 0.08, "a.csv"},
		{"BOM, CRLF, semicolons", []string{"a.csv", "\xef\xbb\xbfinstance_type;usd_per_hour\r\n# note\r\n\"m5.large\";0.08\r\n"}, nil, 0.08, "a.csv"},
		{"YAML", []string{"a.yaml", "source: contract\nasOf: 2026-10-01\nprices:\n- instanceType: m5.large\n  usdPerHour: 0.08\n"}, nil, 0.08, "contract"},
		{"JSON", []string{"a.json", `{"currency": "USD", "prices": [{"instanceType": "M5.LARGE", "usdPerHour": 0.08}]}`}, nil, 0.08, "a.json"},
		{"YAML with CRLF and BOM", []string{"a.yml", "\xef\xbb\xbf---\r\nprices:\r\n- instanceType: m5.large\r\n  usdPerHour: 0.08\r\n"}, nil, 0.08, "a.yml"},
	} {
		c := catalogOf(t, tt.files...)
		n := cloudNode("aws", "us-east-1", "m5.large", 2, 8, tt.labels...)
		p := c.NodePrice(n)
		if !near(p.USDPerHour, tt.usd, 1e-12) || p.Source != tt.source || p.Status != pricing.Listed || !near(sum(p, n), tt.usd, 1e-12) {
			t.Errorf("%s: %v USD from %q (%v), parts %v; want %v from %q", tt.name, p.USDPerHour, p.Source, p.Status, sum(p, n), tt.usd, tt.source)
		}
	}
}

func TestOverrideReachesLookupAndOfferings(t *testing.T) {
	c := catalogOf(t, "a.csv", "provider,instance_type,capacity_type,discount_percent,usd_per_hour\naws,,,10,\naws,m5.large,reserved,,0.05\naws,zz.large,,,3\n")
	q := pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large"}
	if p := c.Lookup(q); !near(p.Offering.USDPerHour, 0.0864, 1e-12) {
		t.Errorf("discounted m5.large = %v", p.Offering.USDPerHour)
	}
	if p := c.Lookup(pricing.Query{Provider: "aws", Region: "eu-west-1", InstanceType: "zz.large"}); p.Status != pricing.Listed || p.Offering.USDPerHour != 3 {
		t.Errorf("a type that only the file knows = %+v", p)
	}
	q.CapacityType = pricing.Reserved
	if p := c.Lookup(q); p.Offering.USDPerHour != 0.05 {
		t.Errorf("reserved m5.large = %v, want the file's 0.05", p.Offering.USDPerHour)
	}
	q.InstanceType = "m6i.large"
	if p := c.Lookup(q); strings.Contains(p.Offering.Source, "less") {
		t.Errorf("an entry that doesn't name reserved capacity changed it: %+v", p.Offering)
	}
	for _, o := range c.Offerings("aws", "us-east-1") {
		if o.CapacityType == pricing.OnDemand && !strings.Contains(o.Source, "less 10 %") {
			t.Fatalf("offering without the discount: %+v", o)
		}
	}
}

func TestOnPremises(t *testing.T) {
	file := "prices:\n- provider: onprem\n  usdPerVCPUHour: 0.012\n  usdPerGiBHour: 0.0016\n  usdPerGPUHour: 0.6\n"
	n := pricing.Node{Name: "rack-1", CPUMillis: 64000, MemoryBytes: 256 << 30, GPUs: 2, Labels: map[string]string{"kubernetes.io/arch": "arm64"}}
	cfg := pricing.Config{Overrides: []pricing.Overrides{mustParse(t, "rack.yaml", file)}, Provider: "onprem"}
	p := pricing.New(cfg).NodePrice(n)
	if want := 64*0.012 + 256*0.0016 + 2*0.6; !near(p.USDPerHour, want, 1e-12) || p.Status != pricing.Listed || len(p.Warnings) > 0 || p.Source != "rack.yaml" {
		t.Errorf("%+v, want %v from rack.yaml", p, want)
	}
	if !near(p.CPUPerCoreHour, 0.012, 1e-12) || !near(p.MemoryPerGiBHour, 0.0016, 1e-12) || !near(p.GPUPerHour, 0.6, 1e-12) {
		t.Errorf("the split must be the file's own: %+v", p)
	}
	n.ProviderID = "onprem://rack/1"
	cfg.Provider = ""
	if p := pricing.New(cfg).NodePrice(n); p.Status != pricing.Listed || p.Offering.Arch != "arm64" {
		t.Errorf("the providerID's scheme should name the provider: %+v", p)
	}
}

func TestUserTable(t *testing.T) {
	c := catalogOf(t, "t.csv", `provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour,currency
hetzner,fsn1,ccx13,2,8,0.02,USD
hetzner,fsn1,ccx23,4,16,0.04,
aws,us-east-1,m5.large,2,8,0.09,USD
`)
	if p := c.Lookup(pricing.Query{Provider: "hetzner", Region: "fsn1", InstanceType: "ccx13"}); p.Status != pricing.Listed || p.Offering.USDPerHour != 0.02 || p.Offering.Source != "t.csv" {
		t.Errorf("new provider: %+v", p)
	}
	if p := c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large"}); p.Offering.USDPerHour != 0.09 {
		t.Errorf("replaced line: %+v", p)
	}
	if p := c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.xlarge"}); p.Offering.USDPerHour != 0.192 {
		t.Errorf("line beside it: %+v", p)
	}
	n := pricing.Node{Name: "h", ProviderID: "hcloud://1", CPUMillis: 2000, MemoryBytes: 8 << 30,
		Labels: map[string]string{"topology.kubernetes.io/region": "fsn1", "node.kubernetes.io/instance-type": "ccx13"}}
	if p := c.NodePrice(n); p.USDPerHour != 0.02 || p.Status != pricing.Listed || !near(sum(p, n), 0.02, 1e-12) {
		t.Errorf("node found by its region: %+v", p)
	}
}

func TestBadFiles(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"empty", "p.csv", "", "p.csv: the file is empty"},
		{"blank", "p.yaml", "\xef\xbb\xbf \n\n", "p.yaml: the file is empty"},
		{"binary", "p.csv", "\x1f\x8b\x08\x00", "not a text file"},
		{"header alone", "p.csv", "instance_type,usd_per_hour\n", "no prices"},
		{"comments alone", "p.csv", "# nothing\n", "empty"},
		{"unknown column", "p.csv", "instance_type,price\nm5.large,1\n", `p.csv:1: unknown column "price"; known columns are provider,`},
		{"column twice", "p.csv", "region,region\na,b\n", "stands twice"},
		{"negative", "p.csv", "instance_type,usd_per_hour\nm5.large,-1\n", `p.csv:2: usd_per_hour "-1" is negative`},
		{"NaN", "p.csv", "instance_type,usd_per_hour\nm5.large,NaN\n", `p.csv:2: usd_per_hour "NaN" is not a number`},
		{"infinite", "p.csv", "instance_type,usd_per_hour\nm5.large,1e999\n", "is not a number"},
		{"words", "p.csv", "instance_type,usd_per_hour\nm5.large,cheap\n", `"cheap" is not a number`},
		{"decimal comma", "p.csv", "instance_type;usd_per_hour\nm5.large;0,08\n", "write a decimal point"},
		{"too dear", "p.csv", "instance_type,usd_per_hour\nm5.large,1e300\n", "above 1000000 USD an hour"},
		{"zero", "p.csv", "instance_type,usd_per_hour\nm5.large,0\n", "p.csv:2: no price"},
		{"currency", "p.csv", "instance_type,usd_per_hour,currency\nm5.large,1,EUR\n", `p.csv:2: currency "EUR" can't be used`},
		{"wrong quotes", "p.csv", "instance_type,usd_per_hour\n\"m5.large,1\nx,1\n", "double quote"},
		{"bare quote", "p.csv", "instance_type,usd_per_hour\nm5\"large,1\n", "p.csv:2: misplaced or unclosed double quote"},
		{"too many fields", "p.csv", "instance_type,usd_per_hour\nm5.large,1,2\n", "p.csv:2: the number of fields"},
		{"capacity type", "p.csv", "instance_type,capacity_type,usd_per_hour\nm5.large,Spot!,1\n", "none of on-demand, spot, reserved"},
		{"price for everything", "p.csv", "provider,usd_per_hour\naws,1\n", "needs an instance type or a node selector"},
		{"two kinds of price", "p.csv", "instance_type,usd_per_hour,discount_percent\nm5.large,1,5\n", "more than one kind"},
		{"half the rates", "p.csv", "provider,usd_per_vcpu_hour\naws,1\n", "must both be given"},
		{"discount of 100", "p.csv", "provider,discount_percent\naws,100\n", "leaves no price"},
		{"selector", "p.csv", "selector,usd_per_hour\npool in (a),1\n", "only key=value"},
		{"empty label", "p.csv", "selector,usd_per_hour\n=x,1\n", "not a label requirement"},
		{"date", "p.csv", "instance_type,usd_per_hour,as_of\nm5.large,1,01.02.2026\n", "write YYYY-MM-DD"},
		{"several", "p.csv", "instance_type,usd_per_hour\na,-1\nb,-1\nc,-1\n", "(and 2 more; plimsoll price --validate p.csv lists them)"},
		{"YAML syntax", "p.yaml", "prices: [\n", "p.yaml:1: did not find"},
		{"YAML unknown key", "p.yaml", "prices:\n- type: m5.large\n  usdPerHour: 1\n", `p.yaml:2: unknown key "type"; known keys are`},
		{"YAML key twice", "p.yaml", "currency: USD\ncurrency: USD\n", "p.yaml:2: "},
		{"YAML currency", "p.yaml", "currency: EUR\nprices:\n- provider: aws\n  discountPercent: 1\n", `currency "EUR" can't be used`},
		{"YAML without prices", "p.yaml", "currency: USD\n", `the list under "prices"`},
		{"YAML negative", "p.yaml", "prices:\n- instanceType: a\n  usdPerHour: -1\n", "p.yaml:2: prices[0]: usdPerHour is -1"},
		{"YAML second item", "p.yaml", "currency: USD\nprices:\n  - instanceType: a\n    usdPerHour: 1\n\n  - instanceType: b\n", "p.yaml:6: prices[1]: no price"},
		{"JSON item", "p.json", `{"prices": [{"instanceType": "a"}]}`, "p.json: prices[0]: no price"},
		{"YAML NaN", "p.yaml", "prices:\n- instanceType: a\n  usdPerHour: .nan\n", "p.yaml: "},
		{"YAML string for a number", "p.yaml", "prices:\n- instanceType: a\n  usdPerHour: \"1\"\n", "p.yaml:3: prices.usdPerHour can't be of type string"},
		{"YAML documents", "p.yaml", "prices: []\n---\nprices: []\n", "more than one YAML document"},
		{"YAML list at the top", "p.yaml", "- a\n", "p.yaml: a price file can't be of type array"},
		{"table: column missing", "t.csv", "provider,region,instance_type,vcpu,on_demand_usd_hour\na,b,c,1,1\n", `column "memory_gib" is missing`},
		{"table: currency", "t.csv", "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour,currency\na,b,c,1,1,1,CHF\n", `t.csv:2: currency "CHF"`},
		{"table: no rows", "t.csv", "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour\n", "header but no prices"},
		{"table: no region", "t.csv", "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour\na,,c,1,1,1\n", "t.csv:2: provider, region and instance_type"},
		{"table: huge memory", "t.csv", "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour\na,b,c,1,1e300,1\n", "too large"},
	} {
		_, err := pricing.ParseFile(tt.file, strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: %v; want one line with %q", tt.name, err, tt.want)
		}
		if got := pricing.Validate(tt.file, strings.NewReader(tt.text)); len(got) == 0 {
			t.Errorf("%s: Validate finds nothing", tt.name)
		}
	}
}

// TestDocumentedExamples keeps docs/prices.md true: every example parses and is clean.
func TestDocumentedExamples(t *testing.T) {
	doc, err := os.ReadFile("../docs/prices.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	var cfg pricing.Config
	for i, block := range strings.Split(string(doc), "```") {
		kind, text, _ := strings.Cut(block, "\n")
		if i%2 == 0 || kind != "yaml" && kind != "csv" {
			continue
		}
		found[kind]++
		cfg.Overrides = append(cfg.Overrides, mustParse(t, "example."+kind, text))
	}
	if found["yaml"] != 4 || found["csv"] != 3 {
		t.Errorf("found %v examples, want 4 of YAML and 3 of CSV", found)
	}
	p := pricing.New(cfg).NodePrice(cloudNode("aws", "eu-west-1", "m6i.xlarge", 4, 16))
	if p.USDPerHour != 0.171 || p.Source != "contract 2026" || p.AsOf != "2026-10-01" {
		t.Errorf("the contract's m6i.xlarge = %v from %q of %q", p.USDPerHour, p.Source, p.AsOf)
	}
}

// TestSampleFiles reads the files that command-line tests use too.
func TestSampleFiles(t *testing.T) {
	for name, problems := range map[string]int{
		"contract.yaml": 0, "onprem.yaml": 0, "list.csv": 0, "table.csv": 0,
		"broken-list.csv": 3, "broken-table.csv": 4, "broken.yaml": 2,
	} {
		f, err := os.Open("../testdata/pricing/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := pricing.Validate(name, f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if len(got) != problems {
			t.Errorf("%s: %v, want %d problems", name, got, problems)
		}
		for _, p := range got {
			if p.Line == 0 {
				t.Errorf("no line: %v", p)
			}
		}
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte("instance_type,usd_per_hour\nm5.large,0.08\n"))
	f.Add([]byte("\xef\xbb\xbfselector;discount_percent\r\n\"pool=gpu,!x\";12\r\n# end"))
	f.Add([]byte("provider,usd_per_vcpu_hour,usd_per_gib_hour,usd_per_gpu_hour\n,0.01,0.001,0.5\n"))
	f.Add([]byte("provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour\naws,r,m5.large,2,8,0.096\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkParsed(t, "f.csv", data) })
}

func FuzzParseYAML(f *testing.F) {
	f.Add([]byte("currency: USD\nprices:\n- instanceType: m5.large\n  usdPerHour: 0.08\n"))
	f.Add([]byte(`{"prices": [{"selector": "pool=gpu", "discountPercent": 3}]}`))
	f.Add([]byte("asOf: 2026-01-01\nprices:\n- usdPerVCPUHour: 1\n  usdPerGiBHour: 1e-3\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkParsed(t, "f.yaml", data) })
}

// checkParsed asserts that whatever parses prices a node with a usable number.
func checkParsed(t *testing.T, name string, data []byte) {
	o, err := pricing.ParseFile(name, strings.NewReader(string(data)))
	problems := pricing.Validate(name, strings.NewReader(string(data)))
	if (err == nil) != (len(problems) == 0) {
		t.Fatalf("ParseFile says %v, Validate %v", err, problems)
	}
	if err != nil {
		if strings.ContainsAny(err.Error(), "\n\r") {
			t.Fatalf("error of several lines: %q", err)
		}
		return
	}
	n := cloudNode("aws", "us-east-1", "m5.large", 2, 8, "pool", "gpu")
	p := pricing.New(pricing.Config{Overrides: []pricing.Overrides{o}}).NodePrice(n)
	if !(p.USDPerHour > 0) || p.Status == pricing.Missing {
		t.Fatalf("priced at %v, %v", p.USDPerHour, p.Status)
	}
}
