package origin_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

func TestFaultOf(t *testing.T) {
	for _, tt := range []struct {
		err  error
		kind origin.FaultKind
		what string
	}{
		{nil, origin.Unknown, ""},
		{errors.New("odd"), origin.Unknown, ""},
		{context.Canceled, origin.Unknown, ""},
		{context.DeadlineExceeded, origin.Silent, "no answer in time"},
		{&net.DNSError{Name: "a.invalid"}, origin.UnknownHost, `the host "a.invalid" is not known`},
		{&net.DNSError{Name: "a.invalid", IsTimeout: true}, origin.Silent, "no answer in time"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, origin.Refused, "connection refused"},
		{x509.UnknownAuthorityError{}, origin.UnknownAuthority, "the server's certificate is signed by an unknown authority"},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, origin.OtherName, "the server's certificate is for another host name"},
		{x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotBefore: time.Unix(0, 0), NotAfter: time.Unix(86400, 0)}}, origin.OutOfDate,
			"the server's certificate is not valid now (it holds from 1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z)"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, origin.BadCertificate, "the server's certificate is not trusted"},
		{x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, origin.BadCertificate, "the server's certificate is not trusted"},
		{tls.RecordHeaderError{}, origin.NotTLS, "the server does not speak TLS"},
		{http.ErrSchemeMismatch, origin.NotTLS, "the server does not speak TLS"},
		{tls.AlertError(42), origin.TLSRefused, "the server refused the TLS connection: tls: bad certificate"},
	} {
		for _, err := range []error{tt.err, fmt.Errorf("asking: %w", &url.Error{Op: "Get", URL: "https://user:secret@a", Err: tt.err})} {
			if tt.err == nil && err != nil {
				continue
			}
			if kind, what := origin.FaultOf(err); kind != tt.kind || what != tt.what {
				t.Errorf("%v: got %d %q, want %d %q", err, kind, what, tt.kind, tt.what)
			}
		}
	}
}
