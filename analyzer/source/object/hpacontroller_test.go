package object_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestHPAControllerFlags reads the HPA controller's flags off the pods of
// kube-controller-manager, 0 among them, and nothing off other pods.
func TestHPAControllerFlags(t *testing.T) {
	for _, c := range []struct{ name, container, want string }{
		{"none set", `{name: kube-controller-manager, command: [kube-controller-manager, --leader-elect=true]}`, "defaults"},
		{"all", `{name: kube-controller-manager, command: [/usr/local/bin/kube-controller-manager], args: [--horizontal-pod-autoscaler-tolerance=0.05, --horizontal-pod-autoscaler-sync-period=30s, --horizontal-pod-autoscaler-downscale-stabilization=10m0s, --horizontal-pod-autoscaler-cpu-initialization-period=1m, --horizontal-pod-autoscaler-initial-readiness-delay=5s]}`,
			"tolerance=0.05 sync=30s down=10m0s cpu=1m0s ready=5s"},
		{"zeros, and a flag apart from its value", `{name: kcm, command: [kube-controller-manager, --horizontal-pod-autoscaler-tolerance, "0", --horizontal-pod-autoscaler-downscale-stabilization=0s]}`,
			"tolerance=0 down=0s"},
		{"gates", `{name: kube-controller-manager, command: [kube-controller-manager, "--feature-gates=HPAScaleToZero=true,Other=true,HPAConfigurableTolerance=false"]}`,
			"map[HPAConfigurableTolerance:false HPAScaleToZero:true]"},
		{"unreadable", `{name: kube-controller-manager, command: [kube-controller-manager, --horizontal-pod-autoscaler-tolerance=much, --horizontal-pod-autoscaler-sync-period=-3s]}`, "defaults"},
		{"another program", `{name: app, command: [app, --horizontal-pod-autoscaler-tolerance=0.5]}`, "not seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &object.Inventory{}
			text := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {namespace: kube-system, name: kcm-a}\nspec:\n  containers:\n  - %s\n", c.container)
			if err := object.Read(v, strings.NewReader(text), "pod.yaml"); err != nil {
				t.Fatal(err)
			}
			s := &analyzer.Snapshot{}
			v.Fill(s, object.Selection{})
			if got := controllerText(s.HPAController); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func controllerText(h *analyzer.HPAController) string {
	if h == nil {
		return "not seen"
	}
	var out []string
	if h.Tolerance != nil {
		out = append(out, fmt.Sprintf("tolerance=%g", *h.Tolerance))
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
	}{{"sync", h.SyncPeriod}, {"down", h.DownscaleStabilization}, {"cpu", h.CPUInitialization}, {"ready", h.InitialReadinessDelay}} {
		if f.value != nil {
			out = append(out, fmt.Sprintf("%s=%s", f.name, *f.value))
		}
	}
	if h.Gates != nil {
		out = append(out, fmt.Sprint(h.Gates))
	}
	if len(out) == 0 {
		return "defaults"
	}
	return strings.Join(out, " ")
}
