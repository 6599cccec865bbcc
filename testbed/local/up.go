package local

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Options of Up.
type Options struct {
	Dir  string // "" is the default folder
	Seed uint64
	Days int // of history; 0 means none
	// WaitMetrics waits until metrics-server answers for nearly all pods.
	WaitMetrics bool
	// Bare leaves out all but the control plane, kwok and metrics-server: no
	// nodes, no workloads, no history, no Prometheus.
	Bare bool
	// Flags are added to components' command lines, by component.
	Flags    map[string][]string
	Progress io.Writer
}

// Up starts a testbed in a folder: the programs from bin, the cluster's
// objects and the history. When anything fails, all is stopped again; the
// folder with the logs stays.
func Up(ctx context.Context, bin string, o Options) (t *Testbed, err error) {
	dir, err := folder(o.Dir)
	if err != nil {
		return nil, err
	}
	if old, err := Open(dir); err == nil {
		for _, p := range old.processes() {
			if _, ok := p.pid(); ok {
				return nil, fmt.Errorf("a testbed runs in %s (%s does at least); end it with `testbed down --dir %s`", dir, p.name, dir)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	u := &up{Testbed: &Testbed{Dir: dir, Bin: bin, Flags: o.Flags}, options: o, begin: time.Now(), last: time.Now()}
	defer func() {
		if err != nil {
			stop(2*time.Second, u.started...)
		}
	}()
	return u.Testbed, u.run(ctx)
}

// up is one start in progress.
type up struct {
	*Testbed
	options     Options
	client      *client
	started     []*process
	begin, last time.Time
}

func (u *up) step(format string, args ...any) {
	now := time.Now()
	fmt.Fprintf(u.options.Progress, "%6.1f s  (+%4.1f)  %s\n", now.Sub(u.begin).Seconds(), now.Sub(u.last).Seconds(), fmt.Sprintf(format, args...))
	u.last = now
}

func (u *up) run(ctx context.Context) error {
	if err := u.prepare(); err != nil {
		return err
	}
	u.step("certificates")
	if err := u.controlPlane(ctx); err != nil {
		return err
	}
	if u.options.Bare {
		return u.bare(ctx)
	}
	if err := u.fill(ctx); err != nil {
		return err
	}
	// Not before: watching every pod's birth slows it down.
	if err := u.start(u.metricsServer(), u.kubeStateMetrics()); err != nil {
		return err
	}
	if err := u.metricsAPI(ctx); err != nil {
		return err
	}
	if err := u.history(ctx); err != nil {
		return err
	}
	return u.observe(ctx)
}

// bare ends the start of a testbed without a cluster.
func (u *up) bare(ctx context.Context) error {
	metrics := u.metricsServer()
	if err := u.start(metrics); err != nil {
		return err
	}
	if err := u.metricsAPI(ctx); err != nil {
		return err
	}
	if err := metrics.wait(ctx, time.Minute, u.raw("/apis/metrics.k8s.io/v1beta1")); err != nil {
		return err
	}
	u.step("metrics-server")
	return nil
}

// prepare makes the folder, ports, certificates and configuration files.
func (u *up) prepare() error {
	if err := os.MkdirAll(u.data(""), 0o755); err != nil {
		return err
	}
	ports, err := freePorts(len(portNames))
	if err != nil {
		return err
	}
	u.Ports = map[string]int{}
	for i, name := range portNames {
		u.Ports[name] = ports[i]
	}
	u.Kubeconfig = filepath.Join(u.Dir, "kubeconfig")
	u.Truth = filepath.Join(u.Dir, "truth.json")
	u.APIServer = "https://" + u.address("kube-apiserver")
	u.Prometheus = "http://" + u.address("prometheus")
	u.KubeStateMetrics = "http://" + u.address("kube-state-metrics")
	u.Kubelets = "https://" + u.address("kwok")
	u.HistoryEnd = u.begin.UTC().Truncate(time.Minute)
	u.HistoryStart = u.HistoryEnd.AddDate(0, 0, -u.options.Days)
	p, err := newPKI(filepath.Join(u.Dir, "pki"))
	if err != nil {
		return err
	}
	configs := map[string]string{"admin": u.Kubeconfig, "controller-manager": u.pki("controller-manager.conf"),
		"scheduler": u.pki("scheduler.conf"), "metrics-client": u.pki("metrics-server.conf")}
	for name, file := range configs {
		pair := p.clients[name]
		auth := clientcmdapi.AuthInfo{ClientCertificateData: pair.certificate, ClientKeyData: pair.key}
		if err := writeKubeconfig(file, u.APIServer, p.cluster.pem, name, auth, ""); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(u.Dir, "egress.yaml"), []byte(u.egressConfig()), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(u.Dir, "prometheus.yml"), []byte(u.prometheusConfig()), 0o644); err != nil {
		return err
	}
	return u.save()
}

func (u *up) start(processes ...*process) error {
	for _, p := range processes {
		u.started = append(u.started, p)
		if err := p.start(); err != nil {
			return err
		}
	}
	return nil
}

// controlPlane starts all that the cluster's objects need.
func (u *up) controlPlane(ctx context.Context) error {
	etcd, egress, api := u.etcd(), u.egress(), u.apiServer()
	// The API server waits for etcd itself.
	if err := u.start(etcd, egress, api); err != nil {
		return err
	}
	if err := etcd.wait(ctx, time.Minute, httpOK("http://"+u.address("etcd")+"/health")); err != nil {
		return err
	}
	var err error
	if u.client, err = newClient(u.Kubeconfig); err != nil {
		return err
	}
	if err := api.wait(ctx, 4*time.Minute, u.raw("/readyz")); err != nil {
		return err
	}
	u.step("etcd, kube-apiserver")
	if err := u.start(u.controllerManager(), u.scheduler()); err != nil {
		return err
	}
	if err := u.kwokObjects(ctx); err != nil {
		return err
	}
	if err := u.start(u.kwok()); err != nil {
		return err
	}
	u.step("kube-controller-manager, kube-scheduler, kwok started")
	return nil
}

// observe starts Prometheus over the history and checks that everything is
// well at the end.
func (u *up) observe(ctx context.Context) error {
	prometheus := u.prometheus()
	if err := u.start(prometheus); err != nil {
		return err
	}
	if err := prometheus.wait(ctx, time.Minute, httpOK(u.Prometheus+"/-/ready")); err != nil {
		return err
	}
	u.step("Prometheus")
	metrics := u.find("metrics-server")
	if err := metrics.wait(ctx, time.Minute, u.raw("/apis/metrics.k8s.io/v1beta1")); err != nil {
		return err
	}
	ksm := u.find("kube-state-metrics")
	if err := ksm.wait(ctx, time.Minute, httpOK(u.KubeStateMetrics+"/healthz")); err != nil {
		return err
	}
	if u.options.WaitMetrics {
		if err := metrics.wait(ctx, 6*time.Minute, u.metricsAnswer); err != nil {
			return err
		}
		u.step("metrics-server answers for the pods")
	}
	for _, p := range u.started {
		if p.ended() {
			return fmt.Errorf("%s has ended; the end of %s:\n%s", p.name, p.logFile(), p.tail())
		}
	}
	return u.save()
}

func (u *up) find(name string) *process {
	for _, p := range u.started {
		if p.name == name {
			return p
		}
	}
	return nil
}

func httpOK(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return nil
	}
}

// raw asks the API server for a path.
func (u *up) raw(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := u.client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		return err
	}
}
