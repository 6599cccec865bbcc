package lookup

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/grid"
)

// bought says how a row's machine is bought: a capacity type with its term, or a program.
func (r *Row) bought() string {
	switch {
	case r.Program != "":
		return fmt.Sprintf("%s %dy", r.Program, r.TermYears)
	case r.TermYears == 3:
		return r.CapacityType + " 3y"
	}
	return r.CapacityType
}

// writeBeside prints a line a type, with the USD an hour of each way to buy it beside the
// others. Below stand the dates and sources of each way.
func writeBeside(out io.Writer, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	var ways, types []string
	byType := map[string][]Row{}
	for _, r := range rows {
		if !slices.Contains(ways, r.bought()) {
			ways = append(ways, r.bought())
		}
		if byType[r.InstanceType] == nil {
			types = append(types, r.InstanceType)
		}
		byType[r.InstanceType] = append(byType[r.InstanceType], r)
	}
	slices.SortFunc(ways, func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
	screen, right := [][]string{{"TYPE", "VCPU", "GIB"}}, []bool{1: true, 2: true}
	for _, way := range ways {
		screen[0], right = append(screen[0], strings.ToUpper(way)), append(right, true)
	}
	for _, name := range types {
		of := byType[name]
		line := append([]string{analyzer.Printable(name), fmt.Sprintf("%g", of[0].VCPUs), fmt.Sprintf("%g", of[0].MemoryGiB)}, make([]string, len(ways))...)
		for _, r := range of {
			line[3+slices.Index(ways, r.bought())] = fmt.Sprintf("%.6g", r.USDPerHour)
		}
		screen = append(screen, line)
	}
	if err := grid.Write(out, right, screen); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "\nUSD an hour, read from:"); err != nil {
		return err
	}
	return grid.Write(out, nil, sourcesOf(ways, rows))
}

// rank orders ways to buy: what every machine has first, then programs.
func rank(way string) int {
	if i := slices.Index([]string{"on-demand", "spot", "reserved", "reserved 3y"}, way); i >= 0 {
		return i
	}
	return 4
}

// sourcesOf lists the dates and sources of each way, the newest first.
func sourcesOf(ways []string, rows []Row) [][]string {
	var out [][]string
	for _, way := range ways {
		var of [][]string
		for _, r := range rows {
			line := []string{way, r.AsOf, analyzer.Printable(r.Source)}
			if r.bought() == way && !slices.ContainsFunc(of, func(l []string) bool { return slices.Equal(l, line) }) {
				of = append(of, line)
			}
		}
		slices.SortStableFunc(of, func(a, b []string) int { return strings.Compare(b[1], a[1]) })
		const most = 5
		if len(of) > most {
			of = append(of[:most-1:most-1], []string{way, "", fmt.Sprintf("and %d more; -o csv has each price's", len(of)-most+1)})
		}
		out = append(out, of...)
	}
	return out
}
