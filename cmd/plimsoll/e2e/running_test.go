//go:build e2e

package e2e_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// runningObjects are a namespace whose LimitRange gives requests, and what runs
// in it: web names no requests, grown is resized in place.
const runningObjects = `
apiVersion: v1
kind: Namespace
metadata: {name: running, labels: {mesh: enabled}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: running}
spec: {limits: [{type: Container, defaultRequest: {cpu: 300m, memory: 256Mi}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: running}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: grown, namespace: running}
spec:
  replicas: 1
  selector: {matchLabels: {app: grown}}
  template:
    metadata: {labels: {app: grown}}
    spec: {containers: [{name: main, image: grown, resources: {requests: {cpu: 200m, memory: 128Mi}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: running}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
`

// injector adds two containers to every pod of the namespace, as meshes do. One asks
// for nothing but memory, which the LimitRange leaves as it is; the other for both.
func injector(w http.ResponseWriter, r *http.Request) {
	var review struct {
		APIVersion string               `json:"apiVersion"`
		Kind       string               `json:"kind"`
		Request    struct{ UID string } `json:"request"`
	}
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	patch := `[{"op":"add","path":"/spec/containers/-","value":{"name":"daprd","image":"daprd","resources":{"requests":{"memory":"96Mi","cpu":"0"}}}},
		{"op":"add","path":"/spec/containers/-","value":{"name":"shipper","image":"shipper","resources":{"requests":{"memory":"64Mi","cpu":"50m"}}}}]`
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"apiVersion":%q,"kind":%q,"response":{"uid":%q,"allowed":true,"patchType":"JSONPatch","patch":%q}}`,
		review.APIVersion, review.Kind, review.Request.UID, base64.StdEncoding.EncodeToString([]byte(patch)))
}

// TestE2ERunningPodsAreTheTruth has a real API server default, inject and resize,
// and wants the audit to say what the pods have.
func TestE2ERunningPodsAreTheTruth(t *testing.T) {
	config, err := clientcmd.BuildConfigFromFlags("", live.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	hook := httptest.NewTLSServer(http.HandlerFunc(injector))
	defer hook.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw})
	live.apply(t, fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: injector}
webhooks:
- name: injector.example.com
  clientConfig: {url: %q, caBundle: %s}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  namespaceSelector: {matchLabels: {mesh: enabled}}
  admissionReviewVersions: [v1]
  sideEffects: None
`, hook.URL, base64.StdEncoding.EncodeToString(authority)))
	t.Cleanup(func() {
		_ = client.AdmissionregistrationV1().MutatingWebhookConfigurations().Delete(context.Background(), "injector", metav1.DeleteOptions{})
		_ = client.CoreV1().Namespaces().Delete(context.Background(), "running", metav1.DeleteOptions{})
	})
	live.apply(t, runningObjects)
	pods := runningPods(ctx, t, client)
	resize := `{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"700m"}}}]}}`
	for _, p := range pods {
		if p.Labels["app"] != "grown" {
			continue
		}
		allowResize(ctx, t, client, p.Name)
		if _, err := client.CoreV1().Pods("running").Patch(ctx, p.Name, types.StrategicMergePatchType, []byte(resize), metav1.PatchOptions{}, "resize"); err != nil {
			t.Fatal(err)
		}
	}
	r := live.audit(t, live.Kubeconfig, "-n", "running", "--end", live.end())
	found := map[string]container{}
	for _, w := range r.report.Workloads {
		for _, c := range w.Containers {
			found[w.Name+"/"+c.Name] = c
		}
	}
	for name, want := range map[string]struct{ cpu, memory, mark, says string }{
		"web/main":  {"300m", "256Mi", "altered", "LimitRange defaults fills in"},
		"web/daprd": {"", "96Mi", "injected", "dapr.io/sidecar-cpu-request"},
		// The API server counts how often a spec was written, which tells a resize from a webhook.
		"grown/main":    {"700m", "128Mi", "altered", "a resize in place set them"},
		"web/shipper":   {"50m", "64Mi", "injected", "in the running pods and not in the template"},
		"grown/shipper": {"50m", "64Mi", "injected", "in the running pods and not in the template"},
		"grown/daprd":   {"", "96Mi", "injected", "dapr.io/sidecar-cpu-request"},
	} {
		c, ok := found[name]
		if !ok {
			t.Errorf("%s is not listed", name)
			continue
		}
		if c.Current.Requests["cpu"] != want.cpu || c.Current.Requests["memory"] != want.memory {
			t.Errorf("%s: requests %v, want cpu %q and memory %q", name, c.Current.Requests, want.cpu, want.memory)
		}
		marked := false
		for _, w := range c.Warnings {
			marked = marked || w.Code == want.mark && strings.Contains(w.Message, want.says)
		}
		if !marked {
			t.Errorf("%s: warnings %v, want %s: ...%s...", name, c.Warnings, want.mark, want.says)
		}
	}
	var advised struct {
		Workloads []struct {
			Name       string
			Horizontal *struct{ Recommended any }
			Findings   []struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal([]byte(r.out), &advised); err != nil {
		t.Fatal(err)
	}
	for _, w := range advised.Workloads {
		if w.Name != "web" {
			continue
		}
		dead := false
		for _, f := range w.Findings {
			dead = dead || f.Code == "hpa-no-request" && strings.Contains(f.Message, "daprd")
		}
		if !dead || w.Horizontal != nil && w.Horizontal.Recommended != nil {
			t.Errorf("an HPA that divides by the request which daprd lacks: findings %v, advice %v", w.Findings, w.Horizontal)
		}
	}
}

// runningPods waits for the namespace's three pods.
func runningPods(ctx context.Context, t *testing.T, client kubernetes.Interface) []corev1.Pod {
	t.Helper()
	for {
		list, err := client.CoreV1().Pods("running").List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		running := 0
		for _, p := range list.Items {
			if p.Status.Phase == corev1.PodRunning && len(p.Spec.Containers) == 3 {
				running++
			}
		}
		if running == 3 && len(list.Items) == 3 {
			return list.Items
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d pods run with the injected container, want 3", running, len(list.Items))
		case <-time.After(time.Second):
		}
	}
}

// allowResize says in the status what each container has, as a kubelet that can
// resize does: the API server refuses the resize of a running pod without it.
func allowResize(ctx context.Context, t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	for {
		p, err := client.CoreV1().Pods("running").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Status.ContainerStatuses {
			for _, c := range p.Spec.Containers {
				if c.Name == p.Status.ContainerStatuses[i].Name {
					p.Status.ContainerStatuses[i].Resources = c.Resources.DeepCopy()
				}
			}
		}
		_, err = client.CoreV1().Pods("running").UpdateStatus(ctx, p, metav1.UpdateOptions{})
		if err == nil {
			return
		}
		if !apierrors.IsConflict(err) {
			t.Fatal(err)
		}
	}
}
