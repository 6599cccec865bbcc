package analyzer

import (
	"slices"
	"strings"
)

// waitingWords are those by which names and labels tell of what waits for events that
// seldom come: they are parts of a name between dashes.
var waitingWords = []string{
	"operator", "controller", "webhook", "webhooks", "admission", "injector", "cainjector", "issuer", "alertmanager", "provisioner", "approver",
	"standby", "replica", "replicas", "secondary", "slave", "spare", "failover", "passive", "scheduler", "autoscaler",
}

// waitingLabels are the labels whose values such words are looked for in.
var waitingLabels = []string{
	"app.kubernetes.io/component", "app.kubernetes.io/name", "app", "k8s-app", "component", "role", "control-plane", "spilo-role",
	"cnpg.io/instanceRole", "app.kubernetes.io/part-of",
}

// managerLabels are set by those who manage operators on what they install.
var managerLabels = []string{"olm.owner", "olm.managed", "operators.coreos.com/"}

// WaitsFor says why a workload is one that only waits, so that doing nothing for weeks
// is its work: by the objects' facts, else by its labels, else by its kind and name.
// It is empty where nothing tells of that.
func (w *Workload) WaitsFor() string {
	if w.Waits != "" {
		return w.Waits
	}
	for _, key := range waitingLabels {
		if v := w.Labels[key]; waiting(v) {
			return "its label " + key + " is " + v
		}
	}
	for key := range w.Labels {
		if slices.ContainsFunc(managerLabels, func(p string) bool { return strings.HasPrefix(key, p) }) {
			return "the Operator Lifecycle Manager installed it"
		}
	}
	switch {
	case waiting(w.Kind):
		return "it belongs to an " + w.Kind
	case waiting(w.Name):
		return "its name says so"
	}
	return ""
}

// waiting reports whether a name holds one of the words as a part of its own.
func waiting(name string) bool {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-._/", r) })
	if slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(waitingWords, p) }) {
		return true
	}
	joined := strings.Join(parts, "-")
	return joined == "cert-manager" || strings.HasPrefix(joined, "cert-manager-")
}
