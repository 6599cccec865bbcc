package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// ErrUnreachable is matched by every *Error that is about the API server:
// there is no connection, no access, or no sensible answer.
var ErrUnreachable = errors.New("the Kubernetes API server could not be read")

// ErrConfig is matched by every *Error that is about the kubeconfig or the
// flags, before anything was dialed.
var ErrConfig = errors.New("the connection to Kubernetes is not configured")

// ErrorKind tells what went wrong.
type ErrorKind string

// The kinds of Error.
const (
	KindConfig        ErrorKind = "config"
	KindUnreachable   ErrorKind = "unreachable"
	KindTimeout       ErrorKind = "timeout"
	KindCertificate   ErrorKind = "certificate"
	KindUnauthorized  ErrorKind = "unauthorized"
	KindForbidden     ErrorKind = "forbidden"
	KindNotKubernetes ErrorKind = "not-kubernetes"
	KindServer        ErrorKind = "server" // 5xx, 429
	KindTruncated     ErrorKind = "truncated"
	KindOther         ErrorKind = "other"
)

// Error is a failure that ends the reading. Its text is one line: what was
// tried, on what, what came of it, what to do.
type Error struct {
	Kind    ErrorKind
	Op      string // what was tried, such as "list pods"
	Server  string // without credentials
	Context string // of the kubeconfig; may be empty
	Problem string
	Advice  string
	Err     error
}

// Error gives the one line.
func (e *Error) Error() string {
	where := ""
	if e.Server != "" {
		where = " on " + e.Server
	}
	if e.Context != "" {
		where += fmt.Sprintf(" (context %q)", e.Context)
	}
	return strings.Join(strings.Fields(fmt.Sprintf("kubernetes: %s%s: %s; %s", e.Op, where, e.Problem, e.Advice)), " ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is find the sentinel.
func (e *Error) Is(target error) bool {
	if e.Kind == KindConfig {
		return target == ErrConfig
	}
	return target == ErrUnreachable
}

// wrap makes an Error of what a request came to.
func (c *Client) wrap(op string, err error) error {
	if known := (*Error)(nil); err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err // by the user, who knows
	}
	e := &Error{Op: op, Server: c.server, Context: c.context, Err: err}
	e.Kind, e.Problem, e.Advice = diagnose(err)
	return e
}

func diagnose(err error) (kind ErrorKind, problem, advice string) {
	if kind, problem, advice := diagnoseStatus(err); kind != "" {
		return kind, problem, advice
	}
	var network *net.OpError
	switch {
	case errors.Is(err, origin.ErrNoProgress):
		return KindTimeout, err.Error(), "check the API server's load and the connection, or raise --timeout"
	case errors.Is(err, errGivenUp), errors.Is(err, errKind):
		return KindServer, innermost(err), "try again; if it repeats, the API server or a proxy before it is unwell"
	case errors.Is(err, origin.ErrLarge), errors.Is(err, errSamePage), errors.Is(err, errEmpty), errors.Is(err, errThin), errors.Is(err, errMany), errors.Is(err, errNoObject):
		return KindOther, innermost(err), "check that the address is that of the API server, and the proxy in between"
	case origin.Redirected(err) != nil:
		to := origin.Redirected(err)
		return KindNotKubernetes, to.Error(), to.Advice
	case cutOff(err):
		return KindTruncated, "the answer was cut off in the middle", "try again; if it repeats, look at the proxy or load balancer in between"
	}
	if kind, problem, advice := diagnoseFault(err); kind != "" {
		return kind, problem, advice
	}
	switch {
	case errors.As(err, &network):
		return KindUnreachable, innermost(err), "check that the cluster is up and that its address is right and reachable from here"
	case strings.Contains(err.Error(), "serializer for "): // client-go has no type for it
		return KindNotKubernetes, "the answer is no object of the Kubernetes API: " + innermost(err), "look at the proxy in between, and log in where it asks for it"
	case errors.Is(err, io.EOF):
		return KindUnreachable, "the connection was closed without an answer", "check that the address and port are those of the API server"
	}
	return KindOther, innermost(err), "check the connection with: kubectl version"
}

func diagnoseStatus(err error) (kind ErrorKind, problem, advice string) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return "", "", ""
	}
	code, message := status.Status().Code, short(status.Status().Message)
	switch {
	case code == 401:
		return KindUnauthorized, "the credentials were refused (401)", "log in again or renew the token or client certificate of this context"
	case code == 403:
		return KindForbidden, "access was refused (403): " + message, "bind the roles in deploy/rbac.yaml or deploy/rbac-namespaced.yaml to this user"
	case code == 429:
		return KindServer, "the API server is overloaded (429)", "try again later"
	case code >= 500:
		return KindServer, fmt.Sprintf("the server failed (%d): %s", code, message), "try again; if it repeats, the API server or a proxy before it is unwell"
	case code == 404:
		return KindNotKubernetes, "there is no Kubernetes API at this address (404)", "check the server's address in the kubeconfig, path included"
	}
	return KindOther, fmt.Sprintf("the answer was %d: %s", code, message), "check the connection with: kubectl version"
}

// diagnoseFault goes by the fault of the connection; the kind is empty where there is none.
func diagnoseFault(err error) (kind ErrorKind, problem, advice string) {
	fault, what := origin.FaultOf(err)
	switch fault {
	case origin.OutOfDate:
		return KindCertificate, what, "renew the cluster's certificate, or set this machine's clock right"
	case origin.UnknownAuthority:
		return KindCertificate, what, "check certificate-authority in the kubeconfig and that the address is of this cluster"
	case origin.OtherName:
		return KindCertificate, innermost(err), "use an address that the certificate names, or set tls-server-name in the kubeconfig"
	case origin.BadCertificate:
		return KindCertificate, innermost(err), "check the cluster's certificate"
	case origin.TLSRefused:
		return KindCertificate, what, "check that the client certificate of this context is of this cluster and has not expired"
	case origin.NotTLS:
		return KindNotKubernetes, what, "check the scheme and the port of the server's address in the kubeconfig"
	case origin.Silent:
		return KindTimeout, what, "check that the address is reachable from here (VPN, firewall), or raise --request-timeout"
	case origin.UnknownHost:
		return KindUnreachable, what, "check the server's address in the kubeconfig, and the VPN"
	case origin.Refused:
		return KindUnreachable, innermost(err), "check that the cluster is up and that its address is right and reachable from here"
	}
	return "", "", ""
}

// innermost gives the text of the cause, without the URL that net/http puts
// around it.
func innermost(err error) string {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return short(strings.TrimPrefix(err.Error(), "unexpected error when reading response body. Please retry. Original error: "))
}

// short keeps a message to a line that can be read: a proxy may send a page.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
