package store_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
)

// A bucket of another region is asked again with a signature of its own, by the same host;
// the one of the first region goes nowhere else.
func TestRegionIsSignedAnew(t *testing.T) {
	var mu sync.Mutex
	var scopes []string
	urls := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=id/")
		parts := strings.Split(scope, "/")
		if len(parts) < 2 {
			refuse(http.StatusForbidden, "AccessDenied")(w, r)
			return
		}
		mu.Lock()
		scopes = append(scopes, parts[1])
		mu.Unlock()
		switch {
		case parts[1] != "eu-west-1":
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>")
		case r.URL.Query().Has("location"):
			fmt.Fprint(w, "<LocationConstraint>eu-west-1</LocationConstraint>")
		default:
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("ETag", `"1"`)
			fmt.Fprint(w, "the file")
		}
	}))
	t.Setenv("AWS_REGION", "")
	body, err := store.Client{}.Open(t.Context(), urls["s3"])
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil || string(text) != "the file" {
		t.Errorf("got %q, %v", text, err)
	}
	if len(scopes) < 2 || scopes[0] == "eu-west-1" || scopes[len(scopes)-1] != "eu-west-1" {
		t.Errorf("signed for %v, want another region and then eu-west-1", scopes)
	}
}
