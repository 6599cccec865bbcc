package manifest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: app
          image: cart
          resources:
            requests:
              cpu: 500m
              memory: "1Gi"
            limits: {memory: 1Gi}
`

// requestPlace gives the place of the one CPU request, and what the bytes
// there say.
func requestPlace(t *testing.T, data string) (manifest.Position, manifest.Position, string) {
	t.Helper()
	docs, problems := manifest.Parse("f.yaml", []byte(data))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	for _, d := range docs {
		w := d.Workload(nil)
		if w == nil {
			continue
		}
		for _, c := range w.Containers {
			if n := c.Requests.CPU.Node; n != nil {
				return n.Position, n.Via(), data[n.Start:n.End()]
			}
		}
	}
	t.Fatal("no CPU request found")
	return manifest.Position{}, manifest.Position{}, ""
}

func indent(s string, from, to int) string {
	var b strings.Builder
	for _, line := range strings.SplitAfter(s, "\n") {
		bare := strings.TrimLeft(line, " ")
		b.WriteString(strings.Repeat(" ", (len(line)-len(bare))/from*to) + bare)
	}
	return b.String()
}

func TestPositions(t *testing.T) {
	ownDash := strings.Replace(deployment, "- name", "-\n          name", 1)
	tests := []struct {
		name, data string
		line, col  int
		via        manifest.Position
		text       string
	}{
		{name: "plain", data: deployment, line: 15, col: 20, text: "500m"},
		{name: "second document", data: "kind: ConfigMap\napiVersion: v1\n---\n" + deployment, line: 18, col: 20, text: "500m"},
		{name: "after a broken document's neighbour and ...", data: "a: b\n...\n---\n" + deployment, line: 18, col: 20, text: "500m"},
		{name: "directive", data: "%YAML 1.1\n---\n" + deployment, line: 17, col: 20, text: "500m"},
		{name: "comment and mark first", data: "# hello\n---\n" + deployment, line: 17, col: 20, text: "500m"},
		{name: "CRLF", data: strings.ReplaceAll(deployment, "\n", "\r\n"), line: 15, col: 20, text: "500m"},
		{name: "CRLF documents", data: strings.ReplaceAll("a: 1\n---\n"+deployment, "\n", "\r\n"), line: 17, col: 20, text: "500m"},
		{name: "1-space indent", data: indent(ownDash, 2, 1), line: 16, col: 13, text: "500m"},
		{name: "8-space indent", data: indent(ownDash, 2, 8), line: 16, col: 62, text: "500m"},
		{name: "byte order mark", data: "\ufeff" + deployment, line: 15, col: 20, text: "500m"},
		{name: "double quotes", data: strings.Replace(deployment, "500m", `"500m"`, 1), line: 15, col: 20, text: "500m"},
		{name: "single quotes, comment", data: strings.Replace(deployment, "500m", `'500m' # half`, 1), line: 15, col: 20, text: "500m"},
		{name: "tab in a string before", data: strings.Replace(deployment, "image: cart", "image: \"ca\trt\"", 1), line: 15, col: 20, text: "500m"},
		{name: "tabs after the value", data: strings.Replace(deployment, "500m", "500m\t# half", 1), line: 15, col: 20, text: "500m"},
		{name: "tab in the flow", data: strings.Replace(deployment, "              cpu: 500m\n              memory: \"1Gi\"\n", "              {\tcpu:\t500m}\n", 1), line: 15, col: 22, text: "500m"},
		{name: "wide characters before", data: strings.Replace(deployment, "              cpu: 500m\n              memory: \"1Gi\"\n", "              {\"ü€😀\": 1, cpu: 500m}\n", 1), line: 15, col: 31, text: "500m"},
		{name: "block of text with a rule", data: strings.Replace(deployment, "image: cart", "image: |\n            x\n             ---\n", 1), line: 18, col: 20, text: "500m"},
		{name: "anchor and tag at the value", data: strings.Replace(deployment, "500m", "&half !!str 500m", 1), line: 15, col: 32, text: "500m"},
		{name: "next line", data: strings.Replace(deployment, "cpu: 500m", "cpu:\n                500m", 1), line: 16, col: 17, text: "500m"},
		{name: "unicode line break in a string", data: strings.Replace(deployment, "image: cart", "image: \"ca\u2028rt\"", 1), line: 15, col: 20, text: "500m"},
		{
			name: "alias to a map", line: 6, col: 9, via: manifest.Position{Line: 15, Column: 23}, text: "250m",
			data: strings.Replace(strings.Replace(deployment, "namespace: shop\n", "x: &r\n   cpu: 250m\n", 1), "            requests:\n              cpu: 500m\n              memory: \"1Gi\"\n", "            requests: *r\n", 1),
		},
		{
			name: "alias to a scalar", line: 5, col: 9, via: manifest.Position{Line: 15, Column: 20}, text: "250m",
			data: strings.Replace(strings.Replace(deployment, "namespace: shop\n", "x: &r 250m\n", 1), "500m", "*r", 1),
		},
		{
			name: "merge key", line: 6, col: 9, via: manifest.Position{Line: 16, Column: 19}, text: "250m",
			data: strings.Replace(strings.Replace(deployment, "namespace: shop\n", "x: &r\n   cpu: 250m\n", 1), "cpu: 500m", "<<: *r", 1),
		},
		{
			name: "merge key, own value wins", line: 17, col: 20, text: "500m",
			data: strings.Replace(strings.Replace(deployment, "namespace: shop\n", "x: &r\n   cpu: 250m\n", 1), "cpu: 500m", "<<: [*r]\n              cpu: 500m", 1),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at, via, text := requestPlace(t, tt.data)
			if got, want := at, (manifest.At(tt.line, tt.col)); got != want || text != tt.text || via != tt.via {
				t.Errorf("got %v via %v %q, want %v via %v %q\n%s", got, via, text, want, tt.via, tt.text, tt.data)
			}
		})
	}
}

