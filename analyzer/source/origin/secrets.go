package origin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	// shortest is how long a text is at least to be taken for a secret: shorter ones,
	// as a tenant's number, would be found in any message.
	shortest = 4
	// part is how many bytes in a row of a secret are hidden where not all of it is
	// there: messages are cut, and servers cut what they echo.
	part = 8
	// mostSecrets bounds how many are known, and longest the bytes of one.
	mostSecrets, longest = 512, 64 << 10
)

// Secrets are what was sent to servers and may stand in no message: headers, user
// information, parameters of a URL. A server that echoes them, in whatever it
// answers, has none shown. The zero value knows none. It is safe for concurrent use.
type Secrets struct {
	mu    sync.Mutex
	whole map[string]bool
	forms []string        // of the whole ones, the longest first
	parts map[string]bool // of all forms
}

type secretsKey struct{}

// WithSecrets gives a context whose requests say what was sent with them. All that
// is printed of what came of them is to pass Hide.
func WithSecrets(ctx context.Context) (context.Context, *Secrets) {
	s := &Secrets{}
	return context.WithValue(ctx, secretsKey{}, s), s
}

// SecretsOf gives the secrets that a context keeps; without any they are forgotten.
func SecretsOf(ctx context.Context) *Secrets {
	if s, ok := ctx.Value(secretsKey{}).(*Secrets); ok {
		return s
	}
	return &Secrets{}
}

// Add adds secrets that no request shows as such.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) < shortest || len(secret) > longest || s.whole[secret] || len(s.whole) >= mostSecrets {
			continue
		}
		if s.whole == nil {
			s.whole, s.parts = map[string]bool{}, map[string]bool{}
		}
		s.whole[secret] = true
		for _, form := range formsOf(secret) {
			s.forms = append(s.forms, form)
			for i := 0; i+part <= len(form); i++ {
				s.parts[form[i:i+part]] = true
			}
		}
	}
	// A part of one may be another.
	slices.SortStableFunc(s.forms, func(a, b string) int { return len(b) - len(a) })
}

// formsOf lists the ways in which a secret may be written.
func formsOf(secret string) []string {
	quoted := strconv.Quote(secret)
	forms := []string{secret, url.PathEscape(secret), url.QueryEscape(secret), quoted[1 : len(quoted)-1]}
	if text, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(text[1:len(text)-1]))
	}
	if folded := strings.Join(strings.Fields(secret), " "); len(folded) >= shortest {
		forms = append(forms, folded)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Hide gives a text without the secrets, and without what is left of one that was cut.
func (s *Secrets) Hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range s.forms {
		text = strings.ReplaceAll(text, form, "...")
	}
	if len(s.parts) == 0 || len(text) < part {
		return text
	}
	var out strings.Builder
	from, hidden := 0, -1 // what is not written yet, and the end of what is hidden
	for i := 0; i+part <= len(text); i++ {
		if !s.parts[text[i:i+part]] {
			continue
		}
		if i > hidden {
			out.WriteString(text[max(from, hidden):i])
			out.WriteString("...")
		}
		hidden = i + part
		from = hidden
	}
	if hidden < 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

// Unsaid gives a text of a server without what was sent to it, tenants included.
// sent is the request as it left, nil where that is not known.
func Unsaid(sent *http.Request, text string) string {
	if sent == nil || text == "" {
		return text
	}
	var s Secrets
	s.Add(secretsOf(sent)...)
	for name, values := range sent.Header {
		if tenants[name] {
			s.Add(values...)
		}
	}
	return s.Hide(text)
}

// Noting is a transport that adds to the secrets of a request's context what is
// sent with it: rt may be one that adds credentials of its own.
func Noting(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	return noting{rt}
}

type noting struct{ http.RoundTripper }

// RoundTrip notes what was sent. Only what is answered can be echoed.
func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.RoundTripper.RoundTrip(r)
	if kept, ok := r.Context().Value(secretsKey{}).(*Secrets); ok && resp != nil {
		kept.Add(secretsOf(r)...)
		if resp.Request != nil {
			kept.Add(secretsOf(resp.Request)...)
		}
	}
	return resp, err
}

// harmless are headers without a secret; those of which only the beginning is
// named end in a dash.
var harmless = []string{
	"Accept", "Accept-", "Cache-Control", "Connection", "Content-", "Date", "Expect", "Host", "If-", "Impersonate-", "Range", "Referer", "Te", "Traceparent", "Upgrade", "User-Agent",
	"X-Amz-Content-Sha256", "X-Amz-Date", "X-Ms-", "X-Prometheus-",
}

