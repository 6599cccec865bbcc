package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// hpaFlags are what the user says of the HPA controller's own flags, for
// clusters that do not show them.
type hpaFlags struct {
	tolerance                              float64
	sync, downscale, cpuInit, initialReady time.Duration
	set                                    *pflag.FlagSet
}

func (f *hpaFlags) register(fl *pflag.FlagSet) {
	f.set = fl
	fl.Float64Var(&f.tolerance, "hpa-tolerance", 0.1, "kube-controller-manager's --horizontal-pod-autoscaler-tolerance (default as seen)")
	fl.DurationVar(&f.sync, "hpa-sync-period", 15*time.Second, "its --horizontal-pod-autoscaler-sync-period (default as seen)")
	fl.DurationVar(&f.downscale, "hpa-downscale-stabilization", 5*time.Minute, "its --horizontal-pod-autoscaler-downscale-stabilization (default as seen)")
	fl.DurationVar(&f.cpuInit, "hpa-cpu-initialization-period", 5*time.Minute, "its --horizontal-pod-autoscaler-cpu-initialization-period (default as seen)")
	fl.DurationVar(&f.initialReady, "hpa-initial-readiness-delay", 30*time.Second, "its --horizontal-pod-autoscaler-initial-readiness-delay (default as seen)")
}

// controller gives the flags that were set; 0 is a value.
func (f *hpaFlags) controller() (analyzer.HPAController, error) {
	var h analyzer.HPAController
	if f.set.Changed("hpa-tolerance") {
		if !(f.tolerance >= 0 && f.tolerance <= 1) {
			return h, fmt.Errorf("--hpa-tolerance %g: a tolerance is a share of the target from 0 to 1, such as 0.1", f.tolerance)
		}
		h.Tolerance = &f.tolerance
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		to    **time.Duration
		least time.Duration
	}{
		{"hpa-sync-period", &f.sync, &h.SyncPeriod, time.Second}, {"hpa-downscale-stabilization", &f.downscale, &h.DownscaleStabilization, 0},
		{"hpa-cpu-initialization-period", &f.cpuInit, &h.CPUInitialization, 0}, {"hpa-initial-readiness-delay", &f.initialReady, &h.InitialReadinessDelay, 0},
	} {
		if !f.set.Changed(d.name) {
			continue
		}
		if *d.value < d.least || *d.value > 24*time.Hour {
			return h, fmt.Errorf("--%s %s: want %s to 24h", d.name, *d.value, d.least)
		}
		*d.to = d.value
	}
	return h, nil
}
