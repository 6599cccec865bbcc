package prometheus

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// An engine of one cluster may be that of another, or of this one and another under the
// same labels. Their workloads often have the same names, so that the usage of the other's
// would be taken for this one's.

// OtherCluster is the error of an engine that holds usage of the cluster's namespaces, but
// neither its pods nor its nodes.
type OtherCluster struct {
	URL string // without user, password and query
	Pod string // one of those that are not there
}

func (e *OtherCluster) Error() string {
	return fmt.Sprintf("the engine at %s holds usage of the same namespaces, but none of this cluster's running pods (such as %s) and none of its nodes: it is another cluster's, or the objects are of another time; check --prometheus, --prometheus-label and the context",
		e.URL, e.Pod)
}

// checkForeign checks that the engine holds this cluster's pods, and says so where it holds
// another's as well.
func (e *Engine) checkForeign(ctx context.Context, snap *analyzer.Snapshot) error {
	if !e.found {
		return nil
	}
	if err := e.checkOwn(ctx, snap); err != nil {
		return err
	}
	return e.warnOfForeign(ctx, snap)
}

// settled is how long a pod must have run for that its usage is to be expected.
const settled = 15 * time.Minute

// checkOwn looks for pods that only this cluster can have: at first at the window's end, then
// in all of it, then for their UIDs and the nodes. One that is there proves the cluster. The
// error is *OtherCluster where the engine could have them all and has none. Where it need not
// have any, as of StatefulSets' pods, whose names another cluster has too, or of those that have
// just begun, and nothing else tells, nothing is lowered on what it holds.
func (e *Engine) checkOwn(ctx context.Context, snap *analyzer.Snapshot) error {
	d, own := &e.has, e.podsToFind(snap)
	if len(own.namespaces) == 0 {
		return nil
	}
	for _, x := range e.proofs(own, snap) {
		there, err := e.holds(ctx, x)
		if there || softly(err) != nil {
			return err
		}
		if err != nil {
			d.warn(lostCode(err, analyzer.WarnPartial), "pods", "no running pod of this cluster was seen in the engine so far, and whether it is another cluster's could not be told: "+firstLine(err).Error())
			return nil
		}
	}
	if own.settled == "" && own.settledUID {
		// kube-state-metrics tells of other pods in the same namespaces, whose UIDs are none of ours.
		others := proof{d.selector("kube_pod_info", oneOf("namespace", own.namespaces), `uid!=""`), d.lookback}
		there, err := e.holds(ctx, others)
		if softly(err) != nil {
			return err
		}
		if there {
			own.settled = own.any
		}
	}
	if own.settled != "" {
		return &OtherCluster{e.client.shown, own.settled}
	}
	d.warn(analyzer.WarnUnread, "several clusters", fmt.Sprintf("the engine holds usage of the same namespaces, and that it is this cluster's could not be told: no pod (such as %s) has a name of its own and ran for %.0f minutes by the window's end, and neither their UIDs nor the nodes are there; so nothing is lowered, drained or bought; check --prometheus and the context, or audit again later",
		own.any, settled.Minutes()))
	return nil
}

// proofs are what only this cluster has, the cheapest first.
func (e *Engine) proofs(own ownPods, snap *analyzer.Snapshot) (out []proof) {
	d, window := &e.has, e.options.Window.End.Sub(e.options.Window.Start)
	usage := func(matchers ...string) string {
		return d.selector(d.names.memoryName(), append([]string{oneOf(d.usage.namespace, own.namespaces)}, matchers...)...)
	}
	if len(own.names) > 0 {
		out = append(out, proof{usage(oneOf(d.usage.pod, own.names)), d.lookback}, proof{usage(oneOf(d.usage.pod, own.names)), window})
	}
	if uids := uidsToProve(snap); len(uids) > 0 {
		out = append(out, proof{d.selector("kube_pod_info", oneOf("uid", uids)), window}, proof{usage(cgroupsOf(uids)), window})
	}
	if nodes := nodesToProve(snap); len(nodes) > 0 {
		out = append(out, proof{d.selector("kube_pod_info", oneOf("node", nodes)), window}, proof{d.selector("kube_node_info", oneOf("node", nodes)), window})
		for _, label := range nodeLabels {
			out = append(out, proof{usage(hostsOf(label, nodes)), window})
		}
	}
	return out
}

// nodeLabels are those by which usage names the node that it was read on.
var nodeLabels = []string{"node", "kubernetes_io_hostname", "instance"}

// cgroupsOf matches usage of pods with the UIDs: cAdvisor's id has them, with underscores where
// systemd makes the cgroups.
func cgroupsOf(uids []string) string {
	var all []string
	for _, uid := range uids {
		all = append(all, regexp.QuoteMeta(uid), regexp.QuoteMeta(strings.ReplaceAll(uid, "-", "_")))
	}
	return labelMatcher{like, "id", ".*pod(?:" + strings.Join(all, "|") + ").*"}.String()
}

// hostsOf matches usage of nodes, with a port or without.
func hostsOf(label string, nodes []string) string {
	var all []string
	for _, name := range nodes {
		all = append(all, regexp.QuoteMeta(name))
	}
	return labelMatcher{like, label, "(?:" + strings.Join(all, "|") + ")(?::[0-9]+)?"}.String()
}

// proof is series that only this cluster has, looked for so long before the window's end.
type proof struct {
	selector string
	over     time.Duration
}

