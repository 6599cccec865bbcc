package karpenter

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// awsProvider is the module that has the CRD of EC2NodeClass. Only that file is
// read: its code would bring AWS' SDK.
const awsProvider = "github.com/aws/karpenter-provider-aws@v1.14.1"

// moduleDir is where a module's files are, downloaded if need be.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	var m struct{ Dir string }
	if err != nil || json.Unmarshal(out, &m) != nil || m.Dir == "" {
		t.Fatalf("downloading %s: %v: %s", module, err, out)
	}
	return m.Dir
}

// crd is one version of a CRD, as the API server validates by it.
type crd struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

func readCRD(t *testing.T, file, version string) crd {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var def apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(data, &def); err != nil {
		t.Fatal(err)
	}
	for _, v := range def.Spec.Versions {
		if v.Name != version {
			continue
		}
		var s apiextensions.CustomResourceValidation
		if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(v.Schema, &s, nil); err != nil {
			t.Fatal(err)
		}
		var out crd
		if out.structural, err = schema.NewStructural(s.OpenAPIV3Schema); err != nil {
			t.Fatal(err)
		}
		if out.validator, _, err = validation.NewSchemaValidator(s.OpenAPIV3Schema); err != nil {
			t.Fatal(err)
		}
		out.rules = cel.NewValidator(out.structural, true, celconfig.PerCallLimit)
		return out
	}
	t.Fatalf("%s has no version %s", file, version)
	return crd{}
}

// problems is what an API server with the CRD would say of an object: fields that
// it does not know, its schema, its rules.
func (c crd) problems(t *testing.T, raw []byte) (out []string) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	unknown := pruning.PruneWithOptions(object, c.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		out = append(out, "unknown field "+path)
	}
	for _, err := range validation.ValidateCustomResource(nil, object, c.validator) {
		out = append(out, err.Error())
	}
	broken, _ := c.rules.Validate(context.Background(), field.NewPath(""), c.structural, object, nil, celconfig.RuntimeCELCostBudget)
	for _, err := range broken {
		out = append(out, err.Error())
	}
	return out
}

// goldenPlan is Karpenter's objects in a golden report.
func goldenPlan(t *testing.T) (k struct{ NodePools, EC2NodeClasses []json.RawMessage }) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/golden/report-plan.json")
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Nodes struct {
			Plan struct {
				Karpenter struct{ NodePools, EC2NodeClasses []json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	return report.Nodes.Plan.Karpenter
}

// TestObjectsPassTheCRDs holds the NodePools and the EC2NodeClass of a golden
// report to the CRDs that Karpenter and its provider for AWS install: no unknown
// field, the schema, the CEL rules.
func TestObjectsPassTheCRDs(t *testing.T) {
	k := goldenPlan(t)
	crds := filepath.Join(moduleDir(t, awsProvider), "pkg/apis/crds")
	core := filepath.Join(moduleDir(t, "sigs.k8s.io/karpenter@v1.14.1"), "pkg/apis/crds")
	for _, tt := range []struct {
		name    string
		objects []json.RawMessage
		file    string
		// spoilt are texts put in the place of others that must not pass.
		spoilt [][2]string
	}{
		{"EC2NodeClass", k.EC2NodeClasses, filepath.Join(crds, "karpenter.k8s.aws_ec2nodeclasses.yaml"), [][2]string{
			{`al2023@latest`, `al2023`}, {`"role":`, `"rolle":`}, {`"alias":`, `"id": "ami-0", "alias":`},
		}},
		{"NodePool", k.NodePools, filepath.Join(core, "karpenter.sh_nodepools.yaml"), [][2]string{
			{`"consolidateAfter": "5m"`, `"consolidateAfter": "soon"`}, {`"operator": "In"`, `"operator": "Within"`},
		}},
		{"NodePool for AWS", k.NodePools, filepath.Join(crds, "karpenter.sh_nodepools.yaml"), nil},
	} {
		if len(tt.objects) == 0 {
			t.Fatalf("the golden report has no %s", tt.name)
		}
		c := readCRD(t, tt.file, "v1")
		for _, raw := range tt.objects {
			for _, problem := range c.problems(t, raw) {
				t.Errorf("%s: %s\n%s", tt.name, problem, raw)
			}
		}
		for _, s := range tt.spoilt {
			raw := bytes.Replace(tt.objects[0], []byte(s[0]), []byte(s[1]), 1)
			if bytes.Equal(raw, tt.objects[0]) || len(c.problems(t, raw)) == 0 {
				t.Errorf("%s: %s in the place of %s passes, or is not there", tt.name, s[1], s[0])
			}
		}
	}
}

// TestAKSNodeClassPassesItsCRD holds what the report gives on Azure to the CRD
// of Karpenter's provider there. Its module is not to be had from Go's module
// proxy: PLIMSOLL_AKS_CRD names a copy of the file
// pkg/apis/crds/karpenter.azure.com_aksnodeclasses.yaml.
func TestAKSNodeClassPassesItsCRD(t *testing.T) {
	file := os.Getenv("PLIMSOLL_AKS_CRD")
	if file == "" {
		t.Skip("PLIMSOLL_AKS_CRD names no CRD")
	}
	raw := []byte(`{"apiVersion": "karpenter.azure.com/v1beta1", "kind": "AKSNodeClass", "metadata": {"name": "default"}, "spec": {"imageFamily": "Ubuntu"}}`)
	c := readCRD(t, file, "v1beta1")
	for _, problem := range c.problems(t, raw) {
		t.Errorf("%s\n%s", problem, raw)
	}
	for _, s := range [][2]string{{`"imageFamily"`, `"image"`}, {`"Ubuntu"`, `"Ubuntu1804"`}} {
		if spoilt := bytes.Replace(raw, []byte(s[0]), []byte(s[1]), 1); len(c.problems(t, spoilt)) == 0 {
			t.Errorf("%s in the place of %s passes", s[1], s[0])
		}
	}
}
