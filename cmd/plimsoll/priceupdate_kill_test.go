package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// trusted writes a server's certificate where a process may be told to trust it.
func trusted(t *testing.T, server *httptest.Server) (env string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return "SSL_CERT_FILE=" + path
}

// TestPriceUpdateKilled kills the program while a list's second page is outstanding: the
// tables of before are all there, byte by byte, and the next run renews them.
func TestPriceUpdateKilled(t *testing.T) {
	page := azureList(t)
	held, release := make(chan struct{}), make(chan struct{})
	var server *httptest.Server
	hold := false
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("$skip") != "":
			if hold {
				_, _ = fmt.Fprint(w, `{"Items":[{"currencyCode":"USD",`)
				w.(http.Flusher).Flush()
				held <- struct{}{}
				<-release
				return
			}
			_, _ = fmt.Fprint(w, `{"Items":[],"NextPageLink":null,"Count":0}`)
		default:
			_, _ = fmt.Fprint(w, strings.Replace(page, `"NextPageLink":null`, fmt.Sprintf(`"NextPageLink":"%s/?$skip=1"`, server.URL), 1))
		}
	}))
	defer server.Close()
	defer close(release)
	dir, env := t.TempDir(), trusted(t, server)
	update := func() *exec.Cmd {
		cmd := exec.Command("plimsoll", "price", "update", "--provider", "azure", "--region", "chilecentral", "--endpoint", server.URL, "--price-cache", dir)
		cmd.Env = append(os.Environ(), env)
		return cmd
	}
	if out, err := update().CombinedOutput(); err != nil {
		t.Fatalf("the first run: %v\n%s", err, out)
	}
	before := filesBelow(t, dir)
	if len(before) != 2 {
		t.Fatalf("the first run left %d files", len(before))
	}

	hold = true
	page = strings.ReplaceAll(page, `"retailPrice":0.`, `"retailPrice":1.`)
	cmd := update()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-held
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the killed run ended well")
	}
	after := filesBelow(t, dir)
	if len(after) != 2 {
		t.Errorf("the killed run left %d files", len(after))
	}
	for name, data := range before {
		if !bytes.Equal(after[name], data) {
			t.Errorf("%s changed; stderr: %s", name, errs.Bytes())
		}
	}
	if code, got, errs := plimsoll("price", "Standard_D4s_v5", "--provider", "azure", "--region", "chilecentral", "--price-cache", dir); code != 0 || !strings.Contains(got, "azure retail prices") {
		t.Errorf("after the kill: exit %d, %s%s", code, got, errs)
	}

	hold = false
	page = azureList(t)
	if out, err := update().CombinedOutput(); err != nil {
		t.Errorf("the run after: %v\n%s", err, out)
	}
	if again := filesBelow(t, dir); len(again) != 2 {
		t.Errorf("the run after left %d files", len(again))
	}
}

