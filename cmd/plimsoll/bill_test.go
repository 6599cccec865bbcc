package main

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/plainbill"
)

// TestBillRecomputes works the demo's bill, which is that of the testbed's cluster, out
// anew: by node, by workload, by namespace and by kind of waste, to the cent. A test on
// the testbed itself does the same.
func TestBillRecomputes(t *testing.T) {
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := plimsoll("audit", "--demo", "-q", "-o", "json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	checked := plainbill.Check(t, snap, []byte(out))
	for _, kind := range []string{"idle-workload", "quiet-workload", "unused-requests", "underused-node", "daemonset-only-nodes", "old-generation", "unbound-volume", "unmounted-volume", "oversized-volume", "scaled-to-zero-with-volumes", "load-balancer-without-endpoints"} {
		if checked[kind] == 0 {
			t.Errorf("no finding of the kind %s was recomputed", kind)
		}
	}
}
