package prometheus_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTransportFromFile: the credentials reach the engine, and files are
// found beside the configuration.
func TestTransportFromFile(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	dir := t.TempDir()
	write(t, dir, "secret", "s3cret\n")
	cases := []struct{ name, text, header, want string }{
		{"empty", "", "Authorization", ""},
		{"basic_auth", "basic_auth:\n  username: ann\n  password_file: secret\n", "Authorization", "Basic YW5uOnMzY3JldA=="},
		{"authorization", "authorization:\n  credentials_file: secret\n", "Authorization", "Bearer s3cret"},
		{"http_headers", "http_headers:\n  X-Scope-OrgID:\n    values: [team]\n", "X-Scope-OrgID", "team"},
	}
	for _, c := range cases {
		rt, err := prometheus.TransportFromFile(write(t, dir, "http.yml", c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		o := options(server.URL)
		o.Transport = rt
		if _, err := prometheus.Collect(t.Context(), o); err == nil {
			t.Errorf("%s: no error from a teapot", c.name)
		}
		if got.Get(c.header) != c.want {
			t.Errorf("%s: got %s %q, want %q", c.name, c.header, got.Get(c.header), c.want)
		}
	}
}

func TestMistakesInConfig(t *testing.T) {
	dir := t.TempDir()
	const hint = "; want an HTTP client configuration, such as basic_auth with username and password_file"
	cases := []struct{ name, text, want string }{
		{"no YAML", "basic_auth: [s3cret", "yaml: line 1: did not find expected ',' or ']'" + hint},
		{"unknown field", "basic_auth:\n  usrname: ann\n  password: s3cret\n", "yaml: unmarshal errors: line 2: field usrname not found in type config.plain" + hint},
		{"wrong type", "basic_auth: s3cret\n", "yaml: unmarshal errors: line 1: cannot unmarshal !!str a value into config.plain" + hint},
		{"two ways", "basic_auth:\n  username: ann\n  password: s3cret\nbearer_token: s3cret\n", "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured" + hint},
		{"many aliases", "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [*a, *a, *a, *a, *a, *a]\n", "its aliases (*name) unfold to more than 4 MiB; write the values out"},
		{"no such file", "basic_auth:\n  username: ann\n  password_file: nowhere\n", "basic_auth.password_file DIR/nowhere: no such file or directory"},
		{"no certificate", "tls_config:\n  ca_file: http.yml\n", "unable to use specified CA cert file DIR/http.yml"},
	}
	for _, c := range cases {
		path := write(t, dir, "http.yml", c.text)
		_, err := prometheus.TransportFromFile(path)
		want := fmt.Sprintf("prometheus configuration %s: %s", path, strings.ReplaceAll(c.want, "DIR", dir))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.name, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: the error quotes a secret or has several lines: %q", c.name, err)
		}
	}
	path := filepath.Join(dir, "missing.yml")
	if _, err := prometheus.TransportFromFile(path); err == nil || err.Error() != "prometheus configuration "+path+": no such file or directory" {
		t.Errorf("got %v, want the path and the reason", err)
	}
}

func TestParseMatcher(t *testing.T) {
	for in, want := range map[string]string{
		"cluster=east": `cluster="east"`, "a=": `a=""`, `a=b="c`: `a="b=\"c"`, "a=b\nc": `a="b\nc"`,
	} {
		m, err := prometheus.ParseMatcher(in)
		if err != nil || m.String() != want {
			t.Errorf("%q: got %s, %v, want %s", in, m, err, want)
		}
	}
	for _, in := range []string{"", "cluster", "=x", "a-b=c", "a b=c", "9=x"} {
		if m, err := prometheus.ParseMatcher(in); err == nil {
			t.Errorf("%q: got %s, want an error", in, m)
		}
	}
}

// A proxy that the user configured is used, also for what is redirected within an origin;
// with follow_redirects: false no redirect is followed, not even one of those.
func TestConfiguredProxyAndRedirects(t *testing.T) {
	for _, follow := range []bool{true, false} {
		var through []string
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			through = append(through, r.URL.String())
			_, _ = io.Copy(io.Discard, r.Body)
			if r.URL.Path == "/api/v1/query" {
				http.Redirect(w, r, "/there/api/v1/query", http.StatusTemporaryRedirect)
				return
			}
			answers(401, "", "seen")(w, r)
		}))
		file := filepath.Join(t.TempDir(), "proxy.yaml")
		if err := os.WriteFile(file, []byte(fmt.Sprintf("proxy_url: %s\nfollow_redirects: %v\n", proxy.URL, follow)), 0o600); err != nil {
			t.Fatal(err)
		}
		rt, err := prometheus.TransportFromFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o := options("http://engine.example.com:9090") // no name is looked up: the proxy is asked
		o.Transport = rt
		_, err = prometheus.Collect(t.Context(), o)
		proxy.Close()
		want := []string{"http://engine.example.com:9090/api/v1/query"}
		if follow {
			want = append(want, "http://engine.example.com:9090/there/api/v1/query")
		}
		if err == nil || !slices.Equal(through, want) {
			t.Errorf("follow %v: asked %v, want %v; %v", follow, through, want, err)
		}
		if got := strings.Contains(fmt.Sprint(err), "401"); got != follow {
			t.Errorf("follow %v: %v", follow, err)
		}
	}
}
