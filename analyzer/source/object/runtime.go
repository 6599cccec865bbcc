package object

import (
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// runtimeOf reads the memory flags of the JVM, Go, Node.js and .NET from a container's
// environment, command and arguments. Of several flags for one thing the largest stands:
// that is what the container may come to need. Values that are references are not known.
func runtimeOf(c *corev1.Container) analyzer.Runtime {
	var f flags
	for i := range c.Env {
		f.env(c.Env[i].Name, c.Env[i].Value)
	}
	f.words(strings.Join(slices.Concat(c.Command, c.Args), " ")) // a flag and its value may be two
	return f.runtime
}

// flags gathers what the words say.
type flags struct{ runtime analyzer.Runtime }

func (f *flags) env(name, value string) {
	// JAVA_TOOL_OPTIONS, JAVA_OPTS_APPEND, ES_JAVA_OPTS, SERVER_JVMFLAGS, NODE_OPTIONS, ...: by
	// what they say, since each image has names of its own.
	if !f.sets(name, value) {
		f.words(value)
	}
}

// sets reads a variable that is a flag of its own.
func (f *flags) sets(name, value string) bool {
	switch name {
	case "GOMEMLIMIT":
		f.heap("go", name, goBytes(value))
	case "MAX_HEAP_SIZE": // Cassandra and others that hand it on as -Xmx
		f.heap("jvm", name, suffixed(value))
	case "DOTNET_GCHeapHardLimit", "COMPlus_GCHeapHardLimit":
		f.heap("dotnet", name, hex(value))
	case "DOTNET_GCHeapHardLimitPercent", "COMPlus_GCHeapHardLimitPercent":
		f.percent("dotnet", name, float64(hex(value)))
	default:
		return false
	}
	return true
}

// words reads the words of a command line, or of a shell's with its assignments.
func (f *flags) words(s string) {
	words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n\"';&|()", r) })
	for i, w := range words {
		name, value, _ := strings.Cut(w, "=")
		if f.sets(name, value) {
			continue
		}
		if strings.HasPrefix(value, "-") { // JAVA_OPTS=-Xmx3g
			w = value
			name, value, _ = strings.Cut(w, "=")
		}
		if value == "" && i+1 < len(words) {
			value = words[i+1]
		}
		switch {
		case strings.HasPrefix(w, "-Xmx"):
			f.heap("jvm", "-Xmx", suffixed(w[len("-Xmx"):]))
		case name == "-XX:MaxHeapSize":
			f.heap("jvm", name, suffixed(value))
		case name == "-XX:MaxRAMPercentage":
			f.percent("jvm", name, number(value))
		case name == "-XX:MaxRAMFraction" && number(value) >= 1: // before Java 10
			f.percent("jvm", name, 100/number(value))
		case name == "-XX:MaxDirectMemorySize" || name == "-XX:MaxMetaspaceSize" || name == "-XX:ReservedCodeCacheSize":
			f.runtime.Beside = min(f.runtime.Beside+suffixed(value), mostBytes)
		case strings.ReplaceAll(name, "_", "-") == "--max-old-space-size":
			f.heap("node", "--max-old-space-size", scaled(number(value), 1<<20))
		}
	}
}

func (f *flags) heap(runtime, flag string, bytes int64) {
	if bytes > f.runtime.Heap {
		f.runtime.Name, f.runtime.Flag, f.runtime.Heap = runtime, flag, bytes
	}
}

func (f *flags) percent(runtime, flag string, percent float64) {
	if percent > f.runtime.Percent && percent <= 100 {
		f.runtime.Percent = percent
		if f.runtime.Heap == 0 {
			f.runtime.Name, f.runtime.Flag = runtime, flag
		}
	}
}

// mostBytes is more memory than any machine has: what is above is a mistake.
const mostBytes = 1 << 50

// scaled gives v units of so many bytes, 0 where that can be no memory size.
func scaled(v, unit float64) int64 {
	if b := v * unit; b >= 1 && b <= mostBytes {
		return int64(math.Round(b))
	}
	return 0
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// suffixed reads a size as the JVM has it: 512m, 3g, or bytes.
func suffixed(s string) int64 {
	unit := 1.0
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			unit = 1 << 10
		case 'm', 'M':
			unit = 1 << 20
		case 'g', 'G':
			unit = 1 << 30
		case 't', 'T':
			unit = 1 << 40
		}
		if unit > 1 {
			s = s[:n-1]
		}
	}
	return scaled(number(s), unit)
}

// goBytes reads a size as Go's runtime has it: 1800MiB, 2GiB, or bytes.
func goBytes(s string) int64 {
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			return scaled(number(rest), float64(int64(1)<<(10*(i+1))))
		}
	}
	return scaled(number(strings.TrimSuffix(s, "B")), 1)
}

// hex reads a number as .NET has them in the environment: hexadecimal.
func hex(s string) int64 {
	v, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X"), 16, 64)
	if err != nil || v < 0 || v > mostBytes {
		return 0
	}
	return v
}