func TestJSONAndLists(t *testing.T) {
	list := `{
	"apiVersion": "v1", "kind": "List",
	"items": [
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [
			{"name": "c", "resources": {"requests": {"cpu": 1.5, "memory": "64Mi"}}}]}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}, "spec": {"containers": []}}
	]
}`
	docs, problems := manifest.Parse("l.json", []byte(list))
	if len(problems) > 0 || len(docs) != 2 || docs[1].Name != "b" {
		t.Fatalf("got %d documents, problems %v", len(docs), problems)
	}
	cpu := docs[0].Workload(nil).Containers[0].Requests.CPU
	if want := (manifest.Position{Line: 5, Column: 52}); cpu.Value != 1500 || cpu.Node.Position != want {
		t.Errorf("got %d millicores at %v, want 1500 at %v", cpu.Value, cpu.Node.Position, want)
	}
	typed := "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: x}\n"
	if docs, _ = manifest.Parse("t.yaml", []byte(typed)); len(docs) != 1 || docs[0].Kind != "Pod" || docs[0].APIVersion != "v1" {
		t.Errorf("got %+v, want one Pod of a PodList", docs)
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, data string
		line, docs int
		message    string
	}{
		{"broken neighbour", deployment + "---\na: [\n---\n" + deployment, 20, 2, "not valid YAML"},
		{"key twice", "kind: A\napiVersion: example.com/v1\nkind: B\n", 3, 1, `"kind" is written twice`},
		{"alias of itself", "a: &a [*a]\n", 1, 0, "contains itself"},
		{"unknown alias", "a: *b\n", 1, 0, "unknown anchor"},
		{"merge of a scalar", "a: &a 1\nb: {<<: *a}\n", 2, 0, "<< takes a map"},
		{"text", "hello\n", 1, 0, "a Kubernetes object was expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, problems := manifest.Parse("f", []byte(tt.data))
			if len(docs) != tt.docs || len(problems) != 1 || !strings.Contains(problems[0].Message, tt.message) {
				t.Fatalf("got %d documents and %v, want %d and %q", len(docs), problems, tt.docs, tt.message)
			}
			if got := problems[0].Position.Line; int(got) < tt.line-1 || int(got) > tt.line+1 {
				t.Errorf("got line %d, want about %d", got, tt.line)
			}
		})
	}
}

// TestTheLastKeyCounts judges an object in which a key is written twice as the API
// server takes it, beside the problem.
func TestTheLastKeyCounts(t *testing.T) {
	c := manifest.Decode("f", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: one, image: a}]\n  containers: [{name: two, image: a}]\n"))
	if len(c.Problems) != 1 || !c.Problems[0].Beside || len(c.Documents) != 1 {
		t.Fatalf("got %v and %d documents, want a problem beside the one", c.Problems, len(c.Documents))
	}
	if got := c.Documents[0].Workload(nil).Containers; len(got) != 1 || got[0].Name != "two" {
		t.Errorf("got %v, want the last containers", got)
	}
}

func TestQuietOnWhatIsNoObject(t *testing.T) {
	for _, data := range []string{"", "---\n", "# nothing\n", "---\n---\n", "a: 1\nb: {}\n", "null\n", "[]\n"} {
		if docs, problems := manifest.Parse("f", []byte(data)); len(docs)+len(problems) > 0 {
			t.Errorf("%q: got %v %v, want nothing", data, docs, problems)
		}
	}
}

