package manifest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

// TestDependenciesElsewhere points at the files of dependencies that lie beside
// the chart, and counts those that are not here.
func TestDependenciesElsewhere(t *testing.T) {
	job := "\napiVersion: batch/v1\nkind: Job\nmetadata: {name: {{ .Chart.Name }}}\nspec: {template: {spec: {containers: [{name: c, image: a}]}}}\n"
	unpack(t, `
-- app/Chart.yaml --
apiVersion: v2
name: app
version: 1.0.0
dependencies:
- {name: store, version: 1.0.0, repository: "file://../libs/store", alias: disk}
- {name: gone, version: 1.0.0, repository: "https://127.0.0.1:1"}
-- app/charts/own/Chart.yaml --
apiVersion: v2
name: own
version: 1.0.0
-- app/charts/own/templates/own.yaml --`+job+`
-- libs/store/Chart.yaml --
apiVersion: v2
name: store
version: 1.0.0
dependencies: [{name: queue, version: 1.0.0, repository: "file://../queue"}]
-- libs/store/templates/store.yaml --`+job+`
-- libs/queue/Chart.yaml --
apiVersion: v2
name: queue
version: 1.0.0
-- libs/queue/templates/queue.yaml --`+job)
	tree, err := manifest.Read(context.Background(), []string{"app"}, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var files, skips []string
	for _, d := range tree.Documents {
		files = append(files, d.File)
	}
	for _, s := range tree.Skips {
		skips = append(skips, s.File+" "+s.Kind+": "+s.Reason)
	}
	slices.Sort(files)
	if got, want := strings.Join(files, " "), "app/charts/own/templates/own.yaml libs/queue/templates/queue.yaml libs/store/templates/store.yaml"; got != want {
		t.Errorf("got objects of %s\nwant %s", got, want)
	}
	if want := []string{"app/Chart.yaml Chart: not rendered: its dependency gone is not here, helm dependency build fetches it"}; !slices.Equal(skips, want) {
		t.Errorf("got %q\nwant %q", skips, want)
	}
}
