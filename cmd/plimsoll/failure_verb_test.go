package main

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// served are the kinds that every API server has, by their resource.
var served = map[string]string{
	"pods": "v1 Pod", "nodes": "v1 Node", "namespaces": "v1 Namespace", "services": "v1 Service", "limitranges": "v1 LimitRange",
	"resourcequotas": "v1 ResourceQuota", "persistentvolumes": "v1 PersistentVolume", "persistentvolumeclaims": "v1 PersistentVolumeClaim",
	"replicationcontrollers": "v1 ReplicationController", "deployments": "apps/v1 Deployment", "replicasets": "apps/v1 ReplicaSet", "daemonsets": "apps/v1 DaemonSet",
	"controllerrevisions": "apps/v1 ControllerRevision",
}

// without answers for a small cluster, but for one kind.
func without(resource string, then reply) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		asked := path.Base(r.URL.Path)
		switch {
		case asked == resource && !strings.Contains(r.URL.Path, "metrics"):
			then(w, r)
		case asked == "statefulsets":
			answers(200, "application/json", `{"kind":"StatefulSetList","apiVersion":"apps/v1","metadata":{},"items":[{"metadata":{"name":"cart","namespace":"shop"},"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"app"}]}}}}]}`)(w, r)
		case served[asked] != "" && !strings.Contains(r.URL.Path, "metrics"):
			group, kind, _ := strings.Cut(served[asked], " ")
			if strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList") {
				group, kind = "meta.k8s.io/v1", "PartialObjectMetadata"
			}
			answers(200, "application/json", fmt.Sprintf(`{"kind":"%sList","apiVersion":%q,"metadata":{},"items":[]}`, kind, group))(w, r)
		default:
			connected(refuses(404, "NotFound", "no"))(w, r)
		}
	}
}

// diesAfter closes the connection after n answers without series.
func diesAfter(n int64) reply {
	var count atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) <= n {
			answers(200, "application/json", `{"status":"success","data":{"resultType":"vector","result":[]}}`)(w, r)
			return
		}
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			conn.Close()
		}
	}
}

// inStore is a file of the row's store.
const inStore = "s3://backups/report.json?endpoint=STORE"

var verbFailures = failureGroup{"Every verb", "All verbs have the same codes. A missing file is 2. A source that cannot be reached is 3. One that broke off is 3, with what was read.", []failure{
	{what: "audit: no such file", args: "audit --openmetrics none.om", code: 2, says: "none.om: no such file"},
	{what: "audit: a store that is not reached", args: "audit -q --objects " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "backtest: no such file", args: "backtest --snapshot none.snapshot", code: 2, says: "check the path"},
	{what: "backtest: an engine that is not reached", args: "backtest -q --objects objects.yaml --prometheus PROMETHEUS", security: "refused", code: 3, says: "check host and port"},
	{what: "backtest: an API server that is not reached", args: "backtest -q --kubeconfig API", security: "refused", code: 3, says: "check that the cluster is up"},
	{what: "backtest: an engine that broke off", args: "backtest -q --objects objects.yaml --prometheus PROMETHEUS", reply: diesAfter(1), code: 3, says: "nothing to score"},
	{what: "explain: no such file", args: "explain cart --report none.json", code: 2, says: "check the path"},
	{what: "explain: a store that is not reached", args: "explain -q cart --report " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "explain: a partial report", args: "explain -q nodes --report partial.json", code: 3, report: true, says: "the report is partial: prometheus"},
	{what: "show: a partial report", args: "show -q --report partial.json", code: 3, report: true, says: "the report is partial: prometheus"},
	{what: "show: no such file", args: "show --report none.json", code: 2, says: "check the path"},
	{what: "show: a store that is not reached", args: "show -q --report " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "show: a section that is none", args: "show nothing --report none.json", code: 2, says: "nothing"},
	{what: "diff: no such file", args: "diff none.json none.json", code: 2, says: "check the path"},
	{what: "diff: a store that is not reached", args: "diff " + inStore + " " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "diff: a partial report", args: "diff partial.json partial.json", code: 3, report: true, says: "the report is partial: prometheus"},
	{what: "gate: a partial report", args: "gate -q pod.yaml --report partial.json", code: 2, report: true, says: "is partial, so"},
	{what: "gate: a partial snapshot", args: "gate -q pod.yaml --snapshot partial.snapshot", code: 2, report: true, says: "is partial, so"},
	{what: "gate: a snapshot in a store that is not reached", args: "gate -q pod.yaml --snapshot " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "gate: an unreadable evidence in a store", args: "gate -q pod.yaml --report " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "price: no such file", args: "price m6i.xlarge --provider aws --region us-east-1 --pricing none.csv", code: 2, says: "none.csv: no such file"},
	{what: "price: a store that is not reached", args: "price m6i.xlarge --provider aws --region us-east-1 --pricing " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "price update: a list that is not reached", args: "price update --provider azure --region westeurope --endpoint STORE", security: "refused", code: 3, says: "the table of before stays"},
	{what: "price update: a list that breaks off", args: "price update --provider azure --region westeurope --endpoint STORE", reply: truncates("application/json", `{"Items":[{"curr`), code: 3, says: "the table of before stays"},
	{what: "price update: a page that is none", args: "price update --provider azure --region westeurope --endpoint STORE", reply: answers(200, "text/html", loginPage), code: 3, says: "the table of before stays"},
	{what: "price check: no bill", args: "price check", code: 2, says: "which bill?"},
	{what: "price check: no such bill", args: "price check --bill none.csv", code: 2, says: "none.csv: no such file"},
	{what: "price check: a bill of another format", args: "price check --bill objects.yaml", code: 2, says: "no bill in FOCUS 1.x"},
	{what: "price check: a store that is not reached", args: "price check --bill " + inStore, security: "refused", code: 3, says: "check host and port"},
	{what: "price update: no cloud", args: "price update --region westeurope", code: 2, says: "aws, azure or gcp"},
}}

