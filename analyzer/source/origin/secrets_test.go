package origin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// A server that echoes our headers, in its text or in where it points to, has none of
// their secrets shown.
func TestEchoesShowNoSecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.Header.Get("Authorization") + " " + r.Header.Get("X-Api-Key")
		if r.URL.Path == "/moves" {
			w.Header().Set("Location", "http://other.example.com/"+url.PathEscape(said))
			w.WriteHeader(http.StatusFound)
			return
		}
		_, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, "bad header: "+said+" "+password)
	}))
	defer server.Close()
	for name, dress := range map[string]func(*http.Request){
		"bearer":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer to/ken=+SECRET") },
		"basic":    func(r *http.Request) { r.SetBasicAuth("me", "p@ss SECRET") },
		"header":   func(r *http.Request) { r.Header.Set("X-Api-Key", "key-SECRET") },
		"user":     func(r *http.Request) { r.URL.User = url.UserPassword("me", "SECRET/x") },
		"two in 1": func(r *http.Request) { r.Header.Set("X-Api-Key", "SECRET"); r.SetBasicAuth("me", "SECRET") },
	} {
		for _, path := range []string{"/says", "/moves"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			dress(req)
			text := ""
			resp, err := origin.Client(nil).Do(req)
			if err != nil {
				text = origin.Redirected(err).Error()
			} else {
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(body), "SECRET") {
					t.Errorf("%s%s: the server echoes nothing: %s", name, path, body)
				}
				text = origin.Unsaid(resp.Request, string(body))
				resp.Body.Close()
			}
			if text == "" || strings.Contains(text, "SECRET") {
				t.Errorf("%s%s: got %q", name, path, text)
			}
		}
	}
}

// What is left of a secret that was cut, and what writes it otherwise, is hidden as
// well; what the program says of itself is not.
func TestSecretsAreHidden(t *testing.T) {
	ctx, hidden := origin.WithSecrets(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api?query=up%7Bnamespace%3D%22shop%22%7D&step=3600&dedup=true&limit=500&api_key=k/ey%2BSECRET", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", `Bearer tok"en/SECRET`)
	req.Header.Set("X-Scope-OrgID", "shop")
	req.Header.Set("User-Agent", "plimsoll")
	resp, err := origin.Client(nil).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for text, want := range map[string]string{
		`401: tok"en/SECRET, k/ey+SECRET`:        "401: ..., ...",
		`said "tok\"en/SECRET"`:                  `said "..."`,
		"at /api?api_key=k%2Fey%2BSECRET&step=":  "at /api?api_key=...&step=",
		`was: Bearer tok"en/SEC`:                 "was: Bearer ...",
		"namespace shop: plimsoll, 3600 and 500": "namespace shop: plimsoll, 3600 and 500",
		"no SECRET of its own":                   "no SECRET of its own",
		`up{namespace="shop"} is true`:           `up{namespace="shop"} is true`,
		"":                                       "",
	} {
		if got := hidden.Hide(text); got != want {
			t.Errorf("Hide(%q) is %q, want %q", text, got, want)
		}
	}
	var out strings.Builder
	if n, err := io.WriteString(hidden.Writer(&out), "k/ey+SECRET\n"); n != 12 || err != nil || out.String() != "...\n" {
		t.Errorf("wrote %q, %d, %v", out.String(), n, err)
	}
	if got := origin.SecretsOf(t.Context()).Hide("k/ey+SECRET"); got != "k/ey+SECRET" {
		t.Errorf("a context without secrets hides %q", got)
	}
}
