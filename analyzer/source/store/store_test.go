package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
)

// secret must never be seen in an error.
const secret = "hunter2"

// bucket is a store as all three clouds speak it: PUT and GET of one file.
type bucket struct {
	mu    sync.Mutex
	files map[string]string
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		data, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Amz-Decoded-Content-Length") != "" {
			data = unchunked(data)
		}
		b.files[r.URL.Path] = string(data)
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("x-ms-blob-type") != "" { // Azure alone answers so
			w.WriteHeader(http.StatusCreated)
		}
	case http.MethodGet:
		data, ok := b.files[r.URL.Path]
		if !ok {
			refuse(http.StatusNotFound, "NoSuchKey")(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, data)
	}
}

// unchunked takes the signed chunks off in which S3 clients send over plain
// HTTP: each is its size in hexadecimal, its signature, and the data.
func unchunked(data []byte) []byte {
	var out []byte
	for {
		head, rest, ok := bytes.Cut(data, []byte("\r\n"))
		size, _, _ := strings.Cut(string(head), ";")
		n, err := strconv.ParseInt(size, 16, 32)
		if !ok || err != nil || n == 0 || int(n)+2 > len(rest) {
			return out
		}
		out, data = append(out, rest[:n]...), rest[n+2:]
	}
}

// refuse answers as the stores do.
func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("x-ms-error-code", code)
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, secret)
	}
}

// serve starts a server, sets what leads the clouds' libraries to it, and
// gives the URL of a file under each scheme.
func serve(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	host := strings.TrimPrefix(s.URL, "http://")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": s.URL,
		"STORAGE_EMULATOR_HOST":           host,
		"AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=aHVudGVyMg==;BlobEndpoint=" + s.URL + "/acc;",
	} {
		t.Setenv(name, value)
	}
	return map[string]string{
		"s3": "s3://bkt/dir/report.json", "gs": "gs://bkt/dir/report.json", "azblob": "azblob://bkt/dir/report.json",
		"http": "http://me:" + secret + "@" + host + "/b/report.json?sig=" + secret + "&sv=1",
	}
}

func TestRoundTrip(t *testing.T) {
	ctx := context.Background()
	for scheme, url := range serve(t, &bucket{files: map[string]string{}}) {
		t.Run(scheme, func(t *testing.T) {
			var c store.Client
			for _, text := range []string{"first", "", strings.Repeat("second", 1<<18)} {
				if err := c.Write(ctx, url, []byte(text)); err != nil {
					t.Fatal(err)
				}
				body, err := c.Open(ctx, url)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(body)
				if err := errors.Join(err, body.Close()); err != nil || string(got) != text {
					t.Errorf("got %d bytes, %v, want %d", len(got), err, len(text))
				}
			}
			if scheme == "s3" { // the options of the URL go before the environment
				t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
				if _, err := c.Open(ctx, url+"?region=eu-west-1&endpoint=ftp"); err == nil || !strings.Contains(err.Error(), "endpoint is no URL") {
					t.Errorf("got %v, want the option's endpoint refused", err)
				}
			}
		})
	}
}

func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client go
	<-r.Context().Done()
}

func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	fmt.Fprint(w, "half")
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
		web     string // where a web server cannot say so much
	}{
		{"no file", refuse(404, "NoSuchKey"), "there is no such file", ""},
		{"no bucket", refuse(404, "NoSuchBucket"), "there is no such bucket", "there is no such file"},
		{"forbidden", refuse(403, "AccessDenied"), "may not do this", ""},
		{"wrong key", refuse(403, "SignatureDoesNotMatch"), "were not accepted", "may not do this"},
		{"expired", refuse(400, "ExpiredToken"), "have expired", "check the URL"},
		{"unauthorized", refuse(401, "Unauthorized"), "were not accepted", ""},
		{"overloaded", refuse(503, "SlowDown"), "try again later", ""},
		{"no answer", hang, "no answer in time", ""},
		{"cut off", cut, "cut off in the middle", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := store.Client{Timeout: 200 * time.Millisecond}
			var wait sync.WaitGroup // together, since some wait and try again
			for scheme, url := range serve(t, tt.handler) {
				want := tt.want
				if scheme == "http" && tt.web != "" {
					want = tt.web
				}
				wait.Go(func() { check(t, readAll(c, url), url, want) })
				if tt.name != "cut off" {
					wait.Go(func() { check(t, c.Write(context.Background(), url, []byte("x")), url, want) })
				}
			}
			wait.Wait()
		})
	}
}

