//go:build e2e

package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// objectStore starts a real S3 server, versitygw over a folder, with one
// bucket, and leads plimsoll to it by the environment.
func objectStore(t *testing.T, bucket string) {
	t.Helper()
	dir := t.TempDir()
	server := filepath.Join(dir, "versitygw")
	build := exec.Command("go", "build", "-o", server, "github.com/versity/versitygw/cmd/versitygw")
	build.Dir, build.Env = "../../../testbed/objectstore", append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the object store: %v\n%s", err, out)
	}
	if err := os.MkdirAll(filepath.Join(dir, "data", bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	run := exec.Command(server, "--access", "me", "--secret", "hunter2hunter2", "--port", address, "posix", filepath.Join(dir, "data"))
	var log strings.Builder
	run.Stdout, run.Stderr = &log, &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	for range 300 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://" + address,
	} {
		t.Setenv(name, value)
	}
}

// TestE2EObjectStore writes and reads in a store that checks signatures, and
// meets its refusals.
func TestE2EObjectStore(t *testing.T) {
	objectStore(t, "reports")
	if r := live.run(t, "", "audit", "--demo", "-q", "--only", "rightsize", "-o", "json=s3://reports/last/night.json", "--save-snapshot", "s3://reports/last/night.snapshot"); r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	if r := live.run(t, "", "audit", "-q", "--only", "rightsize", "--snapshot", "s3://reports/last/night.snapshot", "-o", "json"); r.code != 0 || !strings.Contains(r.out, `"workloads"`) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	pod := filepath.Join(t.TempDir(), "pod.yaml")
	if err := os.WriteFile(pod, []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}}]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, url, key string
		code           int
		says           string
	}{
		{"there", "s3://reports/last/night.json", "me", 0, ""},
		{"no file", "s3://reports/none.json", "me", 3, "there is no such file"},
		{"no bucket", "s3://elsewhere/night.json", "me", 3, "there is no such bucket"},
		{"wrong key", "s3://reports/last/night.json", "you", 3, "credentials were not accepted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", tt.key)
			r := live.run(t, "", "gate", pod, "--report", tt.url)
			if r.code != tt.code || !strings.Contains(r.err, tt.says) || strings.Contains(r.err, "hunter2") {
				t.Errorf("exit %d: %s, want %d and %q", r.code, r.err, tt.code, tt.says)
			}
		})
	}
}