// filesBelow reads all files below a folder.
func filesBelow(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// gcpSKUs is an answer of the Cloud Billing Catalog for two series, with prices by the
// vCPU and GiB as asia-southeast3 has them, times a factor.
func gcpSKUs(factor float64) string {
	var out []string
	add := func(description, usage, unit string, usd float64) {
		out = append(out, fmt.Sprintf(`{"description":%q,"serviceRegions":["asia-southeast3"],"category":{"resourceFamily":"Compute","usageType":%q},`+
			`"pricingInfo":[{"pricingExpression":{"usageUnit":%q,"tieredRates":[{"unitPrice":{"currencyCode":"USD","units":"0","nanos":%d}}]}}]}`, description, usage, unit, int64(usd*factor*1e9+0.5)))
	}
	core, ram := map[string]float64{}, map[string]float64{}
	lean := map[string]pricing.Offering{}
	for _, o := range pricing.New(pricing.Config{}).Offerings("gcp", "asia-southeast3") {
		series, rest, _ := strings.Cut(o.InstanceType, "-")
		if o.CapacityType != pricing.OnDemand || strings.Count(rest, "-") != 1 || series == "m3" {
			continue
		}
		if strings.HasPrefix(rest, "highcpu") {
			lean[series] = o
		}
		if a, ok := lean[series]; ok && strings.HasPrefix(rest, "highmem") {
			ca, cb, ma, mb := float64(a.CPUMillis)/1000, float64(o.CPUMillis)/1000, float64(a.MemoryBytes)/(1<<30), float64(o.MemoryBytes)/(1<<30)
			det := ca*mb - cb*ma
			core[series], ram[series] = (a.USDPerHour*mb-o.USDPerHour*ma)/det, (ca*o.USDPerHour-cb*a.USDPerHour)/det
		}
	}
	for _, series := range []string{"c4", "n4"} {
		name := strings.ToUpper(series)
		add(name+" Instance Core running in Bangkok", "OnDemand", "h", core[series])
		add(name+" Instance Ram running in Bangkok", "OnDemand", "GiBy.h", ram[series])
		add("Commitment v1: "+name+" Cpu in Bangkok for 1 Year", "Commit1Yr", "h", core[series]*0.64)
		add("Commitment v1: "+name+" Ram in Bangkok for 1 Year", "Commit1Yr", "GiBy.h", ram[series]*0.64)
	}
	return `{"skus":[` + strings.Join(out, ",") + `],"nextPageToken":""}`
}

// TestPriceUpdateGCP: machines are priced by their parts, twice the same; the key is in
// neither URL nor output, also where the server refuses it and says it back.
func TestPriceUpdateGCP(t *testing.T) {
	const key = "AIzaPlanted-0123456789"
	status, body := http.StatusOK, gcpSKUs(1.1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Goog-Api-Key") != key || strings.Contains(r.URL.String(), key) {
			t.Errorf("asked with %q for %s", r.Header.Get("X-Goog-Api-Key"), r.URL)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	dir, env := t.TempDir(), trusted(t, server)
	file := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	update := func(byFile bool) (string, error) {
		cmd := exec.Command("plimsoll", "price", "update", "--provider", "gcp", "--region", "asia-southeast3", "--endpoint", server.URL, "--price-cache", dir)
		cmd.Env = append(os.Environ(), env)
		if byFile {
			cmd.Args = append(cmd.Args, "--api-key-file", file)
		} else {
			cmd.Env = append(cmd.Env, "GOOGLE_API_KEY="+key)
		}
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), key) {
			t.Errorf("the key is printed: %s", out)
		}
		return string(out), err
	}
	if out, err := update(true); err != nil || !strings.Contains(out, "gcp asia-southeast3: ") {
		t.Fatalf("got %v, %s", err, out)
	}
	first := filesBelow(t, dir)
	if table := string(first[filepath.Join(dir, "gcp", "asia-southeast3.commitments.csv")]); !strings.Contains(table, "gcp,CUD resource-based,series + region,n4,asia-southeast3,1,monthly,36,") {
		t.Errorf("the commitments are %s", table)
	}
	if out, err := update(false); err != nil {
		t.Fatalf("by the environment: %v, %s", err, out)
	}
	for name, data := range filesBelow(t, dir) {
		if !bytes.Equal(first[name], data) {
			t.Errorf("%s differs in the second run", name)
		}
	}
	code, got, errs := plimsoll("price", "n4-standard-4", "--provider", "gcp", "--region", "asia-southeast3", "--price-cache", dir)
	if code != 0 || !strings.Contains(got, "0.209519") || !strings.Contains(got, "gcp billing catalog") { // 1.1 times 0.190472
		t.Errorf("exit %d, %s%s", code, got, errs)
	}
	status, body = http.StatusBadRequest, `{"error":{"message":"API key not valid: `+key+`"}}`
	if out, err := update(true); err == nil || !strings.Contains(out, "the table of before stays") {
		t.Errorf("a refused key: %v, %s", err, out)
	}
}
