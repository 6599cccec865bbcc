package local

import (
	"fmt"
	"os"
	"path/filepath"
)

// portNames are the listeners of a testbed, one port each.
var portNames = []string{"etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok",
	"metrics-server", "prometheus", "kube-state-metrics", "kube-state-metrics-telemetry"}

// processes are the components in the order in which they start. Each command
// line names the testbed's folder, by which pid tells it from other programs.
func (t *Testbed) processes() []*process {
	return []*process{t.etcd(), t.egress(), t.apiServer(), t.controllerManager(), t.scheduler(), t.kwok(),
		t.metricsServer(), t.kubeStateMetrics(), t.prometheus()}
}

func (t *Testbed) command(name string, args ...string) *process {
	args = append([]string{filepath.Join(t.Bin, name)}, args...)
	return &process{name: name, dir: t.Dir, args: append(args, t.Flags[name]...)}
}

func (t *Testbed) pki(file string) string  { return filepath.Join(t.Dir, "pki", file) }
func (t *Testbed) data(name string) string { return filepath.Join(t.Dir, "data", name) }
func (t *Testbed) port(name string) string { return fmt.Sprint(t.Ports[name]) }
func (t *Testbed) address(name string) string {
	return "127.0.0.1:" + t.port(name)
}

func (t *Testbed) etcd() *process {
	client, peer := "http://"+t.address("etcd"), "http://"+t.address("etcd-peer")
	return t.command("etcd", "--name=testbed", "--data-dir="+t.data("etcd"), "--unsafe-no-fsync", "--log-level=error",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=testbed="+peer)
}

// egress is the API server's way to the simulated pods; see ServeEgress.
func (t *Testbed) egress() *process {
	p := t.command("testbed", "egress", "--socket="+t.egressSocket(),
		"--map=9090="+t.address("prometheus"), "--map=8080="+t.address("kube-state-metrics"), "--dir="+t.Dir)
	p.name = "egress"
	return p
}

// egressSocket is in the folder, unless that would be longer than the name of a
// Unix socket may be.
func (t *Testbed) egressSocket() string {
	if s := filepath.Join(t.Dir, "egress.sock"); len(s) < 100 {
		return s
	}
	return filepath.Join(os.TempDir(), "plimsoll-egress-"+t.port("kube-apiserver")+".sock")
}

func (t *Testbed) egressConfig() string {
	return `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport: {uds: {udsName: ` + t.egressSocket() + `}}
`
}

func (t *Testbed) apiServer() *process {
	return t.command("kube-apiserver", "--etcd-servers=http://"+t.address("etcd"),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+t.port("kube-apiserver"),
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
		"--anonymous-auth=false", "--authorization-mode=RBAC", "--allow-privileged",
		"--tls-cert-file="+t.pki("apiserver.crt"), "--tls-private-key-file="+t.pki("apiserver.key"),
		"--client-ca-file="+t.pki("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+t.pki("sa.pub"), "--service-account-signing-key-file="+t.pki("sa.key"),
		"--requestheader-client-ca-file="+t.pki("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+t.pki("front-proxy.crt"), "--proxy-client-key-file="+t.pki("front-proxy.key"),
		"--kubelet-client-certificate="+t.pki("admin.crt"), "--kubelet-client-key="+t.pki("admin.key"),
		"--kubelet-certificate-authority="+t.pki("ca.crt"),
		"--egress-selector-config-file="+filepath.Join(t.Dir, "egress.yaml"),
		"--max-requests-inflight=1000", "--max-mutating-requests-inflight=500")
}

// controllerManager's HPA controller looks every 5 s and scales down after
// 30 s, instead of 15 s and 5 minutes.
func (t *Testbed) controllerManager() *process {
	config := t.pki("controller-manager.conf")
	return t.command("kube-controller-manager", "--kubeconfig="+config,
		"--authentication-kubeconfig="+config, "--authorization-kubeconfig="+config,
		"--bind-address=127.0.0.1", "--secure-port="+t.port("kube-controller-manager"),
		"--leader-elect=false", "--use-service-account-credentials",
		"--root-ca-file="+t.pki("ca.crt"), "--service-account-private-key-file="+t.pki("sa.key"),
		"--concurrent-deployment-syncs=20", "--concurrent-replicaset-syncs=20", "--concurrent-statefulset-syncs=20",
		"--kube-api-qps=500", "--kube-api-burst=1000", "--node-monitor-grace-period=120s",
		"--horizontal-pod-autoscaler-sync-period=5s", "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
		"--horizontal-pod-autoscaler-cpu-initialization-period=15s",
		"--horizontal-pod-autoscaler-downscale-stabilization=30s")
}

func (t *Testbed) scheduler() *process {
	config := t.pki("scheduler.conf")
	return t.command("kube-scheduler", "--kubeconfig="+config,
		"--authentication-kubeconfig="+config, "--authorization-kubeconfig="+config,
		"--bind-address=127.0.0.1", "--secure-port="+t.port("kube-scheduler"),
		"--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000")
}

// kwok plays the kubelets of all nodes. Its stages, metrics and usages are
// objects in the API server.
func (t *Testbed) kwok() *process {
	return t.command("kwok", "--kubeconfig="+t.Kubeconfig, "--manage-all-nodes=true",
		"--node-ip=127.0.0.1", "--node-port="+t.port("kwok"), "--server-address="+t.address("kwok"),
		"--cidr=10.128.0.1/16", "--tls-cert-file="+t.pki("kubelet.crt"), "--tls-private-key-file="+t.pki("kubelet.key"),
		"--node-lease-duration-seconds=40", "--enable-crds=Stage,Metric,ResourceUsage,ClusterResourceUsage")
}

func (t *Testbed) metricsServer() *process {
	config := t.pki("metrics-server.conf")
	return t.command("metrics-server", "--kubeconfig="+config,
		"--authentication-kubeconfig="+config, "--authorization-kubeconfig="+config,
		"--bind-address=127.0.0.1", "--secure-port="+t.port("metrics-server"), "--client-ca-file="+t.pki("ca.crt"),
		"--tls-cert-file="+t.pki("metrics-server.crt"), "--tls-private-key-file="+t.pki("metrics-server.key"),
		"--kubelet-certificate-authority="+t.pki("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
		"--kubelet-use-node-status-port", "--metric-resolution=10s", "--kubelet-request-timeout=5s")
}

func (t *Testbed) kubeStateMetrics() *process {
	return t.command("kube-state-metrics", "--kubeconfig="+t.Kubeconfig,
		"--host=127.0.0.1", "--port="+t.port("kube-state-metrics"),
		"--telemetry-host=127.0.0.1", "--telemetry-port="+t.port("kube-state-metrics-telemetry"),
		"--metric-labels-allowlist=pods=[*],nodes=[*],deployments=[*],namespaces=[*]")
}

func (t *Testbed) prometheus() *process {
	return t.command("prometheus", "--config.file="+filepath.Join(t.Dir, "prometheus.yml"),
		"--storage.tsdb.path="+t.data("prometheus"), "--storage.tsdb.retention.time=90d", "--storage.tsdb.max-block-duration=18h",
		"--web.listen-address="+t.address("prometheus"), "--web.enable-lifecycle", "--log.level=warn")
}

// prometheusConfig scrapes all nodes at kwok and kube-state-metrics. The
// series carry the labels that the usual kubelet and kube-state-metrics jobs give.
func (t *Testbed) prometheusConfig() string {
	return `global:
  scrape_interval: 60s
scrape_configs:
- job_name: kubelet
  scheme: https
  tls_config: {ca_file: ` + t.pki("ca.crt") + `}
  kubernetes_sd_configs:
  - {role: node, kubeconfig_file: ` + t.Kubeconfig + `}
  relabel_configs:
  - {source_labels: [__meta_kubernetes_node_name], target_label: __metrics_path__, replacement: /metrics/nodes/$1/metrics/resource}
  - {target_label: __address__, replacement: "` + t.address("kwok") + `"}
  - {source_labels: [__meta_kubernetes_node_name], target_label: instance}
  - {target_label: metrics_path, replacement: /metrics/cadvisor}
- job_name: kube-state-metrics
  honor_labels: true
  static_configs:
  - targets: ["` + t.address("kube-state-metrics") + `"]
    labels: {instance: "` + ksmInstance + `"}
`
}

// ksmInstance is what a service monitor would have as the target's address.
const ksmInstance = "10.128.0.8:8080"