// holds reports whether the engine has any of them.
func (e *Engine) holds(ctx context.Context, x proof) (there bool, err error) {
	query := fmt.Sprintf("count(last_over_time(%s[%s]))", x.selector, seconds(x.over))
	_, err = e.client.ask(ctx, question{doing: "looking for this cluster's pods", query: query, end: e.has.at, most: fewSeries}, func(row *series) {
		there = there || len(row.points) > 0
	})
	return there, err
}

// ownPods are running pods in namespaces that the engine has usage of.
type ownPods struct {
	namespaces []string // theirs, sorted
	any        string   // one of them
	names      []string // of random parts, which no other cluster's pods have; some
	settled    string   // one of these that ran long enough for its usage to be there; "" for none
	settledUID bool     // some pod with a UID ran so long
}

// podsToFind picks running pods whose usage the engine may have, as far as it has usage of
// their namespaces at all: a virtual node's pods have none.
func (e *Engine) podsToFind(snap *analyzer.Snapshot) (own ownPods) {
	for i := range snap.Workloads {
		w := &snap.Workloads[i]
		if e.has.sizes[w.Namespace] == 0 {
			continue
		}
		for j := range w.Pods {
			p := &w.Pods[j]
			if p.Phase != "Running" {
				continue
			}
			own.any = cmp.Or(own.any, p.Name)
			own.namespaces = append(own.namespaces, w.Namespace)
			ran := !p.Started.After(e.has.at.Add(-settled))
			own.settledUID = own.settledUID || ran && p.UID != ""
			if analyzer.Stem(p.Name) == p.Name || len(own.names) >= askedPods {
				continue
			}
			if own.names = append(own.names, p.Name); ran {
				own.settled = cmp.Or(own.settled, p.Name)
			}
		}
	}
	slices.Sort(own.namespaces)
	own.namespaces = slices.Compact(own.namespaces)
	return own
}

// warnOfForeign says that the engine holds pods on nodes that the cluster has not, under no
// label that would tell them apart: its pods and another cluster's are read as one, so that
// nothing is lowered on that. It says so where the cluster's own nodes are there too, or its pods
// where nodes have none, so that it is not of another time. Where kube-state-metrics does not tell of nodes, the labels of
// usage may.
func (e *Engine) warnOfForeign(ctx context.Context, snap *analyzer.Snapshot) error {
	if len(snap.Nodes) == 0 {
		return nil
	}
	d := &e.has
	own := map[string]bool{}
	for i := range snap.Nodes {
		own[snap.Nodes[i].Name] = true
	}
	for _, q := range []struct{ label, selector string }{
		{"node", d.selector("kube_pod_info", `node!=""`)},
		{"node", d.selector(d.names.memoryName(), append(d.ofContainers(), `node!=""`)...)},
		{"kubernetes_io_hostname", d.selector(d.names.memoryName(), append(d.ofContainers(), `kubernetes_io_hostname!=""`)...)},
		{"instance", d.selector(d.names.memoryName(), append(d.ofContainers(), `instance!=""`)...)},
	} {
		there, foreign, err := e.nodesUnder(ctx, q.label, q.selector, own)
		if err != nil {
			return err
		}
		if there == 0 {
			continue // it names no nodes, or is of another time
		}
		if float64(there) < provenBy*float64(len(own)) {
			now, err := e.objectsOfNow(ctx, snap)
			if err != nil || !now {
				return err // the cluster had other nodes then
			}
		}
		if float64(len(foreign)) > elsewhere*float64(there+len(foreign)) {
			slices.Sort(foreign)
			d.warn(analyzer.WarnUnread, "several clusters", fmt.Sprintf("the engine holds pods of %d nodes that this cluster has not (%s), and no label tells them apart: usage of workloads with the same names is another cluster's too, so nothing is lowered, drained or bought; give each cluster's series a label of their own, or --prometheus of an engine of this cluster alone",
				len(foreign), shownValues(foreign)))
		}
		return nil
	}
	return nil
}

// objectsOfNow reports whether most of the running pods of random names are there at the
// window's end, so that the objects are of that time. Where there are no such pods they are
// taken for it.
func (e *Engine) objectsOfNow(ctx context.Context, snap *analyzer.Snapshot) (now bool, err error) {
	own, d := e.podsToFind(snap), &e.has
	if len(own.names) == 0 {
		return true, nil
	}
	query := fmt.Sprintf("count(group by (%s) (last_over_time(%s[%s])))", d.usage.pod,
		d.selector(d.names.memoryName(), oneOf(d.usage.namespace, own.namespaces), oneOf(d.usage.pod, own.names)), seconds(d.lookback))
	_, err = e.client.ask(ctx, question{doing: "looking for this cluster's pods", query: query, end: d.at, most: fewSeries}, func(row *series) {
		now = now || len(row.points) > 0 && row.points[0].value >= provenBy*float64(len(own.names))
	})
	return now, softly(err)
}

// nodesUnder counts the cluster's own nodes among the values of a label, and lists the others.
func (e *Engine) nodesUnder(ctx context.Context, label, selector string, own map[string]bool) (there int, foreign []string, err error) {
	query := fmt.Sprintf("count by (%s) (last_over_time(%s[%s]))", label, selector, seconds(instant))
	_, err = e.client.ask(ctx, question{doing: "looking for several clusters", query: query, end: e.has.at, most: someSeries}, func(row *series) {
		node := row.get(label)
		if host, _, err := net.SplitHostPort(node); err == nil {
			node = host
		}
		switch {
		case own[node]:
			there++
		case node != "":
			foreign = append(foreign, node)
		}
	})
	return there, foreign, softly(err)
}
