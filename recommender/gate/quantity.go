package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// bounds are the requests and limits of a container, or of a pod as a whole.
type bounds struct {
	w                *manifest.Workload
	container        string // "" for the pod
	requests, limits manifest.Resources
}

// everyBounds calls f for the pods and containers of every workload.
func (p *Pass) everyBounds(f func(b bounds)) {
	for _, w := range p.workloads {
		if w.Requests.Node != nil || w.Limits.Node != nil {
			f(bounds{w, "", w.Requests, w.Limits})
		}
		for i := range w.Containers {
			c := &w.Containers[i]
			f(bounds{w, c.Name, c.Requests, c.Limits})
		}
	}
}

// named lists the amounts of requests or limits, by resource.
func named(r manifest.Resources) []manifest.NamedAmount {
	return append([]manifest.NamedAmount{{Name: "cpu", Amount: r.CPU}, {Name: "memory", Amount: r.Memory}}, r.Others...)
}

// amounts calls f for every amount that is written, with its field.
func (b bounds) amounts(f func(field, resource string, a manifest.Amount)) {
	for _, of := range []struct {
		name string
		manifest.Resources
	}{{"requests", b.requests}, {"limits", b.limits}} {
		for _, a := range named(of.Resources) {
			if a.Written() {
				f(of.name+"."+a.Name, a.Name, a.Amount)
			}
		}
	}
}

// isDevice tells resources that come in whole pieces: those of device plugins.
func isDevice(resource string) bool {
	return strings.Contains(resource, "/") && !strings.HasPrefix(resource, "kubernetes.io/")
}

var quantityInvalid = Rule{
	Name: "quantity-invalid", Severity: verdict.SeverityError,
	Doc: "A request, limit or number of replicas is none that the API server takes, or stands under a key that there is not.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			for _, s := range w.Slips() {
				p.report(w.Document, s.Position, verdict.Finding{Container: s.Container, Field: s.Field, Message: s.Message, Reason: "the API server refuses it"})
			}
		}
		p.everyBounds(func(b bounds) {
			b.amounts(func(field, resource string, a manifest.Amount) {
				f := verdict.Finding{Container: b.container, Field: field, Reason: "the API server refuses it"}
				switch {
				case a.Err != nil:
					f.Message = fmt.Sprintf("%s: %s", field, a.Err)
				case a.Set() && a.Part && isDevice(resource):
					f.Message = fmt.Sprintf("%s: %s is no whole number of devices", field, a.Node.Text)
				default:
					return
				}
				p.reportAt(b.w.Document, a.Node, f)
			})
		})
		return nil
	},
}

// Amounts beyond these are taken for slips of the unit: no machine on sale has
// as much, and no container starts with as little.
const (
	mostCPU     = 256 * 1000 // millicores
	mostMemory  = 32 << 40
	leastMemory = 512 << 10
)

var quantityAbsurd = Rule{
	Name: "quantity-absurd", Severity: verdict.SeverityError,
	Doc: "A request or limit is a legal quantity that nobody can mean, such as 512m of memory, which is half a byte.",
	Run: func(p *Pass) error {
		p.everyBounds(func(b bounds) {
			b.amounts(func(field, resource string, a manifest.Amount) {
				if !a.Set() || a.Value == 0 {
					return
				}
				message := absurd(resource, a)
				if message == "" {
					return
				}
				p.reportAt(b.w.Document, a.Node, verdict.Finding{
					Container: b.container, Field: field, Message: fmt.Sprintf("%s: %s", field, message),
					Reason: "a request of that size reserves nothing or fits no node, and a limit of it stops the container",
				})
			})
		})
		return nil
	},
}

// absurd says what an amount comes to where nobody can mean it, else "".
func absurd(resource string, a manifest.Amount) string {
	text := a.Node.Text
	switch {
	case resource == "cpu":
		return absurdCPU(text, a)
	case resource == "memory" && a.Part && a.Value <= 1<<10:
		return text + " is a part of a byte or little more, for m means a thousandth" + meant(resource, text)
	case (resource == "memory" || resource == "ephemeral-storage") && a.Part && strings.ContainsAny(text, "num"): // 1.2Gi is rounded up
		return text + " is no whole number of bytes"
	case resource != "memory":
		return ""
	case a.Value < leastMemory:
		return fmt.Sprintf("%s is %d bytes%s", text, a.Value, meant(resource, text))
	case a.Value >= manifest.MostAmount:
		return text + " is more than any machine has"
	case a.Value >= mostMemory:
		return fmt.Sprintf("%s is %s, more than any machine has", text, short(a.Value))
	}
	return ""
}

