package main

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// bombs are answers of a gigabyte of spaces, packed by each encoding of HTTP. What has no
// packer here is what no client of ours takes.
func bombs(t *testing.T) map[string][]byte {
	t.Helper()
	const part, parts = 16 << 20, 64
	spaces := bytes.Repeat([]byte(" "), part)
	pack := func(to func(io.Writer) io.WriteCloser) []byte {
		var b bytes.Buffer
		w := to(&b)
		if _, err := w.Write(spaces); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	return map[string][]byte{
		"gzip": bytes.Repeat(pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), parts),
		"zstd": bytes.Repeat(pack(func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}), parts),
		"deflate": pack(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }),
		"snappy":  snappy.Encode(nil, spaces),
		"br":      bytes.Repeat([]byte{0x5b, 0xff, 0xff, 0x1f, 0x00, 0x24, 0x20, 0x0a}, 1000),
	}
}

// No encoded answer of a few megabytes takes the memory of what it unpacks to, whoever
// gives it and whatever encoding it says that it has: it is bounded, or it is refused.
func TestEncodedAnswersAreBounded(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	const most = 200 << 20 // bytes allocated in all, of those that come to a gigabyte
	for encoding, packed := range bombs(t) {
		for _, labelled := range []bool{true, false} {
			at, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				if labelled {
					w.Header().Set("Content-Encoding", encoding)
				}
				_, _ = w.Write(packed)
			}, "")
			put(t, "kubeconfig", kubeconfigFor(at, ""))
			for _, line := range []string{
				"audit -q --no-cache --kubeconfig kubeconfig",
				"audit -q --no-cache --objects objects.yaml --prometheus URL",
				"audit -q --no-cache --objects URL/a",
				"audit -q --no-cache --snapshot URL/a",
				"audit -q --no-cache --objects objects.yaml --openmetrics URL/a",
				"audit -q --no-cache --objects objects.yaml --pricing URL/a",
				"show -q --report URL/a",
				"price check --bill URL/a",
				"price update --provider azure --region westeurope --endpoint URL",
				"price update --provider gcp --region europe-west1 --endpoint URL",
			} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				code, out, errs := plimsoll(strings.Fields(strings.ReplaceAll(line, "URL", at))...)
				runtime.ReadMemStats(&after)
				if code == 0 || code == 1 || !strings.Contains(errs, "error: ") {
					t.Errorf("%s (%v), %s: got %d, %s%s", encoding, labelled, line, code, out, errs)
				}
				if n := int64(after.TotalAlloc - before.TotalAlloc); n > most {
					t.Errorf("%s (%v), %s: allocates %d MB: %s", encoding, labelled, line, n>>20, errs)
				}
			}
		}
	}
}
