package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
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
	case origin.Redirected(err) != nil:
		to := origin.Redirected(err)
		out.err, out.advice = to, to.Advice
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
		out.advice, out.err = network(out.err)
	}
	return out
}

// advice says what to do about a refusal, by the store's own code before the
// status.
func (r *refusal) advice() string {
	switch r.code {
	case "NoSuchBucket", "ContainerNotFound":
		return "there is no such bucket or container: check its name, and make it first"
	case "RequestTimeTooSkewed":
		return "set this machine's clock right"
	case "ExpiredToken", "TokenRefreshRequired":
		return "the credentials have expired: log in again"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed", "XAdminUserNotFound": // the last is versitygw's, a 404
		return notAccepted
	case "AuthorizationHeaderMalformed", "PermanentRedirect":
		return elsewhere
	}
	return byStatus(r.status)
}

const (
	notAccepted = "the credentials were not accepted: check which ones are set, and log in again"
	elsewhere   = "the bucket is in another region: set AWS_REGION, or add ?region=NAME to the URL"
)

func byStatus(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return notAccepted
	case http.StatusForbidden:
		return "the credentials may not do this: grant them the reading or writing of this file; a presigned URL may have expired"
	case http.StatusNotFound, http.StatusGone:
		return "there is no such file: check its name, and that what should write it did"
	case http.StatusMovedPermanently:
		return elsewhere
	case http.StatusMethodNotAllowed:
		return "the server takes no files there: give the URL of a store, or one signed for writing"
	}
	if status == http.StatusTooManyRequests || status >= 500 {
		return "try again later"
	}
	return "check the URL"
}

// network puts an error of the connection into words.
func network(err error) (advice string, said error) {
	if errors.Is(err, context.Canceled) {
		return "", err
	}
	kind, what := origin.FaultOf(err)
	switch kind {
	case origin.UnknownHost:
		advice = "check its name, and that it can be resolved from here"
	case origin.Refused:
		advice = "check host and port"
	case origin.UnknownAuthority, origin.BadCertificate, origin.OtherName, origin.OutOfDate:
		advice = "check the host, and that SSL_CERT_FILE names its authority"
	case origin.NotTLS, origin.TLSRefused:
		advice = "check the scheme and the port"
	case origin.Silent:
		advice = "check that the server is reachable from here (firewall, proxy), or try again later"
	}
	if kind != origin.Unknown {
		return advice, errors.New(what)
	}
	return "try again; if it repeats, check the connection", err
}

func dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext
}
