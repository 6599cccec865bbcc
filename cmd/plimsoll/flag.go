package main

import (
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
