package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// No workload is judged by a report that its sources broke off at: it is named,
// everything else is judged, and the exit code is 2.
func TestGateWithPartialEvidence(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	text := putReports(t, "usage was not read of day 2026-05-05")
	if code, _, errs := plimsoll("gate", "pod.yaml", "--report", "whole.json"); code != 0 {
		t.Errorf("a whole report: got exit code %d: %s", code, errs)
	}
	put(t, "bare.yaml", podWithout)
	for _, format := range []string{"table", "github", "markdown", "json"} {
		code, out, errs := plimsoll("gate", "pod.yaml", "bare.yaml", "--report", "partial.json", "-o", format)
		if code != 2 || !strings.Contains(errs, "is partial, so 2 workloads cannot be judged by it") || !strings.Contains(errs, "gate failed: 4 errors") {
			t.Errorf("a partial report: got exit code %d: %s", code, errs)
		}
		for _, want := range []string{"evidence-partial", "usage was not read of day 2026-05-05", "request-missing"} {
			if !strings.Contains(strings.ReplaceAll(out, "\\", ""), want) {
				t.Errorf("%s does not say %q:\n%s", format, want, out)
			}
		}
	}
	if code, _, _ := plimsoll("gate", "pod.yaml", "--report", "partial.json", "--write-baseline", "base.json"); code != 2 {
		t.Errorf("a baseline by a partial report: got exit code %d", code)
	}
	if _, err := os.Stat("base.json"); err == nil {
		t.Error("a baseline is written by a partial report")
	}
	put(t, "off.yaml", "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\nrules: {evidence-partial: \"off\"}\n")
	if code, _, errs := plimsoll("gate", "pod.yaml", "--report", "partial.json", "--policy", "off.yaml"); code != 2 || strings.Contains(errs, "gate failed") {
		t.Errorf("without the rule: got exit code %d: %s", code, errs)
	}
	elsewhere := strings.Replace(text, `"code":"unread"`, `"code":"unread","within":"a,b"`, 1)
	put(t, "elsewhere.json", elsewhere)
	for namespace, want := range map[string]int{"shop": 0, "b": 2, "": 2} {
		args := []string{"gate", "pod.yaml", "--report", "elsewhere.json"}
		if namespace != "" {
			args = append(args, "-n", namespace)
		}
		if code, _, errs := plimsoll(args...); code != want {
			t.Errorf("a report partial of namespaces a and b, for a pod of namespace %q: got exit code %d, want %d: %s", namespace, code, want, errs)
		}
	}
}

// What is no workload needs no evidence, and workloads that the evidence does
// not know are counted.
func TestGateCountsWhatEvidenceLacks(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	putReports(t, "usage was not read")
	put(t, "budget.yaml", "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: shop}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: a}}}\n")
	put(t, "new.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: new, namespace: shop}\nspec: {containers: [{name: c, image: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}}]}\n")
	if code, _, errs := plimsoll("gate", "budget.yaml", "--report", "partial.json"); code != 0 {
		t.Errorf("a budget by a partial report: got exit code %d: %s", code, errs)
	}
	if code, _, errs := plimsoll("gate", "new.yaml", "--report", "partial.json"); code != 2 {
		t.Errorf("a workload by a partial report: got exit code %d, want 2: %s", code, errs)
	}
	code, out, errs := plimsoll("gate", "new.yaml", "--report", "whole.json", "-o", "table", "-o", "json=gate.json")
	if code != 0 || !strings.Contains(out+errs, "; 1 workload without evidence") {
		t.Errorf("got exit code %d, want the workload counted: %s%s", code, out, errs)
	}
	var judged struct {
		Account struct {
			WithoutEvidence int `json:"withoutEvidence"`
		} `json:"account"`
	}
	data, err := os.ReadFile("gate.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &judged); err != nil || judged.Account.WithoutEvidence != 1 {
		t.Errorf("got %d without evidence, %v, want 1", judged.Account.WithoutEvidence, err)
	}
}

