package packing_test

import (
	"context"
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

const mib = 1 << 20

func readCSV(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("../../testdata/packing/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// examplePods are the 400 synthetic pods that the reference figures rest on.
func examplePods(t testing.TB) []packing.Pod {
	var pods []packing.Pod
	for _, r := range readCSV(t, "example_pods.csv") {
		pods = append(pods, packing.Pod{Name: r[0], CPU: int64(number(t, r[1])), Memory: int64(number(t, r[2])) * mib})
	}
	return pods
}

// awsOfferings are 74 types of us-east-1, on-demand, in the given zones.
func awsOfferings(t testing.TB, zones ...string) []packing.Offering {
	t.Helper()
	f, err := os.Open("../../testdata/packing/aws_us_east_1.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := packingtest.Offerings(f, zones...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func exampleInput(t testing.TB) packing.Input {
	return packing.Input{Pods: examplePods(t), DaemonSets: packingtest.DaemonSets(), Offerings: awsOfferings(t, "us-east-1a")}
}

// TestExample holds the plan for the reference instance to the stated figures.
func TestExample(t *testing.T) {
	plan, err := packing.Pack(context.Background(), exampleInput(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.4f $/h on %d nodes, bound %.4f, gap %.2f %%", plan.Hourly, len(plan.Nodes), plan.LowerBound, plan.GapPercent)
	if got, want := plan.LowerBound, 10.4733; got < want-0.00005 {
		t.Errorf("lower bound: got %.4f, want at least %.4f", got, want)
	}
	if plan.GapPercent > 2 {
		t.Errorf("gap: got %.2f %%, want at most 2 %%", plan.GapPercent)
	}
}
