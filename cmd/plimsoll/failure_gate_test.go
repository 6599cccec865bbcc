package main

import "net/http"

// withStore reads a snapshot from a broken store, and one over the web.
const (
	withStore = "audit -q --snapshot s3://backups/shop.snapshot?endpoint=STORE"
	withWeb   = "audit -q --snapshot WEB"
)

// denies replies as an object store does when it refuses.
func denies(status int, code string) reply {
	return answers(status, "application/xml", "<Error><Code>"+code+"</Code><Message>"+secret+"</Message></Error>")
}

// cuts begins a file that it does not end.
func cuts(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	truncates("application/octet-stream", `{"apiVersion":`)(w, r)
}

// stands begins a file and never goes on with it.
func stands(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	stalls(w, r)
}

var storeFailures = failureGroup{"Object stores", "Wherever a file is named, it may be in a store: `s3://`, `gs://`, `azblob://`, `https://`. What a store does not give is a source that could not be reached: 3.", []failure{
	{what: "URL without a file", args: "audit --snapshot s3://backups", code: 2, says: "want s3://BUCKET/PATH"},
	{what: "unknown scheme", args: "audit -o json=ftp://example.com/report.json --demo", code: 2, says: "there is: s3, gs, azblob"},
	{what: "unknown option", args: "audit --objects s3://backups/objects.yaml?regoin=eu", code: 2, says: `no option "regoin"`},
	{what: "a file that must be here", args: "audit --kubeconfig s3://backups/kubeconfig", code: 2, says: "copy the file here"},
	{what: "no storage account", args: "audit --openmetrics azblob://backups/usage.om.gz", code: 3, says: "set AZURE_STORAGE_ACCOUNT"},
	{what: "no such file", args: withStore, reply: denies(404, "NoSuchKey"), code: 3, says: "check its name"},
	{what: "no such bucket", args: withStore, reply: denies(404, "NoSuchBucket"), code: 3, says: "make it first"},
	{what: "wrong keys", args: withStore, reply: denies(403, "SignatureDoesNotMatch"), code: 3, says: "log in again"},
	{what: "no right to read", args: withStore, reply: denies(403, "AccessDenied"), code: 3, says: "grant them the reading or writing"},
	{what: "no right to write", args: "audit -q --objects objects.yaml -o json=s3://backups/report.json?endpoint=STORE", reply: denies(403, "AccessDenied"), code: 3, says: "grant them the reading or writing"},
	{what: "expired credentials", args: withStore, reply: denies(400, "ExpiredToken"), code: 3, says: "log in again"},
	{what: "overloaded", args: withStore, reply: denies(503, "SlowDown"), code: 3, says: "try again later"},
	{what: "no store at the endpoint", args: withStore, security: "refused", code: 3, says: "check host and port"},
	{what: "no answer in time", args: withStore + " --request-timeout 500ms", reply: hangs, code: 3, says: "reachable from here"},
	{what: "cut off", args: withStore, reply: cuts, code: 3, says: "write the file anew"},
	{what: "a snapshot that stands still", args: withStore + " --request-timeout 500ms", reply: stands, code: 3, says: "no answer in time"},
	{what: "prices that stand still", args: "audit -q --objects objects.yaml --pricing WEB --request-timeout 500ms", reply: stalls, code: 3, says: "no answer in time"},
	{what: "commitments that stand still", args: "audit -q --objects objects.yaml --commitments WEB --request-timeout 500ms", reply: stalls, code: 3, says: "no answer in time"},
	{what: "objects that are cut off", args: "audit -q --objects WEB", reply: cuts, code: 3, says: "write the file anew"},
	{what: "prices that are cut off", args: "price m6i.xlarge --provider aws --region us-east-1 --pricing WEB", reply: cuts, code: 3, says: "write the file anew"},
	{what: "a price file that is cut off", args: "price --validate WEB", reply: cuts, code: 3, says: "write the file anew"},
	{what: "expired presigned URL", args: withWeb, reply: denies(403, "AccessDenied"), code: 3, says: "a presigned URL may have expired"},
	{what: "a server that is not trusted", args: withWeb, security: "self-signed", code: 3, says: "SSL_CERT_FILE"},
	{what: "no TLS", args: withWeb, security: "not-tls", code: 3, says: "check the scheme"},
	{what: "report of the gate in a store", args: "gate pod.yaml --report s3://backups/report.json?endpoint=STORE", reply: denies(404, "NoSuchKey"), code: 3, says: "that what should write it did"},
}}

