package karpenter

import (
	"encoding/csv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

const mib = 1 << 20

// rows reads a table without its head.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("../../testdata/packing/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// offerings are 74 types of us-east-1, on demand, in the zones.
func offerings(t testing.TB, zones ...string) []packing.Offering {
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

// example is the instance that docs/rules/nodes.md states figures for.
func example(t testing.TB) packing.Input {
	in := packing.Input{DaemonSets: packingtest.DaemonSets(), Offerings: offerings(t, "us-east-1a")}
	for _, r := range rows(t, "example_pods.csv") {
		in.Pods = append(in.Pods, packing.Pod{Name: r[0], CPU: int64(number(t, r[1])), Memory: int64(number(t, r[2])) * mib})
	}
	return in
}

// random is a random cluster of n pods.
func random(t testing.TB, seed uint64, n int) packing.Input {
	return packingtest.Random(offerings(t, packingtest.Zones...), rand.New(rand.NewPCG(seed, 41)), n)
}
