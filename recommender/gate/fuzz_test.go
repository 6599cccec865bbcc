package gate_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// FuzzJudge judges any text as a tree, with the evidence of a case, and mends
// it. Waivers in annotations are read on the way.
func FuzzJudge(f *testing.F) {
	files, err := filepath.Glob(cases + "/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			if ext := filepath.Ext(part.Name); ext == ".yaml" && len(part.Data) < 2000 {
				f.Add(part.Data)
			}
		}
	}
	f.Add([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {waiver.plimsoll.dev/limit-missing: \"owner=web, reason=x, expires=2027-03-31\"}}\nspec: {containers: [{name: c}]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := gate.Input{Today: "2026-11-24"}
		in.Documents, in.Problems = manifest.Parse("f", data)
		in.Prices = evidence.Prices{Unit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}, Source: "the test"}
		in.Evidence = seen(in.Documents)
		r, err := gate.Judge(in)
		if err != nil {
			t.Fatal(err)
		}
		var edits []verdict.Edit
		for _, found := range r.Findings {
			if found.Place.Start.Line < 1 || found.Message == "" || found.Fingerprint == "" {
				t.Errorf("a finding without a place, a word or a print: %+v", found)
			}
			edits = append(edits, found.Fix...)
		}
		mended, err := verdict.Apply(data, edits)
		if err != nil {
			t.Fatal(err)
		}
		if docs, problems := manifest.Parse("f", mended); len(docs) != len(in.Documents) || len(problems) != len(in.Problems) {
			t.Errorf("the mended file has %d objects and %d problems, it had %d and %d", len(docs), len(problems), len(in.Documents), len(in.Problems))
		}
	})
}

// seen gives every container the same evidence.
func seen(docs []*manifest.Document) *evidence.Set {
	e := &evidence.Set{Source: "report.json", Days: 14, Workloads: map[analyzer.Ref]*evidence.Workload{}}
	for _, d := range docs {
		w := d.Workload(nil)
		if w == nil {
			continue
		}
		of := &evidence.Workload{Replicas: 3, Containers: map[string]*evidence.Container{}}
		for _, c := range w.Containers {
			of.Containers[c.Name] = &evidence.Container{
				Confidence: 0.9, Requests: &analyzer.Amounts{CPU: 120, Memory: 400 << 20}, Limits: &analyzer.Amounts{Memory: 400 << 20},
				CPU:    evidence.Curve{{Share: 0.5, Value: 50}, {Share: 0.95, Value: 100}, {Share: 1, Value: 140}},
				Memory: evidence.Curve{{Share: 0.5, Value: 300 << 20}, {Share: 0.95, Value: 340 << 20}, {Share: 1, Value: 350 << 20}},
			}
		}
		e.Workloads[w.Ref()] = of
	}
	return e
}
