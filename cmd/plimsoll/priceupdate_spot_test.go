package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// awsLists answers as AWS' offer file, EC2 and the spot advisor do, of the machines that the
// tables have in ap-southeast-6: spot at two fifths of the price.
func awsLists() (offers, spot, advisor string) {
	var products, terms, items, bands []string
	for i, o := range pricing.New(pricing.Config{}).Offerings("aws", "ap-southeast-6") {
		if o.CapacityType != pricing.OnDemand {
			continue
		}
		products = append(products, fmt.Sprintf(`"S%d":{"productFamily":"Compute Instance","attributes":{"instanceType":%q,"vcpu":"%d","memory":"%g GiB","tenancy":"Shared","operatingSystem":"Linux","capacitystatus":"Used","preInstalledSw":"NA","regionCode":"ap-southeast-6"}}`,
			i, o.InstanceType, o.CPUMillis/1000, float64(o.MemoryBytes)/(1<<30)))
		terms = append(terms, fmt.Sprintf(`"S%d":{"x":{"priceDimensions":{"y":{"unit":"Hrs","pricePerUnit":{"USD":"%.10f"}}},"termAttributes":{}}}`, i, o.USDPerHour))
		items = append(items, fmt.Sprintf(`<item><instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>%.6f</spotPrice><timestamp>2026-11-30T00:00:00Z</timestamp><availabilityZone>a</availabilityZone></item>`,
			o.InstanceType, o.USDPerHour*0.4))
		bands = append(bands, fmt.Sprintf(`%q:{"s":60,"r":0}`, o.InstanceType))
	}
	offers = `{"products":{` + strings.Join(products, ",") + `},"terms":{"OnDemand":{` + strings.Join(terms, ",") + `}}}`
	spot = `<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>` + strings.Join(items, "") + `</spotPriceHistorySet></DescribeSpotPriceHistoryResponse>`
	advisor = `{"ranges":[{"index":0,"label":"<5%"}],"spot_advisor":{"ap-southeast-6":{"Linux":{` + strings.Join(bands, ",") + `}}}}`
	return offers, spot, advisor
}

// TestPriceUpdateSpot: with credentials AWS' tables have spot prices, with their own source;
// where EC2 refuses, nothing is renewed. No secret is printed.
func TestPriceUpdateSpot(t *testing.T) {
	const secret = "planted-secret-key-0123"
	offers, spot, advisor := awsLists()
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/ap-southeast-6/index.json"):
			fmt.Fprint(w, offers)
		case r.URL.Path == "/spot-advisor-data.json":
			fmt.Fprint(w, advisor)
		default:
			w.WriteHeader(status)
			fmt.Fprint(w, spot)
		}
	}))
	defer server.Close()
	dir, env := t.TempDir(), trusted(t, server)
	update := func(key string) (string, error) {
		cmd := exec.Command("plimsoll", "price", "update", "--provider", "aws", "--region", "ap-southeast-6", "--spot", "--endpoint", server.URL, "--price-cache", dir)
		cmd.Env = append(os.Environ(), env, "AWS_ENDPOINT_URL_EC2="+server.URL, "AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_EC2_METADATA_DISABLED=true",
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
	status = http.StatusForbidden
	if out, err := update("AKIDEXAMPLE"); err == nil || !strings.Contains(out, "lack the right") || !strings.Contains(out, "the table of before stays") {
		t.Errorf("without the right: %v, %s", err, out)
	}
	if out, err := update(""); err == nil || !strings.Contains(out, "no credentials were found") {
		t.Errorf("without credentials: %v, %s", err, out)
	}
	for name, data := range filesBelow(t, dir) {
		if !bytes.Equal(before[name], data) || !bytes.Contains(data, []byte("<5%")) {
			t.Errorf("%s changed, or has no band", name)
		}
	}
}
