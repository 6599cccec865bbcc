package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Verbs that dial nothing but the URLs of files give one up that stands still, by --timeout.
func TestStillURLs(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/begun") {
			fmt.Fprint(w, "{")
			_ = http.NewResponseController(w).Flush() // else nothing has begun, which is tested beside
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	for _, path := range []string{"/never", "/begun"} {
		url := server.URL + path
		for _, args := range [][]string{
			{"show", "--report", url}, {"explain", "cart", "--report", url}, {"diff", url, url}, {"gate", "pod.yaml", "--baseline", url},
			{"price", "m5.large", "--pricing", url}, {"price", "--validate", url}, {"price", "update", "--provider", "azure", "--region", "westeurope", "--endpoint", url},
		} {
			code, out, errs := plimsoll(append(args, "--timeout", "50ms")...)
			if code != exitSource || out != "" || !strings.Contains(errs, "no answer in time") {
				t.Errorf("%v: got %d, %q, %s", args, code, out, errs)
			}
			if code, _, errs = plimsoll(append(args, "--timeout", "0s")...); code != exitUsage || !strings.Contains(errs, "above zero") {
				t.Errorf("%v with no time: got %d, %s", args, code, errs)
			}
		}
	}
}
