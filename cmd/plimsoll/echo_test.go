package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// planted is a secret of characters that URLs, JSON and quotes write otherwise.
const planted = `pl4nted/S3cret+"Value"=42`

// echoes are the ways in which a server sends back what it was sent.
var echoes = map[string]func(w http.ResponseWriter, said string){
	"text":           func(w http.ResponseWriter, said string) { answers(400, "text/plain", said)(w, nil) },
	"unauthorized":   func(w http.ResponseWriter, said string) { answers(401, "text/plain", said)(w, nil) },
	"not found":      func(w http.ResponseWriter, said string) { answers(404, "text/plain", said)(w, nil) },
	"success":        func(w http.ResponseWriter, said string) { answers(200, "text/plain", said)(w, nil) },
	"JSON":           func(w http.ResponseWriter, said string) { answers(200, "application/json", said)(w, nil) },
	"status":         func(w http.ResponseWriter, said string) { refuses(422, "Invalid", said)(w, nil) },
	"forbidden":      func(w http.ResponseWriter, said string) { refuses(403, "Forbidden", said)(w, nil) },
	"engine's error": func(w http.ResponseWriter, said string) { rejects(422, "execution", said)(w, nil) },
	"engine's warning": func(w http.ResponseWriter, said string) {
		text, _ := json.Marshal(said)
		answers(200, "application/json", `{"status":"success","warnings":[`+string(text)+`],"data":{"resultType":"vector","result":[]}}`)(w, nil)
	},
	// What is cut at some length is cut in the middle of a secret, too.
	"cut early": func(w http.ResponseWriter, said string) {
		refuses(422, "Invalid", strings.Repeat("x", 170)+said[max(strings.Index(said, "pl4nted"), 0):])(w, nil)
	},
	"cut late": func(w http.ResponseWriter, said string) {
		rejects(422, "execution", strings.Repeat("y", 188)+said[max(strings.Index(said, "pl4nted"), 0):])(w, nil)
	},
	"redirect": func(w http.ResponseWriter, said string) {
		w.Header().Set("Location", "http://other.example.com/"+url.PathEscape(said)+"?"+url.QueryEscape(said))
		w.WriteHeader(http.StatusFound)
	},
	"store's code": func(w http.ResponseWriter, said string) {
		w.Header().Set("X-Ms-Error-Code", lastWord(said))
		answers(400, "application/xml", "<Error><Code>"+lastWord(said)+"</Code><Message>"+said+"</Message></Error>")(w, nil)
	},
	"schema": func(w http.ResponseWriter, said string) {
		text, _ := json.Marshal(lastWord(said))
		answers(200, "application/json", `{"apiVersion":`+string(text)+`,"kind":`+string(text)+`,"Items":[{"armSkuName":"Standard_D2s_v5","retailPrice":1,"currencyCode":`+string(text)+`}],"Count":1,"NextPageLink":`+string(text)+`}`)(w, nil)
	},
	"reason": func(w http.ResponseWriter, said string) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(rw, "HTTP/1.1 400 %s\r\nContent-Length: 0\r\n\r\n", strings.Join(strings.Fields(said), " "))
		_ = rw.Flush()
	},
}

// lastWord is what a server may take for a word of its own: the secret, as it came.
func lastWord(said string) string {
	if strings.Contains(said, planted) {
		return planted
	}
	return said[strings.LastIndexByte(strings.TrimSpace(said), ' ')+1:]
}

// echo sends back all that it is sent, decoded as well.
func echo(shape string, asked *sync.Map) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		said := r.Method + " " + r.URL.String() + " " + string(body)
		form, _ := url.ParseQuery(string(body))
		_, password, _ := r.BasicAuth()
		for name, values := range r.Header {
			said += " " + name + ": " + strings.Join(values, " ")
		}
		for _, values := range []url.Values{r.URL.Query(), form} {
			for _, v := range values {
				said += " " + strings.Join(v, " ")
			}
		}
		said += " " + password
		if shown8(said) != "" {
			asked.Store(shape, true)
		}
		echoes[shape](w, said)
	}
}

// shown8 gives what of the secret stands in a text: 8 of its characters in a row, as it
// is or as the head of a request has it.
func shown8(text string) string {
	for _, form := range []string{planted, base64.StdEncoding.EncodeToString([]byte("me:" + planted)), url.QueryEscape(planted), url.PathEscape(planted)} {
		for i := 0; i+8 <= len(form); i++ {
			if strings.Contains(text, form[i:i+8]) {
				return form[i : i+8]
			}
		}
	}
	return ""
}

// discovers answers for a small cluster with a service that may be Prometheus. What is
// asked of that, and for the pods, gets the reply.
func discovers(then reply) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/proxy"):
			then(w, r)
		case strings.HasSuffix(r.URL.Path, "/services"):
			answers(200, "application/json", `{"kind":"ServiceList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"prometheus-server","namespace":"shop","labels":{"app.kubernetes.io/name":"prometheus"}},"spec":{"ports":[{"name":"http","port":80}]}}]}`)(w, r)
		default:
			without("pods", then)(w, r)
		}
	}
}

