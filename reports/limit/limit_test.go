package limit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/limit"
)

// report costs $1,000 a month, of which $100 can be saved.
func report() *document.Report {
	cost, savings := document.USD(100_000), document.USD(10_000)
	r := &document.Report{}
	r.Summary.MonthlyCost, r.Summary.MonthlySavings = &cost, &savings
	return r
}

func TestAuditLimits(t *testing.T) {
	for _, c := range []struct {
		words       []string
		parse, want string // in the error; empty is none
	}{
		{nil, "", ""},
		{[]string{}, "--fail-on is empty", ""},
		{[]string{"savings=10%"}, "", "$100 a month to save, freed room with it (--fail-on savings=10%)"},
		{[]string{"savings=10.1%"}, "", ""},
		{[]string{"savings=$100"}, "", "audit failed"},
		{[]string{"savings=$100.01"}, "", ""},
		{[]string{"savings=-1%"}, "is no amount", ""},
		{[]string{"savings=NaN"}, "is no amount", ""},
		{[]string{"savings="}, "is no amount", ""},
		{[]string{"everything"}, "there is: ", ""},
		{[]string{string(document.Pending)}, "", "can't be checked"},
	} {
		l, err := limit.ParseAudit(c.words)
		if !says(err, c.parse) {
			t.Errorf("%q: got %v, want %q", c.words, err, c.parse)
		}
		if err == nil {
			if err := l.Judge(report()); !says(err, c.want) {
				t.Errorf("%q: judged %v, want %q", c.words, err, c.want)
			}
		}
	}
}

// A limit that cannot be checked is an error, and not one of what was found.
func TestLimitWithoutPrices(t *testing.T) {
	found := (*limit.Found)(nil)
	l, err := limit.ParseAudit([]string{"savings=1%"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Judge(&document.Report{}); err == nil || errors.As(err, &found) {
		t.Errorf("got %v", err)
	}
	if err := l.Judge(report()); !errors.As(err, &found) {
		t.Errorf("got %v, want what was found", err)
	}
	d, err := limit.ParseDiff([]string{"cost=1%"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Judge(&change.Comparison{}); err == nil || errors.As(err, &found) {
		t.Errorf("got %v", err)
	}
}

func TestNeedsLever(t *testing.T) {
	l, err := limit.ParseAudit([]string{string(document.Blocked)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		levers []string
		want   string
	}{{nil, ""}, {[]string{document.LeverHorizontal}, ""}, {[]string{document.LeverNodes}, "needs the lever horizontal"}} {
		if err := l.Needs(c.levers); !says(err, c.want) {
			t.Errorf("%q: got %v, want %q", c.levers, err, c.want)
		}
	}
}

func TestDiffLimits(t *testing.T) {
	before, after := document.USD(100_000), document.USD(105_000)
	d := &change.Comparison{Workloads: []change.Difference{{What: "worse"}, {What: "applied", Brought: "worse"}}}
	d.Before.MonthlyCost, d.After.MonthlyCost = &before, &after
	for words, want := range map[string]string{"worse": "2 workloads worse", "applied": "1 workload applied", "better": "", "gone": "", "cost=5%": "nodes cost $50.00 more", "cost=5.1%": "", "cost=$50": "more a month"} {
		l, err := limit.ParseDiff([]string{words})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Judge(d); !says(err, want) {
			t.Errorf("%s: got %v, want %q", words, err, want)
		}
	}
}

// TestDiffUnchecked: a comparison that lacks a source of one of its reports passes no
// limit on what got worse, and is not said to have found any.
func TestDiffUnchecked(t *testing.T) {
	d := &change.Comparison{Unchecked: []change.Unchecked{{What: "oom-killed", Side: "after", Reason: "kube-state-metrics: not there"}}}
	for words, want := range map[string]string{"worse": "OOM kills are not known of the second report: kube-state-metrics: not there", "better": "can't be checked", "gone": ""} {
		l, err := limit.ParseDiff([]string{words})
		if err != nil {
			t.Fatal(err)
		}
		var found *limit.Found
		if err := l.Judge(d); !says(err, want) || errors.As(err, &found) {
			t.Errorf("%s: got %v, want %q", words, err, want)
		}
	}
}

func says(err error, want string) bool {
	if want == "" || err == nil {
		return want == "" && err == nil
	}
	return strings.Contains(err.Error(), want)
}
