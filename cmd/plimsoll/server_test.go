package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// secret is the password and the token of every test. It must never be seen.
const secret = "hunter2"

// A reply is what a broken server answers.
type reply func(w http.ResponseWriter, r *http.Request)

// answers replies with a status and a body.
func answers(status int, contentType, body string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// refuses replies as the API server does when it refuses.
func refuses(status int, reason, message string) reply {
	return answers(status, "application/json", fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, status))
}

// rejects replies as Prometheus does when it does not take a query.
func rejects(status int, kind, message string) reply {
	return answers(status, "application/json", fmt.Sprintf(`{"status":"error","errorType":%q,"error":%q}`, kind, message))
}

// truncates begins an answer that it does not end.
func truncates(contentType, body string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, body)
	}
}

// hangs does not answer.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client go
	<-r.Context().Done()
}

// connected answers the API server's version, and all else with the reply.
func connected(then reply) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			answers(200, "application/json", `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`)(w, r)
			return
		}
		then(w, r)
	}
}

const loginPage = "<!DOCTYPE html>\n<html><body>Please\nsign in</body></html>"

// server runs a reply: plain, or with TLS and a certificate of its own.
func server(t testing.TB, r reply, security string) (url, ca string) {
	t.Helper()
	if security == "refused" {
		// No listener gets this port by chance. The port of a server that was
		// closed goes to the next one, of a test that runs beside this one.
		return "http://127.0.0.1:1", ""
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(r))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	switch security {
	case "":
		s.Start()
	case "self-signed":
		s.StartTLS()
	case "expired":
		var pair tls.Certificate
		pair, ca = expired(t)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
		s.StartTLS()
	case "not-tls":
		s.Start()
		url = strings.Replace(s.URL, "http:", "https:", 1)
	}
	if url == "" {
		url = s.URL
	}
	t.Cleanup(s.Close)
	return url, ca
}

// expired makes a certificate that ended in 2021, and gives the file of its
// authority, which is itself.
func expired(t testing.TB) (pair tls.Certificate, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(t.TempDir(), "ca-*.pem")
	if err != nil {
		t.Fatal(err)
	}
	if err := pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file.Name()
}

// kubeconfigFor is the text of a kubeconfig with one context, prod.
func kubeconfigFor(url, ca string) string {
	if ca != "" {
		ca = fmt.Sprintf(", certificate-authority: %q", ca)
	}
	return fmt.Sprintf(`apiVersion: v1
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
  user: {token: %s}
`, url, ca, secret)
}

// redirects points to another server.
func redirects(to string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// stalls begins an answer and never goes on with it.
func stalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "5000")
	_, _ = w.Write([]byte(`{"status":`))
	w.(http.Flusher).Flush()
	hangs(w, r)
}
