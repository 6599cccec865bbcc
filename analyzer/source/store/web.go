package store

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
)

// web is a file on a web server, such as a presigned URL of a store.
type web struct {
	url    *url.URL
	client *http.Client
}

func (w *web) get(ctx context.Context) (io.ReadCloser, int64, error) {
	r, err := w.do(ctx, http.MethodGet, nil)
	if err != nil {
		return nil, 0, err
	}
	return r.Body, r.ContentLength, nil
}

func (w *web) put(ctx context.Context, data []byte) error {
	r, err := w.do(ctx, http.MethodPut, data)
	if err != nil {
		return err
	}
	return r.Body.Close()
}

func (w *web) do(ctx context.Context, method string, data []byte) (*http.Response, error) {
	var body io.Reader
	if data != nil {
		body = bytes.NewReader(data)
	}
	q, err := http.NewRequestWithContext(ctx, method, w.url.String(), body)
	if err != nil {
		return nil, err
	}
	if data != nil {
		q.Header.Set("Content-Type", "application/octet-stream")
		// Azure wants it with its shared access signatures; others pass over it.
		if w.url.Query().Has("sig") && w.url.Query().Has("sv") {
			q.Header.Set("X-Ms-Blob-Type", "BlockBlob")
		}
	}
	r, err := w.client.Do(q)
	if err != nil {
		return nil, err
	}
	if r.StatusCode < 200 || r.StatusCode > 299 {
		r.Body.Close()
		return nil, &refusal{status: r.StatusCode}
	}
	return r, nil
}
