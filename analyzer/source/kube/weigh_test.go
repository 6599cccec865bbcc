package kube_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// realPod is a pod as clusters have them: sidecars, variables, mounts, tolerations.
func realPod(i int) corev1.Pod {
	p := corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: fmt.Sprintf("cart-5d9c7b6f8-%05d", i), Namespace: "shop", UID: "7f0d5a52-5b0e-4a4e-9c7e-2f4ad3f6d7b1",
		Labels:      map[string]string{"app.kubernetes.io/name": "cart", "app.kubernetes.io/instance": "shop", "pod-template-hash": "5d9c7b6f8"},
		Annotations: map[string]string{"prometheus.io/scrape": "true", "kubectl.kubernetes.io/restartedAt": "2026-06-15T00:00:00Z"},
	}}
	for c := range 3 {
		one := corev1.Container{Name: fmt.Sprintf("container-%d", c), Image: "registry.example.com/shop/cart:1.2.3", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{"cpu": resource.MustParse("250m"), "memory": resource.MustParse("512Mi")},
		}}
		for e := range 15 {
			one.Env = append(one.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", e), Value: "value"})
		}
		for v := range 4 {
			one.VolumeMounts = append(one.VolumeMounts, corev1.VolumeMount{Name: fmt.Sprintf("volume-%d", v), MountPath: "/var/run/secrets"})
		}
		p.Spec.Containers = append(p.Spec.Containers, one)
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: one.Name, Image: one.Image, Ready: true})
	}
	for range 5 {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: "Exists"})
		p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: "Ready", Status: "True"})
	}
	return p
}

// wire writes a list as the API server does in protobuf.
func wire(t *testing.T, list *corev1.PodList) []byte {
	t.Helper()
	raw, err := list.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	unknown := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: "PodList"}, Raw: raw}
	out, err := unknown.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("k8s\x00"), out...)
}

func TestWeigh(t *testing.T) {
	var full, empty, nested, odd corev1.PodList
	for i := range 500 {
		full.Items = append(full.Items, realPod(i))
	}
	empty.Items = make([]corev1.Pod, 200_000)
	nested.Items = []corev1.Pod{{Spec: corev1.PodSpec{Containers: []corev1.Container{{Env: make([]corev1.EnvVar, 400_000)}}}}}
	odd.Items = []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"text": strings.Repeat("\x0a\x00", 2000) + "~"}}}}
	fullJSON, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	many := func(element string) []byte {
		return []byte(`{"kind":"PodList","items":[` + strings.Repeat(element+",", 200_000) + element + `]}`)
	}
	for name, tt := range map[string]struct {
		answer []byte
		bomb   bool
	}{
		"a full page":                    {fullJSON, false},
		"a full page, protobuf":          {wire(t, &full), false},
		"empty pods":                     {many("{}"), true},
		"empty pods, far apart":          {many("{} \n"), true},
		"pods with a name":               {many(`{"name":"["}`), true},
		"empty pods, protobuf":           {wire(t, &empty), true},
		"one pod's variables":            {[]byte(`{"items":[{"spec":{"containers":[{"env":` + string(many("{}")) + `}]}}]}`), true},
		"one pod's variables, protobuf":  {wire(t, &nested), true},
		"an odd text, protobuf":          {wire(t, &odd), false},
		"a text of brackets":             {[]byte(`{"a":"` + strings.Repeat(`[{\"`, 100_000) + `"}`), false},
		"nothing":                        {nil, false},
		"nothing in protobuf":            {[]byte("k8s\x00"), false},
		"no protobuf after the envelope": {[]byte("k8s\x00" + strings.Repeat("\xff", 1000)), false},
	} {
		if err := kube.Weigh(tt.answer); errors.Is(err, origin.ErrLarge) != tt.bomb {
			t.Errorf("%s (%d bytes): got %v, want it refused: %v", name, len(tt.answer), err, tt.bomb)
		}
	}
}

// A list without an end is given up, whatever its tokens and its objects say.
func TestListsWithoutAnEnd(t *testing.T) {
	for name, object := range map[string]func(page int) string{
		"the same objects":   func(int) string { return podJSON("a") },
		"other objects":      func(page int) string { return podJSON(fmt.Sprintf("a%d", page)) },
		"objects of no name": func(int) string { return `{}` },
	} {
		pages := 0
		s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) != "pods" || strings.Contains(r.URL.Path, "metrics") {
				answer(w, r)
				return
			}
			pages++
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"token-%d"},"items":[%s]}`, pages, object(pages))
		})
		if err != nil || !strings.Contains(s.Unread(), "list pods") || !strings.Contains(s.Unread(), "the server sends") {
			t.Errorf("%s: got %v, %v; want the pods unread", name, s, err)
		}
		if pages > 100 {
			t.Errorf("%s: %d pages were asked for", name, pages)
		}
	}
}

// An API server that knows no pods is none: nothing is taken for an empty cluster.
func TestServerWithoutPods(t *testing.T) {
	for _, resource := range []string{"pods", "nodes", "deployments"} {
		s, err := read(t, func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) == resource && !strings.Contains(r.URL.Path, "metrics") {
				_, _ = io.Copy(io.Discard, r.Body)
				status(w, 404, "NotFound", "no")
				return
			}
			answer(w, r)
		})
		if err != nil || !strings.Contains(s.Unread(), "list "+resource) {
			t.Errorf("%s: got %v, %v; want it unread", resource, s, err)
		}
	}
}
