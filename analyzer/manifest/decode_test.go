package manifest_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// in16 encodes text as PowerShell does.
func in16(text string, order binary.AppendByteOrder, mark bool) string {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

const onePod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"

// TestDecode wants every document read, or an error at its line, or the reason
// why it is not judged.
func TestDecode(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", onePod, "-/Pod/a"},
		{"UTF-16 little", in16(onePod, binary.LittleEndian, true), "-/Pod/a"},
		{"UTF-16 big", in16(onePod, binary.BigEndian, true), "-/Pod/a"},
		{"UTF-16 without a mark", in16(onePod, binary.LittleEndian, false), "-/Pod/a"},
		{"byte order mark", "\ufeff" + onePod, "-/Pod/a"},
		{"marks of joined files", "\ufeff" + onePod + "---\n\ufeff" + onePod, "-/Pod/a -/Pod/a"},
		{"Latin-1", onePod + "# caf\xe9\n", "4! the text is neither UTF-8 nor UTF-16"},
		{"glued", onePod + "---apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n", "-/Pod/a -/Pod/b 4! the document mark --- has text behind it"},
		{"apiversion", "apiversion: v1\nkind: Pod\n", `1! the key "apiversion" is not known; did you mean apiVersion?`},
		{"api_version", "api_version: v1\nkind: Pod\n", `did you mean apiVersion?`},
		{"Kind", "apiVersion: v1\nKind: Pod\nmetadata: {name: a}\n", `2! the key "Kind" is not known; did you mean kind?`},
		{"no kind", "apiVersion: apps/v1\nmetadata: {name: a}\n", "1! kind is missing"},
		{"no apiVersion", "kind: Pod\nmetadata: {name: a}\n", "1! apiVersion is missing"},
		{"neither", "metadata: {name: a}\nspec: {}\n", "1! apiVersion and kind are missing"},
		{"Deploymnet", "apiVersion: apps/v1\nkind: Deploymnet\n", "2! apps/v1 has no kind \"Deploymnet\"; did you mean Deployment?"},
		{"small letters", "apiVersion: apps/v1\nkind: deployment\n", "did you mean Deployment?"},
		{"kind of another group", "apiVersion: apps/v1\nkind: Cronjob\n", `2! apps/v1 has no kind "Cronjob"; did you mean CronJob (batch/v1)?`},
		{"kind of another group, core", "apiVersion: v1\nkind: Deploymnet\n", `2! v1 has no kind "Deploymnet"; did you mean Deployment (apps/v1)?`},
		{"group and kind", "apiVersion: app/v1\nkind: Deploymnet\n", `1! there is no API "app/v1"; did you mean apps/v1?`},
		{"a group left out of a custom kind", "apiVersion: v1alpha1\nkind: Kafka\n", `1! there is no API "v1alpha1" with a kind "Kafka"; its group is missing, as in GROUP/v1alpha1`},
		{"a short word of no API", "apiVersion: v1\nkind: Rule\n", "-/Rule/"},
		{"stranger", "apiVersion: apps/v1\nkind: Widget\n", "2! apps/v1 has no kind \"Widget\""},
		{"group", "apiVersion: app/v1\nkind: Deployment\n", `1! there is no API "app/v1"; did you mean apps/v1?`},
		{"group left out", "apiVersion: v1\nkind: Deployment\n", `1! v1 has no kind "Deployment"; did you mean apps/v1?`},
		{"group alone", "apiVersion: apps\nkind: Deployment\n", `did you mean apps/v1?`},
		{"version", "apiVersion: apps/v2\nkind: Deployment\n", `1! there is no API "apps/v2"; did you mean apps/v1?`},
		{"custom kind", "apiVersion: argoproj.io/v1alpha1\nkind: Rollot\n", "did you mean Rollout?"},
		{"old API", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n", "-/Deployment/a"},
		{"another's Deployment", "apiVersion: apps.example.com/v1\nkind: Deployment\nmetadata: {name: a}\n", "-/Deployment/a"},
		{"kubeconfig", "apiVersion: v1\nkind: Config\nclusters: []\n", "-/Config/"},
		{"values", "replicas: 1\nkind: Deployment\n", "skip " + manifest.NoObject},
		{"chart", "apiVersion: v2\nname: web\n", "skip " + manifest.NoObject},
		{"empty list", "apiVersion: v1\nkind: List\nitems: []\n", "skip " + manifest.NoItems},
		{"JSON", "{\"apiVersion\": \"v1\",\n\"kind\": \"Pod\",\n\"metadata\": {\"name\": \"a\"\n \"labels\": {}}}\n", "4! not valid JSON: "},
		{"JSON that ends early", "{\"apiVersion\": \"v1\",\n\"kind\": \"Pod\",\n\"metadata\": {\"name\": [\"a\", {\n\"a\": 1\n", "4! not valid JSON: it ends too early"},
		{"JSON with a mark too many", "{\"apiVersion\": \"v1\",\n\"kind\": \"Pod\"}\n}\n", "-/Pod/ 3! not valid"},
		{"after JSON", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n---\n{\"kind\": \"Pod\",\n\"apiVersion\" \"v1\"}\n", "-/Pod/ 4! not valid JSON: "},
		{"JSON values", `{"apiVersion": "v1", "kind": "Pod"} {"apiVersion": "v1",` + "\n" + `"kind": "Pod"}` + "\n[{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}]\n", "-/Pod/ -/Pod/ -/Pod/"},
		{"text behind a flow", "{apiVersion: v1, kind: Pod}\nfoo: bar\n", "-/Pod/ 2! there is text behind the end of the document"},
		{"text behind a block", "  apiVersion: v1\n  kind: Pod\nfoo: bar\n", "-/Pod/ 3! there is text behind the end of the document"},
		{"a comment behind", "{apiVersion: v1, kind: Pod}\n# foo: bar\n", "-/Pod/"},
		{"an indented block", "\n  apiVersion: v1\n  kind: Pod\n", "-/Pod/"},
		{"a key out of line", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    a: b\n   c: d\nspec: {}\n", "7! not valid YAML: did not find expected key"},
		{"an item out of line", "apiVersion: v1\nkind: Pod\nspec:\n  - a\n  - b\n  c: d\n", "6! not valid YAML: did not find expected '-' indicator"},
		{"template", "apiVersion: v1\nkind: {{ .Values.kind }}\n{{- if .x }}\nmetadata: {}\n{{- end }}\n", "skip " + manifest.IsTemplate},
		{"value of a template", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {{ .labels }}, x: {{ .y }} }\n", "skip " + manifest.IsTemplate},
		{"marks in a string", "apiVersion: v1\nkind: Pod\nmetadata: {name: \"{{ $labels.pod }}\"}\n---\napiVersion: v1\nkind: Pod\n metadata: {x: \"{{ y }}\"}\n", "-/Pod/{{ $labels.pod }} 7! not valid YAML"},
		{"parameters", "apiVersion: v1\nkind: Template\nparameters: [{name: N, value: web}]\nobjects: [{apiVersion: v1, kind: Pod, metadata: {name: \"${N}-${M}\"}}]\n", "-/Pod/web-${M}"},
	}
	for _, tt := range tests {
		var got []string
		c := manifest.Decode("f", []byte(tt.text))
		for _, d := range c.Documents {
			got = append(got, d.ID())
		}
		for _, p := range c.Problems {
			got = append(got, fmt.Sprintf("%d! %s", p.Position.Line, p.Message))
		}
		for _, s := range c.Skips {
			got = append(got, "skip "+s.Reason)
		}
		if text := strings.Join(got, " "); !strings.Contains(text, tt.want) || strings.HasPrefix(tt.want, "-") && !strings.HasPrefix(text, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, text, tt.want)
		}
	}
}

// TestGluedPlaces wants places to be exact behind a glued mark.
func TestGluedPlaces(t *testing.T) {
	text := "---{apiVersion: v1, kind: Pod, spec: {containers: [{name: c, resources: {requests: {cpu: 250m}}}]}}\n"
	docs, _ := manifest.Parse("f.yaml", []byte(text))
	n := docs[0].Workload(nil).Containers[0].Requests.CPU.Node
	if got := text[n.Start:n.End()]; got != "250m" || n.Position != manifest.At(1, strings.Index(text, "250m")+1) {
		t.Errorf("got %q at %v", got, n.Position)
	}
}

// TestShared marks what an anchor gives to other places, too.
func TestShared(t *testing.T) {
	docs, _ := manifest.Parse("f", []byte("apiVersion: v1\nkind: Pod\nspec:\n  a: &used {cpu: 1}\n  b: *used\n  c: &unused {cpu: 2}\n"))
	spec := docs[0].Root.Field("spec")
	if !spec.At("a", "cpu").Shared || spec.At("c", "cpu").Shared || spec.Shared {
		t.Errorf("got %v, %v, %v; want what the alias uses alone", spec.At("a", "cpu").Shared, spec.At("c", "cpu").Shared, spec.Shared)
	}
}
