package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// streams is what a command talks to. Out carries data and nothing else.
type streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Width is Out's width in columns where Out is a terminal, else 0.
	Width int
	// ErrTerminal says that Err is a terminal, so that progress may redraw.
	ErrTerminal bool
	// NoColor says that the environment asks for no colours (NO_COLOR, or a
	// dumb terminal).
	NoColor bool
	// ASCII says that the terminal's locale has no UTF-8.
	ASCII bool
	// Program is what plimsoll is called by where that is not its own name.
	Program string
}

func osStreams() streams {
	s := streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, ErrTerminal: term.IsTerminal(int(os.Stderr.Fd()))}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		s.Width = 80
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			s.Width = w
		}
	}
	s.NoColor = os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	s.ASCII = s.Width > 0 && !isUTF8(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	return s
}

// isUTF8 reports whether a locale's name says so. One that is not set says
// nothing: such terminals are modern ones in containers.
func isUTF8(locale string) bool {
	name := strings.ToUpper(strings.ReplaceAll(locale, "-", ""))
	return locale == "" || strings.Contains(name, "UTF8")
}

// The exit codes of the contract.
const (
	exitDone   = 0
	exitFound  = 1
	exitUsage  = 2
	exitSource = 3
	// exitInterrupted is 128 and the number of the signal of Ctrl-C.
	exitInterrupted = 130
)

// exitError is an error that knows its exit code; every other error is one of
// usage or configuration.
type exitError struct {
	code    int
	err     error
	written bool // what was to be written is: an interrupt that comes now is too late
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// sourceError marks an error of a source that could not be read.
func sourceError(err error) error { return &exitError{code: exitSource, err: err} }

// partialError is of what was written and lacks what a source did not tell.
func partialError(err error) error { return &exitError{code: exitSource, err: err, written: true} }

// run is the whole program: args[0] is the name it was called by. It gives the
// exit code.
func run(ctx context.Context, args []string, s streams) int {
	ctx, hidden := origin.WithSecrets(ctx)
	s.Err = hidden.Writer(s.Err)
	name := filepath.Base(args[0])
	if strings.HasPrefix(name, "kubectl-") {
		s.Program = "kubectl plimsoll"
	}
	root := newRoot(s)
	root.SetArgs(args[1:])
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitUsage, err: err}
	}
	// What was found was written before; what was called wrongly stays so.
	if ctx.Err() != nil && !exit.written && exit.code != exitFound && (exit.code != exitUsage || canceled(err)) {
		exit, err = &exitError{code: exitInterrupted, err: err}, errInterrupted
	}
	if exit.code != exitFound || !isQuiet(root) { // what was found stands on stdout
		fmt.Fprintf(s.Err, "error: %s\n", layout.Called(s.Program, oneLine(err.Error())))
	}
	return exit.code
}

// canceled knows an interrupt also where a parser gives its text alone.
func canceled(err error) bool {
	return errors.Is(err, context.Canceled) || strings.Contains(err.Error(), context.Canceled.Error())
}

// isQuiet reports whether the verb that ran was told to be quiet.
func isQuiet(root *cobra.Command) bool {
	for _, verb := range root.Commands() {
		if f := verb.Flags().Lookup("quiet"); f != nil && f.Changed && f.Value.String() == "true" {
			return true
		}
	}
	return false
}

var (
	errInterrupted = errors.New("interrupted; nothing was written")
	errPrinting    = errors.New("interrupted while printing; the files are written")
)

// oneLine folds an error of several lines, such as a YAML parser's, into one that
// holds no secret of a URL.
func oneLine(s string) string {
	return analyzer.Printable(origin.Redact(strings.Join(strings.Fields(s), " ")))
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "plimsoll",
		Short: "How low can this cluster be loaded and still be safe?",
		Long: `plimsoll reads what a Kubernetes cluster uses, from Prometheus-compatible
engines and metrics-server, and recommends requests for every workload. It says
what they are worth and what they risk, with the evidence behind each number.

It only reads. It never changes a cluster.`,
		Example: `  # Audit the cluster of the current context
  plimsoll audit

  # See what it prints, without a cluster
  plimsoll audit --demo`,
		Version:       programVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownVerb,

		PersistentPreRunE: refuseEmpty,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("plimsoll {{.Version}}\n")
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
	})
	root.AddCommand(newVerbs(s)...)
	root.SetHelpCommand(newHelp(s))
	root.InitDefaultVersionFlag()
	plainFlags(root)
	if s.Program != "" {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: s.Program}
		asPlugin(root)
	}
	return root
}

// newVerbs are all verbs but help.
func newVerbs(s streams) []*cobra.Command {
	return []*cobra.Command{newAudit(s), newShow(s), newExplain(s), newDiff(s), newBacktest(s), newGate(s), newPrice(s), newVersion()}
}

// asPlugin writes the examples as they are typed when kubectl runs plimsoll.
func asPlugin(cmd *cobra.Command) {
	cmd.Example = strings.ReplaceAll(cmd.Example, "  plimsoll ", "  kubectl plimsoll ")
	for _, verb := range cmd.Commands() {
		asPlugin(verb)
	}
}

// knownVerb refuses a verb that there is not, and names one that is near.
func knownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	near := ""
	if words := cmd.SuggestionsFor(args[0]); len(words) > 0 {
		near = fmt.Sprintf("did you mean %q? ", words[0])
	}
	return fmt.Errorf("there is no command %q; %ssee '%s --help'", args[0], near, cmd.CommandPath())
}

// noArguments refuses arguments where all is said with flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes no arguments, but got %q; see '%s --help'", cmd.CommandPath(), args[0], cmd.CommandPath())
}

// version is set by the linker; a build by "go install" knows its own.
var version = ""

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "plimsoll", programVersion())
			return err
		},
	}
}
