package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/docs"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// newHelp is the verb that prints help on a verb, or a page of the manual.
func newHelp(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | PAGE[#PART]]",
		Short: "Help about a command, or a page of the manual",
		Long: `help prints what a command does, or a page of the manual, or a part of a page.
The pages are in the program: nothing is fetched. 'plimsoll help pages' lists them.`,
		Example: `  plimsoll help audit
  plimsoll help first-report#save
  plimsoll help pages`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			var out []string
			for _, c := range cmd.Root().Commands() {
				if c.IsAvailableCommand() {
					out = append(out, c.Name())
				}
			}
			return append(out, docs.Names(isVerb)...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			verb, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) == 0 {
				verb.InitDefaultHelpFlag()
				return verb.Help()
			}
			if len(args) != 1 {
				return fmt.Errorf("help is of one command or one page, but got %q", args)
			}
			return printPage(s, args[0])
		},
	}
}

// printPage prints the list of pages, a page, or a part of one.
func printPage(s streams, name string) error {
	if name == "pages" {
		_, err := fmt.Fprintln(s.Out, strings.Join(docs.Names(isVerb), "\n"))
		return err
	}
	name, part, _ := strings.Cut(name, "#")
	file := docs.PageOf(name)
	if file == "" {
		near := ""
		if like := brief.Near(name, docs.Names(isVerb)); len(like) > 0 {
			near = "did you mean " + brief.Either(like) + "? "
		}
		return fmt.Errorf("there is no command and no page %q; %ssee 'plimsoll help pages'", name, near)
	}
	data, err := docs.Pages.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the page %s: %w", name, err)
	}
	text, url := string(data), docs.Web+file
	if part != "" {
		var parts []string
		if text, parts = docs.PartOf(text, part); text == "" {
			return fmt.Errorf("the page %s has no part %q; there is: %s", name, part, strings.Join(parts, ", "))
		}
		url += "#" + part
	}
	return layout.Plainly(s.Out, s.ASCII, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n%s\n", docs.Folded(text, s.Width), url)
		return err
	})
}

// isVerb reports whether help of the name is a command's.
func isVerb(name string) bool {
	return slices.ContainsFunc(newVerbs(streams{}), func(c *cobra.Command) bool { return c.Name() == name })
}