// tenants are headers with names of tenants. They are no secret, and may be those
// of namespaces, which reports are full of.
var tenants = map[string]bool{"X-Scope-Orgid": true, "Thanos-Tenant": true, "X-Tenant": true, "X-Tenant-Id": true, "Accountid": true, "Projectid": true}

// plain are headers of a request that a user may set and that say nothing of who asks.
var plain = []string{"Accept", "Accept-Language", "Cache-Control", "Date", "Expect", "Range", "Te", "Traceparent"}

// Plain reports whether what a user gives as the values of a header is no secret: names
// of tenants, and what every client sends.
func Plain(header string) bool {
	header = http.CanonicalHeaderKey(header)
	return tenants[header] || slices.Contains(plain, header)
}

func isHarmless(header string) bool {
	return tenants[header] || slices.ContainsFunc(harmless, func(h string) bool {
		return header == h || strings.HasSuffix(h, "-") && strings.HasPrefix(header, h)
	})
}

// ours are the parameters that the program itself puts into URLs, and those of
// signatures that say nothing alone.
var ours = map[string]bool{
	"query": true, "time": true, "start": true, "end": true, "step": true, "timeout": true, "match[]": true, "max_source_resolution": true, "dedup": true, "partial_response": true, "nocache": true,
	"limit": true, "continue": true, "labelSelector": true, "fieldSelector": true, "resourceVersion": true, "resourceVersionMatch": true,
	"api-version": true, "$filter": true, "$skip": true, "$top": true, "currencyCode": true, "list-type": true, "prefix": true, "delimiter": true, "location": true, "x-id": true, "comp": true, "restype": true,
	"X-Amz-Algorithm": true, "X-Amz-Credential": true, "X-Amz-Date": true, "X-Amz-Expires": true, "X-Amz-SignedHeaders": true, "Expires": true,
	"sv": true, "sp": true, "sr": true, "se": true, "st": true, "spr": true, "ss": true, "srt": true, "skoid": true, "sktid": true, "skt": true, "ske": true, "sks": true, "skv": true,
}

// schemes begin an Authorization and are no secret.
var schemes = []string{"bearer", "basic", "digest", "token", "apikey", "negotiate"}

// secretsOf lists what may be secret in a request.
func secretsOf(sent *http.Request) (out []string) {
	for name, values := range sent.Header {
		if isHarmless(name) {
			continue
		}
		for _, v := range values {
			switch {
			case strings.HasPrefix(v, "AWS4-HMAC-"): // signs one request
			case name == "Authorization" || name == "Proxy-Authorization" || name == "Cookie":
				for word := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ';' }) {
					if !slices.Contains(schemes, strings.ToLower(word)) {
						out = append(out, word)
					}
				}
			default:
				out = append(out, v)
			}
		}
	}
	if _, password, ok := sent.BasicAuth(); ok {
		out = append(out, password)
	}
	if user := sent.URL.User; user != nil {
		password, ok := user.Password()
		out = append(out, password, user.String(), base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
		if !ok { // a token in place of a user
			out = append(out, user.Username())
		}
	}
	return append(append(out, parameters(sent.URL.Query())...), formOf(sent)...)
}

// parameters lists the values that the user gave.
func parameters(query url.Values) (out []string) {
	for name, values := range query {
		for _, v := range values {
			if !ours[name] && v != "true" && v != "false" && strings.Trim(v, "0123456789.") != "" {
				out = append(out, v)
			}
		}
	}
	return out
}

// formOf lists what a request for a token holds.
func formOf(sent *http.Request) []string {
	if sent.GetBody == nil || sent.ContentLength > longest || sent.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return nil
	}
	body, err := sent.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, longest))
	if err != nil || !strings.Contains(string(text), "grant_type=") {
		return nil
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil
	}
	form.Del("grant_type")
	form.Del("scope")
	form.Del("client_id")
	return parameters(form)
}

// Writer hides the secrets in what is written to w, a line or a piece of text at a time.
func (s *Secrets) Writer(w io.Writer) io.Writer { return hiding{w, s} }

type hiding struct {
	w io.Writer
	s *Secrets
}

// Write writes all or fails.
func (h hiding) Write(p []byte) (int, error) {
	if _, err := io.WriteString(h.w, h.s.Hide(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