// A server that echoes what it is sent, in any answer, has no secret of ours printed:
// not by the API server's messages, engines, OAuth2, stores, files of the web or
// price lists, on the screen or in a report.
func TestEchoesShowNoSecret(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	key := url.QueryEscape(planted)
	quoted, _ := json.Marshal(planted)
	put(t, "bearer.yaml", "authorization: {credentials: "+string(quoted)+"}\n")
	put(t, "basic.yaml", "basic_auth: {username: me, password: "+string(quoted)+"}\n")
	put(t, "header.yaml", "http_headers: {X-Api-Key: {secrets: ["+string(quoted)+"]}, X-Scope-OrgID: {values: ["+string(quoted)+"]}}\n")
	engine := "audit -q --no-cache --objects objects.yaml -o json=REPORT -o table --prometheus "
	lines := map[string]string{
		"API server's token":     "audit -q --no-cache --kubeconfig token.SHAPE -o json=REPORT -o table",
		"API server's password":  "audit -q --no-cache --kubeconfig basic.SHAPE -o json=REPORT -o table",
		"API server's version":   "audit -q --no-cache --kubeconfig version.SHAPE",
		"bearer":                 engine + "URL --prometheus-config bearer.yaml",
		"basic":                  engine + "URL --prometheus-config basic.yaml",
		"headers":                engine + "URL --prometheus-config header.yaml",
		"user of an engine":      engine + "http://me:" + url.PathEscape(planted) + "@HOST",
		"key of an engine":       engine + "URL?api_key=" + key,
		"OAuth2's secret":        engine + "URL --prometheus-config oauth.SHAPE",
		"OAuth2's parameters":    engine + "URL --prometheus-config params.SHAPE",
		"token of a snapshot":    "audit -q --no-cache --snapshot URL/a?token=" + key,
		"signature of objects":   "audit -q --no-cache --objects URL/a?sv=2024-01-01&sig=" + key,
		"user of a dump":         "audit -q --no-cache --objects objects.yaml --openmetrics http://me:" + url.PathEscape(planted) + "@HOST/a",
		"key of prices":          "audit -q --no-cache --objects objects.yaml --pricing URL/a.yaml?X-Amz-Signature=" + key,
		"key of a price file":    "price --validate URL/a.csv?any=" + key,
		"key of a report":        "show -q --report URL/a?token=" + key,
		"key of evidence":        "gate -q objects.yaml --report URL/a?token=" + key,
		"key of values":          "gate -q objects.yaml --policy URL/a?token=" + key,
		"where a report goes":    "audit -q --no-cache --objects objects.yaml -o json=URL/a?token=" + key,
		"key of a configuration": "audit -q --no-cache --config URL/a?token=" + key,
		"user of a price list":   "price update --provider azure --region westeurope --endpoint http://me:" + url.PathEscape(planted) + "@HOST",
		"another price list":     "price update --provider aws --region us-east-1 --endpoint http://me:" + url.PathEscape(planted) + "@HOST",
	}
	var asked sync.Map
	all := make(chan func())
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			for try := range all {
				try()
			}
		})
	}
	for shape := range echoes {
		at, _ := server(t, echo(shape, &asked), "")
		name := strings.Map(func(r rune) rune {
			if r == ' ' || r == '\'' {
				return '-'
			}
			return r
		}, shape)
		api, _ := server(t, discovers(echo(shape, &asked)), "self-signed") // without TLS no credential is sent
		bare, _ := server(t, echo(shape, &asked), "self-signed")
		config := strings.ReplaceAll(kubeconfigFor(api, ""), "{token: "+secret+"}", "USER")
		config = strings.ReplaceAll(config, "cluster: {server", "cluster: {insecure-skip-tls-verify: true, server")
		put(t, "version."+name, strings.ReplaceAll(strings.ReplaceAll(config, "USER", "{token: "+string(quoted)+"}"), api, bare))
		put(t, "token."+name, strings.ReplaceAll(config, "USER", "{token: "+string(quoted)+"}"))
		put(t, "basic."+name, strings.ReplaceAll(config, "USER", "{username: me, password: "+string(quoted)+"}"))
		put(t, "oauth."+name, "oauth2: {client_id: me, client_secret: "+string(quoted)+", token_url: "+at+"/token}\n")
		put(t, "params."+name, "oauth2: {client_id: me, client_secret: x, token_url: "+at+"/token?k="+key+", endpoint_params: {p: "+string(quoted)+"}}\n")
		for what, line := range lines {
			report := fmt.Sprintf("report-%s-%s.json", name, strings.ReplaceAll(what, " ", "-"))
			line = strings.NewReplacer("URL", at, "HOST", strings.TrimPrefix(at, "http://"), "REPORT", report, "SHAPE", name).Replace(line)
			all <- func() {
				_, out, errs := plimsoll(strings.Fields(line)...)
				written, _ := os.ReadFile(report) // most end without one
				if part := shown8(out + errs + string(written)); part != "" {
					t.Errorf("%s, echoed as %s, shows %q:\n%s%s%s", what, shape, part, errs, out, written)
				}
			}
		}
	}
	close(all)
	working.Wait()
	for shape := range echoes {
		if _, ok := asked.Load(shape); !ok {
			t.Errorf("no server was sent a secret that it could echo as %s", shape)
		}
	}
}