// secretURLs are what a URL with a password may look like, well made or not.
var secretURLs = []string{
	"http://me:" + secret + "@127.0.0.1:1/x?sig=" + secret,
	"http:/me:" + secret + "@127.0.0.1:1/x?sig=" + secret,
	"me:" + secret + "@127.0.0.1/x",
	"http//me:" + secret + "@127.0.0.1/x",
	"ftp://me:" + secret + "@127.0.0.1:1/x",
	"http://me:" + secret + "@127.0.0.1:bad/x",
	"http://me:" + secret + "@127.0.0.1 port/x",
	"http://me:" + secret + "%zz@127.0.0.1:1/x",
}

// commands are what each verb needs beside the flag that is tried.
var commands = map[string][]string{
	"audit": {"--objects", "objects.yaml", "--no-cache"}, "backtest": {"--objects", "objects.yaml"}, "gate": {"pod.yaml"},
	"explain": {"cart"}, "show": {}, "diff": {"none.json", "none.json"}, "version": {},
	"price": {"m6i.xlarge", "--provider", "aws", "--region", "us-east-1"}, "update": {"--provider", "azure", "--region", "westeurope"},
	"check": {"--bill", "none.csv"},
}

// Whatever a user gives with whatever flag of whatever verb, no password of it is
// shown: every flag that takes a text is given every kind of URL.
func TestNoFlagShowsAPassword(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	var lines [][]string
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, verb := range cmd.Commands() {
			walk(verb)
		}
		verb := strings.Fields(cmd.CommandPath())[1:]
		if len(verb) == 0 {
			return
		}
		rest, ok := commands[verb[len(verb)-1]]
		if !ok {
			t.Errorf("say what %s needs", cmd.CommandPath())
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			urls := secretURLs
			switch name, _ := pflag.UnquoteUsage(f); {
			case f.Value.Type() == "bool":
				return
			case name != "FILE" && name != "URL" && name != "DIR" && !strings.Contains(name, "="):
				urls = urls[1:2]
			}
			for _, url := range urls {
				lines = append(lines, append(append(append([]string{}, verb...), rest...), "--"+f.Name+"="+url))
			}
		})
		for _, url := range secretURLs { // as an argument, too
			lines = append(lines, append(append([]string{}, verb...), url))
		}
	}
	walk(newRoot(streams{In: strings.NewReader("")}))
	if len(lines) < 200 {
		t.Fatalf("only %d command lines", len(lines))
	}
	next := make(chan []string)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for args := range next {
				if _, out, errs := plimsoll(args...); strings.Contains(out+errs, secret) {
					t.Errorf("%q shows the password:\n%s", args, errs)
				}
			}
		})
	}
	for _, args := range lines {
		next <- args
	}
	close(next)
	wg.Wait()
}

