//go:build e2e

package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAlerts has Prometheus' own tool check the alerts, fire each of them, and
// lint what an audit writes for the textfile collector.
func TestAlerts(t *testing.T) {
	promtool := func(in string, args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(live.Bin, "promtool"), args...)
		cmd.Dir, cmd.Stdin = "../../../deploy/monitoring", strings.NewReader(in)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	promtool("", "check", "rules", "--lint-fatal", "plimsoll-rules.yaml")
	promtool("", "test", "rules", "plimsoll-rules-test.yaml")
	got := live.run(t, live.Kubeconfig, "audit", "--prometheus", live.Prometheus, "-o", "openmetrics")
	if !strings.Contains(got.out, "plimsoll_monthly_cost_usd ") {
		t.Fatalf("exit code %d: no cost in\n%s%s", got.code, got.out, got.err)
	}
	promtool(got.out, "check", "metrics")
}
