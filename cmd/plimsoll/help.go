package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/docs"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
)

// manualURL is where the manual's pages stand on the web.
const manualURL = "https://github.com/plimsoll-k8s/plimsoll/blob/main/docs/"

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
			return append(out, pageNames()...), cobra.ShellCompDirectiveNoFileComp
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
		_, err := fmt.Fprintln(s.Out, strings.Join(pageNames(), "\n"))
		return err
	}
	name, part, _ := strings.Cut(name, "#")
	file := pageOf(name)
	if file == "" {
		near := ""
		if like := brief.Near(name, pageNames()); len(like) > 0 {
			near = "did you mean " + brief.Either(like) + "? "
		}
		return fmt.Errorf("there is no command and no page %q; %ssee 'plimsoll help pages'", name, near)
	}
	data, err := docs.Pages.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the page %s: %w", name, err)
	}
	text, url := string(data), manualURL+file
	if part != "" {
		var parts []string
		if text, parts = partOf(text, part); text == "" {
			return fmt.Errorf("the page %s has no part %q; there is: %s", name, part, strings.Join(parts, ", "))
		}
		url += "#" + part
	}
	_, err = fmt.Fprintf(s.Out, "%s\n%s\n", folded(text, s.Width), url)
	return err
}

// pageNames are the names of the manual's pages: without a folder where that is
// enough, with .md where a command has the name.
func pageNames() []string {
	var out []string
	for _, file := range pageFiles() {
		name := strings.TrimSuffix(file, ".md")
		if base := path.Base(name); pageOf(base) == file {
			name = base
		}
		if isVerb(name) {
			name += ".md"
		}
		out = append(out, name)
	}
	return out
}

// isVerb reports whether help of the name is a command's.
func isVerb(name string) bool {
	return slices.ContainsFunc(newVerbs(streams{}), func(c *cobra.Command) bool { return c.Name() == name })
}

// pageFiles lists the pages, those that users read first before the others.
func pageFiles() []string {
	var out []string
	for _, pattern := range []string{"*.md", "rules/*.md", "sources/*.md", "method/*.md"} {
		names, err := fs.Glob(docs.Pages, pattern)
		if err != nil {
			panic(err) // the patterns are constants that are valid
		}
		out = append(out, names...)
	}
	return out
}

// pageOf finds a page by its path, or by its name alone; empty where there is none.
func pageOf(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "docs/"), ".md") + ".md"
	for _, file := range pageFiles() {
		if file == name || path.Base(file) == name {
			return file
		}
	}
	return ""
}

// partOf cuts out the part under a heading by its anchor; parts are all anchors.
func partOf(page, anchor string) (text string, parts []string) {
	depth, code := 0, false
	var b strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if level := len(line) - len(strings.TrimLeft(line, "#")); level > 0 && !code {
			slug := anchorOf(line[level:])
			if parts = append(parts, slug); slug == anchor && depth == 0 {
				depth = level
			} else if level <= depth {
				depth = -1
			}
		}
		if depth > 0 {
			b.WriteString(line)
		}
	}
	return b.String(), parts
}

// anchorOf is a heading's anchor, as GitHub makes it.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

// folded breaks the lines of prose that are wider than the terminal; tables and
// what stands in code are left as they are.
func folded(page string, width int) string {
	if width <= 0 {
		return page
	}
	var b strings.Builder
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code || strings.HasPrefix(line, "|") || displaywidth.String(line) <= width {
			b.WriteString(line)
			continue
		}
		used := 0
		for _, word := range strings.Fields(line) {
			n := displaywidth.String(word)
			if used > 0 && used+1+n > width {
				b.WriteByte('\n')
				used = 0
			} else if used > 0 {
				b.WriteByte(' ')
				used++
			}
			b.WriteString(word)
			used += n
		}
		b.WriteByte('\n')
	}
	return b.String()
}
