package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fits is a pod spec that nothing is wrong with.
const fits = `{containers: [{name: c, image: a, resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}]}`

func deploymentOf(name, pod string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec: {replicas: 2, template: {metadata: {labels: {app: " + name + "}}, spec: " + pod + "}}\n"
}

func scalerOf(name, rest string) string {
	return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: " + name + "}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + name + "}" + rest + "}\n"
}

// withResources is a pod whose container has the given resources.
func withResources(text string) string {
	return "{containers: [{name: c, image: a, resources: {" + text + "}}]}"
}

// oddity is one way in which a file is written: what must be said of it, and
// how many documents it has, those that are not judged among them.
type oddity struct {
	name, file, text string
	want             []string // rules, sorted
	read, judged     int
}

// oddities lists kinds of files that fail closed, are judged, stand in folders
// of environments, or are completed by the API server.
func oddities() []oddity {
	missing := []string{"limit-missing", "request-missing"}
	replicaless := func(text string) string { return strings.Replace(text, "replicas: 2, ", "", 1) }
	return []oddity{
		{"fine", "a.yaml", deploymentOf("web", fits), nil, 1, 1},
		{"bare", "a.yaml", deploymentOf("web", withResources("")), missing, 1, 1},
		{"utf16", "a.yaml", "\xff\xfe" + utf16of(deploymentOf("web", withResources(""))), missing, 1, 1},
		{"kind", "a.yaml", strings.Replace(deploymentOf("web", fits), "Deployment", "Deploymnet", 1), []string{"unreadable"}, 1, 0},
		{"api", "a.yaml", strings.Replace(deploymentOf("web", fits), "apiVersion", "apiversion", 1), []string{"unreadable"}, 1, 0},
		{"broken", "a.yaml", "apiVersion: v1\nkind: Service\n metadata: {}\n---\n" + deploymentOf("web", fits), []string{"unreadable"}, 2, 1},
		{"glued", "a.yaml", deploymentOf("web", fits) + "---" + deploymentOf("b", withResources("")), append(slices.Clone(missing), "unreadable"), 2, 2},
		{"template", "a.yaml", "apiVersion: v1\nkind: Pod\n{{- if .x }}\nmetadata: {name: a}\n{{- end }}\n", nil, 1, 0},
		{"values", "values.yaml", "kind: a\nreplicas: 2\n", nil, 1, 0},
		{"config", "a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", nil, 1, 0},
		{"release", "a.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: nowhere}}}\n", nil, 1, 0},
		{"jobset", "a.yaml", "apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: {name: a}\nspec: {replicatedJobs: [{name: w, template: {spec: {template: {spec: " + withResources("") + "}}}}]}\n", missing, 1, 1},
		{"kruise", "a.yaml", "apiVersion: apps.kruise.io/v1alpha1\nkind: BroadcastJob\nmetadata: {name: a}\nspec: {template: {spec: " + withResources("") + "}}\n", missing, 1, 1},
		{"strimzi", "a.yaml", "apiVersion: kafka.strimzi.io/v1\nkind: KafkaNodePool\nmetadata: {name: a}\nspec: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}\n", []string{"request-over-limit"}, 1, 1},
		{"openshift", "a.yaml", "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: a}\nobjects: [{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: " + withResources("") + "}]\n", missing, 1, 1},
		{"dev/x", "a.yaml", deploymentOf("web", fits), nil, 1, 1},
		{"prod/x", "a.yaml", replicaless(deploymentOf("web", fits)) + scalerOf("web", ", maxReplicas: 4"), nil, 2, 2},
		{"default", "a.yaml", replicaless(deploymentOf("web", withResources("requests: {memory: 1Gi}, limits: {memory: 1Gi}"))) + scalerOf("web", ", maxReplicas: 4"), []string{"hpa-no-request", "request-missing"}, 2, 2},
		{"crossed", "a.yaml", replicaless(deploymentOf("web", fits)) + scalerOf("web", ", minReplicas: 9, maxReplicas: 4"), []string{"hpa-invalid"}, 2, 2},
		{"nomax", "a.yaml", replicaless(deploymentOf("web", fits)) + scalerOf("web", ", minReplicas: 9"), []string{"hpa-invalid"}, 2, 2},
		{"range", "a.yaml", "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Pod, max: {cpu: 50m}}, {type: Container, default: {cpu: 1}}]}\n---\n" + deploymentOf("web", fits), []string{"limit-range"}, 2, 2},
		{"filled", "a.yaml", "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, max: {cpu: 1, memory: 1Gi}}]}\n---\n" + deploymentOf("web", withResources("")), nil, 2, 2},
		{"millibytes", "a.yaml", deploymentOf("web", withResources("requests: {cpu: 1, memory: 512m}, limits: {memory: 512m}")), []string{"quantity-absurd", "quantity-absurd"}, 1, 1},
		{"numbers", "a.yaml", deploymentOf("web", withResources("requests: {cpu: 010, memory: 0x4000000}, limits: {memory: 67_108_864}")), nil, 1, 1},
		{"disk", "a.yaml", deploymentOf("web", withResources("requests: {cpu: 1, memory: 1Gi, ephemeral-storage: 2Gi}, limits: {memory: 1Gi, ephemeral-storage: 1Gi}")), []string{"request-over-limit"}, 1, 1},
	}
}

