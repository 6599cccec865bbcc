// Package format finds output formats by their names, for reports and for
// findings alike.
package format

import (
	"fmt"
	"strings"
)

// Lookup finds the format of that name.
func Lookup[F any](formats []F, nameOf func(F) string, name string) (F, error) {
	for _, f := range formats {
		if nameOf(f) == name {
			return f, nil
		}
	}
	var none F
	return none, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(Names(formats, nameOf), ", "))
}

// Names lists the formats' names.
func Names[F any](formats []F, nameOf func(F) string) []string {
	out := make([]string, len(formats))
	for i, f := range formats {
		out[i] = nameOf(f)
	}
	return out
}