func absurdCPU(text string, a manifest.Amount) string {
	switch {
	case a.Part:
		return text + " is finer than a thousandth of a core, the least that there is"
	case a.Value >= manifest.MostAmount:
		return text + " is more cores than any machine has"
	case a.Value >= mostCPU:
		return fmt.Sprintf("%s is %s cores%s", text, manifest.FormatCPU(a.Value), meant("cpu", text))
	}
	return ""
}

// meant proposes the unit that an absurd amount may have been meant in; "" where
// that would be absurd, too, or no number.
func meant(resource, text string) string {
	digits := strings.TrimRight(text, "numkKMGTPEi")
	if strings.Trim(digits, "0123456789.") != "" || strings.HasPrefix(digits, ".") || strings.HasSuffix(digits, ".") {
		return ""
	}
	if v, err := manifest.ParseCPU(digits + "m"); resource == "cpu" && err == nil && v < mostCPU {
		return "; " + digits + "m is meant?"
	}
	if v, err := manifest.ParseBytes(digits + "Mi"); resource == "memory" && err == nil && v >= leastMemory && v < mostMemory {
		return "; " + digits + "Mi is meant?"
	}
	return ""
}

var requestOverLimit = Rule{
	Name: "request-over-limit", Severity: verdict.SeverityError,
	Doc: "A request is larger than its limit, or for a device not the same; the API server refuses the pod.",
	Run: func(p *Pass) error {
		p.everyBounds(p.judgeBounds)
		p.containers(p.judgeDefaults)
		for _, w := range p.workloads {
			p.judgePodLevel(w)
		}
		return nil
	},
}

// judgeBounds compares what is written of every resource.
func (p *Pass) judgeBounds(b bounds) {
	for _, r := range named(b.requests) {
		limits := named(b.limits)
		i := slices.IndexFunc(limits, func(l manifest.NamedAmount) bool { return l.Name == r.Name })
		if i < 0 || !r.Set() || !limits[i].Set() {
			continue
		}
		f := verdict.Finding{Container: b.container, Field: "requests." + r.Name, Reason: "the API server refuses the pod"}
		limit := limits[i]
		exact := isDevice(r.Name) || strings.HasPrefix(r.Name, "hugepages-")
		switch {
		case r.Value > limit.Value:
			f.Message = fmt.Sprintf("the %s request %s is above the limit %s", label(r.Name), r.Node.Text, limit.Node.Text)
		case exact && r.Value < limit.Value:
			f.Message = fmt.Sprintf("the %s request %s is not the limit %s, and devices cannot be shared", label(r.Name), r.Node.Text, limit.Node.Text)
		default:
			continue
		}
		p.reportAt(b.w.Document, r.Node, f)
	}
}

// judgeDefaults compares a request with the limit that a LimitRange fills in.
func (p *Pass) judgeDefaults(w *manifest.Workload, c *manifest.Container) {
	for _, v := range p.views(w, c) {
		if !v.request.Set() || v.limit.Written() || v.defaultLimit == 0 || v.request.Value <= v.defaultLimit {
			continue
		}
		p.reportAt(w.Document, v.request.Node, verdict.Finding{
			Container: c.Name, Field: "requests." + v.name,
			Message: fmt.Sprintf("the %s request %s is above the limit %s that the LimitRange fills in", label(v.name), v.request.Node.Text, v.format(v.defaultLimit)),
			Reason:  "the API server refuses the pod",
		})
	}
}

// judgePodLevel compares a pod's own requests and limits with its containers':
// they must hold them.
func (p *Pass) judgePodLevel(w *manifest.Workload) {
	plain := *w
	plain.Requests, plain.Limits = manifest.Resources{}, manifest.Resources{}
	sum := plain.Amounts()
	for _, of := range []struct {
		name   string
		pod    manifest.Amount
		sum    int64
		format func(int64) string
	}{{"cpu", w.Requests.CPU, sum.CPU, cores}, {"memory", w.Requests.Memory, sum.Memory, short}} {
		if of.pod.Set() && of.sum > of.pod.Value {
			p.reportAt(w.Document, of.pod.Node, verdict.Finding{
				Field: "requests." + of.name, Reason: "the API server refuses the pod",
				Message: fmt.Sprintf("the pod's %s request %s is below the %s that its containers request", label(of.name), of.pod.Node.Text, of.format(of.sum)),
			})
		}
	}
	for i := range w.Containers {
		c := &w.Containers[i]
		for _, v := range p.views(w, c) {
			if v.podLimit.Set() && v.limit.Set() && v.limit.Value > v.podLimit.Value {
				p.reportAt(w.Document, v.limit.Node, verdict.Finding{
					Container: c.Name, Field: "limits." + v.name, Reason: "the API server refuses the pod",
					Message: fmt.Sprintf("the %s limit %s is above the pod's limit %s", label(v.name), v.limit.Node.Text, v.podLimit.Node.Text),
				})
			}
		}
	}
}