// utf16of writes text as UTF-16, small end first.
func utf16of(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		b.WriteByte(0)
	}
	return b.String()
}

// TestGateOfManyFiles judges a tree of 2,000 generated files, and holds what is
// said of each against what must be said.
func TestGateOfManyFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	want := map[string][]string{}
	kinds, read, judged := oddities(), 0, 0
	for i := 0; len(want) < 2000; i++ {
		o := kinds[i%len(kinds)]
		file := filepath.Join(fmt.Sprintf("app-%d", i/len(kinds)), o.name, o.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, file, o.text)
		want[file] = o.want
		read, judged = read+o.read, judged+o.judged
	}
	if code, out, errs := call(t, "", "gate", ".", "-q", "-o", "json=gate.out"); code != exitFound || out != "" {
		t.Fatalf("got %d, %s%s", code, out, errs)
	}
	data, err := os.ReadFile("gate.out")
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Summary struct{ Documents, Judged, Skipped int }
		Account struct {
			Judged, Skipped []struct{ Count int }
		}
		Findings []struct {
			Rule, Field, Message string
			Place                struct{ File string }
		}
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	if s := report.Summary; s.Documents != read || s.Judged != judged || s.Judged+s.Skipped != s.Documents {
		t.Errorf("got %+v, want %d documents, %d of them judged, and the others skipped", s, read, judged)
	}
	got := map[string][]string{}
	for _, f := range report.Findings {
		if list := got[f.Place.File]; f.Rule != "request-missing" || !slices.Contains(list, f.Rule) { // one for CPU and one for memory
			got[f.Place.File] = append(list, f.Rule)
		}
	}
	wrong := 0
	for _, file := range slices.Sorted(maps.Keys(want)) {
		slices.Sort(got[file])
		if !slices.Equal(got[file], want[file]) {
			if wrong++; wrong < 20 {
				t.Errorf("%s: got %v, want %v", file, got[file], want[file])
			}
		}
	}
	if wrong >= 20 {
		t.Errorf("%d files of %d are judged otherwise", wrong, len(want))
	}
}

