package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

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
// in the body; this one stays with token_url.
type oauth struct {
	conf   *config.OAuth2
	client *http.Client // for tokens
	base   http.RoundTripper

	mu     sync.Mutex
	secret string
	source oauth2.TokenSource
}

func newOAuth(conf *config.OAuth2, base http.RoundTripper) (*oauth, error) {
	if conf.ClientSecretRef != "" || conf.ClientCertificateKeyRef != "" {
		return nil, errors.New("references to a secret manager are not known here; use client_secret_file")
	}
	rt, err := config.NewRoundTripperFromConfig(config.HTTPClientConfig{TLSConfig: conf.TLSConfig, ProxyConfig: conf.ProxyConfig, EnableHTTP2: true}, userAgent)
	if err != nil {
		return nil, err
	}
	return &oauth{conf: conf, client: origin.Client(rt), base: base}, nil
}

// RoundTrip adds a token. The secret's file is read anew each time, since it
// may have been renewed.
func (o *oauth) RoundTrip(r *http.Request) (*http.Response, error) {
	source, err := o.tokens()
	if err != nil {
		return nil, err
	}
	resp, err := (&oauth2.Transport{Source: source, Base: o.base}).RoundTrip(r)
	if of := (*url.Error)(nil); errors.As(err, &of) {
		of.URL = origin.Show(of.URL) // that of token_url, and of where it points
	}
	return resp, err
}

func (o *oauth) tokens() (oauth2.TokenSource, error) {
	secret, file := string(o.conf.ClientSecret), o.conf.ClientSecretFile
	if o.conf.GrantType == jwtBearer {
		secret, file = string(o.conf.ClientCertificateKey), o.conf.ClientCertificateKeyFile
	}
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("oauth2 secret %s: %s", file, reason(err))
		}
		secret = strings.TrimSpace(string(content))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.source == nil || secret != o.secret {
		ctx := context.WithValue(context.Background(), oauth2.HTTPClient, o.client)
		o.secret, o.source = secret, o.sourceOf(ctx, secret)
	}
	return o.source, nil
}

func (o *oauth) sourceOf(ctx context.Context, secret string) oauth2.TokenSource {
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
