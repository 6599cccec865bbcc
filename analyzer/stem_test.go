package analyzer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"build-x7k2p":                                 "build-*",
		"nightly-1780185600":                          "nightly-*",
		"build-run-x7k2p-compile":                     "build-run-*-compile",
		"build-run-x7k2pqzz-compile":                  "build-run-*-compile",
		"runner-t1a2b3c4d-project-17-concurrent-0xyz": "runner-*-project-17-concurrent-0xyz",
		"dag-1f0c9a7e-4b1d-4d5e-9f00-0123456789ab":    "dag-*",
		"web-6d4cf56db6-x2x4z":                        "web-*",
		"1f0c9a7e-4b1d-4d5e-9f00-0123456789ab":        "*",
		"1f0c9a7e-4b1d-4d5e-9f00-0123456789ab-run":    "*-run",
		"0123456789abcdef0123456789abcdef":            "*",
		"deadbeef-cafe":                               "deadbeef-cafe",
		"facade":                                      "facade",
		"postgres-0":                                  "postgres-0",
		"debug":                                       "debug",
		"frontend-database":                           "frontend-database",
		"cart-frontend":                               "cart-frontend",
	} {
		if got := analyzer.Stem(name); got != want {
			t.Errorf("Stem(%q) = %q, want %q", name, got, want)
		}
		if again := analyzer.Stem(want); again != want {
			t.Errorf("the stem %q of a stem is %q", want, again)
		}
	}
}

// TestGroupNamesOfMany: however many runners there are, and whatever their random parts
// look like, those of one maker are one group.
func TestGroupNamesOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	const safe, letters = "bcdfghjklmnpqrstvwxz2456789", "abcdefghijklmnopqrstuvwxyz"
	for want, name := range map[string]func(i int) string{
		"gha-set-*-runner-*": func(int) string { return "gha-set-" + random(safe, 5) + "-runner-" + random(safe, 5) },
		"arc-set-*-runner-*": func(int) string { return "arc-set-" + random(letters, 6) + "-runner-" + random(letters, 6) },
		"runner-*-project-*-concurrent-*": func(i int) string {
			return fmt.Sprintf("runner-%s-project-%d-concurrent-%d-%s", random(safe, 8), i%40, i%7, random(safe, 8))
		},
		"build-*-project-*-concurrent-*": func(i int) string { // of some projects more than of others
			return fmt.Sprintf("build-%s-project-%d-concurrent-%d-%s", random(safe, 8), i%7, i%4, random(safe, 8))
		},
		"jenkins-agent-*": func(int) string { return "jenkins-agent-" + random(safe, 5) + "-" + random(safe, 5) },
		"flow-*":          func(int) string { return "flow-" + random("0123456789abcdef", 32) },
		"step-*-build":    func(i int) string { return fmt.Sprintf("step-%s-build", random(letters, 9)) },
	} {
		for _, n := range []int{60, 2000} {
			var names []string
			for i := range n {
				names = append(names, name(i))
			}
			got := map[string]int{}
			groups := analyzer.GroupNames(names)
			for _, n := range names {
				got[groups[n]]++
			}
			if got[want] != len(names) {
				t.Errorf("%s, %d: got groups %v, want that alone", want, n, got)
			}
		}
	}
	var own []string // pods that people named
	for _, a := range []string{"web", "db", "cache"} {
		for _, b := range []string{"blue", "green", "red"} {
			own = append(own, "shop-"+a+"-"+b)
		}
	}
	if got := analyzer.GroupNames(own); len(got) > 0 {
		t.Errorf("names that are words: got groups %v, want none", got)
	}
}

func TestRoleStem(t *testing.T) {
	for _, c := range []struct{ workload, pod, want string }{
		{"ml", "ml-head-x", "head"},
		{"ml", "ml-w-worker-a", "w-worker"},
		{"pi", "pi-driver", "driver"},
		{"pi", "pi-9a8b7c-exec-1", "exec"},
		{"nightly", "nightly-1780185600-build-image-1000000777", "build-image"},
		{"build-*", "build-x7k2p-test-1234567", "test"},
		{"set", "set-0", ""},
	} {
		if got := analyzer.RoleStem(c.workload, c.pod); got != c.want {
			t.Errorf("RoleStem(%q, %q) = %q, want %q", c.workload, c.pod, got, c.want)
		}
	}
}

func TestGroupNames(t *testing.T) {
	names := []string{"runner-17-abcdefgh", "runner-17-k2j3h4g5", "runner-17-zzzzzzzz", "runner-17-q1w2e3r4", "runner-17-a1",
		"debug-alice", "debug-bob", "db-0", "db-1", "one-x7k2p", "two-x7k2p", "two-q9wz4"}
	got := analyzer.GroupNames(names)
	for _, n := range names[:5] {
		if got[n] != "runner-17-*" {
			t.Errorf("%s: got group %q, want runner-17-*", n, got[n])
		}
	}
	for _, n := range []string{"debug-alice", "db-1", "one-x7k2p"} {
		if g, ok := got[n]; ok {
			t.Errorf("%s: got group %q, want none", n, g)
		}
	}
	names = names[:0]
	for i := range 12 {
		names = append(names, fmt.Sprintf("ci-%d-build", i))
	}
	if got := analyzer.GroupNames(append(names, "ci-db-build")); got["ci-3-build"] != "ci-*-build" || got["ci-db-build"] != "" {
		t.Errorf("ci-3-build: got group %q, ci-db-build %q; want ci-*-build and none", got["ci-3-build"], got["ci-db-build"])
	}
	if got["two-x7k2p"] != "two-*" {
		t.Errorf("two-x7k2p: got group %q, want two-*", got["two-x7k2p"])
	}
}
