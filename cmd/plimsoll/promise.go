package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// promiseFlags are what the user asks requests and limits to keep.
type promiseFlags struct {
	profile                      string
	riskCPU, riskBroken, riskOOM float64
	memoryLimit, qos             string
	profileFor                   []string
	set                          *pflag.FlagSet
}

func (f *promiseFlags) register(fl *pflag.FlagSet) {
	f.set = fl
	was := rightsize.Balanced.Promise()
	fl.StringVar(&f.profile, "profile", string(rightsize.Balanced), "what requests promise, `PROFILE` of: saving, balanced, careful")
	fl.StringArrayVar(&f.profileFor, "profile-for", nil, "the profile of a part, `PART=PROFILE`; PART is NAMESPACE or NAMESPACE/KIND/NAME (repeatable)")
	fl.Float64Var(&f.riskCPU, "risk-cpu", was.CPU, "accepted share of time with CPU usage above the request (default the profile's)")
	fl.Float64Var(&f.riskBroken, "risk-broken", was.Broken, "accepted share of containers above their CPU request for longer than --risk-cpu; 0: --risk-cpu is the mean of all (default the profile's)")
	fl.Float64Var(&f.riskOOM, "risk-oom", was.OOM, "accepted probability that a container passes its memory within a week (default the profile's)")
	fl.StringVar(&f.memoryLimit, "memory-limit", string(rightsize.KeepLimit), "memory limits: keep those above the advice, set them by the risk, or equal to the request; `WAY` of: keep, risk, equal")
	fl.StringVar(&f.qos, "qos", "keep", "the QoS class of Guaranteed pods, `WAY` of: keep, change")
}

// fill checks the flags and hands them to the rules. A flag that is set goes before its
// profile.
func (f *promiseFlags) fill(o *advice.Options) error {
	profile := rightsize.Profile(f.profile)
	if !profile.Known() {
		return fmt.Errorf("--profile %s: no such profile; there is: saving, balanced, careful", f.profile)
	}
	p := profile.Promise()
	if f.set.Changed("risk-cpu") {
		p.CPU = f.riskCPU
	}
	if f.set.Changed("risk-broken") {
		p.Broken = f.riskBroken
	}
	if f.set.Changed("risk-oom") {
		p.OOM = f.riskOOM
	}
	if err := checkRisk("risk-cpu", p.CPU); err != nil {
		return err
	}
	if err := checkRisk("risk-oom", p.OOM); err != nil {
		return err
	}
	if !(p.Broken >= 0 && p.Broken < 1) {
		return fmt.Errorf("--risk-broken %g: a share of containers is between 0 and 1, such as 0.1", p.Broken)
	}
	if err := f.fillProfiles(o); err != nil {
		return err
	}
	if !rightsize.MemoryLimit(f.memoryLimit).Known() {
		return fmt.Errorf("--memory-limit %s: no such way; there is: keep, risk, equal", f.memoryLimit)
	}
	if f.qos != "keep" && f.qos != "change" {
		return fmt.Errorf("--qos %s: no such way; there is: keep, change", f.qos)
	}
	o.RiskCPU, o.RiskBroken, o.RiskOOM = p.CPU, p.Broken, p.OOM
	if p.Broken == 0 {
		o.RiskBroken = -1
	}
	o.MemoryLimit, o.ChangeQoS = f.memoryLimit, f.qos == "change"
	return nil
}

// fillProfiles reads the profiles of parts of the cluster.
func (f *promiseFlags) fillProfiles(o *advice.Options) error {
	for _, v := range f.profileFor {
		part, profile, _ := strings.Cut(v, "=")
		if n := strings.Count(part, "/"); part == "" || n != 0 && n != 2 {
			return fmt.Errorf("--profile-for %s: want NAMESPACE=PROFILE or NAMESPACE/KIND/NAME=PROFILE, such as shop/Deployment/cart=careful", v)
		}
		if !rightsize.Profile(profile).Known() {
			return fmt.Errorf("--profile-for %s: no such profile; there is: saving, balanced, careful", v)
		}
		if o.Profiles == nil {
			o.Profiles = map[string]string{}
		}
		o.Profiles[part] = profile
	}
	return nil
}

func checkRisk(flag string, v float64) error {
	if !(v > 0 && v < 1) {
		return fmt.Errorf("--%s %g: a risk is a share between 0 and 1, such as 0.05", flag, v)
	}
	return nil
}
