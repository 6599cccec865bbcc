package main

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// nodeFlags say what nodes a plan may have.
type nodeFlags struct {
	survive, pools, localData string
	types, denyTypes          []string
	minSavings                []string
	nodeCPUs                  string
	leastNodes                int
}

func (f *nodeFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.survive, "survive", "", "what the planned nodes live through: "+strings.Join(words(packing.Levels()), ", ")+" (default pod where a node autoscaler runs, else node)")
	fl.StringVar(&f.pools, "pools", "", "kinds of machine in the plan: "+strings.Join(words(advice.PoolStyles()), ", ")+" (default flexible where Karpenter runs, else simple)")
	fl.StringSliceVar(&f.types, "types", nil, "instance types for new nodes, as `PATTERNS` such as m7i.*,c7i.* (default all)")
	fl.StringSliceVar(&f.denyTypes, "deny-types", nil, "`PATTERNS` of instance types that new nodes may not be of")
	fl.StringVar(&f.nodeCPUs, "node-cpus", "", "vCPUs of new nodes, as `LEAST-MOST` such as 4-32, 4- or -32 (default as large as today's largest)")
	fl.IntVar(&f.leastNodes, "least-nodes", 0, "how many nodes the cluster has at the least (default any)")
	fl.StringVar(&f.localData, "local-data", string(pin.LocalWarn), "nodes with pods that have emptyDir volumes: pin them, or warn")
	fl.StringSliceVar(&f.minSavings, "min-savings", nil, "`AMOUNTS` a month below which nodes are left alone, in USD and in percent of their cost; the larger counts (default 5,1%); where given they hold for every lever: requests of a workload's containers that would only fall, its replicas, its move to spot, commitments and findings of waste")
	completeFrom(cmd, "survive", words(packing.Levels()))
	completeFrom(cmd, "pools", words(advice.PoolStyles()))
	completeFrom(cmd, "local-data", []string{string(pin.LocalWarn), string(pin.LocalPin)})
}

func words[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func (f *nodeFlags) options() (o advice.NodeOptions, err error) {
	for _, c := range []struct {
		flag, value string
		of          []string
	}{
		{"survive", f.survive, words(packing.Levels())},
		{"pools", f.pools, words(advice.PoolStyles())},
		{"local-data", f.localData, []string{string(pin.LocalWarn), string(pin.LocalPin)}},
	} {
		if c.value != "" && !slices.Contains(c.of, c.value) {
			return o, fmt.Errorf("--%s %s: there is: %s", c.flag, c.value, strings.Join(c.of, ", "))
		}
	}
	o.Survive, o.Pools, o.PinLocal = packing.Level(f.survive), advice.PoolStyle(f.pools), f.localData == string(pin.LocalPin)
	if o.Types, err = patterns("types", f.types); err != nil {
		return o, err
	}
	if o.DenyTypes, err = patterns("deny-types", f.denyTypes); err != nil {
		return o, err
	}
	if o.LeastCPUs, o.MostCPUs, err = between(f.nodeCPUs); err != nil {
		return o, err
	}
	if o.LeastNodes = f.leastNodes; o.LeastNodes < 0 {
		return o, fmt.Errorf("--least-nodes %d: a number of nodes, 0 or more", f.leastNodes)
	}
	return o, nil
}

// between reads least and most of --node-cpus; 0 for what is left open.
func between(text string) (least, most int64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	wrong := fmt.Errorf("--node-cpus %s: least and most vCPUs with a dash between, such as 4-32, 4- or -32", text)
	low, high, dash := strings.Cut(text, "-")
	if !dash || low+high == "" {
		return 0, 0, wrong
	}
	for _, one := range []struct {
		text string
		to   *int64
	}{{low, &least}, {high, &most}} {
		if one.text == "" {
			continue
		}
		if *one.to, err = strconv.ParseInt(one.text, 10, 64); err != nil || *one.to < 1 || *one.to > 1<<16 {
			return 0, 0, wrong
		}
	}
	if most > 0 && least > most {
		return 0, 0, wrong
	}
	return least, most, nil
}

func patterns(flag string, list []string) ([]string, error) {
	list = splitList(list)
	for _, p := range list {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("--%s %s: not a pattern; write * for any letters, such as m7i.*", flag, p)
		}
	}
	return list, nil
}

// least reads the savings that are worth a change.
func (f *nodeFlags) least(o *advice.Options) error {
	for _, text := range splitList(f.minSavings) {
		number, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || !(v >= 0) || v > 1e12 || percent && v > 100 {
			return fmt.Errorf("--min-savings %s: an amount of USD a month or a percentage of the cost, such as 5 or 1%%", text)
		}
		if v == 0 {
			v = -1
		}
		if percent {
			o.MinSavingsShare = v / 100
		} else {
			o.MinSavings = v
		}
	}
	return nil
}
