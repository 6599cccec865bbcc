package verdict_test

import (
	"bytes"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// FuzzBaseline wants a baseline that was read to be written and read again.
func FuzzBaseline(f *testing.F) {
	f.Add([]byte(`{"apiVersion": "plimsoll.dev/v1alpha1", "kind": "Baseline", "findings": [{"fingerprint": "a", "rule": "qos", "measure": 2}]}`))
	f.Add([]byte(`{"findings": null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := verdict.ParseBaseline(data)
		if err != nil {
			return
		}
		text, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := verdict.ParseBaseline(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if second, err := again.Encode(); err != nil || !bytes.Equal(text, second) {
			t.Errorf("got %s, %v, want %s", second, err, text)
		}
	})
}
