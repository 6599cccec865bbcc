package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainBool is a flag that is there or not. It hides from help that it would
// also take =true and =false.
type plainBool struct{ pflag.Value }

// plainFlags does so for all flags of a command and its verbs.
func plainFlags(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			f.Value = plainBool{f.Value}
		}
	})
	for _, verb := range cmd.Commands() {
		plainFlags(verb)
	}
}

// mayBeEmpty are the flags that take an empty value: those of kubectl, to which it is
// the same as none, and those that say themselves what they lack.
var mayBeEmpty = []string{
	"kubeconfig", "context", "cluster", "user", "server", "token", "as", "as-group",
	"namespace", "exclude-namespaces", "fail-on",
}

// refuseEmpty refuses flags that were given with nothing, as an empty variable of a
// script gives them: to leave them out would take all where a part was meant.
func refuseEmpty(cmd *cobra.Command, _ []string) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) { err = cmp.Or(err, emptyFlag(f)) })
	return err
}

// emptyFlag is the error of a flag whose value is empty, or is a list with nothing in it.
func emptyFlag(f *pflag.Flag) error {
	if slices.Contains(mayBeEmpty, f.Name) {
		return nil
	}
	empty := f.Value.Type() == "string" && f.Value.String() == ""
	if list, ok := f.Value.(pflag.SliceValue); ok {
		empty = !slices.ContainsFunc(list.GetSlice(), func(v string) bool { return v != "" })
	}
	if !empty {
		return nil
	}
	return fmt.Errorf("--%s is empty: is a variable without a value? Leave the flag out where nothing is meant", f.Name)
}
