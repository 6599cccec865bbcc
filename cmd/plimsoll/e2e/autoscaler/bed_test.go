//go:build e2e

package autoscaler_test

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// controller is what the bed's kube-controller-manager runs with. No window or period of the test is
// a multiple of the sync period: a recommendation would be just inside it or just outside, which no
// observer could tell.
var controller = replay.Controller{
	SyncPeriod:             new(5 * time.Second),
	DownscaleStabilization: new(27 * time.Second),
	CPUInitialization:      new(18 * time.Second),
	InitialReadinessDelay:  new(7 * time.Second),
}

// auditPolicy has metrics-server write down what it answers to whom, and when.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: RequestResponse
  users: [` + autoscalerUser + `]
- level: None
`

const autoscalerUser = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"

// bed is a testbed without a cluster, in which the test is the kubelet's metrics endpoint.
type bed struct {
	config *rest.Config
	audit  string // metrics-server's audit log
}

// startBed starts a bed whose metrics-server scrapes the handler.
func startBed(t *testing.T, metrics http.Handler) bed {
	t.Helper()
	tmp := t.TempDir()
	manager, dir, policy := filepath.Join(tmp, "testbed"), filepath.Join(tmp, "bed"), filepath.Join(tmp, "policy.yaml")
	b := bed{audit: filepath.Join(tmp, "audit.log")}
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	run(t, "go", "build", "-o", manager, "./cmd/testbed")
	t.Cleanup(func() { run(t, manager, "down", "--dir", dir) })
	args := []string{"up", "--dir", dir, "--bare", "--flag", "kwok=--node-port=" + port,
		"--flag", "metrics-server=--audit-log-path=" + b.audit, "--flag", "metrics-server=--audit-policy-file=" + policy}
	for name, value := range map[string]time.Duration{
		"sync-period": *controller.SyncPeriod, "downscale-stabilization": *controller.DownscaleStabilization,
		"cpu-initialization-period": *controller.CPUInitialization, "initial-readiness-delay": *controller.InitialReadinessDelay,
	} {
		args = append(args, "--flag", "kube-controller-manager=--horizontal-pod-autoscaler-"+name+"="+value.String())
	}
	run(t, manager, args...)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "pki", "kubelet.crt"), filepath.Join(dir, "pki", "kubelet.key"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: metrics, ReadHeaderTimeout: time.Minute}
	go server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}}))
	t.Cleanup(func() { server.Close() })
	b.config, err = clientcmd.BuildConfigFromFlags("", kubeconfig(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	b.config.QPS, b.config.Burst = 100, 200
	return b
}

func kubeconfig(t *testing.T, dir string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "testbed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Kubeconfig string }
	if err := json.Unmarshal(content, &state); err != nil {
		t.Fatal(err)
	}
	return state.Kubeconfig
}

// run runs a command in the testbed's module.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = "../../../../testbed"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
