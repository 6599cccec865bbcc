package local

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kwok/kustomize/crd"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

// kwokObjects defines kwok's kinds and says how nodes and pods live and what
// containers use.
func (u *up) kwokObjects(ctx context.Context) error {
	objects, err := decodeAll(crd.Stage, crd.Metric, crd.ResourceUsage, crd.ClusterResourceUsage,
		[]byte(nodefast.DefaultNodeInit), []byte(heartbeat.DefaultNodeHeartbeatWithLease),
		[]byte(podfast.DefaultPodReady), []byte(podfast.DefaultPodDelete), cluster.Kwok)
	if err != nil {
		return fmt.Errorf("read kwok's objects: %w", err)
	}
	if err := u.client.apply(ctx, objects[:4]); err != nil {
		return err
	}
	return u.client.apply(ctx, objects[4:])
}

// metricsAPI registers metrics-server with the API server. There is no service
// network: an ExternalName service leads to loopback.
func (u *up) metricsAPI(ctx context.Context) error {
	rbac, err := os.ReadFile(filepath.Join(u.Bin, "metrics-server-rbac.yaml"))
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(u.pki("ca.crt"))
	if err != nil {
		return err
	}
	objects, err := decodeAll(rbac, fmt.Appendf(nil, `
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {type: ExternalName, externalName: localhost, ports: [{name: https, port: %[1]d}]}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  service: {name: metrics-server, namespace: kube-system, port: %[1]d}
  group: metrics.k8s.io
  version: v1beta1
  caBundle: %[2]s
  groupPriorityMinimum: 100
  versionPriority: 100
`, u.Ports["metrics-server"], base64.StdEncoding.EncodeToString(ca)))
	if err != nil {
		return err
	}
	return u.client.apply(ctx, objects)
}

// fill creates the cluster's objects and waits until its pods run.
func (u *up) fill(ctx context.Context) error {
	spec, err := cluster.Load()
	if err != nil {
		return err
	}
	for _, stage := range [][]*unstructured.Unstructured{spec.Foundation(), spec.Policies(), spec.Objects(true)} {
		if err := u.client.apply(ctx, stage); err != nil {
			return err
		}
	}
	scheduler, running := u.find("kube-scheduler"), 0
	err = scheduler.wait(ctx, 3*time.Minute, func(ctx context.Context) (err error) {
		running, err = u.podsRun(ctx, spec.ConfinedPodCount())
		return err
	})
	if err != nil {
		return err
	}
	u.step("%d pods that are confined to some nodes run", running)
	if err := u.client.apply(ctx, spec.Objects(false)); err != nil {
		return err
	}
	if err := u.owned(ctx, spec); err != nil {
		return err
	}
	for _, s := range spec.BalancerStatuses() {
		if err := u.client.applyStatus(ctx, s); err != nil {
			return err
		}
	}
	u.step("%d namespaces, %d nodes, %d workloads and %d claims applied", len(spec.Namespaces), spec.NodeCount(), spec.WorkloadCount(), spec.ClaimCount())
	err = scheduler.wait(ctx, 6*time.Minute, func(ctx context.Context) (err error) {
		if running, err = u.podsRun(ctx, spec.PodCount()); err != nil {
			return err
		}
		return u.claimsBound(ctx, spec)
	})
	if err != nil {
		return err
	}
	u.step("%d pods run", running)
	return nil
}

// owned creates what a custom controller would make for its objects: it needs
// the owners' UIDs.
func (u *up) owned(ctx context.Context, spec *cluster.Spec) error {
	for _, owner := range spec.Owners() {
		uid, err := u.client.uid(ctx, owner)
		if err != nil {
			return fmt.Errorf("get %s %s/%s: %w", owner.GetKind(), owner.GetNamespace(), owner.GetName(), err)
		}
		if err := u.client.apply(ctx, spec.Owned(owner, uid, u.HistoryEnd)); err != nil {
			return err
		}
		if owner.GetKind() == "Rollout" {
			if err := u.client.applyStatus(ctx, cluster.RolloutStatus(owner)); err != nil {
				return err
			}
		}
	}
	return nil
}

// podsRun fails while fewer pods run than wanted, or pods are pending that are
// not meant to be.
func (u *up) podsRun(ctx context.Context, want int) (int, error) {
	pods, err := u.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return 0, err
	}
	running, pending := 0, []string{}
	for _, p := range pods.Items {
		switch {
		case p.Status.Phase == corev1.PodPending && p.Annotations[cluster.PendingAnnotation] == "":
			pending = append(pending, p.Namespace+"/"+p.Name)
		case p.Status.Phase == corev1.PodRunning:
			running++
		}
	}
	if running < want || len(pending) > 0 {
		return running, fmt.Errorf("%d of %d pods run; pending: %s", running, want, strings.Join(pending, " "))
	}
	return running, nil
}

// claimsBound fails while the binder has not given every claim its volume.
func (u *up) claimsBound(ctx context.Context, spec *cluster.Spec) error {
	claims, err := u.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	bound := 0
	for _, c := range claims.Items {
		if c.Status.Phase == corev1.ClaimBound {
			bound++
		}
	}
	if want := spec.ClaimCount(); bound < want {
		return fmt.Errorf("%d of %d claims are bound", bound, want)
	}
	return nil
}

// metricsAnswer fails until metrics-server has numbers for most running pods;
// it needs two scrapes of each.
func (u *up) metricsAnswer(ctx context.Context) error {
	b, err := u.client.Discovery().RESTClient().Get().AbsPath("/apis/metrics.k8s.io/v1beta1/pods").DoRaw(ctx)
	if err != nil {
		return err
	}
	var list struct{ Items []struct{} }
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	pods, err := u.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Running", ResourceVersion: "0"})
	if err != nil {
		return err
	}
	if len(list.Items) < len(pods.Items)*9/10 {
		return fmt.Errorf("metrics-server has %d of %d pods", len(list.Items), len(pods.Items))
	}
	return nil
}

// history writes the past of the pods that now run, and of others, into
// Prometheus' data folder.
func (u *up) history(ctx context.Context) error {
	if u.options.Days == 0 {
		return nil
	}
	pods, err := u.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	plan := history.Plan{Seed: u.options.Seed, Start: u.HistoryStart, End: u.HistoryEnd, KSMInstance: ksmInstance}
	for _, p := range pods.Items {
		if pod, ok := history.FromAPI(&p); ok {
			plan.Pods = append(plan.Pods, pod)
		}
	}
	b, err := json.MarshalIndent(plan, "", " ")
	if err != nil {
		return err
	}
	file := filepath.Join(u.Dir, "plan.json")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(u.Bin, "backfill"), "-plan", file, "-out", u.data("prometheus"), "-truth", u.Truth)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("write the history: %w: %s", err, out)
	}
	u.step("%s", strings.TrimSpace(string(out)))
	return nil
}
