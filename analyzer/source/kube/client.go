package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Flags say which cluster to read and as whom, with kubectl's names, loading
// rules and precedence. The zero value is kubectl's default, or the pod's own
// service account inside a cluster.
type Flags struct {
	Kubeconfig string // a path; else $KUBECONFIG, ~/.kube/config
	Context    string
	Cluster    string
	User       string
	Server     string
	Token      string
	As         string
	AsGroup    []string
	// RequestTimeout bounds each request; 0 leaves a minute for each.
	RequestTimeout time.Duration
	// Version is the program's, for the user agent.
	Version string
}

const (
	defaultTimeout = time.Minute
	// connectTimeout bounds the first request, which finds out whether anybody
	// is there at all.
	connectTimeout = 15 * time.Second
	// qps and burst are the client's own limit on requests a second.
	qps, burst = 50, 100
)

// Client reads one cluster. It is safe for concurrent use.
type Client struct {
	rest      *rest.RESTClient
	dynamic   dynamic.Interface // for kinds that have no Go type here
	base      *url.URL
	server    string // base, for people
	context   string
	cluster   string            // as the kubeconfig names it; empty inside a cluster
	bulk      http.RoundTripper // for what is reached through the API server's proxy
	namespace string            // the context's
	timeout   time.Duration
	health    health
	// whole says that the server may be newer than the Go types: what decides where pods run
	// is read as JSON, which keeps fields that they do not know.
	whole bool
}

// Connect reads the configuration; nothing is dialed yet. Errors match
// ErrConfig.
func Connect(f Flags) (*Client, error) {
	if err := f.checkFiles(); err != nil {
		return nil, f.configError(err)
	}
	loader := f.loader()
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, f.configError(err)
	}
	c := &Client{timeout: cmp.Or(f.RequestTimeout, defaultTimeout)}
	c.namespace, _, err = loader.Namespace()
	if err != nil {
		return nil, f.configError(err)
	}
	if raw, err := loader.RawConfig(); err == nil {
		c.context = cmp.Or(f.Context, raw.CurrentContext)
		if context := raw.Contexts[c.context]; context != nil {
			c.cluster = context.Cluster
		}
		c.cluster = cmp.Or(f.Cluster, c.cluster)
	}
	config.UserAgent = "plimsoll/" + cmp.Or(f.Version, "dev")
	config.QPS, config.Burst, config.Timeout = qps, burst, c.timeout
	config.WarningHandler = rest.NoWarnings{}
	known, err := codecs()
	if err != nil {
		return nil, f.configError(err)
	}
	config.ContentConfig = rest.ContentConfig{
		AcceptContentTypes:   runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON,
		ContentType:          runtime.ContentTypeProtobuf,
		NegotiatedSerializer: known.WithoutConversion(),
	}
	if err := c.dial(config); err != nil {
		return nil, f.configError(err)
	}
	return c, nil
}

func (f Flags) rules() *clientcmd.ClientConfigLoadingRules {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.Kubeconfig
	return rules
}

// mostConfig bounds a kubeconfig, which may hold certificates.
const mostConfig = 64 << 20

