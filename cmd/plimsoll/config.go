package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/reports/limit"
)

// applyConfig sets the flags that the file names and the command line does
// not. The file is a YAML map from flag names (without dashes) to a value or a
// list of values.
func applyConfig(cmd *cobra.Command, in files, path string) error {
	if path == "" {
		return nil
	}
	if err := checkURL("--config", path); err != nil {
		return err
	}
	raw, err := in.read(cmd.Context(), path)
	if err != nil {
		return storeError(reading("--config", err))
	}
	path = in.shown(path)
	if err := manifest.CheckAliases(raw); err != nil {
		return fmt.Errorf("reading --config: %s: %w", path, err)
	}
	var settings map[string]any
	if err := yaml.UnmarshalStrict(raw, &settings); err != nil {
		problem := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
		return fmt.Errorf("reading --config: %s: %s; want a map from flags' names to their values, such as window: 7d", path, problem)
	}
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := setFlag(cmd.Flags(), name, settings[name]); err != nil {
			return fmt.Errorf("reading --config: %s: %w; see '%s --help'", path, err, cmd.CommandPath())
		}
	}
	return nil
}

func setFlag(flags *pflag.FlagSet, name string, value any) error {
	f := flags.Lookup(name)
	if f == nil || name == "config" || name == "help" {
		return fmt.Errorf("%q is not a flag of this command", name)
	}
	if f.Changed {
		return nil // the command line wins
	}
	var values []string
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			values = append(values, fmt.Sprint(e))
		}
	case map[string]any, nil:
		return fmt.Errorf("%q needs a value or a list of values", name)
	default:
		values = []string{fmt.Sprint(v)}
	}
	for _, v := range values {
		if err := flags.Set(name, v); err != nil {
			return fmt.Errorf("%q cannot be %q: %w", name, v, err)
		}
	}
	if len(values) == 0 {
		return nil // a list of nothing adds nothing
	}
	return emptyFlag(f)
}

// splitList splits repeated and comma-separated flag values.
func splitList(values []string) []string {
	var out []string
	for _, v := range values {
		for _, e := range strings.Split(v, ",") {
			if e = strings.TrimSpace(e); e != "" && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// failOn splits the values of --fail-on. One of an unset variable of a pipeline
// is a list of nothing, which is not the same as none.
func failOn(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return append([]string{}, splitList(values)...)
}

// judged gives what --fail-on found its exit code.
func judged(err error) error {
	if at := (*limit.Found)(nil); errors.As(err, &at) {
		return &exitError{code: exitFound, err: err}
	}
	return err
}
