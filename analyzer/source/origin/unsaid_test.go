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
