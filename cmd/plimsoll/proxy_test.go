package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// proxyValue names the variable that tells a process of these tests which proxy to
// try, since Go reads the environment's proxies once a process.
const proxyValue = "PLIMSOLL_TEST_PROXY"

// No proxy of the environment is shown with its password, well made or not.
func TestNoProxyShowsAPassword(t *testing.T) {
	const whole, broken = "http://me:" + secret + "@127.0.0.1:1/x?sig=" + secret, "http://me:" + secret + "@127.0.0.1:bad/x?sig=" + secret
	var all sync.WaitGroup
	for name, value := range map[string]string{"HTTP_PROXY": whole, "http_proxy": broken, "HTTPS_PROXY": whole, "https_proxy": broken, "ALL_PROXY": broken} {
		all.Go(func() { // they wait more than they work
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyOfTheEnvironment$", "-test.v")
			cmd.Env = append(os.Environ(), proxyValue+"="+name+"="+value)
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), secret) {
				t.Errorf("%s=%s: %v: %s", name, value, err, out)
			}
			if n := strings.Count(string(out), "error: "); n < 6 {
				t.Errorf("%s: %d commands ended in an error, want all 6: %s", name, n, out)
			}
		})
	}
	all.Wait()
}

// TestProxyOfTheEnvironment is what TestNoProxyShowsAPassword runs, a process a variable.
func TestProxyOfTheEnvironment(t *testing.T) {
	name, value, ok := strings.Cut(os.Getenv(proxyValue), "=")
	if !ok {
		t.Skip("run by TestNoProxyShowsAPassword")
	}
	isolate(t)
	for _, x := range []string{"ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", proxyValue} {
		t.Setenv(x, "")
	}
	t.Setenv(name, value)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	// No name is looked up: a proxy is asked in place of the host. Go knows no ALL_PROXY.
	base := strings.ToLower(strings.TrimSuffix(strings.ToLower(name), "_proxy")) + "://engine.example.com"
	if strings.HasPrefix(base, "all") {
		base = "http://127.0.0.1:1"
	}
	put(t, "kubeconfig", kubeconfigFor(base, ""))
	put(t, "oauth.yaml", "oauth2: {client_id: me, client_secret: a, token_url: "+base+"/token}\n")
	var all sync.WaitGroup
	for _, line := range []string{
		"audit -q --no-cache --objects objects.yaml --prometheus " + base,
		"audit -q --no-cache --objects objects.yaml --prometheus " + base + " --prometheus-config oauth.yaml",
		"audit -q --no-cache --kubeconfig kubeconfig",
		"audit -q --no-cache --snapshot s3://backups/a?endpoint=" + base,
		"audit -q --no-cache --snapshot " + base + "/a.snapshot",
		"price update --provider azure --region westeurope --endpoint " + base,
	} {
		all.Go(func() { // at once, since some wait and try again
			code, out, errs := plimsoll(strings.Fields(line)...)
			if code != exitSource && code != exitUsage {
				t.Errorf("%s: got exit code %d", line, code)
			}
			fmt.Print(out + errs)
		})
	}
	all.Wait()
}