// A share of nodes of no known size is no check.
func TestGateNodeShare(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	const head = "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n"
	for policy, want := range map[string]int{
		"daemonSets: {nodeShare: 0.2}\n":                                     2,
		"daemonSets: {nodeShare: 0.2, cpu: 1}\n":                             2,
		"daemonSets: {nodeShare: 0.2, cpu: 1, memory: 1Gi}\n":                0,
		"daemonSets: {nodeShare: 0.2}\nnode: {cpu: 4, memory: 16Gi}\n":       0,
		"daemonSets: {nodeShare: 0.2}\nrules: {daemonset-weight: \"off\"}\n": 0,
		"daemonSets: {cpu: 250m}\n":                                          0,
	} {
		put(t, "policy.yaml", head+policy)
		code, _, errs := plimsoll("gate", "pod.yaml", "--policy", "policy.yaml")
		if code != want || want == 2 && !strings.Contains(errs, "give node (cpu and memory, or an instanceType) in the policy") {
			t.Errorf("%s: got exit code %d, want %d: %s", policy, code, want, errs)
		}
	}
}

func TestGateFileMode(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	if code, _, errs := plimsoll("gate", "pod.yaml", "-o", "json=out.json", "--file-mode", "0640"); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	info, err := os.Stat("out.json")
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got mode %v, %v, want 0640", info.Mode(), err)
	}
}

// No value that may be a URL is shown with its password.
func TestURLsOfFlagsAreShownWithoutSecrets(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	for _, scheme := range []string{"http", "https", "ftp", "s3", "git+ssh"} {
		url := scheme + "://me:" + secret + "@localhost:1/a?sig=" + secret
		for _, flag := range []string{"--base", "--policy", "--report", "--snapshot", "--baseline", "--write-baseline", "--helm-values", "--config", "-o=json=", "--chart-dir", "--root"} {
			args := []string{"gate", "pod.yaml", flag, url}
			if strings.HasSuffix(flag, "=") {
				args = []string{"gate", "pod.yaml", "-o", "json=" + url}
			}
			_, out, errs := plimsoll(args...)
			if strings.Contains(out+errs, secret) {
				t.Errorf("%s %s: a secret is shown: %s%s", flag, scheme, out, errs)
			}
		}
		if _, out, errs := plimsoll("gate", url); strings.Contains(out+errs, secret) {
			t.Errorf("PATH %s: a secret is shown: %s%s", scheme, out, errs)
		}
		if scheme != "http" && scheme != "ftp" {
			continue
		}
		for _, flag := range []string{"--objects", "--openmetrics", "--snapshot", "--save-snapshot", "--config", "--pricing", "--commitments", "--kubeconfig", "--prometheus-config", "--server"} {
			args := []string{"audit", "-q", flag, url, "--request-timeout", "1s"}
			if flag != "--objects" && flag != "--snapshot" && flag != "--kubeconfig" && flag != "--server" {
				args = append(args, "--demo")
			}
			if _, out, errs := plimsoll(args...); strings.Contains(errs, secret) || strings.Contains(out, secret) {
				t.Errorf("%s %s: a secret is shown: %s", flag, scheme, errs)
			}
		}
	}
}

// putReports writes the shop's report as whole.json, and as partial.json with what
// was not read, which it gives too.
func putReports(t *testing.T, unread string) string {
	t.Helper()
	code, report, errs := plimsoll("audit", "-q", "--objects", "objects.yaml", "--openmetrics", "bare.om", "-o", "json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	put(t, "whole.json", report)
	var partial map[string]any
	if err := json.Unmarshal([]byte(report), &partial); err != nil {
		t.Fatal(err)
	}
	partial["warnings"] = []any{map[string]any{"code": "unread", "subject": "prometheus", "message": unread}}
	text, err := json.Marshal(partial)
	if err != nil {
		t.Fatal(err)
	}
	put(t, "partial.json", string(text))
	return string(text)
}
