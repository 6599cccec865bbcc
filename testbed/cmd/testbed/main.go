// Command testbed builds, starts and stops a real Kubernetes control plane
// with simulated nodes, a believable cluster and 14 days of its history in
// Prometheus, all on loopback. See testbed/README.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/plimsoll-k8s/plimsoll/testbed/local"
)

const usage = `usage: testbed COMMAND [flags]

  build                      build the programs, print their folder
  up                         start everything, fill the cluster, write the history
  down                       stop everything, remove its folder
  status [-o text|json|env]  print kubeconfig and URLs
  start|stop COMPONENT       one component, e.g. prometheus
  apply -f FILE...           server-side apply of YAML ("-" is stdin)
  token --namespace N --serviceaccount S [--out FILE]
                             write a kubeconfig with a token of a service account

Every command but build takes --dir, the testbed's folder
(default: run in $PLIMSOLL_TESTBED_CACHE or ~/.cache/plimsoll-testbed).
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "testbed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command string, args []string) error {
	switch command {
	case "build":
		bin, err := local.Build(ctx, os.Stderr)
		if err == nil {
			fmt.Println(bin)
		}
		return err
	case "up":
		return up(ctx, args)
	case "down":
		return down(args)
	case "status":
		return status(args)
	case "start", "stop":
		return component(command, args)
	case "apply":
		return apply(ctx, args)
	case "token":
		return token(ctx, args)
	case "egress":
		return egress(ctx, args)
	}
	return fmt.Errorf("unknown command %q\n\n%s", command, usage)
}

// flags makes a flag set with --dir, which nearly every command has.
func flags(command string) (*flag.FlagSet, *string) {
	f := flag.NewFlagSet(command, flag.ExitOnError)
	return f, f.String("dir", "", "the testbed's folder (default: run in the cache folder)")
}

func up(ctx context.Context, args []string) error {
	f, dir := flags("up")
	o := local.Options{Progress: os.Stderr}
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the containers' use")
	f.IntVar(&o.Days, "days", 14, "days of history; 0 means none")
	f.BoolVar(&o.WaitMetrics, "wait-metrics", false, "wait until metrics-server answers for the pods (about 30 s more)")
	f.BoolVar(&o.Bare, "bare", false, "only the control plane, kwok and metrics-server: no nodes, workloads, history, Prometheus")
	o.Flags = map[string][]string{}
	f.Func("flag", "COMPONENT=FLAG, added to that component's command line, e.g. kube-scheduler=--v=4; repeatable", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("%q is not COMPONENT=FLAG", s)
		}
		o.Flags[name] = append(o.Flags[name], value)
		return nil
	})
	f.Parse(args)
	o.Dir = *dir
	bin, err := local.Build(ctx, os.Stderr)
	if err != nil {
		return err
	}
	t, err := local.Up(ctx, bin, o)
	if err != nil {
		return err
	}
	fmt.Print(t)
	return nil
}

func down(args []string) error {
	f, dir := flags("down")
	f.Parse(args)
	n, err := local.Down(*dir)
	if err == nil {
		fmt.Fprintf(os.Stderr, "stopped %d processes\n", n)
	}
	return err
}

func status(args []string) error {
	f, dir := flags("status")
	format := f.String("o", "text", "text, json or env")
	f.Parse(args)
	t, err := local.Open(*dir)
	if err != nil {
		return err
	}
	switch *format {
	case "text":
		fmt.Print(t)
	case "json":
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(t)
	case "env":
		b, err := os.ReadFile(filepath.Join(t.Dir, "env"))
		os.Stdout.Write(b)
		return err
	default:
		return fmt.Errorf("-o %s: want text, json or env", *format)
	}
	return nil
}

func component(command string, args []string) error {
	f, dir := flags(command)
	var names []string
	// The component may stand before the flags.
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		names, args = append(names, args[0]), args[1:]
	}
	f.Parse(args)
	names = append(names, f.Args()...)
	t, err := local.Open(*dir)
	if err != nil {
		return err
	}
	do := t.Start
	if command == "stop" {
		do = t.Stop
	}
	for _, n := range names {
		if err := do(n); err != nil {
			return err
		}
	}
	return nil
}

func apply(ctx context.Context, args []string) error {
	f, dir := flags("apply")
	var files []string
	f.Func("f", "a file of YAML or JSON objects; repeatable, \"-\" is stdin", func(s string) error {
		files = append(files, s)
		return nil
	})
	f.Parse(args)
	t, err := local.Open(*dir)
	if err != nil {
		return err
	}
	return t.Apply(ctx, append(files, f.Args()...)...)
}

func token(ctx context.Context, args []string) error {
	f, dir := flags("token")
	namespace := f.String("namespace", "default", "the service account's namespace")
	account := f.String("serviceaccount", "default", "the service account")
	out := f.String("out", "", "the kubeconfig to write (default: kubeconfig-NAMESPACE-NAME in the testbed's folder)")
	f.Parse(args)
	t, err := local.Open(*dir)
	if err != nil {
		return err
	}
	if *out == "" {
		*out = filepath.Join(t.Dir, "kubeconfig-"+*namespace+"-"+*account)
	}
	if err := t.Token(ctx, *namespace, *account, *out); err != nil {
		return err
	}
	fmt.Println(*out)
	return nil
}

// egress is a component of the testbed itself, not for people.
func egress(ctx context.Context, args []string) error {
	f, _ := flags("egress")
	socket := f.String("socket", "", "the Unix socket to listen on")
	ports := map[uint16]string{}
	f.Func("map", "PORT=ADDRESS: what stands for that port of every simulated pod; repeatable", func(s string) error {
		port, address, ok := strings.Cut(s, "=")
		n, err := strconv.ParseUint(port, 10, 16)
		if !ok || err != nil {
			return fmt.Errorf("%q is not PORT=ADDRESS", s)
		}
		ports[uint16(n)] = address
		return nil
	})
	f.Parse(args)
	return local.ServeEgress(ctx, *socket, ports)
}
