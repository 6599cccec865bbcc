// Package origin keeps what is sent to a server with that server: a redirect
// to another host, port or scheme is not followed, since headers, bodies and
// the credentials that a transport adds would go along. It also shows URLs
// without what may be secret, and bounds what a server may answer.
package origin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// mostRedirects bounds a chain within one origin.
const mostRedirects = 10

// RedirectError is a redirect that was not followed. Its text holds no secret.
type RedirectError struct {
	Status   int
	From, To string // as Show gives them
	// Advice is what to do.
	Advice string
	loop   bool
	beyond bool // on the same server, but not where was asked
}

// Error says where the server pointed.
func (e *RedirectError) Error() string {
	if e.loop {
		return fmt.Sprintf("it redirects more than %d times, at last to %s", mostRedirects, e.To)
	}
	if e.beyond {
		return fmt.Sprintf("it answered %d and points to %s, beyond what was asked, which is not followed: the server would take that for our own request", e.Status, e.To)
	}
	return fmt.Sprintf("it answered %d and points to another server, %s, which is not followed: credentials stay with the server that was asked", e.Status, e.To)
}

// Client is a client whose requests stay with the server that is asked, and whose
// secrets are known to their context. rt may be nil for the default.
func Client(rt http.RoundTripper) *http.Client {
	return &http.Client{Transport: Noting(rt), CheckRedirect: Stay}
}

// Stay is an http.Client's CheckRedirect: it lets redirects within one origin
// pass and gives a *RedirectError for the others.
func Stay(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	e := &RedirectError{From: Show(first.String()), To: Show(next.URL.String())}
	if next.Response != nil {
		e.Status = next.Response.StatusCode
		e.To = Unsaid(next.Response.Request, e.To)
	}
	switch {
	case !Same(first, next.URL):
		e.Advice = advise(first, next.URL)
		return e
	case !within(scope(first.Path), next.URL.Path):
		e.beyond, e.Advice = true, "look at what answers there"
		return e
	case len(via) >= mostRedirects:
		e.loop, e.Advice = true, "check the URL, and the proxy in between"
		return e
	}
	return nil
}

// behind is the path of what the API server passes requests on to: a service,
// pod or node, or another server's API group. Whoever runs that may answer
// anything, and our token opens the API server's other doors.
var behind = regexp.MustCompile(`^.*?/(api/v1/(namespaces/[^/]+/(services|pods)|nodes)/[^/]+/proxy|apis/[^/]+)/`)

// scope gives the path below which redirects of a request must stay; "" is all
// of the server.
func scope(asked string) string { return behind.FindString(asked + "/") }

// within reports whether a path, with no dots in it that lead out again, lies
// below a scope.
func within(scope, to string) bool {
	return scope == "" || strings.HasPrefix(to, scope) && path.Clean(to) == strings.TrimSuffix(to, "/")
}

func advise(from, to *url.URL) string {
	if strings.EqualFold(from.Hostname(), to.Hostname()) && from.Scheme == "http" && to.Scheme == "https" {
		base := url.URL{Scheme: to.Scheme, Host: to.Host}
		return "use " + base.String() + "... in place of http://"
	}
	return "give that server's own URL if it is the right one, or log in where a proxy asks for it"
}

// Same reports whether two URLs have one scheme, host and port.
func Same(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// Redirected finds a *RedirectError in what a client gave back.
func Redirected(err error) *RedirectError {
	var e *RedirectError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// word is what may be a URL in a message: no quotes, brackets or commas end it.
var word = regexp.MustCompile(`[^\s"'<>()\[\],;]+`)

// Redact shows the URLs of a message, and what was meant to be one, without what
// may be secret: the name of a file that is not there may be a URL with a slash too
// few. Digests of images stay.
func Redact(message string) string {
	if !strings.ContainsAny(message, "@?") {
		return message
	}
	return word.ReplaceAllStringFunc(message, func(w string) string {
		at := strings.LastIndexByte(w, '@')
		switch {
		case strings.Contains(w, "://") && (at >= 0 || strings.Contains(w, "?")):
			return Show(w)
		case at >= 0 && strings.Contains(w[:at], ":") && !strings.HasPrefix(w[at:], "@sha"):
			w = "..." + w[at:]
			fallthrough
		case strings.Contains(w, ":/"):
			w, _, _ = strings.Cut(w, "?")
		}
		return w
	})
}

// Show gives a URL as it may be printed: scheme, host and path, without user,
// password, query and fragment. What is no URL comes back as it is, unless an @
// says that a user may stand in it.
func Show(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok { // no URL: what stands before the last @ may all be secret
		scheme, rest = "", raw[strings.LastIndexByte(raw, '@')+1:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	host, tail, slash := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	} else if web := scheme == "http" || scheme == "https"; web && strings.Contains(tail, "@") {
		// A slash in a password ends the host too early: what stands before
		// the last @ may all be secret.
		host, tail, slash = strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
	}
	if _, port, has := strings.Cut(host, ":"); has && !strings.HasPrefix(host, "[") && strings.Trim(port, "0123456789") != "" {
		host, tail, slash = "...", "", false // no port: a password that was cut at its ? or #
	}
	if strings.HasPrefix(host, "[") && !strings.Contains(host, "]") {
		host, tail, slash = "...", "", false
	}
	if slash {
		host += "/"
	}
	if !ok {
		return host + tail
	}
	return scheme + "://" + host + tail
}
