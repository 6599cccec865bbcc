package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Client dials stores. Its zero value works.
type Client struct {
	// Timeout is the longest wait for a server to take a connection, then for it to
	// begin its answer, and then for each part of it; 0 stands for nine seconds where a
	// file is read. One that is written may still be on its way while nothing seems to
	// go on: there 0 stands for half a minute.
	Timeout time.Duration
}

// Bounds of one file: what is read of it, and what is written to it in one
// piece.
const (
	maxRead  = 8 << 30
	maxWrite = 4 << 30
)

// IsURL reports whether a name is a URL and no path of this machine.
func IsURL(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && scheme != "" && !strings.ContainsAny(scheme, `/\.`)
}

// Show gives a name as it may be printed: a URL without what may be secret.
func Show(name string) string {
	if !IsURL(name) {
		return name
	}
	return origin.Show(name)
}

// place is a file in a store.
type place interface {
	// get opens the file; size is -1 where the server does not say.
	get(ctx context.Context) (body io.ReadCloser, size int64, err error)
	// put replaces it.
	put(ctx context.Context, data []byte) error
}

// Check tells without dialling whether a URL can be read and written.
func Check(name string) error {
	_, err := parse(name)
	return err
}

// Open reads a file. Errors wrap *Error.
func (c Client) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	c.Timeout = cmp.Or(c.Timeout, 9*time.Second)
	p, cancel, err := c.place(ctx, name)
	if err != nil {
		return nil, err
	}
	body, size, err := p.get(ctx)
	if err == nil && size > maxRead {
		body.Close()
		err = &Error{advice: "it is larger than 8 GiB, which no file of plimsoll's is", err: errors.New("not read")}
	}
	if err != nil {
		cancel()
		return nil, explain(name, err)
	}
	return &reader{body: body, left: size, known: size >= 0, name: name, cancel: cancel}, nil
}

// Write replaces a file as a whole: a reader sees the old one or the new one.
// Errors wrap *Error.
func (c Client) Write(ctx context.Context, name string, data []byte) error {
	p, cancel, err := c.place(ctx, name)
	if err != nil {
		return err
	}
	defer cancel()
	if len(data) > maxWrite {
		return explain(name, &Error{advice: "it is larger than 4 GiB, more than is written in one piece", err: errors.New("not written")})
	}
	if err := p.put(ctx, data); err != nil {
		return explain(name, err)
	}
	return nil
}

// target is a URL taken apart.
type target struct {
	scheme      string
	bucket, key string // of object stores
	options     url.Values
	url         *url.URL // of web servers
}

// options lists what each scheme takes after the question mark.
var options = map[string][]string{"s3": {"endpoint", "region"}, "gs": nil, "azblob": {"account"}}

// Schemes lists those that are known.
func Schemes() []string { return []string{"s3", "gs", "azblob", "https", "http"} }

func parse(name string) (target, error) {
	u, err := url.Parse(name)
	if err != nil { // the error would show the URL
		return target{}, fmt.Errorf("%s: not a valid URL", Show(name))
	}
	t := target{scheme: u.Scheme, url: u}
	switch u.Scheme {
	case "https", "http":
		if u.Host == "" {
			return t, fmt.Errorf("%s: the URL names no host", Show(name))
		}
		return t, nil
	case "s3", "gs", "azblob":
	default:
		return t, fmt.Errorf("%s: %q is no scheme of a store; there is: %s", Show(name), u.Scheme, strings.Join(Schemes(), ", "))
	}
	t.bucket, t.key, t.options = u.Host, strings.TrimPrefix(u.Path, "/"), u.Query()
	const shortest = 3 // bucket, in all three clouds
	if len(t.bucket) < shortest || t.key == "" || strings.HasSuffix(t.key, "/") || u.User != nil {
		return t, fmt.Errorf("%s: want %s://BUCKET/PATH of one file", Show(name), u.Scheme)
	}
	for option := range t.options {
		if !slices.Contains(options[u.Scheme], option) {
			return t, fmt.Errorf("%s: %s:// URLs take no option %q", Show(name), u.Scheme, option)
		}
	}
	return t, nil
}

// place dials nothing yet.
func (c Client) place(ctx context.Context, name string) (place, context.CancelFunc, error) {
	t, err := parse(name)
	if err != nil {
		return nil, nil, err
	}
	dialled := c.transport()
	cancel := dialled.CloseIdleConnections
	transport := origin.Noting(origin.Paced(dialled, c.timeout()))
	var p place
	switch t.scheme {
	case "s3":
		p, err = newS3(t, transport)
	case "gs":
		p, err = newGS(ctx, t, transport)
	case "azblob":
		p, err = newAzure(t, transport)
	default:
		p = &web{t.url, origin.Client(transport)}
	}
	if err != nil {
		return nil, nil, explain(name, err)
	}
	return p, cancel, nil
}

// timeout is Timeout with the default of what is written.
func (c Client) timeout() time.Duration { return cmp.Or(c.Timeout, 30*time.Second) }

func (c Client) transport() *http.Transport {
	timeout := c.timeout()
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = dialer(timeout)
	t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = timeout, timeout
	return t
}

// reader notices a body that ends too early, and one that has no end.
type reader struct {
	body   io.ReadCloser
	left   int64 // where known
	known  bool
	read   int64
	name   string
	cancel context.CancelFunc
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.read += int64(n)
	switch {
	case r.read > maxRead:
		return n, explain(r.name, &Error{advice: "it is larger than 8 GiB, which no file of plimsoll's is", err: errors.New("not read to its end")})
	case errors.Is(err, io.EOF) && r.known && r.read < r.left, errors.Is(err, io.ErrUnexpectedEOF):
		return n, explain(r.name, errCut)
	case err != nil && !errors.Is(err, io.EOF):
		return n, explain(r.name, err)
	}
	return n, err
}

func (r *reader) Close() error {
	defer r.cancel()
	return r.body.Close()
}
