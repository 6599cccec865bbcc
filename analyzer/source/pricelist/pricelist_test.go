package pricelist_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
)

// azureItem has the fields of an item of the Retail Prices API that its documentation shows.
func azureItem(product, sku, arm, kind, term string, usd float64) map[string]any {
	item := map[string]any{
		"currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": usd, "unitPrice": usd, "armRegionName": "westeurope",
		"location": "EU West", "effectiveStartDate": "2026-01-01T00:00:00Z", "meterName": sku, "productName": product, "skuName": sku,
		"serviceName": "Virtual Machines", "serviceFamily": "Compute", "unitOfMeasure": "1 Hour", "type": kind, "armSkuName": arm,
	}
	if term != "" {
		item["reservationTerm"] = term
	}
	return item
}

// saving adds what the item costs under savings plans, as the preview of the API does.
func saving(item map[string]any, year, years float64) map[string]any {
	item["savingsPlan"] = []map[string]any{{"unitPrice": years, "retailPrice": years, "term": "3 Years"}, {"unitPrice": year, "retailPrice": year, "term": "1 Year"}}
	return item
}

func azurePage(next string, items ...map[string]any) string {
	data, err := json.Marshal(map[string]any{"BillingCurrency": "USD", "Items": items, "NextPageLink": next, "Count": len(items)})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// serve answers over TLS and gives a reader of it that does not wait long.
func serve(t *testing.T, answer http.HandlerFunc) (*pricelist.Reader, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	return &pricelist.Reader{Client: server.Client(), Endpoint: server.URL, Tries: 3, Pause: time.Millisecond}, server
}

const series = "Virtual Machines Dsv5 Series"

// TestAzure reads a list of three pages and drops what is no Linux machine of one's own.
func TestAzure(t *testing.T) {
	pages := [][]map[string]any{{
		saving(azureItem(series, "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.23), 0.1587, 0.1058),
		azureItem(series+" Windows", "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.414),
		azureItem(series, "D4s v5 Low Priority", "Standard_D4s_v5", "Consumption", "", 0.046),
	}, {
		azureItem(series, "D4s v5 Spot", "Standard_D4s_v5", "Consumption", "", 0.07),
		azureItem(series, "Standard_D4s_v5", "Standard_D4s_v5", "Reservation", "1 Year", 1182.6),
		azureItem(series, "Standard_D4s_v5", "Standard_D4s_v5", "Reservation", "3 Years", 2233.8),
		azureItem(series, "Standard_D4s_v5", "Standard_D4s_v5", "Reservation", "5 Years", 1),
	}, {
		azureItem(series, "D4s v5", "Standard_D4s_v5", "DevTestConsumption", "", 0.1),
		azureItem("Dsv5 Series Cloud Services", "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.9),
		azureItem("Virtual Machines Dsv5 Series Dedicated Host", "Dsv5", "Standard_D8s_v5", "Consumption", "", 4),
	}}
	var server *httptest.Server
	reader, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
		if n == 0 && r.URL.Query().Get("$filter") != "serviceName eq 'Virtual Machines' and armRegionName eq 'westeurope'" {
			t.Errorf("got the query %q", r.URL.RawQuery)
		}
		next := ""
		if n+1 < len(pages) {
			next = fmt.Sprintf("%s/?$skip=%d", server.URL, n+1)
		}
		fmt.Fprint(w, azurePage(next, pages[n]...))
	})
	got, err := reader.Azure(context.Background(), "westeurope")
	year, years := 1182.6, 2233.8 // a reservation's price is the whole term's
	plan := pricelist.Commitment{Program: "savings plan for compute", InstanceType: "Standard_D4s_v5", Years: 1, Payment: "same price monthly or upfront", USD: 0.1587}
	plan3 := plan
	plan3.Years, plan3.USD = 3, 0.1058
	want := pricelist.List{
		Machines:    []pricelist.Price{{InstanceType: "Standard_D4s_v5", OnDemand: 0.23, Spot: 0.07, Reserved1y: year / 8760, Reserved3y: years / 26280}},
		Commitments: []pricelist.Commitment{plan, plan3},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestAzureHundredPages: all pages are read, also where the server is busy at times.
func TestAzureHundredPages(t *testing.T) {
	var asked atomic.Int64
	var server *httptest.Server
	reader, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%7 == 0 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		n, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
		next := ""
		if n < 99 {
			next = fmt.Sprintf("%s/?$skip=%d", server.URL, n+1)
		}
		fmt.Fprint(w, azurePage(next, azureItem(series, "D", fmt.Sprintf("Standard_D%ds_v5", n+1), "Consumption", "", 0.1)))
	})
	got, err := reader.Azure(context.Background(), "westeurope")
	if err != nil || len(got.Machines) != 100 {
		t.Errorf("got %d types, %v, want 100", len(got.Machines), err)
	}
}

// TestAnswersThatAreNotUsed: each is an error that says why, and none is read in part.
func TestAnswersThatAreNotUsed(t *testing.T) {
	good := azureItem(series, "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.23)
	euro := azureItem(series, "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.23)
	euro["currencyCode"] = "EUR"
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       string
		asked      int64
	}{
		"busy":             {429, "", "", "429", 3},
		"broken":           {500, "", "", "500", 3},
		"forbidden":        {403, "", "", "403", 1},
		"a web page":       {200, "text/html; charset=utf-8", "<html>log in</html>", "web page", 1},
		"cut":              {200, "", azurePage("", good)[:80], "JSON", 1},
		"other counts":     {200, "", strings.Replace(azurePage("", good), `"Count":1`, `"Count":100`, 1), "cut", 1},
		"other fields":     {200, "", `{"prices":[{"sku":"Standard_D4s_v5"}]}`, "schema", 1},
		"euros":            {200, "", azurePage("", euro), "EUR", 1},
		"no machine":       {200, "", azurePage("", []map[string]any{}...), "no machine", 1},
		"of another place": {200, "", azurePage("https://elsewhere.example/?page=2", good), "another server", 1},
	} {
		var asked atomic.Int64
		reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			if tt.kind != "" {
				w.Header().Set("Content-Type", tt.kind)
			}
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		})
		got, err := reader.Azure(context.Background(), "westeurope")
		if err == nil || got.Machines != nil || !strings.Contains(err.Error(), tt.want) || asked.Load() != tt.asked {
			t.Errorf("%s: got %v, %v after %d requests; want an error with %q after %d", name, got, err, asked.Load(), tt.want, tt.asked)
		}
	}
}

const offerFile = `{"formatVersion":"v1.0","disclaimer":"...","offerCode":"AmazonEC2","version":"20261101","publicationDate":"2026-11-01T00:00:00Z",
"products":{
 "A":{"sku":"A","productFamily":"Compute Instance","attributes":{"servicecode":"AmazonEC2","location":"EU (Ireland)","instanceType":"m6i.xlarge","vcpu":"4","memory":"16 GiB","tenancy":"Shared","operatingSystem":"Linux","capacitystatus":"Used","preInstalledSw":"NA","regionCode":"eu-west-1"}},
 "B":{"sku":"B","productFamily":"Compute Instance","attributes":{"instanceType":"m6i.xlarge","vcpu":"4","memory":"16 GiB","tenancy":"Shared","operatingSystem":"Windows","capacitystatus":"Used","preInstalledSw":"NA","regionCode":"eu-west-1"}},
 "D":{"sku":"D","productFamily":"Compute Instance","attributes":{"instanceType":"m6i.xlarge","vcpu":"4","memory":"16 GiB","tenancy":"Shared","operatingSystem":"Linux","capacitystatus":"Used","preInstalledSw":"NA","marketoption":"CapacityBlock","regionCode":"eu-west-1"}},
 "C":{"sku":"C","productFamily":"Storage","attributes":{"volumeType":"General Purpose"}}},
"terms":{"OnDemand":{
 "A":{"A.JRTCKXETXF":{"offerTermCode":"JRTCKXETXF","sku":"A","effectiveDate":"2026-11-01T00:00:00Z","priceDimensions":{"A.JRTCKXETXF.6YS6EN2CT7":{"rateCode":"A.JRTCKXETXF.6YS6EN2CT7","unit":"Hrs","pricePerUnit":{"USD":"0.2140000000"},"appliesTo":[]}},"termAttributes":{}}},
 "B":{"B.JRTCKXETXF":{"priceDimensions":{"x":{"unit":"Hrs","pricePerUnit":{"USD":"0.398"}}},"termAttributes":{}}}},
"Reserved":{
 "A":{"A.4NA7Y494T4":{"priceDimensions":{"x":{"unit":"Hrs","pricePerUnit":{"USD":"0.1416"}}},"termAttributes":{"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"No Upfront"}},
  "A.6QCMYABX3D":{"priceDimensions":{"x":{"unit":"Quantity","pricePerUnit":{"USD":"1157"}},"y":{"unit":"Hrs","pricePerUnit":{"USD":"0.0000000000"}}},"termAttributes":{"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"All Upfront"}},
  "A.MZU6U2429S":{"priceDimensions":{"x":{"unit":"Hrs","pricePerUnit":{"USD":"0.05"}},"y":{"unit":"Quantity","pricePerUnit":{"USD":"650"}}},"termAttributes":{"LeaseContractLength":"3yr","OfferingClass":"convertible","PurchaseOption":"Partial Upfront"}},
  "A.BPH4J8HBKS":{"priceDimensions":{"x":{"unit":"Hrs","pricePerUnit":{"USD":"0.0971"}}},"termAttributes":{"LeaseContractLength":"3yr","OfferingClass":"standard","PurchaseOption":"No Upfront"}}}}},
"attributesList":{}}`

// offered is what the offer file says. What is paid at once is spread over the term.
func offered() pricelist.List {
	of := func(program string, years int, payment string, usd float64) pricelist.Commitment {
		return pricelist.Commitment{Program: program, InstanceType: "m6i.xlarge", Years: years, Payment: payment, USD: usd}
	}
	upfront, half := 1157.0, 650.0
	return pricelist.List{
		Machines: []pricelist.Price{{InstanceType: "m6i.xlarge", OnDemand: 0.214, Reserved1y: 0.1416, Reserved3y: 0.0971, VCPUs: 4, MemoryGiB: 16}},
		Commitments: []pricelist.Commitment{
			of("RI convertible", 3, "partial_upfront", 0.05+half/26280), of("RI standard", 1, "all_upfront", upfront/8760),
		},
	}
}

func TestAWS(t *testing.T) {
	body := offerFile
	reader, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/offers/v1.0/aws/AmazonEC2/current/eu-west-1/index.json" {
			t.Errorf("got the path %s", r.URL.Path)
		}
		fmt.Fprint(w, body)
	})
	got, err := reader.AWS(context.Background(), "eu-west-1")
	if want := offered(); err != nil || !reflect.DeepEqual(got.Machines, want.Machines) || !reflect.DeepEqual(got.Commitments, want.Commitments) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// Wherever it is cut, it is not used.
	for _, end := range []int{1, 100, 900, 1500, len(offerFile) - 30, len(offerFile) - 1} {
		body = offerFile[:end]
		if got, err := reader.AWS(context.Background(), "eu-west-1"); err == nil || got.Machines != nil {
			t.Errorf("cut at %d: got %v, %v", end, got, err)
		}
	}
	for from, to := range map[string]string{`"products":`: `"wares":`, `"terms":`: `"conditions":`, `"unit":"Hrs","pricePerUnit":{"USD":"0.2140000000"}`: `"unit":"Hrs","pricePerUnit":{"CNY":"1.5"}`, `"regionCode":"eu-west-1"`: `"regionCode":"eu-west-2"`} {
		body = strings.Replace(offerFile, from, to, 1)
		if got, err := reader.AWS(context.Background(), "eu-west-1"); err == nil || got.Machines != nil {
			t.Errorf("%s for %s: got %v, %v", to, from, got, err)
		}
	}
}