var gateFailures = failureGroup{"The gate", "What is found in manifests, and a path without any: 1. A file that is missing or something else, and a check that lacks what it needs: 2. A store that cannot be reached: 3.", []failure{
	{what: "something was found", args: "gate bare.yaml -o json=gate.json", code: 1, says: "gate failed: 2 errors (--fail-on error)"},
	{what: "no manifests", args: "gate", code: 2, says: "name files or folders"},
	{what: "no such manifests", args: "gate none", code: 2, says: "no such file"},
	{what: "nothing to judge", args: "gate config.yaml empty.yaml -o json=gate.json", code: 1, says: "gate failed: 1 error (--fail-on error); 1 document: 0 judged"},
	{what: "a limit of money without prices", args: "gate pod.yaml --max-monthly 100", code: 2, says: "give --provider and --region"},
	{what: "prices of an unknown cloud", args: "gate pod.yaml --provider moon --region base", code: 2, says: "there are price tables of aws, azure, gcp"},
	{what: "prices of an unknown region", args: "gate pod.yaml --provider aws --region us-moon-1", code: 2, says: "near it are us-east-1"},
	{what: "a region alone", args: "gate pod.yaml --region us-east-1", code: 2, says: "needs --provider"},
	{what: "a cloud alone", args: "gate pod.yaml --provider aws", code: 2, says: "needs --region"},
	{what: "two kinds of evidence", args: "gate pod.yaml --report report.json --snapshot shop.snapshot", code: 2, says: "give one of them"},
	{what: "an increase over nothing", args: "gate pod.yaml --max-increase 200", code: 2, says: "needs --base"},
	{what: "an increase below zero", args: "gate pod.yaml --base pod.yaml --max-increase=-1", code: 2, says: "0 or more"},
	{what: "a limit that nothing is above", args: "gate pod.yaml --provider aws --region us-east-1 --max-monthly nan", code: 2, says: "0 or more"},
	{what: "no such folder of charts", args: "gate pod.yaml --chart-dir none", code: 2, says: "reading --chart-dir"},
	{what: "no such environment", args: "gate pod.yaml --root none", code: 2, says: "reading --root"},
	{what: "a file as an environment", args: "gate pod.yaml --root pod.yaml", code: 2, says: "want a folder"},
	{what: "unknown severity", args: "gate pod.yaml --fail-on fatal", code: 2, says: "use note, warning or error"},
	{what: "a day that is none", args: "gate pod.yaml --date tomorrow", code: 2, says: "such as 2027-03-31"},
	{what: "unknown format of findings", args: "gate pod.yaml -o pdf", code: 2, says: "use one of table"},
	{what: "no such policy", args: "gate pod.yaml --policy none.yaml", code: 2, says: "none.yaml: no such file"},
	{what: "policy: unknown key", args: "gate pod.yaml --policy policy-key.yaml", code: 2, says: "line 3"},
	{what: "policy: unknown rule", args: "gate pod.yaml --policy policy-rule.yaml", code: 2, says: "requst-missing"},
	{what: "policy: an expression that is none", args: "gate pod.yaml --policy policy-cel.yaml", code: 2, says: "custom"},
	{what: "no such baseline", args: "gate pod.yaml --baseline none.json", code: 2, says: "none.json: no such file"},
	{what: "baseline: something else", args: "gate pod.yaml --baseline page.html", code: 2, says: "page.html"},
	{what: "baseline into a folder that is not there", args: "gate pod.yaml --write-baseline none/known.json", code: 2, says: "make the folder first"},
	{what: "no such report", args: "gate pod.yaml --report none.json", code: 2, says: "check the path"},
	{what: "report: something else", args: "gate pod.yaml --report page.html", code: 2, says: "page.html"},
	{what: "report: cut", args: "gate pod.yaml --report cut.json", code: 2, says: "cut.json"},
	{what: "no such snapshot", args: "gate pod.yaml --snapshot none.snapshot", code: 2, says: "check the path"},
	{what: "no such base", args: "gate pod.yaml --base no-such-branch", code: 2, says: "no-such-branch"},
	{what: "no such values", args: "gate pod.yaml --helm-values none.yaml", code: 2, says: "check the path"},
	{what: "values: malformed YAML", args: "gate pod.yaml --helm-values malformed.yaml", code: 2, says: "malformed.yaml"},
}}

// gateFiles are the files that the rows name.
func gateFiles() map[string]string {
	policy := "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n"
	return map[string]string{
		"pod.yaml":         "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}}]}\n",
		"bare.yaml":        podWithout,
		"config.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"empty.yaml":       "# nothing\n",
		"policy-key.yaml":  policy + "foo: bar\n",
		"policy-rule.yaml": policy + "rules: {requst-missing: error}\n",
		"policy-cel.yaml":  policy + "custom: [{name: own, message: x, expression: \"object.spec ==\"}]\n",
	}
}
