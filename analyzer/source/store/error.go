package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Error is of a store that could not be reached, or that refused.
type Error struct {
	name   string // what was to be read or written, as it may be shown
	err    error
	advice string
}

// Error gives one line: on what, why it failed, what to do.
func (e *Error) Error() string {
	text := e.err.Error()
	if e.name != "" {
		text = e.name + ": " + text
	}
	if e.advice != "" {
		text += "; " + e.advice
	}
	return strings.Join(strings.Fields(text), " ")
}

func (e *Error) Unwrap() error { return e.err }

// refusal is an answer that is no success.
type refusal struct {
	status int
	code   string // the store's own word, "" where there is none
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("answered %d %s", r.status, http.StatusText(r.status))
	if r.code != "" && len(r.code) < 60 {
		text += " (" + r.code + ")"
	}
	return text
}

var errCut = errors.New("the file was cut off in the middle")

// explain says on what it failed, and what to do about it.
func explain(name string, err error) error {
	out := &Error{name: Show(name), err: err}
	var known *Error
	var refused *refusal
	var odd *url.Error
	switch {
	case errors.As(err, &known):
		out.err, out.advice = known.err, known.advice
	case errors.As(err, &refused):
		out.err, out.advice = refused, refused.advice()
	case errors.Is(err, errCut):
		out.advice = "try again; if it repeats, write the file anew"
	default:
		if errors.As(err, &odd) { // its text shows the URL with all its secrets
			out.err = odd.Err
		}
		out.err, out.advice = network(out.err)
	}
	return out
}

// advice says what to do about a refusal.
func (r *refusal) advice() string {
	switch {
	case r.code == "NoSuchBucket" || r.code == "ContainerNotFound":
		return "there is no such bucket or container: check its name, and make it first"
	case r.code == "RequestTimeTooSkewed":
		return "set this machine's clock right"
	case r.code == "ExpiredToken" || r.code == "TokenRefreshRequired":
		return "the credentials have expired: log in again"
	case r.code == "InvalidAccessKeyId" || r.code == "SignatureDoesNotMatch" || r.code == "AuthenticationFailed" || r.status == http.StatusUnauthorized:
		return "the credentials were not accepted: check which ones are set, and log in again"
	case r.status == http.StatusForbidden:
		return "the credentials may not do this: grant them the reading or writing of this file; a presigned URL may have expired"
	case r.status == http.StatusNotFound || r.status == http.StatusGone:
		return "there is no such file: check its name, and that what should write it did"
	case r.status == http.StatusMovedPermanently || r.code == "AuthorizationHeaderMalformed" || r.code == "PermanentRedirect":
		return "the bucket is in another region: set AWS_REGION, or add ?region=NAME to the URL"
	case r.status == http.StatusMethodNotAllowed:
		return "the server takes no files there: give the URL of a store, or one signed for writing"
	case r.status == http.StatusTooManyRequests || r.status >= 500:
		return "try again later"
	}
	return "check the URL"
}

// network puts an error of the connection into words.
func network(err error) (error, string) {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err, ""
	case errors.As(err, &dns):
		return errors.New("the host is not known"), "check its name, and that it can be resolved from here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused"), "check host and port"
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &name):
		return errors.New("the server's certificate is not trusted"), "check the host, and that SSL_CERT_FILE names its authority"
	case errors.As(err, &record), err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return errors.New("the server does not speak TLS"), "check the scheme and the port"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time"), "check that the server is reachable from here (firewall, proxy), or try again later"
	}
	return err, "try again; if it repeats, check the connection"
}

func dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext
}