// TestGateBoundsReach tells how far a LimitRange, a quota and a budget reach that
// name no namespace: not beyond the folder that is deployed with them.
func TestGateBoundsReach(t *testing.T) {
	const limits = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, min: {cpu: 200m}}]}\n"
	const quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {requests.cpu: 250m}}\n"
	const budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {minAvailable: 2, selector: {matchLabels: {app: web}}}\n"
	pod := func(name string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {app: " + name + "}}\nspec: " + fits + "\n"
	}
	in := func(namespace, text string) string {
		return strings.Replace(text, "metadata: {name", "metadata: {namespace: "+namespace+", name", 1)
	}
	web, cart := deploymentOf("web", fits), deploymentOf("cart", fits)
	tests := []struct {
		name  string
		files map[string]string
		args  []string
		want  string // rules, with the file of each
	}{
		{"one folder", map[string]string{"k8s/l.yaml": limits, "k8s/web.yaml": web}, nil, "limit-range k8s/web.yaml"},
		{"a folder below", map[string]string{"k8s/l.yaml": limits, "k8s/web/a.yaml": web}, nil, "limit-range k8s/web/a.yaml"},
		{"a folder by kind", map[string]string{"k8s/limits/l.yaml": limits, "k8s/apps/web.yaml": web, "k8s/apps/cart.yaml": cart}, nil, "limit-range k8s/apps/cart.yaml, limit-range k8s/apps/web.yaml"},
		{"chapters", map[string]string{"ch1/l.yaml": limits, "ch1/web.yaml": web, "ch2/cart.yaml": cart}, nil, "limit-range ch1/web.yaml"},
		{"chapters, as of one namespace", map[string]string{"ch1/l.yaml": limits, "ch1/web.yaml": web, "ch2/cart.yaml": cart}, []string{"-n", "shop"}, "limit-range ch1/web.yaml, limit-range ch2/cart.yaml"},
		{"chapters, as one environment", map[string]string{"ch1/l.yaml": limits, "ch1/web.yaml": web, "ch2/cart.yaml": cart}, []string{"--root", "."}, "limit-range ch1/web.yaml, limit-range ch2/cart.yaml"},
		{"chapters that name the namespace", map[string]string{"ch1/l.yaml": in("shop", limits), "ch1/web.yaml": in("shop", web), "ch2/cart.yaml": in("shop", cart)}, nil, "limit-range ch1/web.yaml, limit-range ch2/cart.yaml"},
		{"samples", map[string]string{"s/l.yaml": limits, "s/a.yaml": pod("a"), "s/b.yaml": pod("b"), "s/c.yaml": pod("c")}, nil, ""},
		{"samples, as of one namespace", map[string]string{"s/l.yaml": limits, "s/a.yaml": pod("a"), "s/b.yaml": pod("b"), "s/c.yaml": pod("c")}, []string{"-n", "shop"}, "limit-range s/a.yaml, limit-range s/b.yaml, limit-range s/c.yaml"},
		{"samples by kind", map[string]string{"LimitRange/l.yaml": limits, "Pod/a.yaml": pod("a"), "Pod/b.yaml": pod("b"), "Pod/c.yaml": pod("c")}, nil, ""},
		{"a pod of its file", map[string]string{"s/l.yaml": limits + "---\n" + pod("a"), "s/b.yaml": pod("b"), "s/c.yaml": pod("c")}, nil, "limit-range s/l.yaml"},
		{"a quota over a folder", map[string]string{"k8s/q.yaml": quota, "k8s/web.yaml": web, "k8s/cart.yaml": cart}, nil, "quota k8s/q.yaml"},
		{"a quota beside another folder", map[string]string{"a/q.yaml": quota, "a/web.yaml": web, "b/cart.yaml": cart}, nil, ""},
		{"a budget over a folder", map[string]string{"k8s/b.yaml": budget, "k8s/web.yaml": web}, nil, "pdb-deadlock k8s/b.yaml"},
		{"a budget of another chapter", map[string]string{"a/b.yaml": budget, "a/cart.yaml": cart, "b/web.yaml": web}, nil, ""},
		{"a budget by kind", map[string]string{"k8s/pdb/b.yaml": budget, "k8s/apps/web.yaml": web}, nil, "pdb-deadlock k8s/pdb/b.yaml"},
		{"an autoscaler names its target", map[string]string{"hpa/h.yaml": strings.TrimPrefix(scalerOf("web", ", minReplicas: 9, maxReplicas: 3"), "---\n"), "apps/web.yaml": strings.Replace(web, "replicas: 2, ", "", 1)}, nil, "hpa-invalid hpa/h.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for file, text := range tt.files {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				put(t, file, text)
			}
			_, out, errs := call(t, "", append([]string{"gate", ".", "-q", "-o", "json"}, tt.args...)...)
			var report struct {
				Findings []struct {
					Rule  string
					Place struct{ File string }
				}
			}
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatal(err, errs)
			}
			var got []string
			for _, f := range report.Findings {
				got = append(got, f.Rule+" "+f.Place.File)
			}
			if list := strings.Join(slices.Compact(got), ", "); list != tt.want {
				t.Errorf("got %q, want %q", list, tt.want)
			}
		})
	}
}
