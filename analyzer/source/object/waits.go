package object

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// waitsOf says what a pod's spec tells of a workload that only waits: a flag or a
// variable of leader election, a port of webhooks or of Alertmanagers.
func waitsOf(s *corev1.PodSpec) string {
	for i := range s.Containers {
		c := &s.Containers[i]
		if why := cmp.Or(electsBy(slices.Concat(c.Command, c.Args)), waitingEnv(c.Env), waitingPort(c)); why != "" {
			return why
		}
	}
	return ""
}

// electsBy finds a flag of leader election that is not switched off.
func electsBy(args []string) string {
	var words []string
	for _, a := range args {
		words = append(words, strings.Fields(a)...)
	}
	for i, w := range words {
		name, value, set := strings.Cut(w, "=")
		if !strings.HasPrefix(name, "-") {
			continue
		}
		flag := strings.TrimPrefix(strings.TrimLeft(name, "-"), "enable-")
		if flag == "cluster.peer" || flag == "cluster.listen-address" { // Alertmanager's
			return "its flag " + name
		}
		if !strings.HasPrefix(flag, "leader-elect") && !strings.HasPrefix(strings.ToLower(flag), "leaderelect") {
			continue
		}
		if !set && i+1 < len(words) {
			value = words[i+1]
		}
		if value != "false" {
			return "its flag " + name
		}
	}
	return ""
}

// waitingEnv finds the variables that operators and elections are set up by.
func waitingEnv(env []corev1.EnvVar) string {
	for _, e := range env {
		switch name := e.Name; {
		case e.Value == "false":
		case strings.Contains(name, "LEADER_ELECT"), name == "OPERATOR_NAME", name == "OPERATOR_CONDITION_NAME", name == "WATCH_NAMESPACE", name == "WATCH_NAMESPACES":
			return "its variable " + name
		}
	}
	return ""
}

// waitingPort finds the ports on which the API server's calls and Alertmanagers'
// gossip come in.
func waitingPort(c *corev1.Container) string {
	for _, p := range c.Ports {
		switch {
		case strings.Contains(p.Name, "webhook"), strings.HasPrefix(p.Name, "admission"):
			return fmt.Sprintf("its port %s (%d)", p.Name, p.ContainerPort)
		case p.ContainerPort == 9443:
			return "its port 9443, of webhooks"
		case p.ContainerPort == 9093 && strings.Contains(c.Image, "alertmanager"):
			return "its port 9093, of an Alertmanager"
		}
	}
	return ""
}

// addCallers notes the services that the API server itself calls.
func (v *Inventory) addCallers(kind, name string, services []podKey) {
	for _, s := range services {
		if s.name != "" {
			put(&v.called, s, "the API server calls it ("+kind+" "+name+")")
		}
	}
}

func (v *Inventory) addValidating(o *admissionv1.ValidatingWebhookConfiguration) {
	var services []podKey
	for i := range o.Webhooks {
		services = append(services, calledBy(&o.Webhooks[i].ClientConfig))
	}
	v.addCallers("ValidatingWebhookConfiguration", o.Name, services)
}

func (v *Inventory) addMutating(o *admissionv1.MutatingWebhookConfiguration) {
	var services []podKey
	for i := range o.Webhooks {
		services = append(services, calledBy(&o.Webhooks[i].ClientConfig))
	}
	v.addCallers("MutatingWebhookConfiguration", o.Name, services)
}

func calledBy(c *admissionv1.WebhookClientConfig) podKey {
	if c.Service == nil {
		return podKey{}
	}
	return podKey{c.Service.Namespace, c.Service.Name}
}

// addCaller takes the kinds without a Go type here by which the API server learns whom to
// call: an aggregated API, and a kind whose versions a webhook converts.
func (v *Inventory) addCaller(o *unstructured.Unstructured) bool {
	var path []string
	switch o.GroupVersionKind().Group + "/" + o.GetKind() {
	case "apiregistration.k8s.io/APIService":
		path = []string{"spec", "service"}
	case "apiextensions.k8s.io/CustomResourceDefinition":
		path = []string{"spec", "conversion", "webhook", "clientConfig", "service"}
	default:
		return false
	}
	service, _, err := unstructured.NestedStringMap(o.Object, path...)
	if err != nil { // a port beside the names is a number
		namespace, _, _ := unstructured.NestedString(o.Object, append(slices.Clone(path), "namespace")...)
		name, _, _ := unstructured.NestedString(o.Object, append(slices.Clone(path), "name")...)
		service = map[string]string{"namespace": namespace, "name": name}
	}
	v.addCallers(o.GetKind(), o.GetName(), []podKey{{service["namespace"], service["name"]}})
	return o.GetKind() == "APIService"
}

// addLease notes who leads. The identity of most is the pod's name, a "_" and a
// number; the leases of nodes are of kubelets.
func (v *Inventory) addLease(o *coordinationv1.Lease) {
	if o.Namespace == corev1.NamespaceNodeLease || o.Spec.HolderIdentity == nil {
		return
	}
	holder, _, _ := strings.Cut(*o.Spec.HolderIdentity, "_")
	put(&v.holders, holder, podKey{o.Namespace, o.Name})
}

// fillWaits says of each workload by which fact it waits.
func (v *Inventory) fillWaits(groups map[analyzer.Ref]*group) map[analyzer.Ref]string {
	out := map[analyzer.Ref]string{}
	callers := slices.SortedFunc(maps.Keys(v.called), comparePodKeys)
	named := map[string]int{}
	for k := range v.pods {
		named[k.name]++
	}
	for ref, g := range groups {
		for _, p := range g.pods {
			if why := cmp.Or(v.calls(callers, ref.Namespace, p), v.leads(ref.Namespace, p, named), waitingRole(p), p.waits); why != "" {
				out[ref] = why
				break
			}
		}
		if c := v.controllers[ref]; out[ref] == "" && c != nil && c.waits != "" {
			out[ref] = c.waits
		}
	}
	return out
}

// calls is the configuration by which the API server calls a pod.
func (v *Inventory) calls(callers []podKey, namespace string, p *pod) string {
	for _, k := range callers {
		if s, ok := v.services[k]; ok && k.namespace == namespace && s.Matches(p.labels) {
			return v.called[k]
		}
	}
	return ""
}

func comparePodKeys(a, b podKey) int {
	return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
}

// leads is the lease that a pod holds: one of its namespace, or of another where no
// other pod has its name.
func (v *Inventory) leads(namespace string, p *pod, named map[string]int) string {
	lease, ok := v.holders[p.pod.Name]
	if !ok || lease.namespace != namespace && named[p.pod.Name] > 1 {
		return ""
	}
	return "it holds the lease " + lease.namespace + "/" + lease.name
}

// waitingRole tells the copies of a database that follow another.
func waitingRole(p *pod) string {
	for _, key := range []string{"role", "spilo-role", "cnpg.io/instanceRole", "redis-role", "app.kubernetes.io/role"} {
		switch p.labels[key] {
		case "replica", "standby", "secondary", "slave", "passive", "spare":
			return "pod " + p.pod.Name + " has the label " + key + "=" + p.labels[key]
		}
	}
	return ""
}