// TestInterrupted: a caller that gives up is not kept waiting for the next try.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	reader.Pause = time.Hour
	if _, err := reader.AWS(ctx, "eu-west-1"); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v, want that it was canceled", err)
	}
}

// A server that stands still is given up by a timeout and asked once; a list without an
// end, or that goes on elsewhere, is refused. No key of the address is shown.
func TestHostileLists(t *testing.T) {
	done := make(chan struct{})
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"silent": {func(http.ResponseWriter, *http.Request) { <-done }, "no answer in time"},
		"stalls": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"Items":[`)
			w.(http.Flusher).Flush()
			<-done
		}, "no answer in time"},
		"redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://other.example.com/?key=hunter2")
			w.WriteHeader(http.StatusFound)
		}, "is not followed"},
		"blanks":  {func(w http.ResponseWriter, _ *http.Request) { repeat(w, "{", " ") }, " is "},
		"a field": {func(w http.ResponseWriter, _ *http.Request) { repeat(w, `{"other":[`, `{"a":1},`) }, " is "},
		"a text":  {func(w http.ResponseWriter, _ *http.Request) { repeat(w, `{"other":"`, "x") }, " is "},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, azurePage("http://"+r.Host+"0/next", azureItem(series, "D4s v5", "Standard_D4s_v5", "Consumption", "", 0.23)))
		}, " is "},
	} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			c.answer(w, r)
		}))
		t.Cleanup(server.Close)
		r := func() *pricelist.Reader {
			return &pricelist.Reader{Endpoint: strings.Replace(server.URL, "//", "//me:hunter2@", 1), Limit: 200 * time.Millisecond, Tries: 3, Pause: time.Millisecond}
		}
		_, azure := r().Azure(t.Context(), "westeurope")
		_, aws := r().AWS(t.Context(), "us-east-1")
		for _, err := range []error{azure, aws} {
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if n := asked.Load(); n > 2 {
			t.Errorf("%s: asked %d times, want once for each list", name, n)
		}
	}
	t.Cleanup(func() { close(done) })
}

// repeat sends a text until nobody reads it.
func repeat(w io.Writer, begin, text string) {
	_, err := io.WriteString(w, begin)
	for part := strings.Repeat(text, 1<<14); err == nil; {
		_, err = io.WriteString(w, part)
	}
}
