package manifest

import (
	"math"
	"regexp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Renders reports whether the document stands for objects that a chart or a
// generator makes of it, so that nothing in it is an object's own field.
func (d *Document) Renders() bool {
	switch d.Group() + "/" + d.Kind {
	case "helm.toolkit.fluxcd.io/HelmRelease", "argoproj.io/Application", "argoproj.io/ApplicationSet", "helm.cattle.io/HelmChart", "helm.cattle.io/HelmChartConfig":
		return true
	}
	return false
}

// shapes walks a document of an unknown kind in search of pod templates.
type shapes struct {
	document *Document
	left     int // nodes that may still be looked at: aliases make few of many
	found    []*Workload
}

// maxShapes bounds the walk over one document.
const maxShapes = 1 << 16

// maxDepth bounds how deep a pod template may stand.
const maxDepth = 24

// shaped finds what looks like a pod template, or like the resources of a
// container, in an object whose kind nobody told.
func (d *Document) shaped() []*Workload {
	s := shapes{document: d, left: maxShapes}
	for _, f := range d.Root.fields() {
		switch f.Name {
		case "apiVersion", "kind", "metadata", "status":
		default:
			s.walk(f.Name, d.Root.Field(f.Name), nil, scale{}, 0)
		}
	}
	return s.found
}

// scale is how often what stands below is run.
type scale struct {
	node  *Node // the innermost count
	times int64 // the others, multiplied; 0 for none
}

// in takes up the counts that stand in a map.
func (s scale) in(n *Node) scale {
	for _, name := range []string{"replicas", "parallelism"} {
		c := n.Field(name)
		v, ok := c.Int()
		if !ok || v < 0 {
			continue
		}
		if outer, ok := s.node.Int(); ok {
			s.times = min(max(s.times, 1)*int64(outer), math.MaxInt32)
		}
		s.node = c
	}
	return s
}

func (s *shapes) walk(name string, n, parent *Node, times scale, depth int) {
	if s.left--; n == nil || s.left < 0 || depth > maxDepth {
		return
	}
	if n.Kind == List {
		for _, item := range n.List() {
			s.walk(name, item, n, times, depth+1)
		}
		return
	}
	if n.Kind != Map {
		return
	}
	times = times.in(n)
	within := s.look(name, n, parent, times)
	for _, f := range n.Fields {
		switch {
		case within && (f.Name == "containers" || f.Name == "initContainers" || f.Name == "container" || f.Name == "resources"):
		default:
			s.walk(f.Name, n.Field(f.Name), n, times, depth+1)
		}
	}
}

// look takes a map for a pod, or for what carries the resources of one.
func (s *shapes) look(name string, n, parent *Node, times scale) bool {
	var w *Workload
	one := n.Field("container")
	switch {
	case arePods(n.Field("containers")):
		w = podOf(s.document, n, parent.At("metadata", "labels").Strings())
		for i := range w.Containers {
			c := &w.Containers[i]
			c.Partial = c.Node.Field("image").String() == ""
		}
	case one.Field("image").String() != "":
		w = &Workload{Document: s.document, Pod: n, Containers: []Container{containerOf(one, analyzer.TypeContainer)}}
	case areResources(n.Field("resources")):
		w = &Workload{Document: s.document, Pod: n, Containers: []Container{containerOf(n, analyzer.TypeContainer)}}
		w.Containers[0].Partial = true
	default:
		return false
	}
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Name == "" {
			c.Name = name
		}
	}
	w.ByShape, w.Replicas, w.Times = true, times.node, int32(times.times)
	s.found = append(s.found, w)
	return true
}

// containerName is what Kubernetes allows as one.
var containerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// arePods tells a list of containers from one of patterns, or of other things
// of that name.
func arePods(n *Node) bool {
	for _, c := range n.List() {
		if c.Kind != Map || !containerName.MatchString(c.Field("name").String()) || c.Field("image").String() == "" && !areResources(c.Field("resources")) {
			return false
		}
	}
	return len(n.List()) > 0
}

// areResources tells requests and limits of CPU or memory.
func areResources(n *Node) bool {
	for _, bound := range []string{"requests", "limits"} {
		for _, name := range []string{"cpu", "memory"} {
			if v := n.At(bound, name); !v.IsNull() && v.Kind == Scalar && !strings.ContainsAny(v.Text, "*?|<>") {
				return true
			}
		}
	}
	return false
}
