package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// A store or the server of its tokens that echoes what it is sent has nothing of the
// environment's credentials printed; nor has an engine any header of its configuration,
// whatever that is called.
func TestEchoesShowNoCredentialOfACloud(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(planted)
	t.Setenv("AWS_SECRET_ACCESS_KEY", planted)
	t.Setenv("AWS_SESSION_TOKEN", planted)
	headers := []string{"X-Scope-OrgID", "Thanos-Tenant", "X-Ms-Token", "Accept-Key", "Content-Key", "Referer", "X-Amz-Date", "X-Prometheus-Key", "If-Key", "Impersonate-User"}
	var configured []string
	for _, name := range headers {
		for _, kind := range []string{"secrets", "values"} {
			configured = append(configured, name+"."+kind)
			put(t, name+"."+kind, "http_headers: {"+name+": {"+kind+": ["+string(quoted)+"]}}\n")
		}
	}
	var asked, stores sync.Map
	var all sync.WaitGroup
	try := func(line, shape, report string) { // some wait and try again
		all.Go(func() {
			line := strings.ReplaceAll(line, "REPORT", report)
			_, out, errs := plimsoll(strings.Fields(line)...)
			written, _ := os.ReadFile(report) // most end without one
			text := out + errs + string(written)
			if part := shown8(text); part != "" || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(planted))) {
				t.Errorf("%s, echoed as %s, shows %q:\n%s", line, shape, part, errs)
			}
		})
	}
	for shape := range echoes {
		at, _ := server(t, echo(shape, &asked), "")
		for n, file := range configured {
			try("audit -q --no-cache --objects objects.yaml -o table -o json=REPORT --prometheus "+at+" --prometheus-config "+file, shape, fmt.Sprintf("%s-%d.json", strings.ReplaceAll(shape, " ", "-"), n))
		}
		all.Wait()
	}
	// The environment holds for one server at a time.
	for _, shape := range []string{"text", "unauthorized", "success", "redirect", "store's code", "reason"} {
		at, _ := server(t, echo(shape, &stores), "")
		put(t, "google.json", `{"type":"authorized_user","client_id":"me","client_secret":`+string(quoted)+`,"refresh_token":`+string(quoted)+`,"token_uri":"`+at+`/token"}`)
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "google.json")
		try("audit -q --no-cache --snapshot s3://backups/a?endpoint="+at, shape, "")
		try("audit -q --no-cache --objects objects.yaml -o json=s3://backups/a?endpoint="+at, shape, "")
		try("audit -q --no-cache --snapshot gs://backups/a", shape, "")
		connection := "DefaultEndpointsProtocol=http;BlobEndpoint=" + at + "/a;AccountName=account;"
		for _, with := range []string{"AccountKey=" + base64.StdEncoding.EncodeToString([]byte(planted)), "SharedAccessSignature=sv=2024-01-01&sig=" + url.QueryEscape(planted)} {
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", connection+with)
			try("audit -q --no-cache --snapshot azblob://backups/a", shape, "")
			try("audit -q --no-cache --objects objects.yaml -o json=azblob://backups/a", shape, "")
			all.Wait()
		}
		if _, ok := stores.Load(shape); !ok {
			t.Errorf("no store was sent a secret that it could echo as %s", shape)
		}
	}
	for shape := range echoes {
		if _, ok := asked.Load(shape); !ok {
			t.Errorf("no server was sent a secret that it could echo as %s", shape)
		}
	}
}
