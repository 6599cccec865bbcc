//go:build e2e

package e2e_test

import (
	"os"
	"strings"
	"testing"
)

func TestE2EFoundAndGivenPrometheusAgree(t *testing.T) {
	found := live.audit(t, live.Kubeconfig, "--end", live.end())
	given := live.audit(t, live.Kubeconfig, "--end", live.end(), "--prometheus", live.Prometheus)
	advice := func(r result) map[string]setting {
		out := map[string]setting{}
		for _, w := range r.report.Workloads {
			for _, c := range w.Containers {
				if c.Recommended != nil {
					out[w.Namespace+"/"+w.Kind+"/"+w.Name+"/"+c.Name] = *c.Recommended
				}
			}
		}
		return out
	}
	a, b := advice(found), advice(given)
	if len(a) < 80 || len(a) != len(b) {
		t.Fatalf("%d recommendations through the API server, %d by URL; want the same, and 80 or more", len(a), len(b))
	}
	for k, x := range a {
		if y := b[k]; x.Requests["cpu"] != y.Requests["cpu"] || x.Requests["memory"] != y.Requests["memory"] {
			t.Errorf("%s: %v through the API server, %v by URL", k, x, y)
		}
	}
}

func TestE2EBillAddsUp(t *testing.T) {
	r := live.audit(t, live.Kubeconfig, "--end", live.end()).report
	sum := r.Summary.IdleMonthly + r.Summary.OverheadMonthly
	for _, w := range r.Workloads {
		sum += w.MonthlyCost
	}
	if diff := sum - r.Summary.MonthlyCost; diff > 0.005 || diff < -0.005 || r.Summary.MonthlyCost < 5000 {
		t.Errorf("workloads, idle and overhead come to %.2f, the bill is %.2f", sum, r.Summary.MonthlyCost)
	}
}

// TestE2EServiceAccount runs with the rights of deploy/ and nothing more, as
// the CronJob does.
func TestE2EServiceAccount(t *testing.T) {
	live.bed(t, "apply", "-f", "../../../deploy/rbac.yaml", "-f", "../../../deploy/cronjob.yaml")
	r := live.audit(t, live.as(t, "plimsoll", "plimsoll"), "--all-namespaces", "--end", live.end())
	for _, w := range r.report.Warnings {
		if w.Code == "forbidden" {
			t.Errorf("deploy/rbac.yaml lacks a right: %s: %s", w.Subject, w.Message)
		}
	}
	admin := live.audit(t, live.Kubeconfig, "--end", live.end())
	if got, want := len(r.report.Workloads), len(admin.report.Workloads); got < want {
		t.Errorf("the service account sees %d workloads, the administrator %d", got, want)
	}
	if r.report.Metadata.GeneratedFrom.Moment {
		t.Error("the service account found no Prometheus")
	}
}

// TestE2EMetricsServerOnly takes the service account's right to find
// Prometheus away: what is left is one moment.
func TestE2EMetricsServerOnly(t *testing.T) {
	role := readFile(t, "../../../deploy/rbac.yaml")
	role = strings.ReplaceAll(role, "name: plimsoll", "name: momentary")
	role = strings.ReplaceAll(role, "namespace: plimsoll", "namespace: momentary")
	role = strings.ReplaceAll(role, "resourcequotas, services]", "resourcequotas]")
	live.apply(t, role)
	r := live.audit(t, live.as(t, "momentary", "momentary"))
	if !r.report.Metadata.GeneratedFrom.Moment {
		t.Fatal("the report does not say that it is one moment")
	}
	if !r.warned("no-history", "history") {
		t.Errorf("no warning of the missing history: %v", r.report.Warnings)
	}
	if !r.warned("forbidden", "services") {
		t.Errorf("no warning that services may not be listed: %v", r.report.Warnings)
	}
	advised := 0
	for _, w := range r.report.Workloads {
		for _, c := range w.Containers {
			if c.Confidence > 0.1 {
				t.Errorf("%s/%s %s: confidence %.2f on one reading", w.Namespace, w.Name, c.Name, c.Confidence)
			}
			if c.Recommended != nil {
				advised++
			}
		}
	}
	if advised < 60 {
		t.Errorf("only %d recommendations on what metrics-server has", advised)
	}
}

