package reports_test

import (
	"context"
	"sync"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// demoReport is that of plimsoll audit --demo.
var demoReport = sync.OnceValues(func() (*document.Report, error) {
	s, err := snapshot.Read("../cmd/plimsoll/demo.snapshot")
	if err != nil {
		return nil, err
	}
	o := advice.Options{RiskUnserved: advice.DefaultRiskUnserved, Slowdown: advice.DefaultSlowdown, Backtest: true}
	out, err := recommender.Advise(context.Background(), s, pricing.New(pricing.Config{}), o)
	if err != nil {
		return nil, err
	}
	return build.Report(build.Of(out, "test")), nil
})

func theDemo(t testing.TB) *document.Report {
	t.Helper()
	r, err := demoReport()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
