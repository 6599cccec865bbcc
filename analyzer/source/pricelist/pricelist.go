// Package pricelist reads the clouds' public price lists over HTTPS: Azure's
// Retail Prices API, whose answers come in pages, and AWS' bulk offer file of a
// region, which is streamed. Neither needs a login, so that plain HTTP does; an
// SDK would add credentials and nothing else.
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
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Price is what a machine of a type costs an hour, in USD; 0 where the list does not say.
type Price struct {
	InstanceType                           string
	OnDemand, Spot, Reserved1y, Reserved3y float64
	// VCPUs and MemoryGiB are 0 where the list does not say.
	VCPUs, MemoryGiB float64
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
}

// errBusy marks answers that are worth another try.
var errBusy = errors.New("the server is busy or broken")

// open asks for a URL until it answers with 200. The caller closes the body.
func (r *Reader) open(ctx context.Context, address string) (io.ReadCloser, error) {
	tries, pause := r.Tries, r.Pause
	if tries == 0 {
		tries = 4
	}
	if pause == 0 {
		pause = time.Second
	}
	for n := 1; ; n++ {
		body, wait, err := r.once(ctx, address)
		if err == nil || !errors.Is(err, errBusy) || n >= tries {
			return body, err
		}
		timer := time.NewTimer(max(wait, pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("GET %s: %w", origin.Show(address), ctx.Err())
		case <-timer.C:
		}
		pause *= 2
	}
}

// maxWait bounds how long a server can make the program wait between two tries.
const maxWait = 30 * time.Second

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

func (r *Reader) once(ctx context.Context, address string) (body io.ReadCloser, wait time.Duration, err error) {
	shown := origin.Show(address)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: not a valid URL", shown)
	}
	resp, err := r.client().Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("GET %s: %w", shown, r.explain(ctx, err))
	}
	if resp.StatusCode == http.StatusOK {
		if kind := resp.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
			resp.Body.Close()
			return nil, 0, fmt.Errorf("GET %s: the answer is a web page, not a price list; is a proxy in between?", shown)
		}
		return resp.Body, 0, nil
	}
	resp.Body.Close()
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		wait = min(time.Duration(seconds)*time.Second, maxWait)
	}
	err = fmt.Errorf("GET %s: answered %d %s", shown, resp.StatusCode, http.StatusText(resp.StatusCode))
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		err = fmt.Errorf("%w: %w", err, errBusy)
	}
	return nil, wait, err
}
