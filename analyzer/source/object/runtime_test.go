package object

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestRuntimeOf(t *testing.T) {
	env := func(pairs ...string) (out corev1.Container) {
		for i := 0; i < len(pairs); i += 2 {
			out.Env = append(out.Env, corev1.EnvVar{Name: pairs[i], Value: pairs[i+1]})
		}
		return out
	}
	const mib, gib = 1 << 20, 1 << 30
	tests := []struct {
		name string
		in   corev1.Container
		want analyzer.Runtime
	}{
		{"none", env("PATH", "/bin"), analyzer.Runtime{}},
		{"tool options", env("JAVA_TOOL_OPTIONS", "-Xms3g -Xmx3g"), analyzer.Runtime{Name: "jvm", Heap: 3 * gib, Flag: "-Xmx"}},
		{"elasticsearch", env("ES_JAVA_OPTS", "-Xms4g -Xmx4g"), analyzer.Runtime{Name: "jvm", Heap: 4 * gib, Flag: "-Xmx"}},
		{"kafka", env("KAFKA_HEAP_OPTS", "-Xmx512M"), analyzer.Runtime{Name: "jvm", Heap: 512 * mib, Flag: "-Xmx"}},
		{"a shell's line", corev1.Container{Command: []string{"sh", "-c"}, Args: []string{"exec java -XX:MaxDirectMemorySize=256m -Xmx1g -jar app.jar"}}, analyzer.Runtime{Name: "jvm", Heap: gib, Flag: "-Xmx", Beside: 256 * mib}},
		{"the larger of two", corev1.Container{Args: []string{"-Xmx1g", "-XX:MaxHeapSize=2g"}}, analyzer.Runtime{Name: "jvm", Heap: 2 * gib, Flag: "-XX:MaxHeapSize"}},
		{"percent", env("JDK_JAVA_OPTIONS", "-XX:MaxRAMPercentage=75.0"), analyzer.Runtime{Name: "jvm", Flag: "-XX:MaxRAMPercentage", Percent: 75}},
		{"node", env("NODE_OPTIONS", "--max-old-space-size=1536"), analyzer.Runtime{Name: "node", Heap: 1536 * mib, Flag: "--max-old-space-size"}},
		{"node, two words", corev1.Container{Args: []string{"node", "--max_old_space_size 256"}}, analyzer.Runtime{Name: "node", Heap: 256 * mib, Flag: "--max-old-space-size"}},
		{"go", env("GOMEMLIMIT", "1800MiB"), analyzer.Runtime{Name: "go", Heap: 1800 * mib, Flag: "GOMEMLIMIT"}},
		{"go, bytes", env("GOMEMLIMIT", "1048576"), analyzer.Runtime{Name: "go", Heap: mib, Flag: "GOMEMLIMIT"}},
		{"go, off", env("GOMEMLIMIT", "off"), analyzer.Runtime{}},
		{"dotnet", env("DOTNET_GCHeapHardLimit", "0x40000000"), analyzer.Runtime{Name: "dotnet", Heap: gib, Flag: "DOTNET_GCHeapHardLimit"}},
		{"dotnet, percent", env("DOTNET_GCHeapHardLimitPercent", "4B"), analyzer.Runtime{Name: "dotnet", Flag: "DOTNET_GCHeapHardLimitPercent", Percent: 75}},
		{"a name of an image's own", env("JAVA_OPTS_APPEND", "-Xmx3g"), analyzer.Runtime{Name: "jvm", Heap: 3 * gib, Flag: "-Xmx"}},
		{"zookeeper", env("SERVER_JVMFLAGS", "-Xmx1g"), analyzer.Runtime{Name: "jvm", Heap: gib, Flag: "-Xmx"}},
		{"a fraction", env("JAVA_OPTS", "-XX:MaxRAMFraction=2"), analyzer.Runtime{Name: "jvm", Flag: "-XX:MaxRAMFraction", Percent: 50}},
		{"two arguments", corev1.Container{Command: []string{"node"}, Args: []string{"--max-old-space-size", "3072", "app.js"}}, analyzer.Runtime{Name: "node", Heap: 3 * gib, Flag: "--max-old-space-size"}},
		{"a shell's variable", corev1.Container{Command: []string{"sh", "-c", "export GOMEMLIMIT=3GiB&& exec ./app"}}, analyzer.Runtime{Name: "go", Heap: 3 * gib, Flag: "GOMEMLIMIT"}},
		{"a shell's options", corev1.Container{Command: []string{"sh", "-c", "JAVA_OPTS=-XX:MaxHeapSize=2g (exec ./run.sh)"}}, analyzer.Runtime{Name: "jvm", Heap: 2 * gib, Flag: "-XX:MaxHeapSize"}},
		{"env(1)", corev1.Container{Command: []string{"env", "DOTNET_GCHeapHardLimit=40000000", "./app"}}, analyzer.Runtime{Name: "dotnet", Heap: gib, Flag: "DOTNET_GCHeapHardLimit"}},
		{"nonsense", env("JAVA_OPTS", "-Xmx -Xmx9999999t -XX:MaxRAMPercentage=NaN -XX:MaxRAMPercentage=400"), analyzer.Runtime{}},
	}
	for _, tt := range tests {
		if got := runtimeOf(&tt.in); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func FuzzRuntimeOf(f *testing.F) {
	f.Add("JAVA_OPTS", "-Xmx3g -XX:MaxDirectMemorySize=9e99g")
	f.Add("GOMEMLIMIT", "1e300GiB")
	f.Fuzz(func(t *testing.T, name, value string) {
		got := runtimeOf(&corev1.Container{Env: []corev1.EnvVar{{Name: name, Value: value}}, Args: []string{value}})
		if got.Heap < 0 || got.Heap > mostBytes || got.Beside < 0 || got.Beside > mostBytes || got.Percent < 0 || got.Percent > 100 {
			t.Errorf("got %+v", got)
		}
	})
}
