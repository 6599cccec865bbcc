package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/common/config"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// jwtBearer is the grant type with a signed assertion in place of a secret.
const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// oauth adds OAuth2 tokens to requests. Prometheus' own round tripper asks for
// them with a client that follows redirects anywhere with the client's secret
// in the body, and that waits without an end; this one stays with token_url, and
// ends with the question that needs the token.
type oauth struct {
	conf   *config.OAuth2
	client *http.Client // for tokens
	base   http.RoundTripper

	kept chan kept // holds one: whoever has it may ask for the next token
}

// kept is the last token, and the secret that it was got with.
type kept struct {
	secret string
	token  *oauth2.Token
}

func newOAuth(conf *config.OAuth2, base http.RoundTripper) (*oauth, error) {
	if conf.ClientSecretRef != "" || conf.ClientCertificateKeyRef != "" {
		return nil, errors.New("references to a secret manager are not known here; use client_secret_file")
	}
	rt, err := config.NewRoundTripperFromConfig(config.HTTPClientConfig{TLSConfig: conf.TLSConfig, ProxyConfig: conf.ProxyConfig, EnableHTTP2: true}, userAgent)
	if err != nil {
		return nil, err
	}
	o := &oauth{conf: conf, client: origin.Client(rt), base: base, kept: make(chan kept, 1)}
	o.kept <- kept{}
	return o, nil
}

// RoundTrip adds a token.
func (o *oauth) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := o.token(r.Context())
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as a RoundTripper must
		}
		return nil, &tokenError{at: origin.Show(o.conf.TokenURL), err: err}
	}
	return (&oauth2.Transport{Source: oauth2.StaticTokenSource(token), Base: o.base}).RoundTrip(r)
}

// tokenError is a failure to get a token. It unwraps to its cause.
type tokenError struct {
	at  string // token_url, as it may be shown
	err error
}

// Error names the server, without the URL that net/http puts around the cause.
func (e *tokenError) Error() string {
	what := rootCause(e.err)
	var refused *oauth2.RetrieveError
	switch {
	case errors.Is(e.err, context.DeadlineExceeded):
		what = "no answer in time"
	case errors.As(e.err, &refused) && refused.Response != nil:
		what = fmt.Sprintf("answered %d %s", refused.Response.StatusCode, http.StatusText(refused.Response.StatusCode))
		if text := strings.TrimSpace(string(refused.Body)); text != "" && !strings.HasPrefix(text, "<") {
			what += ": " + text
		}
	}
	return fmt.Sprintf("no OAuth2 token from %s: %s", e.at, oneLine(what))
}

// Unwrap gives the cause.
func (e *tokenError) Unwrap() error { return e.err }

// token gives one that holds. One question asks for it and the others wait, each
// no longer than it would for its own answer. The secret's file is read anew each
// time, since it may have been renewed.
func (o *oauth) token(ctx context.Context) (*oauth2.Token, error) {
	secret, err := o.secret()
	if err != nil {
		return nil, err
	}
	var last kept
	select {
	case last = <-o.kept:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { o.kept <- last }()
	if last.secret == secret && last.token.Valid() {
		return last.token, nil
	}
	hidden := origin.SecretsOf(ctx)
	hidden.Add(secret)
	for _, v := range o.conf.EndpointParams {
		hidden.Add(v)
	}
	token, err := o.source(context.WithValue(ctx, oauth2.HTTPClient, o.client), secret).Token()
	if err != nil {
		return nil, err
	}
	last = kept{secret, token}
	return token, nil
}

func (o *oauth) secret() (string, error) {
	secret, file := string(o.conf.ClientSecret), o.conf.ClientSecretFile
	if o.conf.GrantType == jwtBearer {
		secret, file = string(o.conf.ClientCertificateKey), o.conf.ClientCertificateKeyFile
	}
	if file == "" {
		return secret, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("oauth2 secret %s: %s", file, reason(err))
	}
	return strings.TrimSpace(string(content)), nil
}

// source asks for one token within ctx.
func (o *oauth) source(ctx context.Context, secret string) oauth2.TokenSource {
	params := url.Values{}
	for name, value := range o.conf.EndpointParams {
		params.Set(name, value)
	}
	if o.conf.GrantType != jwtBearer {
		c := &clientcredentials.Config{ClientID: o.conf.ClientID, ClientSecret: secret, Scopes: o.conf.Scopes, TokenURL: o.conf.TokenURL, EndpointParams: params}
		return c.TokenSource(ctx)
	}
	c := &config.JwtGrantTypeConfig{
		PrivateKey: []byte(secret), PrivateKeyID: o.conf.ClientCertificateKeyID, Scopes: o.conf.Scopes, TokenURL: o.conf.TokenURL,
		SigningAlgorithm: signing(o.conf.SignatureAlgorithm), Iss: o.conf.Iss, Subject: o.conf.ClientID, Audience: o.conf.Audience,
		PrivateClaims: o.conf.Claims, EndpointParams: params,
	}
	if c.Iss == "" {
		c.Iss = o.conf.ClientID
	}
	return c.TokenSource(ctx)
}

// signing is the algorithm of that name, RS256 by default.
func signing(name string) *jwt.SigningMethodRSA {
	switch name {
	case jwt.SigningMethodRS384.Name:
		return jwt.SigningMethodRS384
	case jwt.SigningMethodRS512.Name:
		return jwt.SigningMethodRS512
	}
	return jwt.SigningMethodRS256
}
