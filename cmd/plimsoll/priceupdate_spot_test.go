package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// awsLists answers as AWS' lists do, of the machines that the tables have in a region.
type awsLists struct{ offers, index, plans, products, spot, advisor string }

// listsOf writes them: spot at two fifths of the price, a reserved year at three fifths and
// savings plans of a year at seven tenths.
func listsOf(region string) awsLists {
	var products, terms, reserved, rates, documents, items, bands []string
	for i, o := range pricing.New(pricing.Config{}).Offerings("aws", region) {
		if o.CapacityType != pricing.OnDemand {
			continue
		}
		term := func(usd float64, attributes string) string {
			return fmt.Sprintf(`{"x":{"priceDimensions":{"y":{"unit":"Hrs","pricePerUnit":{"USD":"%.10f"}}},"termAttributes":{%s}}}`, usd, attributes)
		}
		onDemand := term(o.USDPerHour, "")
		year := term(o.USDPerHour*0.6, `"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"No Upfront"`)
		product := fmt.Sprintf(`{"sku":"S%d","productFamily":"Compute Instance","attributes":{"instanceType":%q,"vcpu":"%d","memory":"%g GiB","tenancy":"Shared","operatingSystem":"Linux","capacitystatus":"Used","preInstalledSw":"NA","regionCode":%q}}`,
			i, o.InstanceType, o.CPUMillis/1000, float64(o.MemoryBytes)/(1<<30), region)
		products, terms, reserved = append(products, fmt.Sprintf(`"S%d":%s`, i, product)), append(terms, fmt.Sprintf(`"S%d":%s`, i, onDemand)), append(reserved, fmt.Sprintf(`"S%d":%s`, i, year))
		documents = append(documents, strconv.Quote(fmt.Sprintf(`{"product":%s,"terms":{"OnDemand":%s,"Reserved":%s}}`, product, onDemand, year)))
		rates = append(rates, fmt.Sprintf(`{"discountedSku":"S%d","unit":"Hrs","discountedRate":{"price":"%.10f","currency":"USD"},"discountedRegionCode":%q}`, i, o.USDPerHour*0.7, region))
		items = append(items, fmt.Sprintf(`<item><instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>%.6f</spotPrice><timestamp>2026-11-30T00:00:00Z</timestamp><availabilityZone>a</availabilityZone></item>`,
			o.InstanceType, o.USDPerHour*0.4))
		bands = append(bands, fmt.Sprintf(`%q:{"s":60,"r":0}`, o.InstanceType))
	}
	list := func(of []string) string { return strings.Join(of, ",") }
	attributes := `"attributes":{"purchaseOption":"No Upfront","purchaseTerm":"1yr"}`
	return awsLists{
		offers:   `{"products":{` + list(products) + `},"terms":{"OnDemand":{` + list(terms) + `},"Reserved":{` + list(reserved) + `}}}`,
		index:    fmt.Sprintf(`{"regions":[{"regionCode":%q,"versionUrl":"/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/1/index.json"}]}`, region),
		plans:    `{"products":[{"sku":"C","productFamily":"ComputeSavingsPlans",` + attributes + `},{"sku":"E","productFamily":"EC2InstanceSavingsPlans",` + attributes + `}],"terms":{"savingsPlan":[{"sku":"C","rates":[` + list(rates) + `]},{"sku":"E","rates":[` + list(rates) + `]}]}}`,
		products: `{"PriceList":[` + list(documents) + `]}`,
		spot:     `<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>` + strings.Join(items, "") + `</spotPriceHistorySet></DescribeSpotPriceHistoryResponse>`,
		advisor:  fmt.Sprintf(`{"ranges":[{"index":0,"label":"<5%%"}],"spot_advisor":{%q:{"Linux":{%s}}}}`, region, list(bands)),
	}
}

// ServeHTTP answers what the path is of.
func (l *awsLists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		fmt.Fprint(w, l.products)
	case strings.HasSuffix(r.URL.Path, "/region_index.json"):
		fmt.Fprint(w, l.index)
	case strings.HasPrefix(r.URL.Path, "/savingsPlan/"):
		fmt.Fprint(w, l.plans)
	case strings.HasPrefix(r.URL.Path, "/offers/"):
		fmt.Fprint(w, l.offers)
	case r.URL.Path == "/spot-advisor-data.json":
		fmt.Fprint(w, l.advisor)
	default:
		fmt.Fprint(w, l.spot)
	}
}

