package kube_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

// granted lists what the roles of a file grant, as "verb resource.group", with
// the names they are restricted to.
func granted(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for doc := range strings.SplitSeq(string(text), "\n---\n") {
		var role rbacv1.ClusterRole // a Role has the same rules
		if err := yaml.Unmarshal([]byte(doc), &role); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, r := range role.Rules {
			out = append(out, lines(r.APIGroups, r.Resources, r.Verbs, r.ResourceNames)...)
			if len(r.NonResourceURLs) > 0 {
				t.Errorf("%s grants non-resource URLs: %v", path, r.NonResourceURLs)
			}
		}
	}
	slices.Sort(out)
	return out
}

func lines(groups, resources, verbs, names []string) []string {
	var out []string
	slices.Sort(names)
	for _, g := range groups {
		for _, r := range resources {
			for _, v := range verbs {
				out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s.%s %s", v, r, g, strings.Join(names, " "))))
			}
		}
	}
	return out
}

// TestDeployedRights holds the roles in deploy/ against what is read: nothing
// is missing, and nothing is granted that is not used.
func TestDeployedRights(t *testing.T) {
	var whole, namespaced []string
	for _, r := range kube.Rights() {
		if r.Lost == "" {
			t.Errorf("%s.%s: nothing says what is lost without it", r.Resource, r.Group)
		}
		whole = append(whole, lines([]string{r.Group}, []string{r.Resource}, r.Verbs, r.Names)...)
		switch {
		case r.Namespaced:
			namespaced = append(namespaced, lines([]string{r.Group}, []string{r.Resource}, r.Verbs, r.Names)...)
		case r.Resource == "namespaces": // its own may be read with a Role
			namespaced = append(namespaced, "get namespaces.")
		}
	}
	slices.Sort(whole)
	slices.Sort(namespaced)
	for path, want := range map[string][]string{
		"../../../deploy/rbac.yaml":            whole,
		"../../../deploy/rbac-namespaced.yaml": namespaced,
	} {
		got := granted(t, path)
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s does not grant %q, which is used", path, line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s grants %q, which is not used", path, line)
			}
		}
	}
}

// TestRightsAreHarmless holds that nothing is read that holds secrets, and that
// nothing can be changed.
func TestRightsAreHarmless(t *testing.T) {
	for _, r := range kube.Rights() {
		for _, v := range r.Verbs {
			if v != "get" && v != "list" {
				t.Errorf("%s.%s is used with verb %s", r.Resource, r.Group, v)
			}
		}
		if slices.Contains([]string{"secrets", "configmaps", "serviceaccounts", "pods/log", "pods/exec", "nodes/proxy", "*"}, r.Resource) {
			t.Errorf("%s.%s is read", r.Resource, r.Group)
		}
	}
}

// TestDocumentedRights holds docs/rbac.md against what is read.
func TestDocumentedRights(t *testing.T) {
	text, err := os.ReadFile("../../../docs/rbac.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range kube.Rights() {
		group, scope := r.Group, "cluster"
		if group == "" {
			group = `""`
		}
		if r.Namespaced {
			scope = "namespace"
		}
		row := fmt.Sprintf("| `%s` | `%s` | %s | %s | %s |\n", group, r.Resource, strings.Join(r.Verbs, ", "), scope, r.Lost)
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/rbac.md lacks the row\n%s", row)
		}
	}
}
