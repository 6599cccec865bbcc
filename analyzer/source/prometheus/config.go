package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/config"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// TransportFromFile reads Prometheus' own HTTP client configuration
// (basic_auth, authorization, oauth2, tls_config, http_headers, proxy_url and
// so on, as under a scrape job; paths are relative to the file) and gives the
// transport it describes. Errors are one line and never quote a value, since
// values may be secrets.
func TransportFromFile(path string) (http.RoundTripper, error) {
	content, err := disk.ReadFile(context.Background(), path)
	if err != nil {
		return nil, fmt.Errorf("prometheus configuration %s: %s", path, reason(err))
	}
	if err := manifest.CheckAliases(content); err != nil {
		return nil, fmt.Errorf("prometheus configuration %s: %w", path, err)
	}
	cfg, err := load(content)
	if err != nil {
		return nil, fmt.Errorf("prometheus configuration %s: %s; want an HTTP client configuration, such as basic_auth with username and password_file", path, withoutValues(err))
	}
	cfg.SetDirectory(filepath.Dir(path))
	if err := checkFiles(cfg); err != nil {
		return nil, fmt.Errorf("prometheus configuration %s: %w", path, err)
	}
	rt, err := transportOf(*cfg)
	if err != nil {
		return nil, fmt.Errorf("prometheus configuration %s: %s", path, withoutValues(err))
	}
	return &configured{rt, cfg.FollowRedirects, secretsIn(cfg)}, nil
}

// secretsIn lists what may be secret in the headers that the user wrote, whatever
// they are called; names of tenants are none. Other credentials are known once they are sent.
func secretsIn(cfg *config.HTTPClientConfig) (out []string) {
	add := func(secrets []config.Secret) {
		for _, s := range secrets {
			out = append(out, string(s))
		}
	}
	for _, secrets := range cfg.ProxyConnectHeader {
		add(secrets)
	}
	if cfg.HTTPHeaders == nil {
		return out
	}
	for name, h := range cfg.HTTPHeaders.Headers {
		add(h.Secrets)
		if !origin.Plain(name) {
			out = append(out, h.Values...)
		}
		for _, file := range h.Files {
			if content, err := disk.ReadFile(context.Background(), file); err == nil { // else no request is sent
				out = append(out, strings.TrimSpace(string(content)))
			}
		}
	}
	return out
}

func transportOf(cfg config.HTTPClientConfig) (http.RoundTripper, error) {
	tokens := cfg.OAuth2
	cfg.OAuth2 = nil
	rt, err := config.NewRoundTripperFromConfig(cfg, userAgent)
	if err != nil || tokens == nil {
		return rt, err
	}
	return newOAuth(tokens, rt)
}

// configured is a transport of which is known whether redirects are followed, and
// what may not be shown.
type configured struct {
	http.RoundTripper
	follow  bool
	secrets []string
}

// RoundTrip tells the request's context what is sent with it.
func (c *configured) RoundTrip(r *http.Request) (*http.Response, error) {
	origin.SecretsOf(r.Context()).Add(c.secrets...)
	return c.RoundTripper.RoundTrip(r)
}

// checkRedirect is an http.Client's: redirects stay with the server that was
// asked, and are not followed at all where the configuration says so.
func checkRedirect(rt http.RoundTripper) func(*http.Request, []*http.Request) error {
	if c, ok := rt.(*configured); ok && !c.follow {
		return func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return origin.Stay
}

func load(content []byte) (*config.HTTPClientConfig, error) {
	cfg, err := config.LoadHTTPConfig(string(content))
	if err != nil {
		return nil, err
	}
	if len(content) > 0 && cfg.Validate() != nil {
		return nil, cfg.Validate()
	}
	return cfg, nil
}

// quoted matches what the YAML decoder quotes of a file.
var quoted = regexp.MustCompile("`[^`]*`|anchor '[^']*'|\"(?:[^\"\\\\]|\\\\.)*\"|[a-z0-9+.-]+://\\S+")

// version matches what is said of a version that there is not.
var version = regexp.MustCompile(`(version: )\S+`)

func withoutValues(err error) string {
	return oneLine(version.ReplaceAllString(quoted.ReplaceAllString(err.Error(), "a value"), "${1}a value"))
}

// reason strips what the caller has said already off a file's error.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return oneLine(err.Error())
}

// checkFiles opens the files that a configuration names, so that a wrong path
// is told of at once and not with the first query.
func checkFiles(cfg *config.HTTPClientConfig) error {
	files := map[string]string{
		"bearer_token_file": cfg.BearerTokenFile, "tls_config.ca_file": cfg.TLSConfig.CAFile,
		"tls_config.cert_file": cfg.TLSConfig.CertFile, "tls_config.key_file": cfg.TLSConfig.KeyFile,
	}
	if a := cfg.Authorization; a != nil {
		files["authorization.credentials_file"] = a.CredentialsFile
	}
	if b := cfg.BasicAuth; b != nil {
		files["basic_auth.password_file"], files["basic_auth.username_file"] = b.PasswordFile, b.UsernameFile
	}
	if o := cfg.OAuth2; o != nil {
		files["oauth2.client_secret_file"] = o.ClientSecretFile
	}
	for _, field := range slices.Sorted(maps.Keys(files)) {
		if files[field] == "" {
			continue
		}
		if err := checkFile(files[field]); err != nil {
			return fmt.Errorf("%s %s: %s", field, files[field], reason(err))
		}
	}
	return nil
}

// mostSecret bounds a file that holds a password, a key or certificates.
const mostSecret = 16 << 20

// checkFile refuses what the library would read without an end. It can't be read
// twice, so what is no regular file is no file here.
func checkFile(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	case info.Size() > mostSecret:
		return fmt.Errorf("it is larger than %d MiB", mostSecret>>20)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return f.Close()
}
