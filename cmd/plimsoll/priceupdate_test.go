package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// azureList is an answer of the Retail Prices API: what the built-in table of
// chilecentral has, with one price changed.
func azureList(t *testing.T) string {
	t.Helper()
	var items []string
	for _, o := range pricing.New(pricing.Config{}).Offerings("azure", "chilecentral") {
		if o.CapacityType != pricing.OnDemand {
			continue
		}
		usd := o.USDPerHour
		if o.InstanceType == "Standard_D4s_v5" {
			usd *= 1.1
		}
		items = append(items, fmt.Sprintf(`{"currencyCode":"USD","retailPrice":%g,"armRegionName":"chilecentral","productName":"Virtual Machines","skuName":"x","armSkuName":%q,"unitOfMeasure":"1 Hour","type":"Consumption","savingsPlan":[{"unitPrice":%g,"retailPrice":%g,"term":"1 Year"}]}`, usd, o.InstanceType, 0.7*usd, 0.7*usd))
	}
	return fmt.Sprintf(`{"Items":[%s],"NextPageLink":null,"Count":%d}`, strings.Join(items, ","), len(items))
}

// TestPriceUpdate: the same list gives the same bytes; a list that is no good
// leaves them as they were; lookups take them and name them, unless told not to.
func TestPriceUpdate(t *testing.T) {
	status, body := http.StatusOK, azureList(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	dir := t.TempDir()
	u := priceUpdate{cache: priceCache{dir: dir}, provider: "azure", regions: []string{"chilecentral"}, endpoint: server.URL, client: server.Client(), today: "2026-11-29"}
	var out bytes.Buffer
	if err := u.run(context.Background(), streams{Out: &out, Err: io.Discard}); err != nil || !strings.Contains(out.String(), ", 1 on-demand prices changed, 0 types") {
		t.Fatalf("got %q, %v", out.String(), err)
	}
	path := filepath.Join(dir, "azure", "chilecentral.csv")
	first := read(t, path)
	for what, answer := range map[string]string{
		"the same":     body,
		"cut":          body[:len(body)/2],
		"half a list":  `{"Items":[{"currencyCode":"USD","retailPrice":1,"armRegionName":"chilecentral","armSkuName":"Standard_D4s_v5","unitOfMeasure":"1 Hour","type":"Consumption"}],"NextPageLink":"","Count":1}`,
		"Windows' one": strings.Replace(body, `"armSkuName":"Standard_D8s_v5"`, `"armSkuName":"Standard_D64s_v5"`, 1),
	} {
		body = answer
		err := u.run(context.Background(), streams{Out: &out, Err: io.Discard})
		if (err == nil) != (what == "the same") || err != nil && !strings.Contains(err.Error(), "the table of before stays") {
			t.Errorf("%s: got the error %v", what, err)
		}
		if !bytes.Equal(read(t, path), first) {
			t.Errorf("%s: the table changed", what)
		}
		body = azureList(t)
	}
	if table := string(read(t, filepath.Join(dir, "azure", "chilecentral.commitments.csv"))); !strings.Contains(table, `azure,savings plan for compute,"any compute, global",dsv5,chilecentral,1,same price monthly or upfront,30,30,30,`) {
		t.Errorf("the commitments are %s", table)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "azure", "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	args := []string{"price", "Standard_D4s_v5", "--provider", "azure", "--region", "chilecentral", "--price-cache", dir}
	if code, got, errs := plimsoll(args...); code != 0 || !strings.Contains(got, "2026-11-29  azure retail prices") {
		t.Errorf("with the cache: exit %d, %s%s", code, got, errs)
	}
	if code, got, _ := plimsoll(append(args, "--no-price-cache")...); code != 0 || strings.Contains(got, "azure retail prices") {
		t.Errorf("without the cache: exit %d, %s", code, got)
	}
	// One digit of a price, or half a table: it is not used in silence, and the next update mends it.
	for what, data := range map[string][]byte{"half": first[:len(first)/2], "a digit": bytes.Replace(first, []byte(",0.2"), []byte(",0.3"), 1)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, got, errs := plimsoll(args...); code != 2 || got != "" || !strings.Contains(errs, "--no-price-cache") {
			t.Errorf("with %s of a table in the cache: exit %d, %s%s", what, code, got, errs)
		}
		var errs bytes.Buffer
		if err := u.run(context.Background(), streams{Out: io.Discard, Err: &errs}); err != nil || !strings.Contains(errs.String(), "chilecentral.csv") || !bytes.Equal(read(t, path), first) {
			t.Errorf("%s: the update after it: %v, %s", what, err, errs.String())
		}
	}
}

// TestPriceUpdateOfNewRegion: a region that the built-in tables do not have is read where the list has
// it, and lookups find it; one that the list does not have leaves nothing.
func TestPriceUpdateOfNewRegion(t *testing.T) {
	body := strings.ReplaceAll(azureList(t), "chilecentral", "ukwest")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
	defer server.Close()
	dir := t.TempDir()
	u := priceUpdate{cache: priceCache{dir: dir}, provider: "azure", regions: []string{"ukwest"}, endpoint: server.URL, client: server.Client(), today: "2026-11-29"}
	var errs bytes.Buffer
	if err := u.run(context.Background(), streams{Out: io.Discard, Err: &errs}); err != nil || !strings.Contains(errs.String(), "no such region of azure yet; near it are") {
		t.Fatalf("got %v, %s", err, errs.String())
	}
	if code, got, errs := plimsoll("price", "Standard_D4s_v5", "--provider", "azure", "--region", "ukwest", "--price-cache", dir); code != 0 || !strings.Contains(got, "azure retail prices") {
		t.Errorf("exit %d, %s%s", code, got, errs)
	}
	u.regions = []string{"ukwets"}
	if err := u.run(context.Background(), streams{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), "ukwets") {
		t.Errorf("of a region that the list does not have: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "azure", "ukwets*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestPriceUpdateWithoutRegion: the regions of the cache are renewed, of none those of the tables; which
// is said. One that fails takes no other with it, and two in a row end the run.
func TestPriceUpdateWithoutRegion(t *testing.T) {
	body, asked := azureList(t), 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		for _, region := range []string{"chilecentral", "ukwest"} {
			if strings.Contains(r.URL.Query().Get("$filter"), region) {
				fmt.Fprint(w, strings.ReplaceAll(body, "chilecentral", region))
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	dir := t.TempDir()
	update := func(regions ...string) (out, errs string, err error) {
		var to, warnings bytes.Buffer
		asked = 0
		u := priceUpdate{cache: priceCache{dir: dir}, provider: "azure", regions: regions, endpoint: server.URL, client: server.Client(), today: "2026-11-29"}
		err = u.run(context.Background(), streams{Out: &to, Err: &warnings})
		return to.String(), warnings.String(), err
	}
	_, errs, err := update()
	if err == nil || asked != 2 || !strings.Contains(errs, "renewing the 37 of azure that have tables, as the price cache has none: australiaeast, ") ||
		!strings.Contains(err.Error(), "not renewed: australiaeast, belgiumcentral, brazilsouth, canadacentral, centralindia, centralus and 31 more; of the first: ") {
		t.Errorf("without a cache: asked %d times, %v, %s", asked, err, errs)
	}
	for _, name := range []string{"chilecentral.csv", "moonwest.commitments.csv", "ukwest.csv", ".ukwest.csv.1.new", "ukwest.csv.bak"} {
		if err := os.MkdirAll(filepath.Join(dir, "azure"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "azure", name), []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, err := update()
	if err == nil || asked != 3 || !strings.Contains(errs, "renewing the 3 of azure in the price cache: chilecentral, moonwest, ukwest\n") ||
		!strings.Contains(err.Error(), "not renewed: moonwest; of the first: ") || strings.Count(out, "written to") != 2 {
		t.Errorf("of the cache: asked %d times, %v, %s%s", asked, err, out, errs)
	}
	if exit := new(exitError); !errors.As(err, &exit) || exit.code != exitSource {
		t.Errorf("the error has another exit code: %v", err)
	}
	if out, errs, err := update("ChileCentral", "chilecentral"); err != nil || asked != 1 || strings.Count(out, "written to") != 1 || strings.Contains(errs, "renewing") {
		t.Errorf("of one region in two cases: asked %d times, %v, %s%s", asked, err, out, errs)
	}
}

// TestKeptTypes: types that a list has no price of are named, by family where they are many.
func TestKeptTypes(t *testing.T) {
	for want, types := range map[string][]string{
		"": nil,
		", 2 types that the list has no price of stay as they were (e2-micro, n2-standard-4)": {"e2-micro", "n2-standard-4"},
		", 7 types that the list has no price of stay as they were (e2 3, n2 4)":              {"e2-medium", "e2-micro", "e2-small", "n2-standard-2", "n2-standard-4", "n2-standard-8", "n2-standard-16"},
	} {
		if got := kept("gcp", types); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestPriceCacheFolder: a folder that is named must be there, whatever its name, and be a folder.
func TestPriceCacheFolder(t *testing.T) {
	args := []string{"price", "m6i.xlarge", "--provider", "aws", "--region", "us-east-1", "--price-cache"}
	dir := filepath.Join(t.TempDir(), "a[b]*?")
	if code, got, errs := plimsoll(append(args, dir)...); code != 2 || got != "" || !strings.Contains(errs, "no such folder") {
		t.Errorf("no folder: exit %d, %s%s", code, got, errs)
	}
	table := "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour,source,as_of\naws,us-east-1,m6i.xlarge,4,16,0.15,mine,2099-01-01\n"
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("aws/us-east-1.csv", pricing.Seal([]byte(table)))
	write("aws/.us-east-1.csv.123.new", []byte("half"))
	write("README", []byte("mine"))
	if code, got, errs := plimsoll(append(args, dir)...); code != 0 || !strings.Contains(got, "0.15") {
		t.Errorf("a folder of an odd name: exit %d, %s%s", code, got, errs)
	}
	// Only the region that is asked for is read; what is asked for and cannot be read is an error.
	write("aws/eu-west-1.csv", pricing.Seal([]byte(table)))
	write("azure/westeurope.csv", []byte("half"))
	if code, got, errs := plimsoll(append(args, dir)...); code != 0 || !strings.Contains(got, "0.15") {
		t.Errorf("beside another region's broken table: exit %d, %s%s", code, got, errs)
	}
	manifest := filepath.Join(t.TempDir(), "pod.yaml")
	if err := os.WriteFile(manifest, []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: a, resources: {requests: {cpu: 1, memory: 1Gi}}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, broken := range map[string][]string{
		"eu-west-1.csv: it is no table of aws eu-west-1": {"price", "m6i.*", "--provider", "aws", "--region", "eu-west-1", "--price-cache", dir},
		"westeurope.csv:1":                 {"price", "--provider", "azure", "--price-cache", dir},
		"westeurope.csv:1: unknown column": {"gate", manifest, "--max-monthly", "100", "--provider", "azure", "--region", "westeurope", "--price-cache", dir},
		"westeurope.csv:1:":                {"audit", "--demo", "--price-cache", dir},
	} {
		if code, got, errs := plimsoll(broken...); code != 2 || got != "" || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %s%s; want 2 and %q", broken, code, got, errs, want)
		}
	}
	if code, got, errs := plimsoll(append(args, filepath.Join(dir, "README"))...); code == 0 || got != "" || !strings.Contains(errs, "not a directory") {
		t.Errorf("a file: exit %d, %s%s", code, got, errs)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPriceUpdateRefuses(t *testing.T) {
	t.Setenv("GOOGLE_API_KEY", "")
	for args, want := range map[string]string{
		"":                                 "aws, azure or gcp",
		"--provider gcp --region us-east1": "set GOOGLE_API_KEY, or give its file with --api-key-file",
		"--provider gcp --region us-east1 --api-key-file no.such":     "no.such: no such file",
		"--provider azure --region westeurope --api-key-file key.txt": "--api-key-file is of --provider gcp",
		"--provider azure --region westeurope --spot":                 "--spot is of --provider aws; the others' lists have spot prices",
		"--provider hetzner --region fsn1":                            "aws, azure or gcp",
		"--provider azure --region westeurope --get-products":         "--get-products is of --provider aws",
		"--provider aws --region us_east":                             "not the name of a region",
		"--provider aws --region ../../etc":                           "not the name of a region",
	} {
		code, _, errs := plimsoll(append([]string{"price", "update"}, strings.Fields(args)...)...)
		if code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d, %s; want 2 and %q", args, code, errs, want)
		}
	}
}