func TestAliasesStaySmall(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: X\na0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		prev := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.Repeat(prev+", ", 8)+prev)
	}
	docs, problems := manifest.Parse("bomb", []byte(b.String()))
	if len(docs) != 1 {
		t.Fatalf("got %d documents, problems %v", len(docs), problems)
	}
	if _, ok := docs[0].Root.Plain(); ok {
		t.Error("got the whole of a billion values, want a refusal")
	}
}

func TestQuantitiesAreKubernetes(t *testing.T) {
	for _, s := range []string{
		"0", "1", "0.5", ".5", "5.", "+1", "-1", "250m", "1.5", "100u", "1n", "1k", "1Ki", "512Mi", "1.5Gi", "2G", "1e3", "1E3", "1e-3", "12E", "1Ei",
		"0.0001", "123456789n", "1.0000001", "999999999999999999999", "1M", "3Ti", "2P", "1Pi", "1e+3",
		"", "1mm", "1KiB", "1,5", "0x10", "1 Gi", "abc", "1e", "--1", "+-1", "1e+-3", "1.2.3", "1K",
	} {
		want, err := resource.ParseQuantity(s)
		cpu, cpuErr := manifest.ParseCPU(s)
		bytes, bytesErr := manifest.ParseBytes(s)
		if (err == nil) != (cpuErr == nil) || (err == nil) != (bytesErr == nil) {
			t.Errorf("%q: got errors %v, %v, want as Kubernetes: %v", s, cpuErr, bytesErr, err)
			continue
		}
		const most = 1 << 52
		if err == nil && want.AsApproximateFloat64() > most/1000 {
			continue // Kubernetes' own integers overflow there; ours stop at 2^52
		}
		if err == nil && (cpu != want.MilliValue() || bytes != want.Value()) {
			t.Errorf("%q: got %d millicores, %d bytes, want %d, %d", s, cpu, bytes, want.MilliValue(), want.Value())
		}
	}
}

// Kubernetes' parser takes a suffix alone as zero; as a request it can only be
// a slip.
func TestQuantitiesWithoutANumber(t *testing.T) {
	for _, s := range []string{"m", "Gi", "."} {
		if v, err := manifest.ParseCPU(s); err == nil {
			t.Errorf("%q: got %d, want an error", s, v)
		}
	}
}

func TestQuantitiesRoundTrip(t *testing.T) {
	for _, v := range []int64{0, 1, 5, 999, 1000, 1500, 64000, 1 << 20, 3 << 29, 1<<40 + 1, 12 << 20} {
		if got, err := manifest.ParseCPU(manifest.FormatCPU(v)); got != v || err != nil {
			t.Errorf("CPU %s: got %d, want %d", manifest.FormatCPU(v), got, v)
		}
		if got, err := manifest.ParseBytes(manifest.FormatBytes(v)); got != v || err != nil {
			t.Errorf("bytes %s: got %d, want %d", manifest.FormatBytes(v), got, v)
		}
	}
	if got := manifest.FormatBytes(412 << 20); got != "412Mi" {
		t.Errorf("got %s, want 412Mi", got)
	}
}

func TestTemplates(t *testing.T) {
	const pod = "{metadata: {labels: {app: x}}, spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}}"
	tests := []struct{ head, spec string }{
		{"apiVersion: apps/v1\nkind: StatefulSet", "spec: {template: %s}"},
		{"apiVersion: argoproj.io/v1alpha1\nkind: Rollout", "spec: {template: %s}"},
		{"apiVersion: batch/v1\nkind: CronJob", "spec: {jobTemplate: {spec: {template: %s}}}"},
		{"apiVersion: serving.knative.dev/v1\nkind: Service", "spec: {template: %s}"},
		{"apiVersion: example.com/v1\nkind: Engine", "spec: {engine: {pods: %s}}"},
	}
	custom := []manifest.Template{{Group: "example.com", Kind: "Engine", Path: []string{"spec", "engine", "pods"}}}
	for _, tt := range tests {
		docs, problems := manifest.Parse("f", []byte(tt.head+"\n"+fmt.Sprintf(tt.spec, pod)))
		if len(docs) != 1 {
			t.Fatalf("%s: %v", tt.head, problems)
		}
		w := docs[0].Workload(custom)
		if w == nil || w.Amounts() != (analyzer.Amounts{CPU: 1000}) || w.PodLabels["app"] != "x" || w.Count() != 1 {
			t.Errorf("%s: got %+v, want one container of one core", tt.head, w)
		}
	}
	docs, _ := manifest.Parse("f", []byte("apiVersion: v1\nkind: Service\nspec: {template: "+pod+"}"))
	if docs[0].Workload(nil) != nil {
		t.Error("a core Service was taken for Knative's")
	}
}

