// Command controlplane is etcd, the Kubernetes control plane, kwok and
// metrics-server in one executable: what they share is compiled and linked
// once. The name it is called by says which of them it is.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwokcmd "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	metrics "sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "metrics-server":
		os.Exit(cli.Run(metrics.NewMetricsServerCommand(server.SetupSignalHandler())))
	case "kwok":
		if err := kwok(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "%s: call this by the name of one of its programs (a symbolic link): etcd, kube-apiserver, kube-controller-manager, kube-scheduler, metrics-server, kwok\n", name)
		os.Exit(2)
	}
}

// kwok reads --config and --v before it makes its command. The control
// plane's packages have a --version flag of another kind on pflag's global
// set, which cobra would hand to kwok's command: hence the fresh set.
func kwok() error {
	pflag.CommandLine = pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	early := pflag.NewFlagSet("early", pflag.ContinueOnError)
	early.ParseErrorsAllowlist = pflag.ParseErrorsAllowlist{UnknownFlags: true}
	early.Usage = func() {}
	ctx, _ := kwoklog.InitFlags(server.SetupSignalContext(), early)
	ctx, err := kwokconfig.InitFlags(ctx, early)
	if err != nil {
		return err
	}
	cmd := kwokcmd.NewCommand(ctx)
	cmd.PersistentFlags().AddFlagSet(early)
	return cmd.ExecuteContext(ctx)
}
