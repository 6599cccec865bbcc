package manifest

import (
	"strings"

	"helm.sh/helm/v4/pkg/strvals"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// k3s renders a HelmChart of k3s and RKE2, with the values that a
// HelmChartConfig of its name lays over its own.
func (r *releaser) k3s(d *manifest.Document) {
	spec := d.Root.Field("spec")
	name := spec.Field("chart").String()
	if name == "" || strings.Contains(name, "://") || spec.Field("chartContent") != nil {
		d.Unrendered = "its chart is packed into it or stands at a URL"
		return
	}
	at := r.chart(d, name, spec.Field("version").String(), strings.Contains(name, "/"))
	if at == "" {
		d.Unrendered = notHere
		return
	}
	of := release{document: d, name: d.Name, namespace: spec.Field("targetNamespace").String(), at: d.Root.Key("spec")}
	if of.namespace == "" {
		of.namespace = d.Namespace
	}
	r.k3sValues(&of, d)
	for _, f := range fieldsOf(spec.Field("set")) {
		if of.values == nil {
			of.values = map[string]any{}
		}
		if err := strvals.ParseInto(f.Name+"="+f.Value.String(), of.values); err != nil {
			r.tree.warn("release", d.ID(), "the value %s cannot be set: %v", f.Name, err)
		}
	}
	for _, o := range r.tree.Documents {
		if o.Kind == "HelmChartConfig" && o.Renders() && o.Name == d.Name && o.Namespace == d.Namespace && o.Tree == d.Tree {
			r.k3sValues(&of, o)
			o.Through = at
		}
	}
	r.render(of, at)
}

// k3sValues merges the text of values in a HelmChart or HelmChartConfig.
func (r *releaser) k3sValues(of *release, d *manifest.Document) {
	if text := d.Root.At("spec", "valuesContent"); text != nil {
		if d == of.document {
			of.at = text.Position
		}
		r.merge(of, d, []byte(text.String()), "spec.valuesContent")
	}
}

func fieldsOf(n *manifest.Node) []manifest.Field {
	if n == nil {
		return nil
	}
	return n.Fields
}
