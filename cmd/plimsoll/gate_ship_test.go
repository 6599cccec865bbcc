package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// script gives the shell text of the composite action's step of that name.
func script(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct{ Description string }
		Runs   struct {
			Using string
			Steps []struct{ Name, Shell, Run string }
		}
	}
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	for _, s := range action.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %s puts an input into its shell text, where a pull request could write commands", s.Name)
		}
		if s.Name == name {
			return s.Run
		}
	}
	t.Fatalf("action.yml has no step %s", name)
	return ""
}

// TestProgram is the program itself where program's script calls it.
func TestProgram(t *testing.T) {
	if os.Getenv("PLIMSOLL_TEST_PROGRAM") == "" {
		t.Skip("is called by other tests")
	}
	args := os.Args[slices.Index(os.Args, "--")+1:]
	os.Exit(run(context.Background(), append([]string{"plimsoll"}, args...), osStreams()))
}

// program puts a plimsoll into a folder of its own: this test binary, which is
// built already.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	text := "#!/bin/sh\nPLIMSOLL_TEST_PROGRAM=1 exec '" + self + "' -test.run '^TestProgram$' -- \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "plimsoll"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}

const podWithout = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n"

// TestShipped runs the shell of the action and of the GitLab job as their
// runners would.
func TestShipped(t *testing.T) {
	action, bin := script(t, "Gate"), program(t)
	data, err := os.ReadFile("../../deploy/gitlab/plimsoll-gate.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var gitlab map[string]struct{ Script []string }
	if err := yaml.Unmarshal(data, &gitlab); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	put(t, "a b.yaml", podWithout)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for key, value := range map[string]string{
		"PATHS": ".", "SARIF": "out.sarif", "RUNNER_TEMP": ".", "GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary",
		"FAIL_ON": "error", "ARGS": "--namespace shop", "PLIMSOLL_PATHS": ".", "PLIMSOLL_ARGS": "--fail-on note",
	} {
		t.Setenv(key, value)
	}
	for name, text := range map[string]string{"action": action, "gitlab": strings.Join(gitlab["plimsoll-gate"].Script, "\n")} {
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", text)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFound {
			t.Errorf("%s: got %v, want exit code 1\n%s", name, err, out)
		}
	}
	for _, file := range []string{"out.sarif", "summary", "plimsoll-comment.md", "gl-code-quality-report.json", "plimsoll-junit.xml"} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "request-missing") {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
	if text, _ := os.ReadFile("output"); string(text) != "comment=./plimsoll-comment.md\n" {
		t.Errorf("got outputs %q", text)
	}
}

func TestPreCommitHook(t *testing.T) {
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Entry, Language string }
	if err := yaml.Unmarshal(data, &hooks); err != nil || len(hooks) != 1 {
		t.Fatalf("got %+v, %v", hooks, err)
	}
	t.Chdir(t.TempDir())
	put(t, "a.yaml", podWithout)
	put(t, "b.yaml", withCPU("1"))
	args := append(strings.Fields(hooks[0].Entry)[1:], "a.yaml", "b.yaml") // as pre-commit calls it
	if code, out, _ := call(t, "", args...); code != exitFound || !strings.Contains(out, "a.yaml:4") {
		t.Errorf("got %d\n%s", code, out)
	}
}
