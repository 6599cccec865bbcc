package origin_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// A server under another host name and one on another port write down what
// they are asked; they must never be.
func TestNoRequestLeavesItsOrigin(t *testing.T) {
	asked := 0
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer thief.Close()
	at, err := url.Parse(thief.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{thief.URL + "/x?token=1", "http://localhost:" + at.Port() + "/x", "http://127.0.0.1.nip.io:" + at.Port(), "https://127.0.0.1:" + at.Port(), "//localhost:" + at.Port() + "/"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				victim := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", to)
					w.WriteHeader(code)
				}))
				req, err := http.NewRequest(method, victim.URL, strings.NewReader("secret"))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("X-Api-Key", "secret")
				resp, err := origin.Client(nil).Do(req)
				if err == nil {
					resp.Body.Close()
				}
				if e := origin.Redirected(err); e == nil || e.Status != code || strings.Contains(e.Error(), "token") {
					t.Errorf("%s, %d to %s: got %v, want the redirect named", method, code, to, err)
				}
				victim.Close()
			}
		}
	}
	if asked > 0 {
		t.Errorf("another server was asked %d times", asked)
	}
}

func TestRedirectsWithinTheOrigin(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/b":
			fmt.Fprint(w, "here")
		default:
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	defer s.Close()
	resp, err := origin.Client(nil).Get(s.URL + "/a")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "here" {
		t.Errorf("got %q", body)
	}
	if _, err := origin.Client(nil).Get(s.URL + "/loop"); origin.Redirected(err) == nil {
		t.Errorf("a loop gave %v", err)
	}
}

// What the API server passes a request on to may point to other doors of the same
// server, where our token counts. That is not followed.
func TestRedirectsStayBehindTheProxy(t *testing.T) {
	const service = "/api/v1/namespaces/tenant/services/prometheus:9090/proxy"
	for _, tt := range []struct {
		from, to string
		follow   bool
	}{
		{service + "/api/v1/query", service + "/graph/api/v1/query", true},
		{service, service + "/", true},
		{"/k8s" + service + "/x", "/k8s" + service + "/y", true},
		{service + "/api/v1/query", "/api/v1/secrets", false},
		{service + "/api/v1/query", service + "/../../../secrets", false},
		{service + "/api/v1/query", service + "/%2e%2e/%2e%2e/secrets", false},
		{service + "/api/v1/query", service + "//x", false},
		{service + "/api/v1/query", "/api/v1/namespaces/tenant/services/admin:80/proxy/delete", false},
		{service + "/api/v1/query", service + "-other/x", false},
		{"/api/v1/namespaces/a/pods/b/proxy/x", "/api/v1/secrets", false},
		{"/api/v1/nodes/n/proxy/x", "/api/v1/secrets", false},
		{"/apis/metrics.k8s.io/v1beta1/pods", "/api/v1/secrets", false},
		{"/apis/metrics.k8s.io/v1beta1/pods", "/apis/metrics.k8s.io/v1/pods", true},
		{"/api/v1/pods", "/other/api/v1/pods", true},
	} {
		followed := false
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("there") == "" {
				w.Header().Set("Location", tt.to+"?there=1")
				w.WriteHeader(http.StatusTemporaryRedirect)
				return
			}
			followed = true
		}))
		resp, err := origin.Client(nil).Get(s.URL + tt.from)
		if err == nil {
			resp.Body.Close()
		}
		if followed != tt.follow || !tt.follow && origin.Redirected(err) == nil {
			t.Errorf("%s to %s: followed %v, %v", tt.from, tt.to, followed, err)
		}
		s.Close()
	}
}

func TestRedact(t *testing.T) {
	for message, want := range map[string]string{
		"open http:/u:hunter2@h/x?sig=hunter2: no such file":            "open ...@h/x",
		"stat u:hunter2@host/x: no such file":                           "stat ...@host/x: no such file",
		`parse "https://u:hunter2@h:9/x?sig=hunter2": no`:               `parse "https://h:9/x": no`,
		"image nginx:1.2@sha256:0123 has no request":                    "image nginx:1.2@sha256:0123 has no request",
		"write me@example.com; is 1 > 2?":                               "write me@example.com; is 1 > 2?",
		"reading https://host/p?sig=hunter2 and (http://a:hunter2@b/).": "reading https://host/p and (http://b/).",
		"nothing to hide": "nothing to hide",
	} {
		if got := origin.Redact(message); got != want && got != want+" no such file" {
			t.Errorf("Redact(%q) is %q, want %q", message, got, want)
		}
	}
}

func TestShowHidesSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"https://u:hunter2@host/p?sig=x#y":     "https://host/p",
		"https://u:hun/ter2@host/p":            "https://host/p",
		"https://u:hun@ter2@host/p":            "https://host/p",
		"https://hunter2@host":                 "https://host",
		"http://u:hunter2@proxy host:3128/":    "http://proxy host:3128/",
		"s3://bucket/mail@example/file?key=hu": "s3://bucket/mail@example/file",
		"u:hunter2@host:9090/x":                "host:9090/x",
		"https://host/p/a":                     "https://host/p/a",
		"https://u:h?unter2@host/p":            "https://...",
		"http://[::1]:9090/x":                  "http://[::1]:9090/x",
		"https://u:hunter2":                    "https://...",
		"plain-file.yaml":                      "plain-file.yaml",
		"//u:hunter2@h":                        "h",
		"http:/u:hunter2@h":                    "h",
		"http//u:hunter2@h":                    "h",
		"http://[::1:hunter2":                  "http://...",
	} {
		got := origin.Show(raw)
		if got != want {
			t.Errorf("Show(%q) is %q, want %q", raw, got, want)
		}
	}
}
