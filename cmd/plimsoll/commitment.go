package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// commitmentFlags say what may be bought for years, and what was bought.
type commitmentFlags struct {
	held    []string
	terms   []string
	payment []string
	capital string
	change  string
	in      files // opens files; its zero value will do
}

func (f *commitmentFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.held, "commitments", nil, "CSV `FILE` of commitments you already have (name, family, covers_usd_hour, usd_hour, vcpus, memory_gib, end, region); repeatable")
	fl.StringSliceVar(&f.terms, "commitment-terms", nil, "`TERMS` that may be committed to, of: 1y, 3y (default 1y)")
	fl.StringSliceVar(&f.payment, "payment", nil, "`OPTIONS` to pay commitments by, of: "+strings.Join(payments(), ", ")+" (default the cheapest)")
	fl.StringVar(&f.capital, "capital-cost", "", fmt.Sprintf("yearly cost of capital for upfront payments, `PERCENT` (default %g%%)", 100*advice.DefaultCapitalCost))
	fl.StringVar(&f.change, "family-change", "", fmt.Sprintf("chance that the machines' family changes within three years, `PERCENT` (default %g%%)", 100*advice.DefaultFamilyChange))
	completeFrom(cmd, "commitment-terms", []string{"1y", "3y"})
	completeFrom(cmd, "payment", payments())
}

// payments are the options as flags name them.
func payments() []string {
	var out []string
	for _, p := range pricing.Payments() {
		out = append(out, strings.ReplaceAll(p, "_", "-"))
	}
	return out
}

// options checks what was said and reads the files.
func (f *commitmentFlags) options(ctx context.Context) (o advice.CommitmentOptions, err error) {
	for _, t := range splitList(f.terms) {
		years, ok := map[string]int{"1y": 1, "3y": 3, "1": 1, "3": 3}[t]
		if !ok {
			return o, fmt.Errorf("--commitment-terms %s: want 1y, 3y or 1y,3y", t)
		}
		if !slices.Contains(o.Terms, years) {
			o.Terms = append(o.Terms, years)
		}
	}
	for _, p := range splitList(f.payment) {
		if !slices.Contains(payments(), p) {
			return o, fmt.Errorf("--payment %s: no such option; there is: %s", p, strings.Join(payments(), ", "))
		}
		o.Payments = append(o.Payments, strings.ReplaceAll(p, "-", "_"))
	}
	if o.CapitalCost, err = parseShare("--capital-cost", "a year, such as 8%", f.capital); err != nil {
		return o, err
	}
	if o.FamilyChange, err = parseShare("--family-change", "such as 25%", f.change); err != nil {
		return o, err
	}
	for _, name := range f.held {
		held, err := readHeld(ctx, f.in, name)
		if err != nil {
			return o, err
		}
		o.Held = append(o.Held, held...)
	}
	return o, nil
}

// leastShare stands for nothing at all: in CommitmentOptions 0 means the default.
const leastShare = 1e-9

// parseShare reads a share: 8%, or 0.08. Empty is the default.
func parseShare(flag, such, s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("%s %s: want a share of 0%% to below 100%% %s", flag, s, such)
	}
	return max(v, leastShare), nil
}

func readHeld(ctx context.Context, in files, name string) ([]pricing.HeldCommitment, error) {
	if err := checkURL("--commitments", name); err != nil {
		return nil, err
	}
	data, err := in.read(ctx, name)
	if err != nil {
		return nil, storeError(reading("--commitments", err))
	}
	held, err := pricing.ReadHeld(bytes.NewReader(data), in.shown(name))
	if err != nil {
		return nil, reading("--commitments", err)
	}
	return held, nil
}
