package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Kind sorts the failures of an engine by what the user can do about them.
type Kind string

// The kinds of failure.
const (
	KindUnreachable  Kind = "unreachable"  // no connection, no name
	KindTLS          Kind = "tls"          // a certificate that does not convince
	KindUnauthorized Kind = "unauthorized" // 401
	KindForbidden    Kind = "forbidden"    // 403
	KindNotAPI       Kind = "not-api"      // 404, or something else than the API's JSON
	KindTooLarge     Kind = "too-large"    // the engine's limits, even for the smallest part
	KindBadQuery     Kind = "bad-query"    // 400, 422: the engine does not take the query
	KindOverloaded   Kind = "overloaded"   // 429, 5xx after all retries
	KindTimeout      Kind = "timeout"      // no answer in time
	KindTruncated    Kind = "truncated"    // an answer that was cut short
	KindCanceled     Kind = "canceled"     // the caller gave up
	KindStalled      Kind = "stalled"      // no answer was finished for too long
	KindRedirect     Kind = "redirect"     // to another server, which is not asked
)

// Error is a failure to get something from an engine. Its text is one line:
// what was tried, on what, what came, and what to do next. It never holds a
// credential.
type Error struct {
	Kind   Kind
	Doing  string // what was tried, such as "reading CPU usage"
	URL    string // without user, password and query
	Status int    // HTTP status, 0 without an answer
	What   string // what came instead
	Next   string // what to do
	Err    error  // the cause, may be nil
	// Midway says that the engine had answered other questions before.
	Midway bool

	retryAfter time.Duration
	given      bool // up: too many answers failed, so that no other is asked for
	cut        bool // what came before is a part of the answer, and was handed on
}

// Error gives the one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s from Prometheus at %s: %s", e.Doing, e.URL, e.What)
	if e.Next != "" {
		s += "; " + e.Next
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// retryable reports whether the same question may be answered a moment later.
func (e *Error) retryable() bool {
	switch e.Kind {
	case KindOverloaded, KindTruncated:
		return true
	case KindUnreachable:
		return errors.Is(e.Err, syscall.ECONNRESET) || errors.Is(e.Err, io.EOF) || errors.Is(e.Err, io.ErrUnexpectedEOF)
	}
	return false
}

// fatal reports whether every other question would fail alike.
func (e *Error) fatal() bool {
	switch e.Kind {
	case KindUnreachable, KindTLS, KindUnauthorized, KindForbidden, KindNotAPI, KindCanceled, KindRedirect, KindStalled:
		return true
	}
	return e.given
}

// transportError explains why there was no answer.
func transportError(ctx context.Context, err error) *Error {
	cause := rootCause(err)
	e := &Error{Kind: KindUnreachable, Err: err, What: cause, Next: "check the URL and that the engine runs and is reachable from here"}
	switch {
	case origin.Stalled(ctx) != nil:
		e.Kind, e.What, e.Next = KindStalled, origin.Stalled(ctx).Error(), "look at the engine's load, or raise --timeout"
	case errors.Is(ctx.Err(), context.Canceled):
		e.Kind, e.What, e.Next = KindCanceled, "canceled", ""
	case origin.Redirected(err) != nil:
		to := origin.Redirected(err)
		e.Kind, e.What, e.Next = KindRedirect, to.Error(), to.Advice
	default:
		e.connection(err, cause)
	}
	if of := (*tokenError)(nil); errors.As(err, &of) && e.Kind != KindCanceled && e.Kind != KindStalled {
		e.What = of.Error()
		if origin.Redirected(err) == nil {
			e.Next = "check oauth2.token_url and the client's id and secret in the file given with --prometheus-config"
		}
	}
	return e
}

// connection explains what kept the engine from being reached, where that is known.
func (e *Error) connection(err error, cause string) {
	kind, what := origin.FaultOf(err)
	if kind != origin.Unknown {
		e.What = what
	}
	switch kind {
	case origin.Silent:
		e.Kind, e.Next = KindTimeout, "raise --request-timeout, shorten the window, or look at the engine's load"
	case origin.UnknownHost:
		e.Next = "check the URL; a name inside the cluster resolves only there"
	case origin.Refused:
		e.Next = "check host and port, and that a port-forward or the engine itself is running"
	case origin.UnknownAuthority:
		e.Kind, e.Next = KindTLS, "name the authority as tls_config.ca_file in the file given with --prometheus-config"
	case origin.OtherName:
		e.Kind, e.Next = KindTLS, "use the name in the certificate, or set tls_config.server_name in the file given with --prometheus-config"
	case origin.OutOfDate:
		e.Kind, e.Next = KindTLS, "renew it, and check this machine's clock"
	case origin.NotTLS:
		e.Kind, e.Next = KindTLS, "write http:// in place of https://"
	case origin.BadCertificate, origin.TLSRefused:
		e.Kind, e.Next = KindTLS, "check tls_config in the file given with --prometheus-config"
	default:
		if strings.Contains(cause, "tls: ") || strings.Contains(cause, "x509: ") {
			e.Kind, e.Next = KindTLS, "check tls_config in the file given with --prometheus-config"
		}
	}
}

// rootCause is the innermost text on one line; the outer ones hold the URL
// with all that may be in it.
func rootCause(err error) string {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return oneLine(err.Error())
}

// oneLine keeps foreign text to one line of bounded length.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "..."
	}
	return s
}

