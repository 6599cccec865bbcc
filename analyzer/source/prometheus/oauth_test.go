package prometheus_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// A token_url that points elsewhere gets no secret of ours there: 307 and 308
// would send the body, with the client's secret in it, once more.
func TestRedirectsOfTokenURL(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	defer other.Close()
	for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		tokens := httptest.NewServer(http.RedirectHandler(other.URL+"/token?sig=s3cret", code))
		engine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { t.Error("the engine was asked without a token") }))
		rt, err := prometheus.TransportFromFile(write(t, t.TempDir(), "http.yml",
			"oauth2:\n  client_id: ann\n  client_secret: s3cret\n  token_url: "+tokens.URL+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: rt}).Get(engine.URL)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			t.Errorf("%d: got an answer, want the redirect refused", code)
		} else if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "is not followed") {
			t.Errorf("%d: got %v, want the redirect named without a secret", code, err)
		}
		tokens.Close()
		engine.Close()
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other server was asked %d times", n)
	}
}
