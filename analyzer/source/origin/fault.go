package origin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// FaultKind is why there was no connection to a server, or no answer.
type FaultKind int

// The faults that are told apart.
const (
	Unknown          FaultKind = iota // none of these
	UnknownHost                       // its name is nobody's
	Refused                           // nothing listens there
	Silent                            // it did not answer in time
	UnknownAuthority                  // nobody known signed its certificate
	OtherName                         // its certificate is another server's
	OutOfDate                         // its certificate is not valid now
	BadCertificate                    // its certificate is wrong otherwise
	NotTLS                            // it does not speak TLS
	TLSRefused                        // it refused the TLS connection, as without a client's certificate
)

// FaultOf tells the fault of an error of a connection, and puts it into words. What to
// do about it depends on where the server's address came from, and is the caller's to say.
// An error of another kind has no words.
func FaultOf(err error) (kind FaultKind, what string) {
	if kind, what = faultOfTLS(err); kind != Unknown {
		return kind, what
	}
	var dns *net.DNSError
	var slow net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout():
		return Silent, "no answer in time"
	case errors.As(err, &dns):
		return UnknownHost, fmt.Sprintf("the host %q is not known", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, "connection refused"
	}
	return Unknown, ""
}

func faultOfTLS(err error) (kind FaultKind, what string) {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return OutOfDate, fmt.Sprintf("the server's certificate is not valid now (it holds from %s to %s)",
			invalid.Cert.NotBefore.UTC().Format(time.RFC3339), invalid.Cert.NotAfter.UTC().Format(time.RFC3339))
	case errors.As(err, &unknown):
		return UnknownAuthority, "the server's certificate is signed by an unknown authority"
	case errors.As(err, &name):
		return OtherName, "the server's certificate is for another host name"
	case errors.As(err, &invalid):
		return BadCertificate, "the server's certificate is not trusted"
	case errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) || err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return NotTLS, "the server does not speak TLS"
	case errors.As(err, &alert):
		return TLSRefused, "the server refused the TLS connection: " + alert.Error()
	}
	return Unknown, ""
}