// statusError explains an answer that is an error. text is the engine's own
// message, html says that the body was a web page.
func statusError(status int, text string, html bool) *Error {
	e := &Error{Status: status, What: fmt.Sprintf("answered %d %s", status, http.StatusText(status))}
	if text != "" && !html {
		e.What += ": " + oneLine(text)
	}
	switch {
	case status/100 == 3:
		e.Kind, e.Next = KindRedirect, "follow_redirects is false in the file given with --prometheus-config, or the answer names no place; give the URL that answers itself"
	case status == http.StatusUnauthorized:
		e.Kind, e.Next = KindUnauthorized, "give basic_auth or authorization in the file given with --prometheus-config"
	case status == http.StatusForbidden:
		e.Kind, e.Next = KindForbidden, "the credentials are known but may not query; check their rights, or the tenant header"
	case tooLarge(status, text):
		e.Kind, e.Next = KindTooLarge, "raise the engine's limit (Prometheus: --query.max-samples), or shorten the window"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		e.Kind, e.Next = KindNotAPI, "give the URL up to, not including, /api/v1 (for example http://host:9090 or https://host/prometheus)"
	case status == http.StatusTooManyRequests:
		e.Kind, e.Next = KindOverloaded, "it limits the rate of queries; try again later, or raise its limit"
	case status >= 500:
		e.Kind, e.Next = KindOverloaded, "it or a proxy before it is overloaded or down; look at its log, or try again later"
	case html:
		e.Kind, e.Next = KindNotAPI, "this is no Prometheus API; check the URL"
	default:
		e.Kind, e.Next = KindBadQuery, "the engine does not take this query; is it compatible with Prometheus?"
	}
	return e
}

// tooLarge knows the limits of the engines by their words, since they share
// no code for them.
func tooLarge(status int, text string) bool {
	if status == http.StatusRequestEntityTooLarge || status == http.StatusRequestURITooLong {
		return true
	}
	if status != http.StatusUnprocessableEntity && status != http.StatusBadRequest && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
		return false
	}
	text = strings.ToLower(text)
	for _, s := range []string{
		"too many samples", "exceeded maximum resolution", "maximum allowed", "max-query", "exceeds limit", "exceeded limit", "the query hit",
		"exceeds the limit", "limit exceeded", "exceeded chunks limit", "exceeded series limit", "exceeded samples limit", "exceeded bytes limit",
		"resourceexhausted", "resource exhausted", "limit violated", "violated (got", "context deadline exceeded", "max-samples", "max-fetched", "fetched more than", "-search.max", "too many points", "query timed out", "query exceeded",
	} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// notAPI explains a 200 that is not the API's JSON.
func notAPI(html bool, err error) *Error {
	if html {
		return &Error{Kind: KindNotAPI, Status: 200, Err: err, What: "answered HTML, not JSON",
			Next: "is this a login page or a proxy? check the URL and the credentials"}
	}
	return &Error{Kind: KindNotAPI, Status: 200, Err: err, What: "answered something else than the API's JSON: " + oneLine(strings.TrimPrefix(err.Error(), errSyntax.Error()+": ")),
		Next: "check that the URL is that of a Prometheus-compatible engine"}
}

func truncated(err error) *Error {
	return &Error{Kind: KindTruncated, Err: err, What: "the answer was cut short",
		Next: "a proxy's size or time limit may be in the way; ask the engine directly, or shorten the window"}
}

// endless explains an answer that no question asks for: it is taken no further.
func endless(err error) *Error {
	return &Error{Kind: KindNotAPI, Status: 200, Err: err, What: "its answer has no end: " + oneLine(strings.TrimPrefix(err.Error(), errEndless.Error()+": ")),
		Next: "check that the URL is that of a Prometheus-compatible engine, and the proxy in between"}
}
