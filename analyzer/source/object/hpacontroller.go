package object

import (
	"path"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// controllerManager is the program in which the HPA controller runs.
const controllerManager = "kube-controller-manager"

// hpaGates are the feature gates that the HPA controller reads.
var hpaGates = map[string]bool{"HPAScaleToZero": true, "HPAConfigurableTolerance": true, "PodLevelResources": true}

// hpaControllerOf reads the HPA controller's flags off a pod of
// kube-controller-manager; nil where it is no such pod. A value that cannot be
// read is left at its default.
func hpaControllerOf(o *corev1.Pod) *analyzer.HPAController {
	for i := range o.Spec.Containers {
		c := &o.Spec.Containers[i]
		words := append(append([]string{}, c.Command...), c.Args...)
		if c.Name != controllerManager && (len(words) == 0 || path.Base(words[0]) != controllerManager) {
			continue
		}
		out := &analyzer.HPAController{}
		for j, w := range words {
			name, value, ok := strings.Cut(strings.TrimLeft(w, "-"), "=")
			if !ok && j+1 < len(words) {
				value = words[j+1]
			}
			if strings.HasPrefix(w, "-") {
				setHPAFlag(out, name, value)
			}
		}
		return out
	}
	return nil
}

func setHPAFlag(h *analyzer.HPAController, name, value string) {
	if name == "feature-gates" {
		setHPAGates(h, value)
		return
	}
	name, ok := strings.CutPrefix(name, "horizontal-pod-autoscaler-")
	if !ok {
		return
	}
	if name == "tolerance" {
		if v, err := strconv.ParseFloat(value, 64); err == nil && v >= 0 && v <= 1e6 {
			h.Tolerance = &v
		}
		return
	}
	flag := map[string]**time.Duration{
		"sync-period": &h.SyncPeriod, "downscale-stabilization": &h.DownscaleStabilization,
		"cpu-initialization-period": &h.CPUInitialization, "initial-readiness-delay": &h.InitialReadinessDelay,
	}[name]
	if v, err := time.ParseDuration(value); flag != nil && err == nil && v >= 0 {
		*flag = &v
	}
}

func setHPAGates(h *analyzer.HPAController, list string) {
	for gate := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(gate, "=")
		on, err := strconv.ParseBool(value)
		if name = strings.TrimSpace(name); err != nil || !hpaGates[name] {
			continue
		}
		if h.Gates == nil {
			h.Gates = map[string]bool{}
		}
		h.Gates[name] = on
	}
}
