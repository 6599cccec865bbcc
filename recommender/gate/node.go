package gate

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

var nodeSize = Rule{
	Name: "node-size", Severity: verdict.SeverityError,
	Doc: "A pod asks for more than the largest node has, so that it can never be scheduled; where pods are billed one by one, more than is sold.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			message := p.tooLarge(w)
			if message == "" {
				continue
			}
			p.reportAt(w.Document, largest(w), verdict.Finding{Field: "node", Message: message, Reason: "it stays Pending for ever"})
		}
		return nil
	},
}

// tooLarge says what no node takes of a pod, nor any program that bills pods one by one;
// empty where one does, or its largest size is not known.
func (p *Pass) tooLarge(w *manifest.Workload) string {
	a := w.Amounts()
	by := above(a, p.node)
	message := "the pod is larger than the largest node: " + strings.Join(by, ", ")
	if w.Kind == "DaemonSet" { // none runs there
		if len(by) == 0 {
			return ""
		}
		return message
	}
	for _, program := range p.input.Programs {
		most, known := analyzer.LargestPod(program)
		sold := above(a, most)
		switch {
		case !known || len(sold) == 0:
			return ""
		case p.node == (analyzer.Amounts{}): // no machine
			by, message = sold, "the pod is larger than "+program+" sells: "+strings.Join(sold, ", ")
		case len(by) > 0:
			message += "; and than " + program + " sells: " + strings.Join(sold, ", ")
		}
	}
	if len(by) == 0 {
		return ""
	}
	return message
}

// above says in what a pod is above the most that it may have; 0 is no bound.
func above(a, most analyzer.Amounts) (over []string) {
	if most.CPU > 0 && a.CPU > most.CPU {
		over = append(over, fmt.Sprintf("CPU %s of %s", cores(a.CPU), manifest.FormatCPU(most.CPU)))
	}
	if most.Memory > 0 && a.Memory > most.Memory {
		over = append(over, fmt.Sprintf("memory %s of %s", short(a.Memory), short(most.Memory)))
	}
	return over
}

// largest finds the CPU or memory request of the container that asks for the
// most, as the place to point at.
func largest(w *manifest.Workload) *manifest.Node {
	var best *manifest.Node
	most := int64(-1)
	for i := range w.Containers {
		c := &w.Containers[i]
		for _, a := range []manifest.Amount{c.Requests.Memory, c.Requests.CPU} {
			if weight := c.Effective().Memory + c.Effective().CPU<<20; a.Set() && weight > most {
				best, most = a.Node, weight
			}
		}
	}
	return best
}

// cores writes millicores for people.
func cores(millicores int64) string {
	if millicores >= manifest.MostAmount {
		return manifest.FormatCPU(manifest.MostAmount/1000*1000) + " or more"
	}
	return manifest.FormatCPU(millicores)
}

// bytesOf writes bytes for people, in full.
func bytesOf(bytes int64) string {
	if bytes >= manifest.MostAmount {
		return manifest.FormatBytes(manifest.MostAmount) + " or more"
	}
	return manifest.FormatBytes(bytes)
}

// short writes bytes for people: whole MiB, or GiB with a decimal.
func short(bytes int64) string {
	if bytes >= manifest.MostAmount {
		return bytesOf(bytes)
	}
	if bytes >= 1<<30 && bytes%(1<<30) != 0 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/(1<<30)), ".0") + "Gi"
	}
	if bytes >= 1<<20 {
		return manifest.FormatBytes((bytes + 1<<19) >> 20 << 20)
	}
	return manifest.FormatBytes(bytes)
}

var daemonSetWeight = Rule{
	Name: "daemonset-weight", Severity: verdict.SeverityWarning,
	Doc: "A DaemonSet takes more of every node than the policy allows.",
	Run: func(p *Pass) error {
		bounds := p.policy.DaemonSets
		limit := analyzer.Amounts{CPU: bounds.CPU.Millicores(), Memory: bounds.Memory.Bytes()}
		share := or(bounds.NodeShare, 0.1)
		if limit.CPU == 0 && p.node.CPU > 0 {
			limit.CPU = int64(share * float64(p.node.CPU))
		}
		if limit.Memory == 0 && p.node.Memory > 0 {
			limit.Memory = int64(share * float64(p.node.Memory))
		}
		for _, w := range p.workloads {
			if w.Kind == "DaemonSet" {
				p.weigh(w, limit)
			}
		}
		return nil
	},
}

func (p *Pass) weigh(w *manifest.Workload, limit analyzer.Amounts) {
	a := w.Amounts()
	var over []string
	measure := 0.0
	if limit.CPU > 0 && a.CPU > limit.CPU {
		over = append(over, fmt.Sprintf("CPU %s of at most %s", cores(a.CPU), manifest.FormatCPU(limit.CPU)))
		measure = float64(a.CPU) / float64(limit.CPU)
	}
	if limit.Memory > 0 && a.Memory > limit.Memory {
		over = append(over, fmt.Sprintf("memory %s of at most %s", short(a.Memory), short(limit.Memory)))
		measure = max(measure, float64(a.Memory)/float64(limit.Memory))
	}
	if len(over) == 0 {
		return
	}
	f := verdict.Finding{
		Field: "daemonset", Measure: measure, Message: "the DaemonSet takes much of every node: " + strings.Join(over, ", "),
		Reason: "its request is paid on every node, and on small nodes it leaves little for others",
	}
	if line := p.cost.at[p.ref(w)]; line != nil && p.cost.Known {
		f.Reason += fmt.Sprintf("; %s a month on %s nodes", usd(line.After), count(line.ReplicasAfter))
	}
	p.reportAt(w.Document, largest(w), f)
}
