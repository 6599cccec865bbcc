package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// failure is one row of docs/errors.md: a way to go wrong, and the one line it
// ends in.
type failure struct {
	what string
	// args are the command line. API and PROMETHEUS in them stand for the
	// flags that lead to the row's server.
	args     string
	code     int
	says     string // a part of the line that tells what to do
	reply    reply
	security string // of the server: see server
	report   bool   // what was read is written all the same
}

type failureGroup struct {
	title, text string
	rows        []failure
}

// The arguments of rows with a broken server.
const (
	withAPI        = "audit -q --kubeconfig API"
	withPrometheus = "audit -q --objects objects.yaml --prometheus PROMETHEUS"
)

var failureGroups = []failureGroup{
	{"The command line", "", []failure{
		{what: "unknown flag", args: "audit --windw 7d", code: 2, says: "see 'plimsoll audit --help'"},
		{what: "unknown verb", args: "adit", code: 2, says: "plimsoll --help"},
		{what: "an argument where none is taken", args: "audit shop", code: 2, says: "plimsoll audit --help"},
		{what: "flag without its value", args: "audit --window", code: 2, says: "see 'plimsoll audit --help'"},
		{what: "unknown format", args: "audit --demo -o foo", code: 2, says: "use one of table"},
		{what: "format with an empty file", args: "audit --demo -o json=", code: 2, says: "no file after the ="},
		{what: "two formats on stdout", args: "audit --demo -o json -o yaml", code: 2, says: "-o yaml=report.yaml"},
		{what: "unknown lever", args: "audit --demo --only foo", code: 2, says: "there is: rightsize"},
		{what: "risk above 1", args: "audit --demo --risk-cpu 7", code: 2, says: "between 0 and 1"},
		{what: "risk of none", args: "audit --demo --risk-unserved 0", code: 2, says: "--risk-unserved 0: a risk is a share"},
		{what: "risk that is no number", args: "audit --demo --risk-oom low", code: 2, says: "see 'plimsoll audit --help'"},
		{what: "a term of commitments that is none", args: "audit --demo --commitment-terms 2y", code: 2, says: "want 1y, 3y"},
		{what: "a payment that is none", args: "audit --demo --payment later", code: 2, says: "there is: no-upfront"},
		{what: "a cost of capital that is none", args: "audit --demo --capital-cost 8", code: 2, says: "such as 8%"},
		{what: "window that is no duration", args: "audit --window abc", code: 2, says: "such as 14d"},
		{what: "window that is too short", args: "audit --window 5m", code: 2, says: "one hour to 400 days"},
		{what: "end that is no time", args: "audit --end yesterday", code: 2, says: "RFC 3339"},
		{what: "selector that is none", args: "audit -l !!", code: 2, says: "app=cart,tier!=test"},
		{what: "label without a value", args: "audit --prometheus-label foo", code: 2, says: "such as cluster=prod"},
		{what: "all namespaces and one", args: "audit -A -n shop", code: 2, says: "-A/--all-namespaces"},
		{what: "two snapshots", args: "audit --snapshot shop.snapshot --demo", code: 2, says: "--snapshot already holds"},
		{what: "a snapshot and a live source", args: "audit --snapshot shop.snapshot --prometheus http://localhost:9090", code: 2, says: "--snapshot already holds"},
		{what: "a snapshot and a window", args: "audit --snapshot shop.snapshot --window 7d", code: 2, says: "give them when the snapshot is made"},
		{what: "two sources of usage", args: "audit --openmetrics bare.om --prometheus http://localhost:9090", code: 2, says: "give one"},
		{what: "a price without a region", args: "price m6i.xlarge", code: 2, says: "--provider aws --region us-east-1"},
		{what: "a type that has no price", args: "price m6i.huge --provider aws --region us-east-1", code: 2, says: "m6i.huge"},
		{what: "a region that the tables do not have", args: "price m6i.huge --provider aws --region us-nowhere-1", code: 2, says: "near it are us-east-1"},
		{what: "unknown capacity type", args: "price m6i.xlarge --provider aws --region us-east-1 --capacity-type cheap", code: 2, says: "use on-demand, spot, reserved or all"},
	}},
	{"Files", "A file that is not there or not what it should be is the user's to mend: 2. One that was cut off is a source that is not whole: 3.", []failure{
		{what: "no such objects", args: "audit --objects none.yaml", code: 2, says: "none.yaml: no such file"},
		{what: "objects: malformed YAML", args: "audit --objects malformed.yaml", code: 2, says: "malformed.yaml: document 1, line 2"},
		{what: "objects: malformed JSON", args: "audit --objects malformed.json", code: 2, says: "malformed.json: document 1, line 1"},
		{what: "objects: something else", args: "audit --objects page.html", code: 2, says: "page.html"},
		{what: "objects: empty", args: "audit --objects empty", code: 2, says: "there is no object in it"},
		{what: "objects: a folder", args: "audit --objects folder", code: 2, says: "name its files"},
		{what: "objects: cut JSON", args: "audit --objects cut.json", code: 3, says: "make the dump again"},
		{what: "objects: cut gzip", args: "audit --objects cut.yaml.gz", code: 3, says: "make the dump again"},
		{what: "no such dump", args: "audit --objects objects.yaml --openmetrics none.om", code: 2, says: "none.om: no such file"},
		{what: "dump: empty", args: "audit --objects objects.yaml --openmetrics empty", code: 2, says: "the file is empty"},
		{what: "dump: cut", args: "audit --objects objects.yaml --openmetrics cut.om", code: 3, says: "get the whole file"},
		{what: "dump: cut gzip", args: "audit --objects objects.yaml --openmetrics cut.om.gz", code: 3, says: "get the whole file"},
		{what: "dump: HTML", args: "audit --objects objects.yaml --openmetrics page.html", code: 2, says: "this is HTML or XML"},
		{what: "dump: no usage in it", args: "audit --objects objects.yaml --openmetrics other.om", code: 2, says: "holds no usage of containers"},
		{what: "no such snapshot", args: "audit --snapshot none.snapshot", code: 2, says: "none.snapshot: no such file"},
		{what: "snapshot: empty", args: "audit --snapshot empty", code: 2, says: "the snapshot is empty"},
		{what: "snapshot: something else", args: "audit --snapshot objects.yaml", code: 2, says: "--save-snapshot writes one"},
		{what: "snapshot: a later version", args: "audit --snapshot later.snapshot", code: 2, says: "update plimsoll"},
		{what: "snapshot: cut", args: "audit --snapshot cut.snapshot", code: 3, says: "copy it again"},
		{what: "no such config", args: "audit --config none.yaml", code: 2, says: "none.yaml: no such file"},
		{what: "config: malformed YAML", args: "audit --config malformed.yaml", code: 2, says: "malformed.yaml"},
		{what: "config: unknown flag", args: "audit --config unknown-flag.yaml", code: 2, says: `"windw" is not a flag`},
		{what: "config: unknown value", args: "audit --config unknown-value.yaml", code: 2, says: `"risk-cpu" cannot be "low"`},
		{what: "no such price file", args: "audit --objects objects.yaml --pricing none.csv", code: 2, says: "none.csv: no such file"},
		{what: "prices: malformed YAML", args: "audit --objects objects.yaml --pricing malformed.yaml", code: 2, says: "malformed.yaml"},
		{what: "prices: malformed CSV", args: "audit --objects objects.yaml --pricing malformed.csv", code: 2, says: "malformed.csv"},
		{what: "no such file of commitments", args: "audit --demo --commitments none.csv", code: 2, says: "none.csv: no such file"},
		{what: "commitments: another table", args: "audit --demo --commitments malformed.csv", code: 2, says: "its columns are name,family"},
		{what: "no such Prometheus configuration", args: "audit --objects objects.yaml --prometheus http://localhost:9090 --prometheus-config none.yaml", code: 2, says: "none.yaml: no such file"},
		{what: "Prometheus configuration: malformed YAML", args: "audit --objects objects.yaml --prometheus http://localhost:9090 --prometheus-config secret.yaml", code: 2, says: "want an HTTP client configuration"},
		{what: "report into a folder that is not there", args: "audit --objects objects.yaml -o json=none/report.json", code: 2, says: "make the folder first"},
		{what: "report over a folder", args: "audit --objects objects.yaml -o json=folder", code: 2, says: "name a file in it"},
		{what: "snapshot into a folder that is not there", args: "audit --objects objects.yaml --save-snapshot none/shop.snapshot", code: 2, says: "make the folder first"},
	}},
	storeFailures,
	gateFailures,
	verbFailures,
	{"The API server", "Rights that are missing for one kind of object, or one namespace, do not end an audit: they become warnings.", []failure{
		{what: "no such kubeconfig", args: "audit --kubeconfig none", code: 2, says: "check --kubeconfig"},
		{what: "kubeconfig: malformed YAML", args: "audit --kubeconfig secret.yaml", code: 2, says: "check --kubeconfig"},
		{what: "unknown context", args: "audit --kubeconfig kubeconfig --context test", code: 2, says: `context "test" does not exist`},
		{what: "no kubeconfig at all", args: "audit", code: 2, says: "give --kubeconfig FILE"},
		{what: "unreachable", args: withAPI, security: "refused", code: 3, says: "check that the cluster is up"},
		{what: "expired certificate", args: withAPI, security: "expired", code: 3, says: "renew the cluster's certificate"},
		{what: "certificate of an unknown authority", args: withAPI, security: "self-signed", code: 3, says: "check certificate-authority in the kubeconfig"},
		{what: "no TLS", args: withAPI, security: "not-tls", code: 3, says: "check the scheme and the port"},
		{what: "wrong URL", args: withAPI, reply: answers(404, "text/plain", "404 page not found\n"), code: 3, says: "check the server's address in the kubeconfig, path included"},
		{what: "HTML of a proxy", args: withAPI, reply: answers(200, "text/html", loginPage), code: 3, says: "log in where a proxy asks for it"},
		{what: "HTML in place of every list", args: withAPI, reply: connected(answers(200, "text/html", loginPage)), code: 3, says: "look at the proxy in between"},
		{what: "401", args: withAPI, reply: refuses(401, "Unauthorized", "Unauthorized"), code: 3, says: "log in again"},
		{what: "403 for everything", args: withAPI, reply: connected(refuses(403, "Forbidden", `pods is forbidden: User "me" cannot list resource "pods" in API group "" at the cluster scope`)), code: 3, says: "bind the roles in deploy/rbac.yaml"},
		{what: "422", args: withAPI, reply: connected(refuses(422, "Invalid", "the object is invalid")), code: 3, says: "check the connection with: kubectl version"},
		{what: "429", args: withAPI, reply: connected(refuses(429, "TooManyRequests", "too many requests")), code: 3, says: "try again later"},
		{what: "503", args: withAPI, reply: refuses(503, "ServiceUnavailable", "etcd is away"), code: 3, says: "try again"},
		{what: "truncated answer", args: withAPI, reply: connected(truncates("application/json", `{"kind":"PodList"`)), code: 3, says: "the answer was cut off"},
		{what: "a redirect to another server", args: withAPI, reply: redirects("https://login.example.com/"), code: 3, says: "is not followed"},
		{what: "no answer in time", args: withAPI + " --request-timeout 500ms", reply: hangs, code: 3, says: "raise --request-timeout"},
		{what: "HTML in place of the pods", args: withAPI, reply: without("pods", answers(200, "text/html", loginPage)), code: 3, report: true, says: "the report is partial: list pods"},
		{what: "pods that are not answered in time", args: withAPI + " --request-timeout 5s", reply: without("pods", hangs), code: 3, report: true, says: "the report is partial: list pods"},
		{what: "VPAs that are not served", args: withAPI, reply: without("verticalpodautoscalers", refuses(500, "InternalError", "the conversion webhook failed")), code: 3, report: true, says: "the report is partial: list verticalpodautoscalers"},
		{what: "Deployments that are cut off", args: withAPI, reply: without("deployments", truncates("application/json", `{"kind":"DeploymentList"`)), code: 3, report: true, says: "the report is partial: list deployments.apps"},
	}},
	{"Prometheus", "An engine given by `--prometheus`. One that was found in the cluster and fails becomes a warning, and metrics-server is asked.", []failure{
		{what: "a redirect to another server", args: withPrometheus, reply: redirects("http://metrics.example.com/"), code: 3, says: "is not followed"},
		{what: "an answer that stands still", args: withPrometheus + " --request-timeout 500ms", reply: stalls, code: 3, says: "raise --request-timeout"},
		{what: "an answer without end", args: withPrometheus, reply: answers(200, "application/json", "{"+strings.Repeat(" ", 2<<20)), code: 3, says: "its answer has no end"},
		{what: "an engine that dies after its first answer", args: withPrometheus, reply: diesAfter(1), code: 3, report: true, says: "the report is partial: prometheus"},
		{what: "not a URL", args: "audit --objects objects.yaml --prometheus ftp://me:" + secret + "@localhost", code: 2, says: "want http://HOST"},
		{what: "unreachable", args: withPrometheus, security: "refused", code: 3, says: "check host and port"},
		{what: "an OAuth2 server that is not reached", args: withPrometheus + " --prometheus-config oauth.yaml", reply: answers(200, "application/json", "{}"), code: 3, says: "check oauth2.token_url"},
		{what: "expired certificate", args: withPrometheus + " --prometheus-config CA", security: "expired", code: 3, says: "renew it"},
		{what: "certificate of an unknown authority", args: withPrometheus, security: "self-signed", code: 3, says: "tls_config.ca_file"},
		{what: "no TLS", args: withPrometheus, security: "not-tls", code: 3, says: "write http://"},
		{what: "wrong URL", args: withPrometheus, reply: answers(404, "text/plain", "404 page not found\n"), code: 3, says: "give the URL up to, not including, /api/v1"},
		{what: "HTML of a proxy", args: withPrometheus, reply: answers(200, "text/html", loginPage), code: 3, says: "check the URL and the credentials"},
		{what: "not Prometheus' JSON", args: withPrometheus, reply: answers(200, "application/json", `{"took":3,"hits":[]}`), code: 3, says: "Prometheus-compatible engine"},
		{what: "401", args: withPrometheus, reply: answers(401, "text/plain", "Unauthorized\n"), code: 3, says: "give basic_auth or authorization"},
		{what: "403", args: withPrometheus, reply: answers(403, "text/html", "<h1>Forbidden</h1>"), code: 3, says: "check their rights"},
		{what: "422", args: withPrometheus, reply: rejects(422, "execution", "unknown function"), code: 3, says: "is it compatible with Prometheus?"},
		{what: "429", args: withPrometheus, reply: answers(429, "text/plain", "slow down\n"), code: 3, says: "try again later"},
		{what: "503", args: withPrometheus, reply: answers(503, "text/html", "<h1>Service unavailable</h1>"), code: 3, says: "try again later"},
		{what: "truncated answer", args: withPrometheus, reply: truncates("application/json", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{`), code: 3, says: "ask the engine directly"},
		{what: "no answer in time", args: withPrometheus + " --request-timeout 500ms", reply: hangs, code: 3, says: "raise --request-timeout"},
	}},
}

// brokenFiles are the files that the rows name; those of the shop are beside
// them.
func brokenFiles(t *testing.T) map[string][]byte {
	t.Helper()
	if code, out, errs := plimsoll("audit", "--objects", "objects.yaml", "--openmetrics", "bare.om", "--save-snapshot", "shop.snapshot"); code != 0 || out == "" {
		t.Fatalf("saving a snapshot: exit code %d: %s", code, errs)
	}
	snap, err := os.ReadFile("shop.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := snapshot.Read("shop.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	whole.Warnings = append(whole.Warnings, analyzer.Warning{Code: analyzer.WarnUnread, Subject: "prometheus", Message: "a day was not read"})
	if err := snapshot.Write("partial.snapshot", whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := plimsoll("audit", "-q", "--no-cache", "--snapshot", "partial.snapshot", "-o", "json=partial.json"); code != exitSource {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	bare := shopDump(1, true)
	objects := `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}},{"apiVersion":"v1","ki`
	return map[string][]byte{
		"empty":              {},
		"malformed.yaml":     []byte("a: 1\n b: [\n"),
		"malformed.json":     []byte(`{"apiVersion": "v1", "kind" "Pod"}`),
		"malformed.csv":      []byte("provider,instance_type,usd_per_hour\naws,\"m5.large,0.08\n"),
		"page.html":          []byte(loginPage),
		"secret.yaml":        []byte("basic_auth:\n  username: me\n  password: \"" + secret + "\n"),
		"oauth.yaml":         []byte("oauth2: {client_id: me, client_secret: " + secret + ", token_url: \"http://127.0.0.1:1/token?key=" + secret + "\"}\n"),
		"unknown-flag.yaml":  []byte("windw: 7d\n"),
		"unknown-value.yaml": []byte("risk-cpu: low\n"),
		"cut.json":           []byte(objects),
		"cut.yaml.gz":        zipped(bytes.Repeat([]byte("kind: Pod\nmetadata: {name: a}\n---\n"), 999))[:60],
		"cut.om":             bare[:len(bare)/2],
		"cut.om.gz":          zipped(bare)[:2000],
		"cut.snapshot":       snap[:len(snap)/2],
		"other.om":           []byte("up{job=\"x\"} 1 1777852800\n# EOF\n"),
		"later.snapshot":     []byte(`{"apiVersion":"plimsoll.dev/v2","kind":"Snapshot","schema":99}` + "\n{}\n"),
		"kubeconfig":         []byte(kubeconfigFor("https://127.0.0.1:1", "")),
	}
}

// plimsoll runs a command line in this process.
func plimsoll(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"plimsoll"}, args...), streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// TestFailures shows, row by row, that whatever goes wrong ends in one line
// that says what was tried, on what, and what to do, with the right exit code,
// nothing on stdout and no secret; and that docs/errors.md says the same.
func TestFailures(t *testing.T) {
	leaked := isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	for name, data := range brokenFiles(t) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range gateFiles() {
		put(t, name, text)
	}
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	// Lists that grow with the program are cut, or each new name changes the page.
	growing := strings.NewReplacer(strings.Join(leverNames(), ", "), "rightsize, ...", strings.Join(formatNames(), ", "), "table, wide, ...", strings.Join(finding.Names(), ", "), "table, json, ...")
	// All at once, since some wait and try again.
	var wg sync.WaitGroup
	results := make([][]result, len(failureGroups))
	for g, group := range failureGroups {
		results[g] = make([]result, len(group.rows))
		for i, row := range group.rows {
			args, mask := row.commandLine(t, fmt.Sprintf("kubeconfig-%d-%d", g, i))
			wg.Go(func() {
				r := &results[g][i]
				r.code, r.out, r.errs = plimsoll(args...)
				r.errs = withoutProgress(r.errs)
				r.line = growing.Replace(mask.Replace(strings.TrimSuffix(r.errs, "\n")))
			})
		}
	}
	wg.Wait()
	for g, group := range failureGroups {
		for i, row := range group.rows {
			t.Run(group.title+"/"+row.what, func(t *testing.T) { row.check(t, results[g][i]) })
		}
	}
	if text, err := os.ReadFile(leaked); err != nil || len(text) > 0 {
		t.Errorf("a library wrote to stderr on its own: %q, %v", text, err)
	}
	checkPage(t, filepath.Join(root, "docs", "errors.md"), errorsPage(results))
}

// withoutProgress drops what a slow machine is told of.
func withoutProgress(errs string) string {
	var out strings.Builder
	for line := range strings.Lines(errs) {
		if !strings.HasSuffix(line, " ...\n") {
			out.WriteString(line)
		}
	}
	return out.String()
}

type result struct {
	code            int
	out, errs, line string
}

func (row failure) check(t *testing.T, got result) {
	if got.code != row.code {
		t.Errorf("got exit code %d, want %d", got.code, row.code)
	}
	if (got.out != "") != row.report {
		t.Errorf("got %q on stdout, want something: %v", got.out, row.report)
	}
	if strings.Contains(got.out, secret) {
		t.Error("a secret is in the report")
	}
	if strings.Count(got.errs, "\n") != 1 || !strings.HasPrefix(got.errs, "error: ") || len(got.errs) > 500 {
		t.Errorf("got more or less than one line:\n%s", got.errs)
	}
	if !strings.Contains(got.errs, row.says) {
		t.Errorf("got:  %swant: ...%s...", got.errs, row.says)
	}
	if strings.Contains(got.errs, secret) {
		t.Errorf("a secret is shown: %s", got.errs)
	}
}

// commandLine starts the row's server and puts it into the arguments. The
// replacer gives addresses that differ from run to run their documented names.
func (row failure) commandLine(t *testing.T, kubeconfig string) ([]string, *strings.Replacer) {
	if row.reply == nil && row.security == "" {
		return strings.Fields(row.args), strings.NewReplacer(secret, "SECRET")
	}
	if row.reply == nil {
		row.reply = answers(404, "text/plain", "")
	}
	address, ca := server(t, row.reply, row.security)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	plain := u.String()
	name, port := "k8s.example.com:6443", "PROMETHEUS"
	if strings.Contains(row.args, "WEB") {
		name = "files.example.com"
	}
	if strings.Contains(row.args, port) {
		name = "prometheus.example.com:9090"
	}
	host := u.Host
	u.User = url.UserPassword("me", secret)
	files := map[string]string{kubeconfig: kubeconfigFor(u.String(), ca), kubeconfig + ".prometheus": "tls_config: {ca_file: " + ca + "}\n"}
	for file, text := range files {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := strings.NewReplacer("API", kubeconfig, "PROMETHEUS", u.String()+"?token="+secret, "CA", kubeconfig+".prometheus",
		"STORE", plain, "WEB", u.String()+"/shop.snapshot?sig="+secret).Replace(row.args)
	return strings.Fields(args), strings.NewReplacer(host, name, secret, "SECRET")
}

// isolate gives the test a folder and an environment of its own, and a file
// that gets what is written to the process' stderr.
func isolate(t *testing.T) (stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_CONNECTION_STRING", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stderr
	os.Stderr = f
	t.Cleanup(func() {
		os.Stderr = old
		f.Close()
	})
	return f.Name()
}