// Nor is one that stands in a configuration, in any field, or in the environment.
func TestNoConfigurationShowsAPassword(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	refused, _ := server(t, hangs, "refused")
	unauthorized, _ := server(t, answers(401, "text/plain", "no\n"), "")
	fields := []string{
		"authorization: {credentials: " + secret + "}", "authorization: {credentials: \"" + secret + "\\n\"}", "basic_auth: {username: me, password: " + secret + "}",
		"http_headers: {X-Api-Key: {secrets: [" + secret + "]}}", "http_headers: {\"X Api\": {secrets: [" + secret + "]}}", "http_headers: {X-Api-Key: " + secret + "}",
		"proxy_url: http://me:" + secret + "@127.0.0.1:1", "proxy_url: \"http://me:" + secret + "@proxy host:1\"", "proxy_url: me:" + secret + "@h",
		"proxy_connect_header: {Proxy-Authorization: [" + secret + "]}\nproxy_url: http://127.0.0.1:1",
		"oauth2: {client_id: me, client_secret: " + secret + ", token_url: \"" + refused + "/token?key=" + secret + "\"}",
		"oauth2: {client_id: me, client_secret: " + secret + ", token_url: \"http://me:" + secret + "@bad host\"}",
		"oauth2: {client_id: me, client_secret: " + secret + ", token_url: \"" + unauthorized + "\", endpoint_params: {p: " + secret + "}}",
		"tls_config: {cert: " + secret + ", key: " + secret + "}", "tls_config: {ca: " + secret + "}", "tls_config: {min_version: " + secret + "}",
		"bearer_token: " + secret, "other: " + secret, "- " + secret, "&" + secret + " a: *" + secret, "basic_auth: " + secret,
	}
	all := make(chan func())
	var working sync.WaitGroup
	for range 12 { // at once, since some wait and try again
		working.Go(func() {
			for try := range all {
				try()
			}
		})
	}
	for i, field := range fields {
		name := fmt.Sprintf("config-%d.yaml", i)
		put(t, name, field+"\n")
		for _, to := range []string{refused, unauthorized} {
			all <- func() {
				if _, out, errs := plimsoll("audit", "-q", "--no-cache", "--objects", "objects.yaml", "--prometheus", to, "--prometheus-config", name); strings.Contains(out+errs, secret) {
					t.Errorf("%s: %s", field, errs)
				}
			}
		}
	}
	for i, user := range []string{
		"{token: " + secret + "}", "{username: me, password: " + secret + "}", "{client-key-data: " + secret + ", client-certificate-data: " + secret + "}",
		"{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, args: [" + secret + "], env: [{name: TOKEN, value: " + secret + "}], interactiveMode: Never}}",
		"{exec: {apiVersion: client.authentication.k8s.io/v1, command: echo, args: [" + secret + "], interactiveMode: Never}}",
		"{auth-provider: {name: oidc, config: {client-secret: " + secret + ", id-token: " + secret + "}}}", "{token: [" + secret + "]}", "{tokn: " + secret + "}",
	} {
		for j, cluster := range []string{"server: " + refused, "server: " + unauthorized, "server: http://me:" + secret + "@bad host", "server: " + refused + ", proxy-url: \"http://me:" + secret + "@127.0.0.1:1\"", "server: " + refused + ", proxy-url: \"me:" + secret + "@h\"", "server: https://127.0.0.1:1, certificate-authority-data: " + secret} {
			name := fmt.Sprintf("kubeconfig-%d-%d", i, j)
			put(t, name, "apiVersion: v1\nkind: Config\ncurrent-context: p\nclusters: [{name: c, cluster: {"+cluster+"}}]\ncontexts: [{name: p, context: {cluster: c, user: u}}]\nusers: [{name: u, user: "+user+"}]\n")
			all <- func() {
				if _, out, errs := plimsoll("audit", "-q", "--no-cache", "--kubeconfig", name); strings.Contains(out+errs, secret) {
					t.Errorf("%s with %s: %s", user, cluster, errs)
				}
			}
		}
	}
	close(all)
	working.Wait()
	environmentShowsNone(t, refused)
}

// environmentShowsNone gives each variable of the environment what may be a secret,
// one after the other, since all of the process sees it.
func environmentShowsNone(t *testing.T, refused string) {
	t.Helper()
	for _, name := range []string{
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_CA_BUNDLE", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT",
		"AZURE_STORAGE_SAS_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST", "KUBECONFIG", "XDG_CACHE_HOME", "SSL_CERT_FILE",
	} {
		for _, value := range append([]string{secret, "AccountName=me;AccountKey=" + secret}, secretURLs[:4]...) {
			old, set := os.LookupEnv(name)
			if err := os.Setenv(name, value); err != nil {
				t.Fatal(err)
			}
			var files sync.WaitGroup
			for _, file := range []string{"s3://backups/a?endpoint=" + refused, "azblob://backups/a", ""} {
				args := []string{"audit", "-q", "--request-timeout", "300ms", "--snapshot", file}
				if file == "" {
					args = []string{"audit", "-q"}
				}
				files.Go(func() {
					if _, out, errs := plimsoll(args...); strings.Contains(out+errs, secret) && name != "KUBECONFIG" && name != "XDG_CACHE_HOME" || strings.Contains(errs, ":"+secret) {
						t.Errorf("%s=%s: %s", name, value, errs)
					}
				})
			}
			files.Wait()
			if set {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		}
	}
}
