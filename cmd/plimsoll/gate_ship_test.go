package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestActionKeepsInputsOut wants no input of the action in the text of a
// command, where a pull request could write commands, and every script there.
func TestActionKeepsInputsOut(t *testing.T) {
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs struct {
			Steps []struct{ Name, Shell, Run string }
		}
	}
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for _, s := range action.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %s puts an input into its shell text", s.Name)
		}
		_, file, ok := strings.Cut(s.Run, "$GITHUB_ACTION_PATH/")
		if !ok {
			continue
		}
		scripts++
		file, _, _ = strings.Cut(file, `"`)
		if info, err := os.Stat(filepath.Join("../..", file)); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("step %s: %s is no script: %v", s.Name, file, err)
		}
	}
	if scripts != 4 {
		t.Errorf("got %d steps with a script, want the key, the installation, the gate and the comment", scripts)
	}
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

// shell runs a script as a runner does, in a folder of its own with a file that
// lacks its requests, and gives its exit code and output.
func shell(t *testing.T, script string, env ...string) (int, string) {
	t.Helper()
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func actionScript(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../deploy/github/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return "'" + path + "'"
}

// runner sets what a runner of GitHub has in its environment.
func runner(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", program(t)+":"+os.Getenv("PATH"))
	for _, name := range []string{"BASE", "MAX_INCREASE", "REPORT", "REPORT_DIR", "POLICY", "ALLOW_EMPTY", "ARGS"} {
		t.Setenv(name, "")
	}
	for name, value := range map[string]string{"RUNNER_TEMP": ".", "GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "SARIF": "out.sarif"} {
		t.Setenv(name, value)
	}
}

// serveReport serves a report over the web, and of a bucket as stores do.
func serveReport(t *testing.T, data []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/report.json") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		if _, err := w.Write(data); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestActionGate(t *testing.T) {
	script := actionScript(t, "gate.sh")
	report := reportFile(t)
	t.Chdir(t.TempDir())
	runner(t)
	for _, dir := range []string{"apps/one", "apps/two words", "docs", "artifact"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "apps/one/a.yaml", podWithout)
	put(t, "apps/two words/fine.yaml", withCPU("120m"))
	put(t, "docs/a.md", "nothing\n")
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	put(t, "artifact/report.json", string(data))
	web := serveReport(t, data)
	tests := []struct {
		name string
		env  []string
		code int
		says string
	}{
		{"one line", []string{"PATHS=apps/one docs"}, exitFound, "request-missing"},
		{"lines and patterns", []string{"PATHS=\n  apps/two*\n\n"}, exitDone, "nothing found in 1 workload"},
		{"a pattern over folders", []string{"PATHS=apps/**/*.yaml\n"}, exitFound, "2 documents: 2 judged"},
		{"a path with a space", []string{"PATHS=apps/two words\n"}, exitDone, "nothing found in 1 workload"},
		{"a path that is missing", []string{"PATHS=gone"}, exitUsage, "no such file"},
		{"a path like a flag", []string{"PATHS=--fix"}, exitUsage, "no such file"},
		{"no manifests", []string{"PATHS=docs"}, exitFound, "there are no manifests here"},
		{"no manifests, as allowed", []string{"PATHS=docs", "ALLOW_EMPTY=true"}, exitDone, "0 documents"},
		{"missing, as allowed", []string{"PATHS=gone/*.yaml", "ALLOW_EMPTY=true"}, exitDone, "no manifests to judge"},
		{"a push", []string{"PATHS=apps/two*\n", "MAX_INCREASE=5"}, exitDone, "max-increase is not checked"},
		{"an artifact", []string{"PATHS=apps/two*\n", "REPORT_DIR=artifact"}, exitDone, "a month"},
		{"a report by its URL", []string{"PATHS=apps/two*\n", "REPORT=" + web + "/report.json"}, exitDone, "a month"},
		{"a URL before an artifact", []string{"PATHS=apps/two*\n", "REPORT=" + web + "/report.json", "REPORT_DIR=docs"}, exitDone, "a month"},
		{"a report of a bucket", []string{"PATHS=apps/two*\n", "REPORT=s3://bucket/reports/report.json?endpoint=" + web + "&region=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}, exitDone, "a month"},
		{"a bucket without the report", []string{"PATHS=apps/two*\n", "REPORT=s3://bucket/none.json?endpoint=" + web + "&region=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}, exitSource, "there is no such file"},
		{"an empty artifact", []string{"PATHS=apps/two*\n", "REPORT_DIR=docs"}, exitUsage, "holds no report"},
		{"money by region", []string{"PATHS=apps/two*\n", "PROVIDER=aws", "REGION=us-east-1", "MAX_MONTHLY=1"}, exitFound, "cost-budget"},
		{"a region that is none", []string{"PATHS=apps/two*\n", "PROVIDER=aws", "REGION=moon", "MAX_MONTHLY=1"}, exitUsage, "no such region"},
		{"arguments", []string{"PATHS=apps/two*\n", "ARGS=--namespace shop --fail-on note"}, exitDone, "nothing found"},
		{"arguments on lines", []string{"PATHS=apps/two*\n", "ARGS=--namespace shop\n--nonsense\n"}, exitUsage, "--nonsense"},
		{"words on a line of several", []string{"PATHS=apps/one docs\napps/two words\n", "ALLOW_EMPTY=true"}, exitFound, "2 documents: 2 judged"},
		{"a command in a path", []string{"PATHS=$(touch hacked); `touch hacked`"}, exitUsage, "no such file"},
	}
	for _, tt := range tests {
		if code, out := shell(t, script, tt.env...); code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s: got %d\n%s\nwant %d and %q", tt.name, code, out, tt.code, tt.says)
		}
	}
	if _, err := os.Stat("hacked"); err == nil {
		t.Error("an input was run as a command")
	}
	if code, out := shell(t, script, "PATHS=apps/one", "POLICY=none.yaml"); code != exitUsage || !strings.Contains(out, "none.yaml") {
		t.Errorf("a policy that is missing: got %d\n%s", code, out)
	}
	if text, err := os.ReadFile("plimsoll-comment.md"); err == nil {
		t.Errorf("the comment of the step before is left:\n%s", text)
	}
	shell(t, script, "PATHS=apps/one")
	for _, file := range []string{"out.sarif", "summary", "plimsoll-comment.md"} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "request-missing") {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
	if text, _ := os.ReadFile("output"); !strings.HasPrefix(string(text), "comment=./plimsoll-comment.md\n") {
		t.Errorf("got outputs %q", text)
	}
}

// onlyWith gives a PATH that has some programs and no others.
func onlyWith(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range programs {
		at, err := exec.LookPath(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(at, filepath.Join(dir, p)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestActionComment wants no failure where a comment cannot be written.
func TestActionComment(t *testing.T) {
	script := actionScript(t, "comment.sh")
	t.Chdir(t.TempDir())
	put(t, "comment.md", "x\n")
	bin := t.TempDir()
	gh := filepath.Join(bin, "gh")
	here := []string{"REPOSITORY=a/b", "HEAD_REPOSITORY=a/b", "NUMBER=7", "COMMENT=comment.md"}
	with := func(env ...string) []string {
		return append(append([]string{"PATH=" + bin + ":/usr/bin:/bin"}, here...), env...)
	}
	if code, out := shell(t, script, append(slices.Clone(here), "PATH="+onlyWith(t, "bash", "env", "head"))...); code != 0 || !strings.Contains(out, "has no gh") {
		t.Errorf("without gh: got %d %s", code, out)
	}
	text := "#!/bin/sh\necho \"$@\" >>calls\n[ -z \"$DENIED\" ] || exit 1\ncase \"$*\" in *--jq*) echo $ID;; esac\n"
	if err := os.WriteFile(gh, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, env, says, calls string }{
		{"first", "ID=", "", "api repos/a/b/issues/7/comments -F body=@comment.md"},
		{"again", "ID=42", "", "api -X PATCH repos/a/b/issues/comments/42 -F body=@comment.md"},
		{"denied", "DENIED=1", "pull-requests: write", ""},
		{"fork", "HEAD_REPOSITORY=c/b", "a fork may not write", ""},
		{"push", "NUMBER=", "no pull request", ""},
		{"no comment", "COMMENT=gone.md", "the gate wrote none", ""},
	}
	for _, tt := range tests {
		os.Remove("calls")
		code, out := shell(t, script, with(tt.env)...)
		calls, _ := os.ReadFile("calls")
		if code != 0 || !strings.Contains(out, tt.says) || !strings.Contains(string(calls), tt.calls) {
			t.Errorf("%s: got %d %s%s, want %q and %q", tt.name, code, out, calls, tt.says, tt.calls)
		}
	}
}

// TestActionInstall takes a release by its checksum and refuses another file.
func TestActionInstall(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("releases are of amd64 and arm64")
	}
	script := actionScript(t, "install.sh")
	t.Chdir(t.TempDir())
	name := "plimsoll_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	pack := "mkdir -p v1 && printf '#!/bin/sh\\necho hello\\n' >plimsoll && chmod +x plimsoll && tar -czf v1/" + name + " plimsoll && (cd v1 && sha256sum " + name + " >checksums.txt)"
	if code, out := shell(t, pack); code != 0 {
		t.Fatal(out)
	}
	here, _ := os.Getwd()
	env := []string{"GITHUB_ACTION_PATH=" + here, "GITHUB_PATH=path", "GITHUB_OUTPUT=output", "RUNNER_TEMP=" + here, "VERSION=v1", "RELEASES=file://" + here}
	if code, out := shell(t, script+" && ./plimsoll-bin/plimsoll", env...); code != 0 || !strings.Contains(out, "hello") {
		t.Errorf("got %d %s, want the release", code, out)
	}
	if code, out := shell(t, "rm -r plimsoll-bin && echo x >>v1/"+name+" && "+script, env...); code != exitUsage || !strings.Contains(out, "checksum") {
		t.Errorf("got %d %s, want the other file refused", code, out)
	}
	if code, out := shell(t, script, append(env, "VERSION=latest")...); code != exitUsage {
		t.Errorf("got %d %s, want no moving version", code, out)
	}
	source := filepath.Join(here, "source")
	keyOf := func(name, text string) string {
		if err := os.MkdirAll(source, 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(source, name), text)
		os.Remove("output")
		shell(t, script+" key", append(env, "VERSION=", "GITHUB_ACTION_PATH="+source)...)
		key, _ := os.ReadFile("output")
		return string(key)
	}
	first := keyOf("a b.go", "package a\n")
	if again := keyOf("a b.go", "package a\n"); again != first || strings.Count(first, "\n") != 2 {
		t.Errorf("got %s and %s, want the same key of the same source", first, again)
	}
	if other := keyOf("policy.yaml", "a: 1\n"); other == first {
		t.Errorf("got %s, want another key where a file in the program is another", other)
	}
	if test := keyOf("a_test.go", "package a\n"); test != keyOf("a_test.go", "package b\n") {
		t.Error("want the same key where only a test is another")
	}
}

// TestGitLabJob runs the shell of the GitLab job as its runner would.
func TestGitLabJob(t *testing.T) {
	data, err := os.ReadFile("../../deploy/gitlab/plimsoll-gate.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var gitlab map[string]struct{ Script []string }
	if err := yaml.Unmarshal(data, &gitlab); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	runner(t)
	put(t, "a.yaml", podWithout)
	code, out := shell(t, strings.Join(gitlab["plimsoll-gate"].Script, "\n"), "PLIMSOLL_PATHS=*.yaml", "PLIMSOLL_ARGS=--fail-on note", "PLIMSOLL_MAX_INCREASE=5")
	if code != exitFound {
		t.Errorf("got %d\n%s", code, out)
	}
	for _, file := range []string{"gl-code-quality-report.json", "plimsoll-junit.xml", "plimsoll.md"} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "request-missing") {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
}

// TestGitLabJobIsPinned: the job's setup takes a version that stays what it is,
// and nothing else; with that it installs no second program.
func TestGitLabJobIsPinned(t *testing.T) {
	data, err := os.ReadFile("../../deploy/gitlab/plimsoll-gate.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var gitlab map[string]struct {
		Before []string `yaml:"before_script"`
	}
	if err := yaml.Unmarshal(data, &gitlab); err != nil {
		t.Fatal(err)
	}
	before := gitlab["plimsoll-gate"].Before
	if len(before) == 0 {
		t.Fatal("the job has no before_script")
	}
	t.Chdir(t.TempDir())
	runner(t)
	for version, want := range map[string]int{"": exitUsage, "latest": exitUsage, "main": exitUsage, "master": exitUsage, "v1.2.3": exitDone} {
		code, out := shell(t, strings.Join(before, "\n"), "PLIMSOLL_VERSION="+version, "CI_PROJECT_DIR=.")
		if code != want || want == exitUsage && !strings.Contains(out, "set PLIMSOLL_VERSION to a version such as v1.2.3") {
			t.Errorf("PLIMSOLL_VERSION=%q: got exit code %d, want %d: %s", version, code, want, out)
		}
	}
}

// TestPreCommitHook judges the tree, whatever files changed.
func TestPreCommitHook(t *testing.T) {
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID, Entry string
		Args      []string
		Files     bool `yaml:"pass_filenames"`
	}
	if err := yaml.Unmarshal(data, &hooks); err != nil || len(hooks) != 1 || hooks[0].Files {
		t.Fatalf("got %+v, %v", hooks, err)
	}
	t.Chdir(t.TempDir())
	put(t, "a.yaml", podWithout)
	put(t, "b.yaml", withCPU("1"))
	args := append(strings.Fields(hooks[0].Entry)[1:], hooks[0].Args...) // as pre-commit calls it
	if code, out, _ := call(t, "", args...); code != exitFound || !strings.Contains(out, "a.yaml:4") {
		t.Errorf("got %d\n%s", code, out)
	}
}
