package pricelist_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// sku has the fields of a SKU that the documentation of the Cloud Billing Catalog shows.
func sku(description, usage, unit string, nanos int64, regions ...string) map[string]any {
	return map[string]any{
		"name": "services/6F81-5844-456A/skus/0000-0000-0000", "skuId": "0000-0000-0000", "description": description,
		"category":       map[string]any{"serviceDisplayName": "Compute Engine", "resourceFamily": "Compute", "resourceGroup": "CPU", "usageType": usage},
		"serviceRegions": regions, "serviceProviderName": "Google", "geoTaxonomy": map[string]any{"type": "REGIONAL", "regions": regions},
		"pricingInfo": []any{map[string]any{
			"effectiveTime": "2026-11-01T00:00:00Z", "summary": "", "currencyConversionRate": 1,
			"pricingExpression": map[string]any{
				"usageUnit": unit, "displayQuantity": 1, "baseUnit": "s", "baseUnitConversionFactor": 3600,
				"tieredRates": []any{map[string]any{"startUsageAmount": 0, "unitPrice": map[string]any{"currencyCode": "USD", "units": strconv.FormatInt(nanos/1e9, 10), "nanos": nanos % 1e9}}},
			},
		}},
	}
}

func skus(next string, list ...map[string]any) string {
	if list == nil {
		list = []map[string]any{}
	}
	data, err := json.Marshal(map[string]any{"skus": list, "nextPageToken": next})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// TestGCP adds the SKUs of several pages up, by series and part, and drops what is no part
// of a plain machine. The key is in no URL.
func TestGCP(t *testing.T) {
	const here = "europe-west1"
	pages := []string{skus("two",
		sku("N2 Instance Core running in EMEA", "OnDemand", "h", 34773000, here, "europe-west9"),
		sku("N2 Instance Ram running in EMEA", "OnDemand", "GiBy.h", 4661000, here),
		sku("N2 Instance Core running in Iowa", "OnDemand", "h", 31611000, "us-central1"),
		sku("N2 Custom Instance Core running in EMEA", "OnDemand", "h", 36500000, here),
		sku("N2 Sole Tenancy Instance Core running in EMEA", "OnDemand", "h", 5, here),
		sku("Network Internet Egress from EMEA", "OnDemand", "GiBy", 120000000, here),
	), skus("three",
		sku("Spot Preemptible N2 Instance Core running in EMEA", "Preemptible", "h", 8100000, here),
		sku("Commitment v1: N2 Cpu in EMEA for 1 Year", "Commit1Yr", "h", 21900000, here),
		sku("Commitment v1: N2 Cpu in EMEA for 3 Years", "Commit3Yr", "h", 15600000, here),
		sku("Commitment v1: Cpu in EMEA for 1 Year", "Commit1Yr", "h", 19900000, here),
		sku("N1 Predefined Instance Core running in EMEA", "OnDemand", "h", 34773000, here),
		sku("Compute optimized Core running in EMEA", "OnDemand", "h", 37300000, here),
		sku("N2D AMD Instance Ram running in EMEA", "OnDemand", "GiBy.h", 4000000, here),
	), skus("",
		sku("Nvidia Tesla A100 GPU running in EMEA", "OnDemand", "h", 2934000000, here),
		sku("Nvidia L4 GPU attached to Spot Preemptible VMs running in EMEA", "Preemptible", "h", 224000000, here),
		sku("Nvidia L4 GPU running in EMEA", "OnDemand", "h", 560000000, here),
		sku("Commitment v1: Nvidia L4 GPU in Belgium for 1 Year", "Commit1Yr", "h", 350000000, here),
		sku("RTX 6000 96GB running in Belgium", "OnDemand", "h", 1205215000, here),
		sku("RTX 6000 96GB attached to Spot Preemptible VMs running in Belgium", "Preemptible", "h", 482086000, here),
		sku("H200 141GB GPU running in Belgium", "OnDemand", "h", 9790000000, here),
		sku("C4D Instance Core running in EMEA", "OnDemand", "h", 32703500, here),
		sku("C4D Instance Ram running in EMEA", "OnDemand", "GBy.h", 3495578, here), // by 10^9 bytes
		sku("T2A Arm Instance Core running in EMEA", "OnDemand", "h", 1, here),
		sku("T2A Arm Instance Core running in Belgium", "OnDemand", "h", 2, here), // two prices: neither is used
	)}
	reader, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/services/6F81-5844-456A/skus" || r.Header.Get("X-Goog-Api-Key") != "k3y" || strings.Contains(r.URL.String(), "k3y") {
			t.Errorf("asked for %s with the key %q", r.URL, r.Header.Get("X-Goog-Api-Key"))
		}
		fmt.Fprint(w, pages[map[string]int{"": 0, "two": 1, "three": 2}[r.URL.Query().Get("pageToken")]])
	})
	var said []string
	reader.Say = func(what string) { said = append(said, what) }
	got, err := reader.GCP(context.Background(), "k3y", here, cloud.SeriesOf)
	gb := 0.003495578
	want := []pricelist.Rate{
		{Series: "Nvidia A100", Part: "gpu", OnDemand: 2.934},
		{Series: "Nvidia H200 141GB", Part: "gpu", OnDemand: 9.79},
		{Series: "Nvidia L4", Part: "gpu", OnDemand: 0.56, Spot: 0.224, Commit1y: 0.35},
		{Series: "Nvidia RTX PRO 6000", Part: "gpu", OnDemand: 1.205215, Spot: 0.482086},
		{Series: "c2", Part: "core", OnDemand: 0.0373},
		{Series: "c4d", Part: "core", OnDemand: 0.0327035},
		{Series: "c4d", Part: "ram", OnDemand: gb * 1.073741824},
		{Series: "n1", Part: "core", OnDemand: 0.034773, Commit1y: 0.0199},
		{Series: "n2", Part: "core", OnDemand: 0.034773, Spot: 0.0081, Commit1y: 0.0219, Commit3y: 0.0156},
		{Series: "n2", Part: "ram", OnDemand: 0.004661},
		{Series: "n2d", Part: "ram", OnDemand: 0.004},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v,\nwant %+v", got, err, want)
	}
	if len(said) != 3 || said[2] != "reading google's price list, page 3" {
		t.Errorf("said %q, want the three pages", said)
	}
	// Another region is of the same list, which is not asked for again.
	got, err = reader.GCP(context.Background(), "k3y", "us-central1", cloud.SeriesOf)
	if want := []pricelist.Rate{{Series: "n2", Part: "core", OnDemand: 0.031611}}; err != nil || !reflect.DeepEqual(got, want) || len(said) != 3 {
		t.Errorf("got  %+v, %v, want %+v; said %q", got, err, want, said)
	}
	if got, err = reader.GCP(context.Background(), "k3y", "moon-east1", cloud.SeriesOf); err == nil || got != nil {
		t.Errorf("of no region got %+v, %v", got, err)
	}
}

