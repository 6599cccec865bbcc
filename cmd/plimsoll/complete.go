package main

import (
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
)

// Completion asks no cluster: names are those of the last report that is kept,
// contexts those of the kubeconfig.

func completeFrom(cmd *cobra.Command, flag string, words []string) {
	completeWith(cmd, flag, func() []string { return words })
}

func completeWith(cmd *cobra.Command, flag string, words func() []string) {
	// The only error is a flag that does not exist, and these do.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	})
}

func lastKept() *document.Report {
	x, err := keep.Open().Newest("")
	if err != nil {
		return &document.Report{}
	}
	r, err := x.Read()
	if err != nil {
		return &document.Report{}
	}
	return r
}

func keptWorkloads() []string {
	r := lastKept()
	out := make([]string, 0, len(r.Workloads))
	for i := range r.Workloads {
		out = append(out, brief.Path(&r.Workloads[i]))
	}
	return out
}

// keptOf lists what the reports that are kept are of.
func keptOf() []string {
	var out []string
	for _, x := range keep.Open().List() {
		if of := brief.Clean(x.Of); !slices.Contains(out, of) {
			out = append(out, of)
		}
	}
	return out
}

func keptNamespaces() []string {
	r := lastKept()
	var out []string
	for i := range r.Workloads {
		if ns := brief.Clean(r.Workloads[i].Namespace); !slices.Contains(out, ns) {
			out = append(out, ns)
		}
	}
	return out
}

// contexts are those of the kubeconfig that is named, else of the usual ones.
func contexts(kubeconfig string) []string {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := rules.Load()
	if err != nil {
		return nil
	}
	var out []string
	for name := range config.Contexts {
		out = append(out, brief.Clean(name))
	}
	slices.Sort(out)
	return out
}
