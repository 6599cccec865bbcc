package kube_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

// kubeconfig writes one for a server, with context "prod", and gives its path.
func kubeconfig(t *testing.T, server, ca string) string {
	t.Helper()
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: prod-cluster
  cluster: {server: %q%s}
contexts:
- name: prod
  context: {cluster: prod-cluster, user: me, namespace: team}
users:
- name: me
  user: {token: very-secret}
`, server, ca)
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// status answers as the API server does when it refuses.
func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, code)
}

func version(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`)
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// expired serves TLS with a certificate that ended, and gives the kubeconfig's
// lines that trust its issuer.
func expired(t *testing.T) (url, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubernetes"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, fmt.Sprintf(", certificate-authority: %q", path)
}

// TestBrokenServers shows the one line that each kind of trouble ends in.
func TestBrokenServers(t *testing.T) {
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	defer selfSigned.Close()
	expiredURL, expiredCA := expired(t)
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { version(w) })
	after := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/version" {
				version(w)
				return
			}
			h(w, r)
		}
	}
	for _, c := range []struct {
		name, url, ca string
		kind          kube.ErrorKind
		want          string
	}{
		{"nobody there", "http://127.0.0.1:1", "", kube.KindUnreachable, "connection refused; check that the cluster is up"},
		{"unknown host", "https://kubernetes.invalid:6443", "", kube.KindUnreachable, `the host "kubernetes.invalid" is not known`},
		{"unknown authority", selfSigned.URL, "", kube.KindCertificate, "signed by an unknown authority"},
		{"expired certificate", expiredURL, expiredCA, kube.KindCertificate, "is not valid now (it holds from 2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z)"},
		{"no TLS", strings.Replace(plain, "http:", "https:", 1), "", kube.KindNotKubernetes, "the server does not speak TLS"},
		{"401", serve(t, func(w http.ResponseWriter, _ *http.Request) { status(w, 401, "Unauthorized", "Unauthorized") }), "", kube.KindUnauthorized, "the credentials were refused (401); log in again"},
		{"HTML", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>Please\nsign in</body></html>")
		}), "", kube.KindNotKubernetes, "not that of a Kubernetes API server (<html><body>Please sign in</body></html>)"},
		{"another server", serve(t, http.NotFound), "", kube.KindNotKubernetes, "there is no Kubernetes API at this address (404)"},
		{"503", serve(t, func(w http.ResponseWriter, _ *http.Request) { status(w, 503, "ServiceUnavailable", "etcd is away") }), "", kube.KindServer, "the server failed (503): the server is currently unable"},
		{"502 of a proxy", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<h1>Bad gateway</h1>")
		}), "", kube.KindServer, "the server failed (502)"},
		{"truncated", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"major"`)
		}), "", kube.KindTruncated, "the answer was cut off in the middle"},
		{"no answer", serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "", kube.KindTimeout, "no answer in time; check that the address is reachable"},
		{"403 for everything", serve(t, after(func(w http.ResponseWriter, r *http.Request) {
			status(w, 403, "Forbidden", `pods is forbidden: User "me" cannot list resource "pods"`)
		})), "", kube.KindForbidden, "list pods and workloads, namespace team on"},
		{"503 of a list", serve(t, after(func(w http.ResponseWriter, _ *http.Request) { status(w, 503, "ServiceUnavailable", "no") })), "", kube.KindServer, "list pods on"},
		{"truncated list", serve(t, after(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"kind":"PodList"`)
		})), "", kube.KindTruncated, "the answer was cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, c.url, c.ca), RequestTimeout: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Collect(context.Background(), kube.Options{})
			checkError(t, err, c.kind, c.want)
			if !errors.Is(err, kube.ErrUnreachable) || errors.Is(err, kube.ErrConfig) {
				t.Errorf("%v does not match ErrUnreachable alone", err)
			}
			if !strings.Contains(err.Error(), strings.TrimPrefix(c.url, "http")) || !strings.Contains(err.Error(), `context "prod"`) {
				t.Errorf("server or context is not named: %v", err)
			}
		})
	}
}

func checkError(t *testing.T, err error, kind kube.ErrorKind, want string) {
	t.Helper()
	var e *kube.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want a *kube.Error", err, err)
	}
	if e.Kind != kind {
		t.Errorf("got kind %s, want %s: %v", e.Kind, kind, err)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got:  %v\nwant: ...%s...", err, want)
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("more than one line, or a secret: %q", err)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("clusters: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := kubeconfig(t, "https://127.0.0.1:1", "")
	for _, c := range []struct {
		name  string
		flags kube.Flags
		want  string
	}{
		{"nothing", kube.Flags{}, "no kubeconfig was found, and this is no pod of a cluster; give --kubeconfig FILE"},
		{"no such file", kube.Flags{Kubeconfig: "/none/config"}, "load the kubeconfig /none/config: stat /none/config: no such file or directory"},
		{"malformed", kube.Flags{Kubeconfig: broken}, "load the kubeconfig"},
		{"no such context", kube.Flags{Kubeconfig: good, Context: "test"}, `context "test" does not exist`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := kube.Connect(c.flags)
			checkError(t, err, kube.KindConfig, c.want)
			if !errors.Is(err, kube.ErrConfig) || errors.Is(err, kube.ErrUnreachable) {
				t.Errorf("%v does not match ErrConfig alone", err)
			}
		})
	}
}

// TestCanceled shows that an interrupt stays what it is.
func TestCanceled(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, url, "")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Collect(ctx, kube.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