func TestFlags(t *testing.T) {
	data := strings.Replace(deployment, "          image: cart\n", `          image: cart
          env:
            - {name: GOMEMLIMIT, value: 900MiB}
            - {name: JAVA_TOOL_OPTIONS, value: "-Xms1g -Xmx768m -XX:MaxRAMPercentage=75.0"}
          args: ["--max-old-space-size=512", "-Xmx2G"]
`, 1)
	docs, _ := manifest.Parse("f", []byte(data))
	var got []string
	for _, f := range docs[0].Workload(nil).Containers[0].Flags {
		got = append(got, fmt.Sprintf("%s %d %g line %d", f.Name, f.Bytes>>20, f.Percent, f.Node.Position.Line))
	}
	want := "[GOMEMLIMIT 900 0 line 14 -Xmx 768 0 line 15 -XX:MaxRAMPercentage 0 75 line 15 --max-old-space-size 512 0 line 16 -Xmx 2048 0 line 16]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestPlainIsJSON(t *testing.T) {
	docs, _ := manifest.Parse("f", []byte(deployment))
	v, ok := docs[0].Root.Plain()
	got, err := json.Marshal(v)
	want := `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"cart","namespace":"shop"},"spec":{"replicas":3,"template":{"spec":{"containers":[{"image":"cart","name":"app","resources":{"limits":{"memory":"1Gi"},"requests":{"cpu":"500m","memory":"1Gi"}}}]}}}}`
	if !ok || err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		deployment, "a: &a [*a]", "<<: *a", "%YAML 1.1\n---\na", "\ufeffa: b", "---\n...\n---", "a: |\n ---\n", "? [a]\n: b", "{a: b", "kind: List\napiVersion: v1\nitems: {}",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}",
		"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nspec: {triggers: [{type: cpu, metadata: {value: '50'}}]}",
		"apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {minAvailable: 50%, selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}",
		"apiVersion: v1\nkind: ResourceQuota\nspec: {hard: {cpu: 1}}", "apiVersion: v1\nkind: LimitRange\nspec: {limits: [{type: Container, max: {cpu: 1}}]}",
	} {
		f.Add([]byte(s))
		f.Add([]byte(strings.ReplaceAll(s, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, problems := manifest.Parse("f", data)
		for _, p := range problems {
			if p.Position.Line < 1 || p.Position.Column < 1 || p.Message == "" {
				t.Errorf("problem without a place or a word: %+v", p)
			}
		}
		for _, d := range docs {
			d.Root.Plain()
			if w := d.Workload(nil); w != nil {
				w.Amounts()
				checkSpans(t, data, w)
			}
			if a := d.Autoscaler(); a != nil && a.Target.Kind == "" {
				t.Error("a target without a kind")
			}
			if b := d.Budget(); b != nil {
				manifest.Selects(b.Selector, map[string]string{"a": "b"})
			}
			d.VPA()
			d.Quota()
			d.LimitRange()
		}
	})
}

// checkSpans says that a value's bytes are what the file has there.
func checkSpans(t *testing.T, data []byte, w *manifest.Workload) {
	t.Helper()
	for _, c := range w.Containers {
		for _, a := range []manifest.Amount{c.Requests.CPU, c.Requests.Memory, c.Limits.CPU, c.Limits.Memory} {
			if n := a.Node; n != nil && n.Literal && string(data[n.Start:n.End()]) != n.Text {
				t.Errorf("the bytes of %q are %q", n.Text, data[n.Start:n.End()])
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	data := []byte(strings.Repeat(deployment+"---\n", 1000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if docs, _ := manifest.Parse("f", data); len(docs) != 1000 {
			b.Fatal(len(docs))
		}
	}
}

// TestPlainQuantities reads quantities of digits alone as those with a point are
// read, which has another way.
func TestPlainQuantities(t *testing.T) {
	for _, digits := range []string{"0", "1", "7", "250", "1000", "1500", "65536", "999999", "9999999", "10000000", "123456789012"} {
		for _, suffix := range []string{"", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "X"} {
			got, err := manifest.ParseCPU(digits + suffix)
			want, wantErr := manifest.ParseCPU(digits + "." + suffix)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("ParseCPU(%s%s) = %d, %v, want %d, %v", digits, suffix, got, err, want, wantErr)
			}
			got, err = manifest.ParseBytes(digits + suffix)
			want, wantErr = manifest.ParseBytes(digits + "." + suffix)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("ParseBytes(%s%s) = %d, %v, want %d, %v", digits, suffix, got, err, want, wantErr)
			}
		}
	}
}
