package manifest

import (
	"regexp"
	"slices"
	"strings"
)

// builtin is an API group that the API server brings itself: its kinds are all
// there are, so that another one is a slip of the pen.
type builtin struct {
	group    string
	versions []string // nil: not held against the manifest
	kinds    []string
}

// builtins lists the groups of Kubernetes, those that have gone among them.
var builtins = []builtin{
	{"", []string{"v1"}, []string{
		"Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "List", "Namespace", "Node",
		"PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota",
		"Secret", "Service", "ServiceAccount",
	}},
	{"apps", []string{"v1", "v1beta1", "v1beta2"}, []string{"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}},
	{"batch", []string{"v1", "v1beta1", "v2alpha1"}, []string{"CronJob", "Job"}},
	{"autoscaling", []string{"v1", "v2", "v2beta1", "v2beta2"}, []string{"HorizontalPodAutoscaler", "Scale"}},
	{"policy", []string{"v1", "v1beta1"}, []string{"Eviction", "PodDisruptionBudget", "PodSecurityPolicy"}},
	{"extensions", []string{"v1beta1"}, []string{"DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "PodSecurityPolicy", "ReplicaSet"}},
	{"networking.k8s.io", nil, []string{"Ingress", "IngressClass", "IPAddress", "NetworkPolicy", "ServiceCIDR"}},
	{"rbac.authorization.k8s.io", nil, []string{"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}},
	{"storage.k8s.io", nil, []string{"CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"}},
	{"admissionregistration.k8s.io", nil, []string{
		"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
	}},
	{"apiextensions.k8s.io", nil, []string{"CustomResourceDefinition"}},
	{"apiregistration.k8s.io", nil, []string{"APIService"}},
	{"scheduling.k8s.io", nil, []string{"PriorityClass"}},
	{"coordination.k8s.io", nil, []string{"Lease"}},
	{"certificates.k8s.io", nil, []string{"CertificateSigningRequest", "ClusterTrustBundle"}},
	{"discovery.k8s.io", nil, []string{"EndpointSlice"}},
	{"node.k8s.io", nil, []string{"RuntimeClass"}},
	{"flowcontrol.apiserver.k8s.io", nil, []string{"FlowSchema", "PriorityLevelConfiguration"}},
	{"resource.k8s.io", nil, []string{"DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"}},
}

// extension is the kinds of a custom group among which a slip of the pen is
// looked for.
var extensions = map[string][]string{
	"argoproj.io": {
		"AnalysisRun", "AnalysisTemplate", "Application", "ApplicationSet", "AppProject", "ClusterAnalysisTemplate",
		"ClusterWorkflowTemplate", "CronWorkflow", "EventBus", "EventSource", "Experiment", "Rollout", "Sensor", "Workflow", "WorkflowTemplate",
	},
	"keda.sh":                     {"ClusterTriggerAuthentication", "ScaledJob", "ScaledObject", "TriggerAuthentication"},
	"autoscaling.k8s.io":          {"VerticalPodAutoscaler", "VerticalPodAutoscalerCheckpoint"},
	"helm.toolkit.fluxcd.io":      {"HelmRelease"},
	"kustomize.toolkit.fluxcd.io": {"Kustomization"},
	"serving.knative.dev":         {"Configuration", "DomainMapping", "Revision", "Route", "Service"},
	"apps.openshift.io":           {"DeploymentConfig"},
	"template.openshift.io":       {"BrokerTemplateInstance", "Template", "TemplateInstance"},
	"jobset.x-k8s.io":             {"JobSet"},
	"leaderworkerset.x-k8s.io":    {"LeaderWorkerSet"},
}

// without are the groups and kinds of others that are known to hold no
// requests: GROUP for all of a group, GROUP/KIND for one kind.
var without = []string{
	"acme.cert-manager.io", "admission.k8s.io", "apiserver.config.k8s.io", "argoproj.io/AnalysisRun", "argoproj.io/AppProject", "argoproj.io/EventBus",
	"audit.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "bitnami.com/SealedSecret", "cert-manager.io", "cilium.io",
	"cloud.google.com/BackendConfig", "config.gatekeeper.sh", "constraints.gatekeeper.sh", "crd.projectcalico.org",
	"elbv2.k8s.aws", "events.k8s.io", "external-secrets.io", "extensions.istio.io", "externaldns.k8s.io", "gateway.networking.k8s.io",
	"generators.external-secrets.io", "grafana.integreatly.org/GrafanaDashboard", "grafana.integreatly.org/GrafanaDatasource",
	"image.toolkit.fluxcd.io", "image.openshift.io", "imagepolicy.k8s.io", "karpenter.azure.com", "karpenter.k8s.aws", "karpenter.sh",
	"keda.sh/ClusterTriggerAuthentication", "keda.sh/TriggerAuthentication", "kubeadm.k8s.io", "kubelet.config.k8s.io", "kubeproxy.config.k8s.io",
	"kubescheduler.config.k8s.io", "kustomize.config.k8s.io", "kustomize.toolkit.fluxcd.io", "kyverno.io", "metallb.io", "metrics.k8s.io",
	"monitoring.coreos.com/AlertmanagerConfig", "monitoring.coreos.com/PodMonitor", "monitoring.coreos.com/Probe", "monitoring.coreos.com/PrometheusRule",
	"monitoring.coreos.com/ScrapeConfig", "monitoring.coreos.com/ServiceMonitor", "mutations.gatekeeper.sh", "networking.gke.io", "networking.istio.io",
	"notification.toolkit.fluxcd.io", "operator.victoriametrics.com/VMRule", "operator.victoriametrics.com/VMServiceScrape", "plimsoll.dev",
	"policy.networking.k8s.io", "project.openshift.io", "resources.gatekeeper.sh", "route.openshift.io", "secrets-store.csi.x-k8s.io", "security.istio.io",
	"security.openshift.io", "snapshot.storage.k8s.io", "source.toolkit.fluxcd.io", "telemetry.istio.io", "templates.gatekeeper.sh", "traefik.containo.us",
	"traefik.io", "wgpolicyk8s.io",
}

// withoutSet is without as a set, made once.
var withoutSet = func() map[ofGroup]bool {
	out := make(map[ofGroup]bool, len(without))
	for _, w := range without {
		group, kind, _ := strings.Cut(w, "/")
		out[ofGroup{group, kind}] = true
	}
	return out
}()

// ofGroup is a kind of an API group, or all of it where kind is "".
type ofGroup struct{ group, kind string }

// HoldsNone reports whether the document is of a kind that is known to carry
// neither containers nor bounds on them, such as Service and ConfigMap.
func (d *Document) HoldsNone() bool {
	group := d.Group()
	if b := builtinOf(group); b != nil {
		return !carriers[d.Kind] && slices.Contains(b.kinds, d.Kind)
	}
	return withoutSet[ofGroup{group, ""}] || withoutSet[ofGroup{group, d.Kind}]
}

// carriers are the kinds of Kubernetes that carry requests, or bounds on them.
var carriers = map[string]bool{
	"Pod": true, "PodTemplate": true, "ReplicationController": true, "Deployment": true, "StatefulSet": true, "DaemonSet": true,
	"ReplicaSet": true, "Job": true, "CronJob": true, "HorizontalPodAutoscaler": true, "PodDisruptionBudget": true,
	"LimitRange": true, "ResourceQuota": true, "List": true,
}

// KnownWithout lists the kinds that hold no requests, for the manual: those of
// Kubernetes by group, and whole groups of others as "all of GROUP".
func KnownWithout() []string {
	var out []string
	for _, b := range builtins {
		for _, k := range b.kinds {
			if !carriers[k] && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	for _, w := range without {
		if group, kind, one := strings.Cut(w, "/"); one {
			out = append(out, kind+" ("+group+")")
		} else {
			out = append(out, "all of "+group)
		}
	}
	return out
}

func builtinOf(group string) *builtin {
	for i := range builtins {
		if builtins[i].group == group {
			return &builtins[i]
		}
	}
	return nil
}

// versionForm is how Kubernetes writes the version of an API.
var versionForm = regexp.MustCompile(`^v\d+((alpha|beta)\d+)?$`)

// misspelt says what is wrong with the apiVersion and kind of an object, and
// which of the two fields; "" where they may be meant.
func misspelt(apiVersion, kind string) (field, message string) {
	group, version, ok := strings.Cut(apiVersion, "/")
	if !ok {
		group, version = "", apiVersion
	}
	b := builtinOf(group)
	if b == nil {
		return misspeltGroup(group, version, kind)
	}
	if b.versions != nil && !slices.Contains(b.versions, version) {
		return misspeltVersion(b, apiVersion, version, kind)
	}
	if slices.Contains(b.kinds, kind) || strings.HasSuffix(kind, "List") {
		return "", ""
	}
	return misspeltKind(b, apiVersion, kind)
}

// misspeltVersion looks at a version that a group of Kubernetes does not have.
func misspeltVersion(b *builtin, apiVersion, version, kind string) (field, message string) {
	if b.group == "" { // a group alone, or a group misspelt with its slash left out
		if g := groupOf(kind); g != nil && g.group != "" {
			return "apiVersion", "there is no API " + quote(apiVersion) + "; did you mean " + g.api() + "?"
		}
		switch known := slices.Contains(b.kinds, kind); {
		case !known && !versionForm.MatchString(version):
			return "", ""
		case !known:
			return "apiVersion", "there is no API " + quote(apiVersion) + " with a kind " + quote(kind) + "; its group is missing, as in GROUP/" + version
		}
	}
	return "apiVersion", "there is no API " + quote(apiVersion) + "; did you mean " + b.api() + "?"
}

// misspeltKind looks at a kind that a group of Kubernetes does not have.
func misspeltKind(b *builtin, apiVersion, kind string) (field, message string) {
	if near := nearest(kind, b.kinds); near != "" {
		return "kind", apiVersion + " has no kind " + quote(kind) + "; did you mean " + near + "?"
	}
	if g := groupOf(kind); g != nil {
		return "apiVersion", apiVersion + " has no kind " + quote(kind) + "; did you mean " + g.api() + "?"
	}
	if near, g := nearestOfAll(kind); near != "" && (b.group != "" || len(kind) > 5) {
		return "kind", apiVersion + " has no kind " + quote(kind) + "; did you mean " + near + " (" + g.api() + ")?"
	}
	if b.versions != nil && b.group != "" {
		return "kind", apiVersion + " has no kind " + quote(kind) + "; it has " + strings.Join(b.kinds, ", ")
	}
	return "", ""
}

// misspeltGroup looks at a group that Kubernetes does not bring: a custom one,
// or one of its own with letters changed.
func misspeltGroup(group, version, kind string) (field, message string) {
	for i := range builtins {
		b := &builtins[i]
		if b.group != "" && distance(group, b.group) <= 2 && nearest(kind, b.kinds) != "" {
			return "apiVersion", "there is no API " + quote(group+"/"+version) + "; did you mean " + b.api() + "?"
		}
	}
	kinds := extensions[group]
	if slices.Contains(kinds, kind) || len(kinds) == 0 {
		return "", ""
	}
	if near := nearest(kind, kinds); near != "" {
		return "kind", group + "/" + version + " has no kind " + quote(kind) + "; did you mean " + near + "?"
	}
	return "", ""
}

// api is how a group is written as an apiVersion.
func (b *builtin) api() string {
	version := "v1"
	if b.group == "autoscaling" {
		version = "v2"
	}
	if len(b.versions) == 1 {
		version = b.versions[0]
	}
	if b.group == "" {
		return version
	}
	return b.group + "/" + version
}

// groupOf finds the group of Kubernetes that a kind belongs to today.
func groupOf(kind string) *builtin {
	for i := range builtins {
		if b := &builtins[i]; b.group != "extensions" && slices.Contains(b.kinds, kind) {
			return b
		}
	}
	return nil
}

// nearestOfAll finds the kind of Kubernetes that a kind is most likely meant to be,
// and its group; "" where none is near.
func nearestOfAll(kind string) (string, *builtin) {
	var all []string
	for i := range builtins {
		if builtins[i].group != "extensions" {
			all = append(all, builtins[i].kinds...)
		}
	}
	near := nearest(kind, all)
	if near == "" {
		return "", nil
	}
	return near, groupOf(near)
}

// nearest gives the word that s is most likely meant to be; "" where none is
// near: at most a third of its letters differ, and at most two.
func nearest(s string, words []string) string {
	best, most := "", 3
	for _, w := range words {
		if strings.EqualFold(s, w) {
			return w
		}
		if n := distance(s, w); n < most && n <= max(1, len(w)/4) {
			best, most = w, n
		}
	}
	return best
}

// distance counts the letters to put in, take out, change or swap with their
// neighbor that make b of a.
func distance(a, b string) int {
	if d := len(a) - len(b); d > 3 || d < -3 {
		return 4
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, up, twice := rows[2], rows[1], rows[0]
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			cur[j] = min(up[j]+1, cur[j-1]+1, up[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], twice[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = up, cur, twice
	}
	return rows[1][len(b)]
}

func quote(s string) string { return `"` + shorten(s) + `"` }