func readAll(c store.Client, url string) error {
	body, err := c.Open(context.Background(), url)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.ReadAll(body)
	return err
}

// check wants one line that names the file, says what to do, and no secret.
func check(t *testing.T, err error, url, want string) {
	t.Helper()
	var at *store.Error
	if !errors.As(err, &at) {
		t.Errorf("%s: got %v, want a *store.Error", store.Show(url), err)
		return
	}
	text := err.Error()
	if !strings.HasPrefix(text, store.Show(url)+": ") || !strings.Contains(text, want) || strings.Contains(text, secret) || strings.Contains(text, "\n") || len(text) > 400 {
		t.Errorf("%s: got %q, want ...%s...", store.Show(url), text, want)
	}
}

func TestUnreachable(t *testing.T) {
	urls := serve(t, http.NotFoundHandler())
	urls["no TLS"] = strings.Replace(urls["http"], "http:", "https:", 1)
	check(t, readAll(store.Client{}, urls["no TLS"]), urls["no TLS"], "does not speak TLS")
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	check(t, readAll(store.Client{}, tls.URL+"/x"), tls.URL+"/x", "certificate is signed by an unknown authority")
	check(t, readAll(store.Client{}, "http://127.0.0.1:1/x"), "http://127.0.0.1:1/x", "connection refused")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (store.Client{}).Open(ctx, urls["s3"]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_ACCOUNT"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("GCE_METADATA_HOST", "127.0.0.1:1")
	check(t, readAll(store.Client{}, "s3://bkt/k"), "s3://bkt/k", "AWS_ACCESS_KEY_ID")
	check(t, readAll(store.Client{}, "azblob://bkt/k"), "azblob://bkt/k", "AZURE_STORAGE_ACCOUNT")
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountKey="+secret)
	check(t, readAll(store.Client{}, "azblob://bkt/k"), "azblob://bkt/k", "AZURE_STORAGE_CONNECTION_STRING cannot be used")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/none")
	check(t, readAll(store.Client{}, "gs://bkt/k"), "gs://bkt/k", "gcloud auth")
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"report.json": "report.json", "a/b://c": "a/b://c", "s3://bkt/k?endpoint=x": "s3://bkt/k",
		"https://me:" + secret + "@example.com/a/b@c?sig=" + secret + "#" + secret: "https://example.com/a/b@c",
		"https://example.com": "https://example.com", "s3://%zz:" + secret + "@x/": "s3://x/",
	} {
		if got := store.Show(name); got != want {
			t.Errorf("Show(%q): got %q, want %q", name, got, want)
		}
	}
	for _, bad := range []string{"s3://", "s3://bucket", "s3://bucket/", "s3://bucket/dir/", "s3://b/k", "gs:///key", "azblob://u:" + secret + "@bkt/k", "ftp://h/f", "https:///x", "s3://bkt/k?regoin=x", "s3://bkt/%zz" + "?" + secret} {
		if err := store.Check(bad); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Check(%q): got %v, want an error without secrets", bad, err)
		}
	}
	for _, good := range []string{"s3://bkt/k?region=eu-west-1&endpoint=https://minio:9000", "gs://bkt/a/b", "azblob://bkt/b?account=acc", "https://example.com/x?sig=1"} {
		if err := store.Check(good); err != nil {
			t.Errorf("Check(%q): %v", good, err)
		}
	}
}
