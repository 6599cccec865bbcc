package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// measured is the table of one size.
type measured struct {
	containers, runs int
	rows             []row // medians, the floor first
	least            []row // of each figure the least of all runs
}

type row struct {
	name string
	figures
}

// median and least are of each figure by itself.
func median(all []figures) figures {
	return each(all, func(sorted []float64) float64 { return sorted[len(sorted)/2] })
}
func least(all []figures) figures {
	return each(all, func(sorted []float64) float64 { return sorted[0] })
}

func each(all []figures, pick func(sorted []float64) float64) (out figures) {
	of := func(get func(figures) float64) float64 {
		var values []float64
		for _, x := range all {
			values = append(values, get(x))
		}
		slices.Sort(values)
		return pick(values)
	}
	out.wall = of(func(x figures) float64 { return x.wall })
	out.cpu = of(func(x figures) float64 { return x.cpu })
	out.server = of(func(x figures) float64 { return x.server })
	out.peak = of(func(x figures) float64 { return x.peak })
	out.wire = of(func(x figures) float64 { return x.wire })
	return out
}

// asked is the part of the floor's bytes from which a command counts as one that asks
// Prometheus.
const asked = 0.01

// start is the command that does nothing but start. What that costs is the machine's: 0.05 s
// of CPU on one, 0.09 s on another, where the floor took the same.
const start = "version"

// ratios are the least figures of each command over the floor's: other work only
// adds to them. CPU is what is beyond the start of the program. Of the server there are
// those of commands that ask it.
func (m measured) ratios() map[string]map[string]ratio {
	base, out := m.least[0], map[string]map[string]ratio{}
	started := 0.0
	if i := slices.IndexFunc(m.least, func(r row) bool { return r.name == start }); i >= 0 {
		started = m.least[i].cpu
	}
	for _, r := range m.least[1:] {
		if r.name == start {
			continue
		}
		of := map[string]ratio{"cpu": ratio(max(r.cpu-started, 0) / base.cpu), "memory": ratio(r.peak / base.peak)}
		if r.wire > asked*base.wire {
			of["server"], of["bytes"] = ratio(r.server/base.server), ratio(r.wire/base.wire)
		}
		out[r.name] = of
	}
	return out
}

// table is the part of the page.
func table(all []measured) string {
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%s containers, medians of %d:\n\n", thousands(m.containers), m.runs)
		b.WriteString("| run | wall | CPU | over the floor | peak memory | server's CPU | over the floor | sent |\n|---|---|---|---|---|---|---|---|\n")
		for i, r := range m.rows {
			over, server, serverOver, sent := "", "", "", ""
			if i > 0 {
				over = fmt.Sprintf("%.2f", r.cpu/m.rows[0].cpu)
			}
			if r.wire > asked*m.rows[0].wire {
				server, sent = fmt.Sprintf("%.2f s", r.server), fmt.Sprintf("%.0f MB", r.wire/1e6)
				if i > 0 {
					serverOver = fmt.Sprintf("%.2f", r.server/m.rows[0].server)
				}
			}
			name := "a plain reader of CPU and memory (the floor)"
			if i > 0 {
				name = "`plimsoll " + r.name + "`"
			}
			fmt.Fprintf(&b, "| %s | %.1f s | %.2f s | %s | %.0f MB | %s | %s | %s |\n", name, r.wall, r.cpu, over, r.peak/1e6, server, serverOver, sent)
		}
		b.WriteString("\n")
	}
	if len(all) > 1 {
		slope(&b, all[0], all[len(all)-1])
	}
	return b.String()
}

// slope says what a container more takes, by the least and the largest size.
func slope(b *strings.Builder, small, large measured) {
	for i, r := range large.rows {
		if !strings.HasPrefix(r.name, "audit") {
			continue
		}
		each := (r.peak - small.rows[i].peak) / float64(large.containers-small.containers)
		fmt.Fprintf(b, "`plimsoll %s` takes %.0f KB of memory for each container more.\n", r.name, each/1e3)
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

const (
	mark    = "<!-- make bench-audit writes from here on -->\n"
	markEnd = "<!-- to here -->\n"
)

// intoPage puts the text between the marks of a page.
func intoPage(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), mark)
	_, after, ok2 := strings.Cut(rest, markEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table: want the lines %q and %q", file, mark, markEnd)
	}
	return os.WriteFile(file, []byte(before+mark+"\n"+strings.TrimRight(text, "\n")+"\n\n"+markEnd+after), 0o644)
}
