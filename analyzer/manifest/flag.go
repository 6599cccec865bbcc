package manifest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Flag is a setting by which a language runtime sizes its heap.
type Flag struct {
	// Name is GOMEMLIMIT, -Xmx, -XX:MaxRAMPercentage or --max-old-space-size.
	Name string
	// Bytes is the heap; 0 where Percent is meant.
	Bytes int64
	// Percent is the share of the container's limit.
	Percent float64
	Node    *Node
}

// The forms of the flags. Java's sizes are in KiB, MiB and GiB, Go's have the
// unit spelled out, Node's are MiB.
var (
	javaHeap    = regexp.MustCompile(`(?:^|\s)-Xmx(\d{1,15})([kKmMgGtT]?)\b`)
	javaPercent = regexp.MustCompile(`-XX:MaxRAMPercentage=(\d{1,3}(?:\.\d{1,9})?)`)
	nodeHeap    = regexp.MustCompile(`--max[-_]old[-_]space[-_]size[= ](\d{1,9})\b`)
	goLimit     = regexp.MustCompile(`^(\d{1,15})(B|KiB|MiB|GiB|TiB|)$`)
)

var units = map[string]int64{
	"": 1, "B": 1, "k": 1 << 10, "KiB": 1 << 10, "m": 1 << 20, "MiB": 1 << 20,
	"g": 1 << 30, "GiB": 1 << 30, "t": 1 << 40, "TiB": 1 << 40,
}

func flagsOf(container *Node) []Flag {
	var out []Flag
	for _, e := range container.Field("env").List() {
		value := e.Field("value")
		if value.String() == "" {
			continue
		}
		if e.Field("name").String() == "GOMEMLIMIT" {
			if m := goLimit.FindStringSubmatch(value.Text); m != nil {
				out = append(out, Flag{Name: "GOMEMLIMIT", Bytes: size(m[1], m[2]), Node: value})
			}
			continue
		}
		out = append(out, flagsIn(value)...)
	}
	for _, n := range slices.Concat(container.Field("command").List(), container.Field("args").List()) {
		out = append(out, flagsIn(n)...)
	}
	return out
}

// flagsIn finds flags of Java and Node in a value.
func flagsIn(n *Node) []Flag {
	text := n.String()
	if !strings.Contains(text, "-") {
		return nil
	}
	var out []Flag
	// The last -Xmx on a line is the one that counts.
	if all := javaHeap.FindAllStringSubmatch(text, -1); len(all) > 0 {
		m := all[len(all)-1]
		out = append(out, Flag{Name: "-Xmx", Bytes: size(m[1], strings.ToLower(m[2])), Node: n})
	}
	if m := javaPercent.FindStringSubmatch(text); m != nil {
		v, _ := strconv.ParseFloat(m[1], 64) // a number by the pattern
		out = append(out, Flag{Name: "-XX:MaxRAMPercentage", Percent: v, Node: n})
	}
	if m := nodeHeap.FindStringSubmatch(text); m != nil {
		out = append(out, Flag{Name: "--max-old-space-size", Bytes: size(m[1], "m"), Node: n})
	}
	return out
}

func size(number, unit string) int64 {
	v, _ := strconv.ParseInt(number, 10, 64) // digits by the pattern
	if v > MostAmount/units[unit] {
		return MostAmount
	}
	return v * units[unit]
}
