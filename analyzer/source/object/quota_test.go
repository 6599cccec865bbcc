package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestQuotaOfNone: a quota that admits nothing is none that counts nothing, and what is used
// of one may be nothing.
func TestQuotaOfNone(t *testing.T) {
	for hard, want := range map[string]analyzer.ResourceQuota{
		`{pods: "0"}`:              {Pods: 1},
		`{requests.cpu: "0"}`:      {Requests: analyzer.Amounts{CPU: 1}},
		`{limits.memory: "0"}`:     {Limits: analyzer.Amounts{Memory: 1}},
		`{services: "0"}`:          {},
		`{cpu: "2", memory: 1Gi}`:  {Requests: analyzer.Amounts{CPU: 2000, Memory: 1 << 30}},
		`{count/pods: 0, cpu: 1m}`: {Pods: 1, Requests: analyzer.Amounts{CPU: 1}},
	} {
		text := fmt.Sprintf("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec: {hard: %s}\nstatus: {used: {pods: 0, requests.cpu: 0}}\n", hard)
		v, err := object.ReadFiles([]string{"-"}, strings.NewReader(text), openFile)
		if err != nil {
			t.Fatal(err)
		}
		snap := &analyzer.Snapshot{}
		v.Fill(snap, object.Selection{})
		if want.Namespace, want.Name = "shop", "q"; len(snap.Quotas) != 1 || snap.Quotas[0] != want {
			t.Errorf("%s: got %+v, want %+v", hard, snap.Quotas, want)
		}
	}
}