// TestPriceUpdatePlans: AWS' savings plans and reserved instances are kept beside the machines' table,
// twice the same. An audit rests on them and names them; told not to, it is as it was. A cut file
// changes nothing.
func TestPriceUpdatePlans(t *testing.T) {
	lists := listsOf("us-east-1")
	server := httptest.NewTLSServer(&lists)
	defer server.Close()
	dir := t.TempDir()
	u := priceUpdate{cache: priceCache{dir: dir}, provider: "aws", regions: []string{"us-east-1"}, endpoint: server.URL, client: server.Client(), today: "2026-11-30"}
	run := func() error { return u.run(t.Context(), streams{Out: io.Discard, Err: io.Discard}) }
	if err := run(); err != nil {
		t.Fatal(err)
	}
	first := filesBelow(t, dir)
	if len(first) != 2 {
		t.Fatalf("got %d files, want the machines' and the commitments'", len(first))
	}
	same := func(what string) {
		for name, data := range filesBelow(t, dir) {
			if !bytes.Equal(first[name], data) {
				t.Errorf("%s: %s differs", what, name)
			}
		}
	}
	if err := run(); err != nil {
		t.Error(err)
	}
	same("a second run")
	whole := lists.plans
	lists.plans = whole[:len(whole)/2]
	if err := run(); err == nil || !strings.Contains(err.Error(), "savings plans of us-east-1: it is cut") {
		t.Errorf("a cut file: got %v", err)
	}
	lists.plans = strings.ReplaceAll(whole, `"price":"0`, `"price":"10`)
	if err := run(); err != nil { // dearer than on demand: no discounts
		t.Errorf("plans without discounts: got %v", err)
	}
	lists.plans = whole
	if err := run(); err != nil {
		t.Error(err)
	}
	same("after a cut file")

	audit := func(flags ...string) (out string) {
		code, out, errs := plimsoll(append([]string{"audit", "--snapshot", "demo.snapshot", "--only", "purchase", "-o", "json"}, flags...)...)
		if code != 0 {
			t.Fatalf("exit %d, %s", code, errs)
		}
		return out
	}
	with, without := audit("--price-cache", dir), audit("--price-cache", dir, "--no-price-cache")
	if !strings.Contains(with, `"source":"aws savings plan file"`) {
		t.Error("the audit does not rest on the savings plans")
	}
	if without != audit("--no-price-cache") || strings.Contains(without, "savings plan file") {
		t.Error("--no-price-cache takes the cache")
	}
	if code, out, _ := plimsoll("price", "--validate", filepath.Join(dir, "aws", "us-east-1.commitments.csv")); code != 0 {
		t.Errorf("the table is not valid: %s", out)
	}
	if code, out, errs := plimsoll("price", "m6i.xlarge", "--provider", "aws", "--region", "us-east-1", "--capacity-type", "all", "--price-cache", dir, "-o", "csv"); code != 0 || !strings.Contains(out, "less 30 % by aws savings plan file") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}

// TestPriceUpdateSpot: with credentials AWS' tables have spot prices, with their own source;
// where EC2 refuses, nothing is renewed. No secret is printed.
func TestPriceUpdateSpot(t *testing.T) {
	const secret = "planted-secret-key-0123"
	lists := listsOf("ap-southeast-6")
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != http.StatusOK && r.URL.Query().Get("Action") != "" {
			w.WriteHeader(status)
			return
		}
		lists.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir, env := t.TempDir(), trusted(t, server)
	update := func(key string, flags ...string) (string, error) {
		cmd := exec.Command("plimsoll", append([]string{"price", "update", "--provider", "aws", "--region", "ap-southeast-6", "--spot", "--endpoint", server.URL, "--price-cache", dir}, flags...)...)
		cmd.Env = append(os.Environ(), env, "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_EC2_METADATA_DISABLED=true",
			"AWS_SHARED_CREDENTIALS_FILE=none", "AWS_CONFIG_FILE=none", "AWS_WEB_IDENTITY_TOKEN_FILE=")
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), secret) {
			t.Errorf("the secret is printed: %s", out)
		}
		return string(out), err
	}
	if out, err := update("AKIDEXAMPLE"); err != nil {
		t.Fatalf("got %v, %s", err, out)
	}
	code, got, errs := plimsoll("price", "m7i.xlarge", "--provider", "aws", "--region", "ap-southeast-6", "--capacity-type", "spot", "--price-cache", dir, "-o", "json")
	if code != 0 || !strings.Contains(got, `"source": "ec2 spot prices"`) {
		t.Errorf("exit %d, %s%s", code, got, errs)
	}
	before := filesBelow(t, dir)
	if out, err := update("AKIDEXAMPLE", "--get-products"); err != nil {
		t.Errorf("by GetProducts: %v, %s", err, out)
	}
	table := func(data []byte) string { // without its seal
		text, _, _ := strings.Cut(string(data), "\n# ")
		return strings.ReplaceAll(text, "aws get-products", "aws offer file")
	}
	for name, data := range filesBelow(t, dir) {
		if table(before[name]) != table(data) {
			t.Errorf("%s has other prices by GetProducts", name)
		}
	}
	// What a list does not have stays as the last one left it.
	u := priceUpdate{cache: priceCache{dir: dir}, provider: "aws", regions: []string{"ap-southeast-6"}, endpoint: server.URL, client: server.Client(), today: "2099-01-01"}
	if err := u.run(t.Context(), streams{Out: io.Discard, Err: io.Discard}); err != nil {
		t.Error(err)
	}
	if _, got, _ := plimsoll("price", "m7i.xlarge", "--provider", "aws", "--region", "ap-southeast-6", "--capacity-type", "all", "--price-cache", dir, "-o", "json"); !strings.Contains(got, `"source": "ec2 spot prices"`) || !strings.Contains(got, `"asOf": "2099-01-01"`) {
		t.Errorf("after an update without spot prices: %s", got)
	}
	before = filesBelow(t, dir)
	status = http.StatusForbidden
	if out, err := update("AKIDEXAMPLE"); err == nil || !strings.Contains(out, "lack the right") || !strings.Contains(out, "the table of before stays") {
		t.Errorf("without the right: %v, %s", err, out)
	}
	if out, err := update(""); err == nil || !strings.Contains(out, "no credentials were found") {
		t.Errorf("without credentials: %v, %s", err, out)
	}
	for name, data := range filesBelow(t, dir) {
		if !bytes.Equal(before[name], data) || !strings.Contains(name, "commitments") && !bytes.Contains(data, []byte("<5%")) {
			t.Errorf("%s changed, or has no band", name)
		}
	}
}