// TestGCPRefuses: an answer that is none leaves nothing, and no error shows the key.
func TestGCPRefuses(t *testing.T) {
	good := sku("N2 Instance Core running in EMEA", "OnDemand", "h", 34773000, "europe-west1")
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"a wrong key":     {403, `{"error":{"message":"API key k3y not valid"}}`, "403"},
		"busy":            {429, "", "429"},
		"broken":          {500, "", "500"},
		"cut":             {200, skus("", good)[:200], "JSON"},
		"a web page":      {200, "<html>log in</html>", "web page"},
		"other fields":    {200, `{"items":[]}`, "schema"},
		"by the month":    {200, strings.Replace(skus("", good), `"usageUnit":"h"`, `"usageUnit":"mo"`, 1), "schema"},
		"euros":           {200, strings.Replace(skus("", good), "USD", "EUR", 1), "schema"},
		"no price":        {200, strings.Replace(skus("", good), "tieredRates", "rates", 1), "schema"},
		"a circle":        {200, skus("again", good), "circle"},
		"nothing of here": {200, skus(""), "no part of a machine"},
	} {
		reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if strings.HasPrefix(tt.body, "<") {
				w.Header().Set("Content-Type", "text/html")
			}
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		})
		got, err := reader.GCP(context.Background(), "k3y", "europe-west1", cloud.SeriesOf)
		if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "k3y") {
			t.Errorf("%s: got %v, %v; want an error with %q and no key", name, got, err, tt.want)
		}
	}
}

// TestGCPBrokenRegion: what is wrong with one region's prices says nothing of another's.
func TestGCPBrokenRegion(t *testing.T) {
	reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, skus("", sku("N2 Instance Core running in EMEA", "OnDemand", "h", 34773000, "europe-west1"),
			sku("N2 Instance Core running in Iowa", "OnDemand", "mo", 31611000, "us-central1")))
	})
	if got, err := reader.GCP(context.Background(), "k3y", "europe-west1", cloud.SeriesOf); err != nil || len(got) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := reader.GCP(context.Background(), "k3y", "us-central1", cloud.SeriesOf); err == nil || got != nil || !strings.Contains(err.Error(), "us-central1, page 1") || !strings.Contains(err.Error(), "schema") {
		t.Errorf("by the month: got %+v, %v", got, err)
	}
}

// TestRetryAfterIsBounded: a server that is busy is waited for, which is said; one that
// wants more patience than there is, is given up at once.
func TestRetryAfterIsBounded(t *testing.T) {
	for after, wantAsked := range map[string]int64{"3600": 1, "31": 1, "0": 3} {
		var asked atomic.Int64
		reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		var said []string
		reader.Say = func(what string) { said = append(said, what) }
		_, err := reader.Azure(context.Background(), "westeurope")
		if err == nil || asked.Load() != wantAsked || (after == "0") == strings.Contains(err.Error(), "try again later") {
			t.Errorf("Retry-After %s: asked %d times, %v; want %d", after, asked.Load(), err, wantAsked)
		}
		waits := 0
		for _, s := range said {
			if strings.HasPrefix(s, "waiting ") && strings.Contains(s, "answered 429; try ") {
				waits++
			}
		}
		if waits != int(wantAsked)-1 {
			t.Errorf("Retry-After %s: said %q", after, said)
		}
	}
	// The waits of all requests are added up.
	reader, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	reader.Pause = 31 * time.Second
	if _, err := reader.AWS(context.Background(), "us-east-1"); err == nil || !strings.Contains(err.Error(), "1m0s in all") {
		t.Errorf("got %v, want that no more is waited", err)
	}
}
