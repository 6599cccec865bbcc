package pricing_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const tableHeader = "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour,spot_usd_hour,reserved_1y_no_upfront_usd_hour,reserved_3y_no_upfront_usd_hour,gpu_count,as_of\n"

// embedded gives a provider's table as one, all regions under one header.
func embedded(t testing.TB, provider string) []byte {
	t.Helper()
	paths, err := filepath.Glob("tables/" + provider + "/*.csv.gz")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tables of %s: %v", provider, err)
	}
	var out []byte
	for _, path := range paths {
		data := unpack(t, path)
		if len(out) > 0 {
			_, data, _ = bytes.Cut(data, []byte("\n"))
		}
		out = append(out, data...)
	}
	return out
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEmbeddedTablesKeepTheRules(t *testing.T) {
	for _, name := range []string{"aws", "gcp", "azure"} {
		for _, p := range pricing.Validate(name+".csv", bytes.NewReader(embedded(t, name))) {
			t.Error(p)
		}
	}
}

func TestEmbeddedTablesAreSmall(t *testing.T) {
	var size int64
	files := 0
	err := filepath.WalkDir("tables", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".csv.gz") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size, files = size+info.Size(), files+1
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d tables, %v", files, err)
	}
	if size > 2<<20 {
		t.Errorf("the tables take %d bytes, more than 2 MiB", size)
	}
}

func TestValidateRules(t *testing.T) {
	family := "aws,r,m5.large,2,8,0.1,,,,,\naws,r,m5.xlarge,4,16,0.2,,,,,\naws,r,m5.2xlarge,8,32,0.4,,,,,\n"
	for _, tt := range []struct {
		name, rows string
		want       []string
	}{
		{"clean", family, nil},
		{"duplicate", family + "aws,r,m5.large,2,8,0.1,,,,,\n", []string{"t.csv:5: m5.large in r stands here and on line 2"}},
		{"another region is no duplicate", family + "aws,s,m5.large,2,8,0.1,,,,,\n", nil},
		{"spot above on-demand", "aws,r,m5.large,2,8,0.1,0.11,,,,\n", []string{"t.csv:2: m5.large: spot price 0.11 is above the on-demand price 0.1"}},
		{"spot equal to on-demand", "aws,r,m5.large,2,8,0.1,0.1,,,,\n", nil},
		{"spot too cheap", "aws,r,m5.large,2,8,0.1,0.002,,,,\n", []string{"not above 2 %"}},
		{"1 year above on-demand", "aws,r,m5.large,2,8,0.1,,0.12,,,\n", []string{"1-year price 0.12 is above the on-demand price"}},
		{"3 years above 1 year", "aws,r,m5.large,2,8,0.1,,0.06,0.07,,\n", []string{"3-year price 0.07 is above the 1-year or on-demand price 0.06"}},
		{"3 years above on-demand", "aws,r,m5.large,2,8,0.1,,,0.17,,\n", []string{"3-year price 0.17"}},
		{"no vCPU", "aws,r,m5.large,0,8,0.1,,,,,\n", []string{"vcpu must be above 0"}},
		{"no memory", "aws,r,m5.large,2,,0.1,,,,,\n", []string{"memory_gib must be above 0"}},
		{"no price", "aws,r,m5.large,2,8,,0.1,,,,\n", []string{"on_demand_usd_hour must be above 0", "above the on-demand"}},
		{"date", "aws,r,m5.large,2,8,0.1,,,,,yesterday\n", []string{`as_of "yesterday" is not a date`}},
		{"month for a date", "aws,r,m5.large,2,8,0.1,,,,,2026-03\n", nil},
		{"one date of several", "aws,r,m5.large,2,8,0.1,0.05,,,,od:2026-03-01;spot:2026-13-01\n", []string{`as_of "2026-13-01"`}},
		{"Windows price in a family", family + "aws,r,m5.4xlarge,16,64,1.6,,,,,\n", []string{"t.csv:5: m5.4xlarge: 0.10000 USD per vCPU-hour is +100 % off the median 0.05000 of family m5 in r"}},
		{"25 % off is allowed", family + "aws,r,m5.4xlarge,16,64,0.999,,,,,\n", nil},
		{"burstable may", "aws,r,t3.small,2,2,0.02,,,,,\naws,r,t3.xlarge,4,16,0.166,,,,,\n", nil},
		{"GPU may", "aws,r,g5.xlarge,4,16,1.0,,,,1,\naws,r,g5.2xlarge,8,32,1.2,,,,1,\n", nil},
		{"local SSD may", "gcp,r,c3-standard-4-lssd,4,16,0.4,,,,,\ngcp,r,c3-standard-8-lssd,8,32,0.5,,,,,\n", nil},
		{"Azure DSv2 may", "azure,r,Standard_DS1_v2,1,3.5,0.07,,,,,\nazure,r,Standard_DS2_v2,2,7,0.3,,,,,\n", nil},
		{"every line is told", "aws,r,a.large,0,8,0.1,,,,,\naws,r,b.large,0,8,0.1,,,,,\n", []string{"t.csv:2:", "t.csv:3:"}},
	} {
		got := pricing.Validate("t.csv", strings.NewReader(tableHeader+tt.rows))
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, got, tt.want)
			continue
		}
		for i, p := range got {
			if !strings.Contains(p.Error(), tt.want[i]) {
				t.Errorf("%s: got %q, want %q", tt.name, p, tt.want[i])
			}
		}
		_, err := pricing.ParseFile("t.csv", strings.NewReader(tableHeader+tt.rows))
		if (err != nil) != (len(tt.want) > 0) {
			t.Errorf("%s: a table that breaks the rules must be refused, a clean one taken: %v", tt.name, err)
		}
	}
}

// TestValidateFindsTheWindowsPrice plants the mistake that a real price list had.
func TestValidateFindsTheWindowsPrice(t *testing.T) {
	old := []byte(",2.752,")
	data := embedded(t, "azure")
	at := bytes.Index(data, []byte("azure,eastus,Standard_D64as_v5,"))
	if at < 0 || !bytes.Contains(data[at:at+200], old) {
		t.Fatal("the row to plant a mistake in is gone")
	}
	data = append(data[:at:at], bytes.Replace(data[at:], old, []byte(",5.696,"), 1)...)
	got := pricing.Validate("azure.csv", bytes.NewReader(data))
	if len(got) != 1 || !strings.Contains(got[0].Message, "Standard_D64as_v5") || got[0].Line == 0 {
		t.Errorf("got %v, want the one planted mistake", got)
	}
}

func TestValidateStopsCounting(t *testing.T) {
	var b strings.Builder
	b.WriteString(tableHeader)
	for i := range 5000 {
		fmt.Fprintf(&b, "aws,r,m5.%d,0,0,0,,,,,\n", i)
	}
	if got := len(pricing.Validate("t.csv", strings.NewReader(b.String()))); got != 100 {
		t.Errorf("%d problems told, want 100", got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestValidateBrokenReader(t *testing.T) {
	got := pricing.Validate("t.csv", brokenReader{})
	if len(got) != 1 || got[0].Error() != "t.csv: reading failed: unexpected EOF" {
		t.Errorf("got %v", got)
	}
}