// checkFiles bounds what the kubeconfigs unfold to. A file that cannot be read
// is the loader's to tell.
func (f Flags) checkFiles() error {
	rules := f.rules()
	files := append(rules.GetLoadingPrecedence(), rules.ExplicitPath)
	for _, name := range files {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.Mode()&fs.ModeCharDevice != 0 && name != os.DevNull:
			return fmt.Errorf("%s: it is a device, and no file", name)
		case err != nil || !info.Mode().IsRegular():
			continue // a pipe can be read once only
		case info.Size() > mostConfig:
			return fmt.Errorf("%s: it is larger than %d MiB", name, mostConfig>>20)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if err := manifest.CheckAliases(text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (f Flags) loader() clientcmd.ClientConfig {
	rules := f.rules()
	o := &clientcmd.ConfigOverrides{CurrentContext: f.Context}
	o.Context.Cluster, o.Context.AuthInfo = f.Cluster, f.User
	o.ClusterInfo.Server = f.Server
	o.AuthInfo.Token, o.AuthInfo.Impersonate, o.AuthInfo.ImpersonateGroups = f.Token, f.As, f.AsGroup
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, o)
}

// quoted is a text in quotes, such as a URL in an error of net/url.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// shown is a message with the URLs that it quotes as they may be shown: one that
// can't be read may hold a password anywhere.
func shown(message string) string {
	return quoted.ReplaceAllStringFunc(message, func(s string) string {
		if !strings.Contains(s, "@") && !strings.Contains(s, "://") {
			return s
		}
		return `"` + origin.Show(strings.Trim(s, `"`)) + `"`
	})
}

func (f Flags) configError(err error) error {
	problem, advice := short(shown(err.Error())), "check --kubeconfig and --context (kubectl config view shows what is configured)"
	if clientcmd.IsEmptyConfig(err) {
		problem, advice = "no kubeconfig was found, and this is no pod of a cluster", "give --kubeconfig FILE, set KUBECONFIG, or audit files with --objects"
	}
	op := "load the configuration"
	if f.Kubeconfig != "" {
		op = "load the kubeconfig " + f.Kubeconfig
	}
	return &Error{Kind: KindConfig, Op: op, Context: f.Context, Problem: problem, Advice: advice, Err: err}
}

// dial makes the clients, which do not connect before the first request.
func (c *Client) dial(config *rest.Config) (err error) {
	if c.base, _, err = rest.DefaultServerUrlFor(config); err != nil {
		return err
	}
	shown := *c.base
	shown.User = nil
	c.server = shown.String()
	// An engine's answers are a hundred megabytes at times; over HTTP/2 the API
	// server needs much longer to pass them on than over connections of their own.
	config.Wrap(origin.Noting)
	bulk := rest.CopyConfig(config)
	bulk.NextProtos = []string{"http/1.1"}
	if c.bulk, err = rest.TransportFor(bulk); err != nil {
		return err
	}
	config.Wrap(func(rt http.RoundTripper) http.RoundTripper { return origin.Limited(rt, maxAnswer, weigh) })
	dialled, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	// The transport adds the token to each request again, wherever that goes.
	client := &http.Client{Transport: dialled.Transport, Timeout: dialled.Timeout, CheckRedirect: origin.Stay}
	if c.rest, err = rest.UnversionedRESTClientForConfigAndClient(config, client); err != nil {
		return err
	}
	c.dynamic, err = dynamic.NewForConfigAndClient(config, client)
	return err
}

// codecs knows the few groups that are read; client-go's own scheme would
// bring all of them into the program.
func codecs() (f serializer.CodecFactory, err error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, autoscalingv2.AddToScheme,
		policyv1.AddToScheme, metricsv1beta1.AddToScheme, metav1.AddMetaToScheme,
	} {
		if err := add(scheme); err != nil {
			return f, err
		}
	}
	return serializer.NewCodecFactory(scheme), nil
}

// get begins a GET of an absolute path, which is tried once: client-go waits for
// as long as a server says. Its own log lines are dropped: what matters comes
// back as an error.
func (c *Client) get(path string) *rest.Request { return c.rest.Get().AbsPath(path).MaxRetries(0) }

// quiet keeps client-go from writing to stderr.
func quiet(ctx context.Context) context.Context { return klog.NewContext(ctx, klog.Logger{}) }

// Server is the API server's address, without credentials.
func (c *Client) Server() string { return c.server }

// Check asks the API server for its version: the cheapest way to tell a server
// that is down, is no API server, or does not accept the credentials.
func (c *Client) Check(ctx context.Context) (version string, err error) {
	ctx = quiet(ctx)
	const op = "ask for the version"
	raw, err := retried(ctx, c, op, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, min(connectTimeout, c.timeout))
		defer cancel()
		return c.get("/version").SetHeader("Accept", runtime.ContentTypeJSON).Do(ctx).Raw()
	})
	if err != nil {
		return "", c.wrap(op, err)
	}
	var answer struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.GitVersion == "" {
		return "", &Error{
			Kind: KindNotKubernetes, Op: op, Server: c.server, Context: c.context, Err: err,
			Problem: "the answer is not that of a Kubernetes API server (" + short(string(raw)) + ")",
			Advice:  "check the server's address in the kubeconfig, and log in where a proxy asks for it",
		}
	}
	return answer.GitVersion, nil
}