func TestE2ETwoNamespaces(t *testing.T) {
	live.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: narrow}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: plimsoll, namespace: narrow}\n")
	role := strings.ReplaceAll(readFile(t, "../../../deploy/rbac-namespaced.yaml"), "namespace: plimsoll", "namespace: narrow")
	for _, ns := range []string{"web", "booking"} {
		live.apply(t, strings.ReplaceAll(role, "\n  name: plimsoll\n", "\n  name: plimsoll\n  namespace: "+ns+"\n"))
	}
	r := live.audit(t, live.as(t, "narrow", "plimsoll"), "-n", "web,booking", "--end", live.end(), "--prometheus", live.Prometheus)
	seen := map[string]int{}
	for _, w := range r.report.Workloads {
		seen[w.Namespace]++
	}
	if len(seen) != 2 || seen["web"] == 0 || seen["booking"] == 0 {
		t.Errorf("got workloads in %v, want web and booking", seen)
	}
	if !r.warned("forbidden", "nodes") {
		t.Errorf("no warning that nodes may not be listed: %v", r.report.Warnings)
	}
	other := live.run(t, live.as(t, "narrow", "plimsoll"), "audit", "-n", "payments", "-o", "json")
	if !strings.Contains(other.err+other.out, "payments") {
		t.Errorf("nothing says that payments may not be read:\n%s", other.err)
	}
}

func TestE2EPrometheusStopped(t *testing.T) {
	live.bed(t, "stop", "prometheus")
	defer live.bed(t, "start", "prometheus")
	r := live.audit(t, live.Kubeconfig)
	if !r.report.Metadata.GeneratedFrom.Moment || !r.warned("no-history", "prometheus") {
		t.Errorf("without Prometheus: moment %v, warnings %v", r.report.Metadata.GeneratedFrom.Moment, r.report.Warnings)
	}
	given := live.run(t, live.Kubeconfig, "audit", "--prometheus", live.Prometheus)
	if given.code != 3 || given.out != "" || !strings.Contains(given.err, "connection refused") {
		t.Errorf("given by URL: exit %d, stdout %q, stderr %q; want 3, nothing, and the reason", given.code, given.out, given.err)
	}
	if strict := live.run(t, live.Kubeconfig, "audit", "--strict", "-o", "json"); strict.code != 3 {
		t.Errorf("--strict: exit %d, want 3", strict.code)
	}
}

func TestE2ENoRights(t *testing.T) {
	live.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: nobody}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: nobody, namespace: nobody}\n")
	r := live.run(t, live.as(t, "nobody", "nobody"), "audit")
	if !strings.Contains(r.err+r.out, "list") || !strings.Contains(r.err+r.out, "pods") {
		t.Errorf("nothing names the rights that are missing: exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestE2EEmptyNamespace(t *testing.T) {
	live.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: empty}\n")
	r := live.run(t, live.Kubeconfig, "audit", "-n", "empty")
	if r.code != 2 || !strings.Contains(r.err, "no workload matches") || r.out != "" {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestE2ESnapshotGivesTheSameBytes audits a live cluster and then its snapshot.
func TestE2ESnapshotGivesTheSameBytes(t *testing.T) {
	file := t.TempDir() + "/cluster.snapshot"
	first := live.audit(t, live.Kubeconfig, "--end", live.end(), "--save-snapshot", file)
	again := live.audit(t, "/nonexistent", "--snapshot", file)
	if first.out != again.out {
		t.Error("the snapshot's report is not the live one, byte for byte")
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
