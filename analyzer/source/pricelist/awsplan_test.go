package pricelist_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
)

// The files of savings plans have the fields that AWS documents, and rates of machines of
// other systems and of other services beside those that are wanted.
const (
	planIndex = `{"disclaimer":"...","publicationDate":"2026-11-01T00:00:00Z","regions":[
 {"regionCode":"us-east-1","versionUrl":"/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261101/us-east-1/index.json"},
 {"regionCode":"eu-west-1","versionUrl":"/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261101/eu-west-1/index.json"}]}`
	planFile = `{"formatVersion":"v1.0","publicationDate":"2026-11-01T00:00:00Z","offerCode":"AWSComputeSavingsPlan","version":"20261101",
"products":[
 {"sku":"P1","productFamily":"ComputeSavingsPlans","serviceCode":"ComputeSavingsPlans","usageType":"ComputeSP:1yrNoUpfront","operation":"","attributes":{"purchaseOption":"No Upfront","granularity":"hourly","purchaseTerm":"1yr","locationType":"AWS Region","location":"Any"}},
 {"sku":"P2","productFamily":"EC2InstanceSavingsPlans","serviceCode":"ComputeSavingsPlans","usageType":"EU-EC2SP:m6i.3yrAllUpfront","operation":"","attributes":{"purchaseOption":"All Upfront","granularity":"hourly","instanceType":"m6i","purchaseTerm":"3yr","locationType":"AWS Region","location":"EU (Ireland)"}},
 {"sku":"P3","productFamily":"DatabaseSavingsPlans","attributes":{"purchaseOption":"Monthly","purchaseTerm":"1mo"}}],
"terms":{"savingsPlan":[
 {"sku":"P1","description":"1 year No Upfront Compute Savings Plan","effectiveDate":"2026-11-01T00:00:00Z","leaseContractLength":{"duration":1,"unit":"year"},"rates":[
  {"discountedSku":"B","discountedUsageType":"EU-BoxUsage:m6i.xlarge","discountedOperation":"RunInstances:0002","discountedServiceCode":"AmazonEC2","rateCode":"P1.B","unit":"Hrs","discountedRate":{"price":"0.3400","currency":"USD"},"discountedRegionCode":"eu-west-1","discountedInstanceType":"m6i.xlarge"},
  {"discountedSku":"A","discountedUsageType":"EU-BoxUsage:m6i.xlarge","discountedOperation":"RunInstances","discountedServiceCode":"AmazonEC2","rateCode":"P1.A","unit":"Hrs","discountedRate":{"price":"0.1562000000","currency":"USD"},"discountedRegionCode":"eu-west-1","discountedInstanceType":"m6i.xlarge"},
  {"discountedSku":"F","discountedUsageType":"EU-Fargate-GB-Hours","discountedServiceCode":"AmazonECS","rateCode":"P1.F","unit":"hours","discountedRate":{"price":"0.004","currency":"USD"}}]},
 {"sku":"P2","description":"3 year All Upfront m6i EC2 Instance Savings Plan in eu-west-1","effectiveDate":"2026-11-01T00:00:00Z","leaseContractLength":{"duration":3,"unit":"year"},"rates":[
  {"discountedSku":"A","discountedUsageType":"EU-BoxUsage:m6i.xlarge","discountedOperation":"RunInstances","discountedServiceCode":"AmazonEC2","rateCode":"P2.A","unit":"Hrs","discountedRate":{"price":"0.0810000000","currency":"USD"},"discountedRegionCode":"eu-west-1","discountedInstanceType":"m6i.xlarge"}]},
 {"sku":"P3","rates":[{"discountedSku":"A","unit":"Hrs","discountedRate":{"price":"0.2","currency":"USD"}}]}]}}`
)

// planned is the two rates of the file.
func planned() []pricelist.Commitment {
	return []pricelist.Commitment{
		{Program: "Compute Savings Plans", InstanceType: "m6i.xlarge", Years: 1, Payment: "no_upfront", USD: 0.1562, Source: "aws savings plan file"},
		{Program: "EC2 Instance Savings Plans", InstanceType: "m6i.xlarge", Years: 3, Payment: "all_upfront", USD: 0.081, Source: "aws savings plan file"},
	}
}

