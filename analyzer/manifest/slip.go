package manifest

import (
	"fmt"
	"strings"
)

// Slip is something in the requests and limits of a pod that the API server
// refuses or drops, though it is valid YAML.
type Slip struct {
	Container string // "" for the pod
	Field     string
	Position  Position
	Message   string
}

// Slips lists keys beside requests and limits that there are not, resources that
// there are not, and a number of replicas that is none. A kind that is found by
// shape has a schema of its own, so that nothing is known of it.
func (w *Workload) Slips() []Slip {
	if w.ByShape || w.From != nil {
		return nil
	}
	var out []Slip
	if at, message := w.noCount(); message != "" {
		out = append(out, Slip{Field: "spec.replicas", Position: at, Message: message})
	}
	out = append(out, slipsOf("", w.Pod.Field("resources"))...)
	for i := range w.Containers {
		c := &w.Containers[i]
		for _, f := range c.Node.Fields {
			if isNearResources(f.Name) && c.Node.Field("resources") == nil {
				out = append(out, Slip{c.Name, "resources", f.Key, unknownKey(f.Name, "resources")})
			}
		}
		out = append(out, slipsOf(c.Name, c.Node.Field("resources"))...)
	}
	return out
}

// isNearResources tells the key resources misspelt.
func isNearResources(name string) bool { return name != "resources" && sameWord(name, "resources") }

func unknownKey(name, meant string) string {
	return fmt.Sprintf("the key %q is not known; did you mean %s?", shorten(name), meant)
}

// resourceKeys are the fields of resources.
var resourceKeys = []string{"requests", "limits", "claims"}

func slipsOf(container string, resources *Node) (out []Slip) {
	if resources == nil {
		return nil
	}
	for _, f := range resources.Fields {
		switch {
		case f.Name == "requests" || f.Name == "limits":
			for _, r := range f.Value.Fields {
				if message := unknownResource(r.Name); message != "" {
					out = append(out, Slip{container, f.Name + "." + r.Name, r.Key, message})
				}
			}
		case f.Name != "claims" && !isOpen(f.Name):
			meant := nearest(f.Name, resourceKeys)
			if meant == "" {
				meant = "requests or limits"
			}
			out = append(out, Slip{container, "resources." + f.Name, f.Key, unknownKey(f.Name, meant)})
		}
	}
	return out
}

// plainResources are those that the API server knows without a domain before
// them, beside hugepages-SIZE.
var plainResources = []string{"cpu", "memory", "ephemeral-storage"}

// unknownResource says that a container cannot ask for a resource of this name;
// "" where it can. Names with a domain are those of device plugins.
func unknownResource(name string) string {
	if strings.Contains(name, "/") || strings.HasPrefix(name, "hugepages-") || isOpen(name) {
		return ""
	}
	for _, known := range plainResources {
		if name == known {
			return ""
		}
	}
	message := fmt.Sprintf("there is no resource %q", shorten(name))
	if near := nearest(name, plainResources); near != "" && !strings.EqualFold(name, "gpu") {
		return message + "; did you mean " + near + "?"
	}
	if strings.HasPrefix("memory", strings.ToLower(name)) && len(name) > 2 {
		return message + "; did you mean memory?"
	}
	return message + "; those of devices have a domain before them, such as nvidia.com/gpu"
}

// noCount says why the number of replicas is none that the API server takes.
func (w *Workload) noCount() (Position, string) {
	n := w.Replicas
	if n.IsNull() || n.Kind == Scalar && isOpen(n.Text) {
		return Position{}, ""
	}
	if v, ok := n.count(); !ok || v < 0 {
		text := n.Text
		if n.Quoted {
			text = fmt.Sprintf("%q", shorten(text))
		}
		if n.Kind != Scalar {
			text = "what stands here"
		}
		return n.Position, text + " is no number of replicas"
	}
	return Position{}, ""
}

// count gives a whole number as JSON has it, where 3.0 and 1e1 are some.
func (n *Node) count() (int64, bool) {
	if v, ok := n.Int(); ok {
		return int64(v), true
	}
	if n.Kind != Scalar || n.Quoted {
		return 0, false
	}
	v, whole, err := parseQuantity(n.number(), one)
	if suffix := strings.TrimRight(n.Text, "numkKMGTPEi"); err != nil || !whole || suffix != n.Text || v > 1<<31-1 {
		return 0, false
	}
	return v, true
}
