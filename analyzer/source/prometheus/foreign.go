package prometheus

import (
	"context"
	"fmt"
	"net"
	"slices"
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
// error is *OtherCluster where the engine could have them all and has none.
func (e *Engine) checkOwn(ctx context.Context, snap *analyzer.Snapshot) error {
	d := &e.has
	pods, namespaces := e.podsToFind(snap)
	if len(pods) == 0 || len(namespaces) == 0 {
		return nil
	}
	usage := d.selector(d.names.memoryName(), oneOf(d.usage.namespace, namespaces), oneOf(d.usage.pod, pods))
	window := e.options.Window.End.Sub(e.options.Window.Start)
	proofs := []proof{{usage, d.lookback}, {usage, window}}
	if uids := uidsToProve(snap); len(uids) > 0 {
		proofs = append(proofs, proof{d.selector("kube_pod_info", oneOf("uid", uids)), window})
	}
	if nodes := nodesToProve(snap); len(nodes) > 0 {
		proofs = append(proofs, proof{d.selector("kube_pod_info", oneOf("node", nodes)), window}, proof{d.selector("kube_node_info", oneOf("node", nodes)), window})
	}
	for _, x := range proofs {
		there, err := e.holds(ctx, x)
		if there || softly(err) != nil {
			return err
		}
		if err != nil {
			d.warn(lostCode(err, analyzer.WarnPartial), "pods", "no running pod of this cluster was seen in the engine so far, and whether it is another cluster's could not be told: "+firstLine(err).Error())
			return nil
		}
	}
	return &OtherCluster{e.client.shown, pods[0]}
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

// podsToFind picks running pods of random names whose usage the engine should have, and
// their namespaces, as far as it has usage of them at all: a virtual node's pods have none.
func (e *Engine) podsToFind(snap *analyzer.Snapshot) (pods, namespaces []string) {
	for i := range snap.Workloads {
		w := &snap.Workloads[i]
		if e.has.sizes[w.Namespace] == 0 {
			continue
		}
		for j := range w.Pods {
			p := &w.Pods[j]
			if p.Phase != "Running" || analyzer.Stem(p.Name) == p.Name || p.Started.After(e.has.at.Add(-settled)) {
				continue
			}
			if len(pods) < askedPods {
				pods, namespaces = append(pods, p.Name), append(namespaces, w.Namespace)
			}
		}
	}
	slices.Sort(namespaces)
	return pods, slices.Compact(namespaces)
}

// warnOfForeign says that the engine holds pods on nodes that the cluster has not, under no
// label that would tell them apart: its pods and another cluster's are read as one, so that
// nothing is lowered on that. It says so where the cluster's own nodes are there too, so that
// it is not of another time. Where kube-state-metrics does not tell of nodes, the labels of
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
		if float64(there) < provenBy*float64(len(own)) {
			continue // it names no nodes, or is of another time
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
