package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// thief is a server that must never be asked: it writes down who was.
func thief(t *testing.T, address string, secure bool, asked func(*http.Request)) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "" // no IPv6 here
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked(r)
		answers(200, "application/json", "{}")(w, r)
	}))
	s.Listener.Close()
	s.Listener, s.Config.ErrorLog = l, log.New(io.Discard, "", 0)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// elsewhere lists places that are another origin than a server's, as a Location may
// write them: another port, name, scheme or family, and what only looks like the same.
func elsewhere(at, plain, secure, six string) []string {
	u, err := url.Parse(at)
	if err != nil {
		return nil
	}
	own := u.Port()
	out := []string{
		"http://127.0.0.1:" + plain + "/x", "https://127.0.0.1:" + secure + "/x", "//127.0.0.1:" + plain + "/x",
		"http://localhost:" + plain + "/x", "https://LOCALHOST:" + secure + "/x", "//localhost.:" + plain + "/x",
		"http://127.0.0.1:" + own + "@localhost:" + plain + "/x", "//127.0.0.1@127.0.0.1:" + plain + "/x", "https://me:" + secret + "@localhost:" + secure + "/x",
		u.Scheme + "://localhost:" + own + "/x", u.Scheme + "://127.1:" + own + "/x", u.Scheme + "://127.0.0.1.:" + own + "/x", u.Scheme + "://[::ffff:127.0.0.1]:" + own + "/x",
	}
	if six != "" {
		out = append(out, "http://[::1]:"+six+"/x", "//[::1]:"+six+"/x")
	}
	return out
}

// No redirect to another origin is followed with anything of ours, whoever answers it:
// the API server, over TLS as client-go sends tokens, what it is a proxy to, an engine,
// an OAuth2 server, a store, a file of the web, a price list.
func TestRedirectsStayWithTheServer(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var stolen []string
	asked := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		stolen = append(stolen, fmt.Sprintf("%s%s with %v", r.Host, r.URL, r.Header))
	}
	plain, secure, six := thief(t, "127.0.0.1:0", false, asked), thief(t, "127.0.0.1:0", true, asked), thief(t, "[::1]:0", false, asked)
	put(t, "bearer.yaml", "authorization: {credentials: "+secret+"}\nhttp_headers: {X-Api-Key: {secrets: ["+secret+"]}, X-Scope-OrgID: {values: [tenant]}}\ntls_config: {insecure_skip_verify: true}\n")
	lines := map[string]struct{ security, line string }{
		"API server":       {"self-signed", "audit -q --no-cache --kubeconfig FILE"},
		"API server, bare": {"", "audit -q --no-cache --kubeconfig FILE"},
		"its proxy":        {"self-signed", "audit -q --no-cache --kubeconfig FILE -o json=FILE.json"},
		"engine":           {"", "audit -q --no-cache --objects objects.yaml --prometheus URL --prometheus-config bearer.yaml"},
		"engine with TLS":  {"self-signed", "audit -q --no-cache --objects objects.yaml --prometheus URL --prometheus-config bearer.yaml"},
		"OAuth2":           {"", "audit -q --no-cache --objects objects.yaml --prometheus URL --prometheus-config FILE"},
		"store":            {"", "audit -q --no-cache --snapshot s3://backups/a?endpoint=URL"},
		"file":             {"", "audit -q --no-cache --objects http://me:" + secret + "@HOST/a?sig=" + secret},
		"where it goes":    {"", "audit -q --no-cache --objects objects.yaml -o json=http://me:" + secret + "@HOST/a"},
		"price list":       {"", "price update --provider azure --region westeurope --endpoint http://me:" + secret + "@HOST"},
	}
	all := make(chan func())
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			for try := range all {
				try()
			}
		})
	}
	n := 0
	for what, x := range lines {
		for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
			var at string
			var to sync.Map // by the number of the try, which stands in the path
			back := func(w http.ResponseWriter, r *http.Request) {
				if r.Host != strings.TrimPrefix(strings.TrimPrefix(at, "https://"), "http://") {
					asked(r) // by another name
				}
				place, _ := to.Load(r.Header.Get("Try"))
				w.Header()["Location"] = []string{fmt.Sprint(place)}
				w.WriteHeader(code)
			}
			answer := reply(back)
			if what == "its proxy" {
				answer = discovers(back)
			}
			at, _ = server(t, func(w http.ResponseWriter, r *http.Request) {
				id, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/try"), "/")
				r.Header.Set("Try", id)
				r.URL.Path = "/" + path
				answer(w, r)
			}, x.security)
			for i, place := range elsewhere(at, plain, secure, six) {
				id := fmt.Sprintf("%d", i)
				to.Store(id, place)
				base, file := at+"/try"+id, fmt.Sprintf("file-%d", n)
				n++
				if what == "OAuth2" {
					put(t, file, "oauth2: {client_id: me, client_secret: "+secret+", token_url: "+base+"/token}\n")
				} else {
					put(t, file, strings.ReplaceAll(kubeconfigFor(base, ""), "cluster: {server", "cluster: {insecure-skip-tls-verify: true, server"))
				}
				line := strings.NewReplacer("URL", base, "HOST", strings.TrimPrefix(base, "http://"), "FILE", file).Replace(x.line)
				all <- func() {
					_, out, errs := plimsoll(strings.Fields(line)...)
					report, _ := os.ReadFile(file + ".json")
					if strings.Contains(out+errs+string(report), secret) {
						t.Errorf("%s, %d to %s shows a secret: %s", what, code, place, errs)
					}
					if !strings.Contains(errs+string(report), "is not followed") && what != "store" {
						t.Errorf("%s, %d to %s: not named: %s", what, code, place, errs)
					}
				}
			}
		}
	}
	close(all)
	working.Wait()
	for _, s := range stolen {
		t.Errorf("asked: %s", s)
	}
}
