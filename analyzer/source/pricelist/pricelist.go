// Package pricelist reads the clouds' price lists over HTTPS: Azure's Retail Prices
// API and Google's Cloud Billing Catalog, whose answers come in pages, and AWS' bulk
// files of a region, which are streamed. Plain HTTP does: Google's needs a key, the
// others nothing. AWS' GetProducts and spot prices are signed by AWS' own signer.
//
// An answer that is cut, that is no JSON or that lacks what it should have is an
// error: a list is read whole or not at all.
package pricelist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Price is what a machine of a type costs an hour, in USD; 0 where the list does not say.
type Price struct {
	InstanceType                           string
	OnDemand, Spot, Reserved1y, Reserved3y float64
	// VCPUs and MemoryGiB are 0 where the list does not say.
	VCPUs, MemoryGiB float64
	// Band is how often spot machines are reclaimed, and SpotSource where Spot was read, if elsewhere.
	Band, SpotSource string
}

// Reader reads price lists. The zero value dials the public endpoints.
type Reader struct {
	Client *http.Client
	// Endpoint is where the list is, in place of the public address.
	Endpoint string
	// Limit is how long the server may stand still, where Client is not given; 0 is nine seconds.
	Limit time.Duration
	// Tries is how often a request is made that the server is too busy for; 0 is 4.
	Tries int
	// Pause is between the first two tries, and doubles; 0 is a second.
	Pause time.Duration
	// Say is told what is being done; nil is nobody.
	Say func(what string)

	waited time.Duration // for servers that were busy, in all
	google *gcpList      // Google's, once it was read
}

// errBusy marks answers that are worth another try.
var errBusy = errors.New("the server is busy or broken")

// open asks for a public URL. The caller closes the body.
func (r *Reader) open(ctx context.Context, address string) (io.ReadCloser, error) {
	return r.ask(ctx, address, nil)
}

// ask asks for a URL until it answers with 200; sign may add headers to each request.
// A server that is busy is asked again, within maxWait a time and mostWait in all.
func (r *Reader) ask(ctx context.Context, address string, sign func(*http.Request) error) (io.ReadCloser, error) {
	tries, pause := cmp.Or(r.Tries, 4), cmp.Or(r.Pause, time.Second)
	for n := 1; ; n++ {
		body, wait, err := r.once(ctx, address, sign)
		if err == nil || !errors.Is(err, errBusy) || n >= tries {
			return body, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("GET %s: %w", origin.Show(address), ctx.Err())
		}
		wait = max(wait, pause)
		if wait > maxWait || r.waited+wait > mostWait {
			return nil, fmt.Errorf("%w; it would have to be waited for %s more, over the %s a time and %s in all that are waited: try again later", err, wait, maxWait, mostWait)
		}
		r.waited += wait
		r.say(fmt.Sprintf("waiting %s for the price list, which answered %s; try %d of %d follows", wait, statusOf(err), n+1, tries))
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("GET %s: %w", origin.Show(address), ctx.Err())
		case <-timer.C:
		}
		pause *= 2
	}
}

// say tells what is done now, where somebody wants to know.
func (r *Reader) say(what string) {
	if r.Say != nil {
		r.Say(what)
	}
}

// maxWait bounds how long a server can make the program wait between two tries,
// and mostWait how long in all.
const maxWait, mostWait = 30 * time.Second, time.Minute

// statusError is an answer that is none.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("answered %d %s", int(s), http.StatusText(int(s)))
}

// statusOf names the status that an error is of.
func statusOf(err error) string {
	var s statusError
	if errors.As(err, &s) {
		return strconv.Itoa(int(s))
	}
	return "nothing"
}

// client is Client, or one that stays with the server that is asked and gives up one
// that stands still.
func (r *Reader) client() *http.Client {
	if r.Client == nil {
		limit := cmp.Or(r.Limit, 9*time.Second)
		dialled := http.DefaultTransport.(*http.Transport).Clone()
		dialled.TLSHandshakeTimeout = min(dialled.TLSHandshakeTimeout, limit)
		r.Client = origin.Client(origin.Paced(dialled, limit))
	}
	return r.Client
}

// explain gives the cause of a failed request. The URL that net/http puts around it
// may hold a key.
func (r *Reader) explain(ctx context.Context, err error) error {
	var of *url.Error
	for errors.As(err, &of) {
		err = of.Err
	}
	switch to := origin.Redirected(err); {
	case ctx.Err() != nil:
		return err
	case to != nil:
		return fmt.Errorf("%w; %s", to, to.Advice)
	case errors.Is(err, context.DeadlineExceeded):
		return errStill
	}
	return fmt.Errorf("%w: %w", errBusy, err)
}

// errStill is a server that stands still, which is asked once.
var errStill = errors.New("no answer in time; check that the server is reachable from here (firewall, proxy), or try again later")

func (r *Reader) once(ctx context.Context, address string, sign func(*http.Request) error) (body io.ReadCloser, wait time.Duration, err error) {
	shown := origin.Show(address)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: not a valid URL", shown)
	}
	if sign != nil {
		if err := sign(req); err != nil {
			return nil, 0, err
		}
	}
	resp, err := r.client().Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("%s %s: %w", req.Method, shown, r.explain(ctx, err))
	}
	if resp.StatusCode == http.StatusOK {
		if kind := resp.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
			resp.Body.Close()
			return nil, 0, fmt.Errorf("%s %s: the answer is a web page, not a price list; is a proxy in between?", req.Method, shown)
		}
		return resp.Body, 0, nil
	}
	code := errorCode(resp.Body)
	resp.Body.Close()
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		wait = time.Duration(min(seconds, 1e6)) * time.Second
	}
	err = fmt.Errorf("%s %s: %w", req.Method, shown, statusError(resp.StatusCode))
	if code != "" {
		err = fmt.Errorf("%w, %s", err, code)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 || throttled().MatchString(code) {
		err = fmt.Errorf("%w: %w", err, errBusy)
	}
	return nil, wait, err
}

// codes finds what a cloud calls an error: AWS' in JSON and in XML, and Google's.
// throttled are those of servers that are asked too often, which AWS answers with 400 and
// Google with 403. Source: the retry rules of aws-sdk-go-v2 and cloud.google.com/apis/design/errors.
var (
	codes     = form(`"(?:__type|reason|status)"\s*:\s*"(?:[^"#]{0,200}#)?(\w{1,64})"|<Code>([\w.]{1,64})</Code>`)
	throttled = form(`^(?i:.*throttl.*|RequestLimitExceeded|BandwidthLimitExceeded|LimitExceededException|TooManyRequests(Exception)?|SlowDown|(user)?RateLimitExceeded|RESOURCE_EXHAUSTED)$`)
)

// form is a regular expression that is made when it is first asked for: only failures need them.
func form(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// errorCode is what an answer that is none calls its cause, one word; empty where it does not.
func errorCode(body io.Reader) string {
	text, err := io.ReadAll(io.LimitReader(body, 8<<10))
	if err != nil {
		return ""
	}
	found := codes().FindSubmatch(text)
	if found == nil {
		return ""
	}
	return string(found[1]) + string(found[2])
}