// TestAWSPlans: the rates are joined to the machines by the SKUs of the offer file.
func TestAWSPlans(t *testing.T) {
	index, plans := planIndex, planFile
	reader, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json":
			fmt.Fprint(w, index)
		case "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/20261101/eu-west-1/index.json":
			fmt.Fprint(w, plans)
		case "/offers/v1.0/aws/AmazonEC2/current/eu-west-1/index.json":
			fmt.Fprint(w, offerFile)
		default:
			t.Errorf("got the path %s", r.URL.Path)
		}
	})
	source, err := reader.Of("aws", pricelist.Access{Env: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	want := append(offered().Commitments, planned()...)
	got, err := source.Read(context.Background(), "eu-west-1")
	if err != nil || !reflect.DeepEqual(got.Commitments, want) {
		t.Errorf("got %+v, %v, want %+v", got.Commitments, err, want)
	}
	// Wherever it is cut, or otherwise not as documented, nothing of all is used.
	for _, end := range []int{1, 300, 1000, 2000, len(planFile) - 30, len(planFile) - 1} {
		plans = planFile[:end]
		if _, err := source.Read(context.Background(), "eu-west-1"); err == nil || !strings.Contains(err.Error(), "AWS' savings plans of eu-west-1: it is cut") {
			t.Errorf("cut at %d: got %v", end, err)
		}
	}
	for from, to := range map[string]string{
		`"products":`: `"wares":`, `"terms":`: `"conditions":`, `"savingsPlan":[`: `"plans":[`, `"unit":"Hrs","discountedRate":{"price":"0.1562000000"`: `"unit":"Days","discountedRate":{"price":"0.1562000000"`,
		`"price":"0.1562000000","currency":"USD"`: `"price":"0.1562000000","currency":"CNY"`, `"price":"0.0810000000"`: `"price":"free"`, `"purchaseTerm":"3yr"`: `"purchaseTerm":"5yr"`,
		`"rateCode":"P2.A","unit":"Hrs","discountedRate":{"price":"0.0810000000","currency":"USD"},"discountedRegionCode":"eu-west-1"`: `"unit":"Hrs","discountedRate":{"price":"0.0810000000","currency":"USD"},"discountedRegionCode":"eu-west-2"`,
		`{"sku":"P1","description":"1 year No Upfront Compute Savings Plan",`:                                                          `{`, `"discountedSku":"B"`: `"discountedSku":"A"`,
	} {
		plans = strings.Replace(planFile, from, to, 1)
		if plans == planFile {
			t.Errorf("%s is not in the file", from)
		}
		if _, err := source.Read(context.Background(), "eu-west-1"); err == nil {
			t.Errorf("%s for %s: got no error", to, from)
		}
	}
	plans = strings.ReplaceAll(planFile, `"discountedSku":"A"`, `"discountedSku":"Z"`)
	if _, err := source.Read(context.Background(), "eu-west-1"); err == nil || !strings.Contains(err.Error(), "no rate of a machine") {
		t.Errorf("of other machines: got %v", err)
	}
	for what, text := range map[string]string{"no regions": `{"regions":[]}`, "a page of another kind": `[]`, "elsewhere": strings.ReplaceAll(planIndex, `"/savingsPlan/`, `"https://elsewhere.example/`)} {
		index = text
		if _, err := source.Read(context.Background(), "eu-west-1"); err == nil || !strings.Contains(err.Error(), "AWS' index of savings plans") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	index = strings.ReplaceAll(planIndex, "eu-west-1", "eu-west-9") // where AWS sells none
	if got, err := source.Read(context.Background(), "eu-west-1"); err != nil || !reflect.DeepEqual(got.Commitments, offered().Commitments) {
		t.Errorf("a region without savings plans: got %+v, %v", got.Commitments, err)
	}
}

// products makes an answer of GetProducts of the offer file: each product a JSON document in a text.
func products(t *testing.T, next string, skus ...string) string {
	t.Helper()
	var file struct {
		Products map[string]json.RawMessage            `json:"products"`
		Terms    map[string]map[string]json.RawMessage `json:"terms"`
	}
	if err := json.Unmarshal([]byte(offerFile), &file); err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, sku := range skus {
		terms := map[string]json.RawMessage{}
		for kind, of := range file.Terms {
			if of[sku] != nil {
				terms[kind] = of[sku]
			}
		}
		data, err := json.Marshal(map[string]any{"product": file.Products[sku], "serviceCode": "AmazonEC2", "terms": terms, "version": "20261101"})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(data))
	}
	data, err := json.Marshal(map[string]any{"FormatVersion": "aws_v1", "PriceList": list, "NextToken": next})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestAWSProducts: GetProducts gives what the offer file does, page by page. Questions are
// signed for the price list's API, and hold no secret.
func TestAWSProducts(t *testing.T) {
	reader, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		auth := r.Header.Get("Authorization")
		if err != nil || r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "AWSPriceListService.GetProducts" ||
			!strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/us-east-1/pricing/aws4_request") ||
			strings.Contains(fmt.Sprint(r.Header, r.URL, string(body)), keys.Secret) {
			t.Errorf("asked by %s with %v, %v", r.Method, r.Header, err)
		}
		if !strings.Contains(string(body), `{"Type":"TERM_MATCH","Field":"regionCode","Value":"eu-west-1"}`) {
			t.Errorf("asked for %s", body)
		}
		if strings.Contains(string(body), `"NextToken":"more"`) {
			fmt.Fprint(w, products(t, "", "A", "D"))
			return
		}
		fmt.Fprint(w, products(t, "more", "B"))
	})
	got, err := reader.AWSProducts(context.Background(), keys, server.URL, "eu-west-1")
	if want := offered(); err != nil || !reflect.DeepEqual(got.Machines, want.Machines) || !reflect.DeepEqual(got.Commitments, want.Commitments) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestThrottled: AWS says that it is asked too often with 400 and a code, and is asked again.
// What is wrong in another way is not, and its code is said.
func TestThrottled(t *testing.T) {
	for name, tt := range map[string]struct {
		status      int
		body, want  string
		again, spot bool
	}{
		"products":           {400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, "ThrottlingException", true, false},
		"products, prefixed": {400, `{"__type":"com.amazonaws.pricing#ThrottlingException"}`, "ThrottlingException", true, false},
		"no key":             {400, `{"__type":"ExpiredTokenException"}`, "ExpiredTokenException", false, false},
		"spot":               {503, `<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>`, "RequestLimitExceeded", true, true},
		"spot, 400":          {400, `<Response><Errors><Error><Code>Throttling</Code></Error></Errors></Response>`, "Throttling", true, true},
		"spot, expired":      {400, `<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>`, "RequestExpired", false, true},
	} {
		for _, well := range []bool{true, false} {
			asked := 0
			reader, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked++; well && asked > 2 {
					fmt.Fprint(w, map[bool]string{false: products(t, "", "A"), true: spotAnswer("", spotItem("m6i.xlarge", "a", "0.09", "2026-11-30T05:00:00.000Z"))}[tt.spot])
					return
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			var err error
			if tt.spot {
				_, err = reader.AWSSpot(context.Background(), keys, server.URL, "eu-west-1")
			} else {
				_, err = reader.AWSProducts(context.Background(), keys, server.URL, "eu-west-1")
			}
			switch {
			case well && tt.again && (err != nil || asked != 3):
				t.Errorf("%s: asked %d times, %v", name, asked, err)
			case !(well && tt.again) && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%s: got %v, want it to name %s", name, err, tt.want)
			case !tt.again && asked != 1:
				t.Errorf("%s: asked %d times, want once", name, asked)
			}
		}
	}
}

func TestAWSProductsRefuses(t *testing.T) {
	good := products(t, "", "A")
	for name, tt := range map[string]struct {
		status     int
		body, want string
	}{
		"no right":     {400, `{"__type":"AccessDeniedException"}`, "pricing:GetProducts"},
		"too many":     {429, "", "429"},
		"broken":       {500, "", "500"},
		"cut":          {200, good[:len(good)/2], "JSON"},
		"another":      {200, `{"Services":[]}`, "schema has changed"},
		"no terms":     {200, `{"PriceList":["{\"product\":{\"sku\":\"A\"}}"]}`, "schema has changed"},
		"no document":  {200, `{"PriceList":["x"]}`, "schema has changed"},
		"a circle":     {200, products(t, "same", "A"), "circle"},
		"yuan":         {200, strings.Replace(good, `\"USD\":\"0.2140000000\"`, `\"CNY\":\"1.5\"`, 1), "not by the hour in USD"},
		"other region": {200, strings.Replace(good, `\"regionCode\":\"eu-west-1\"`, `\"regionCode\":\"eu-west-2\"`, 1), "eu-west-2"},
		"nothing":      {200, products(t, ""), "no machine"},
	} {
		reader, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		})
		got, err := reader.AWSProducts(context.Background(), keys, server.URL, "eu-west-1")
		if err == nil || got.Machines != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), keys.Secret) {
			t.Errorf("%s: got %+v, %v; want an error with %q", name, got, err, tt.want)
		}
	}
}
