// Package policy reads what a tree is judged by: rules, their limits, waivers and
// rules of the user's own.
package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// The identity of the policy document.
const (
	APIVersion = verdict.APIVersion
	Kind       = "Policy"
)

// Document is what the gate holds manifests against. The zero value judges by
// the rules' own severities and the defaults named at the fields.
type Document struct {
	// APIVersion is plimsoll.dev/v1alpha1.
	APIVersion string `yaml:"apiVersion" jsonschema:"enum=plimsoll.dev/v1alpha1"`
	// Kind is Policy.
	Kind string `yaml:"kind" jsonschema:"enum=Policy"`
	// Metadata may name the policy.
	Metadata Metadata `yaml:"metadata,omitempty"`
	// FailOn is the severity from which a finding fails the gate (default error).
	FailOn verdict.Severity `yaml:"failOn,omitempty"`
	// Rules sets the severity of rules, or switches them off.
	Rules map[string]verdict.Severity `yaml:"rules,omitempty"`
	// Exclude lists what is not judged.
	Exclude []Match `yaml:"exclude,omitempty"`
	// Ratios bounds limit / request.
	Ratios Ratios `yaml:"ratios,omitempty"`
	// QoS states the quality-of-service class that pods must have; the first entry that matches counts.
	QoS []QoS `yaml:"qos,omitempty"`
	// Node is the largest node that pods must fit on.
	Node Node `yaml:"node,omitempty"`
	// Autoscaling bounds the targets of autoscalers.
	Autoscaling Autoscaling `yaml:"autoscaling,omitempty"`
	// DaemonSets bounds what a DaemonSet may take of every node.
	DaemonSets DaemonSets `yaml:"daemonSets,omitempty"`
	// Evidence says how far requests may be from what usage supports.
	Evidence EvidenceBounds `yaml:"evidence,omitempty"`
	// Budgets bounds the money.
	Budgets Budgets `yaml:"budgets,omitempty"`
	// Prices gives the unit prices; without it they come from the nodes of the report or snapshot, or from the price tables by --provider and --region.
	Prices UnitPrices `yaml:"prices,omitempty"`
	// PodTemplates says where custom kinds keep their pod template.
	PodTemplates []PodTemplate `yaml:"podTemplates,omitempty"`
	// Custom are rules in CEL.
	Custom []CustomRule `yaml:"custom,omitempty"`
	// Waivers let findings be, for a time.
	Waivers []Waiver `yaml:"waivers,omitempty"`
}

// Metadata names a policy.
type Metadata struct {
	Name string `yaml:"name,omitempty"`
}

// Ratios bounds limit / request by resource.
type Ratios struct {
	CPU    Ratio `yaml:"cpu,omitempty"`
	Memory Ratio `yaml:"memory,omitempty"`
}

// Ratio bounds a limit divided by its request.
type Ratio struct {
	// Max is the largest ratio; 0 means no bound.
	Max float64 `yaml:"max,omitempty" jsonschema:"minimum=0"`
}

// QoS wants a quality-of-service class of the pods that match.
type QoS struct {
	Match `yaml:",inline"`
	// Want is the least class: Guaranteed, or Burstable.
	Want string `yaml:"want" jsonschema:"enum=Guaranteed,enum=Burstable"`
}

// Node is a node's size: what pods may have of it, or an instance type of the
// price tables.
type Node struct {
	CPU          Quantity `yaml:"cpu,omitempty"`
	Memory       Quantity `yaml:"memory,omitempty"`
	InstanceType string   `yaml:"instanceType,omitempty"`
}

// Autoscaling bounds the targets of autoscalers, in percent of the request.
type Autoscaling struct {
	// TargetMin is the least utilization target (default 30).
	TargetMin int64 `yaml:"targetMin,omitempty" jsonschema:"minimum=1"`
	// TargetMax is the largest utilization target (default 90, and for CPU no more than keeps the mean response below 3 times the service time).
	TargetMax int64 `yaml:"targetMax,omitempty" jsonschema:"minimum=1"`
}

// DaemonSets bounds what a DaemonSet may take of every node.
type DaemonSets struct {
	CPU    Quantity `yaml:"cpu,omitempty"`
	Memory Quantity `yaml:"memory,omitempty"`
	// NodeShare is the largest share of the node (default 0.1); where it is given, node or a snapshot must say how large nodes are.
	NodeShare float64 `yaml:"nodeShare,omitempty" jsonschema:"minimum=0,maximum=1"`
}

// EvidenceBounds says how far requests may be from what usage supports.
type EvidenceBounds struct {
	// TooBig is how many times the recommended size a request may be (default 2).
	TooBig float64 `yaml:"tooBig,omitempty" jsonschema:"minimum=1"`
	// MinMonthly is the waste in USD a month below which nothing is said (default 5).
	MinMonthly float64 `yaml:"minMonthly,omitempty" jsonschema:"minimum=0"`
	// MinConfidence is the confidence below which evidence does not count (default 0.5).
	MinConfidence float64 `yaml:"minConfidence,omitempty" jsonschema:"minimum=0,maximum=1"`
	// RiskOOM is the accepted probability of an OOM kill within a week (default 0.01).
	RiskOOM float64 `yaml:"riskOOM,omitempty" jsonschema:"minimum=0,maximum=1"`
	// RiskCPU is the accepted share of time with CPU usage above the request (default 0.05).
	RiskCPU float64 `yaml:"riskCPU,omitempty" jsonschema:"minimum=0,maximum=1"`
}

// Budgets bounds the money, in USD a month; 0 means no bound.
type Budgets struct {
	// MaxIncrease is the most that a change may add (needs --base).
	MaxIncrease float64 `yaml:"maxIncrease,omitempty" jsonschema:"minimum=0"`
	// MaxMonthly is the most that all workloads may cost.
	MaxMonthly float64 `yaml:"maxMonthly,omitempty" jsonschema:"minimum=0"`
	// Namespaces is the most that each namespace may cost.
	Namespaces map[string]float64 `yaml:"namespaces,omitempty"`
}

// UnitPrices are USD an hour.
type UnitPrices struct {
	CPUCoreHour   float64 `yaml:"cpuCoreHour,omitempty" jsonschema:"minimum=0"`
	MemoryGiBHour float64 `yaml:"memoryGiBHour,omitempty" jsonschema:"minimum=0"`
	GPUHour       float64 `yaml:"gpuHour,omitempty" jsonschema:"minimum=0"`
}

// PodTemplate says where a custom kind keeps its pod template.
type PodTemplate struct {
	// Group is the API group; empty matches all.
	Group string `yaml:"group,omitempty"`
	Kind  string `yaml:"kind"`
	// Path leads to the pod template, such as spec.engine.template.
	Path string `yaml:"path"`
	// Replicas leads to the number of replicas (default spec.replicas).
	Replicas string `yaml:"replicas,omitempty"`
}

// CustomRule is a rule in CEL.
type CustomRule struct {
	Name string `yaml:"name"`
	// Severity is that of its findings (default warning).
	Severity verdict.Severity `yaml:"severity,omitempty"`
	Match    Match            `yaml:"match,omitempty"`
	// Expression must be true for every object that matches. It sees object, replicas and monthly.
	Expression string `yaml:"expression"`
	// Message says what is wrong where it is not.
	Message string `yaml:"message"`
	// Field is the place to point at, such as spec.replicas.
	Field string `yaml:"field,omitempty"`
}

// Waiver lets the findings of a rule be on what matches.
type Waiver struct {
	Rule      string `yaml:"rule"`
	Match     Match  `yaml:"match"`
	Container string `yaml:"container,omitempty"`
	Owner     string `yaml:"owner"`
	Reason    string `yaml:"reason"`
	// Expires is the last day of the waiver, as YYYY-MM-DD.
	Expires string `yaml:"expires" jsonschema:"format=date"`
}

// Quantity is a Kubernetes quantity.
type Quantity string

// unknownKey is how the YAML library names a key that a type does not have.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// Parse reads a policy. rules has the names of the rules that there are;
// unknown rules and unknown keys are errors.
func Parse(data []byte, rules map[string]bool) (*Document, error) {
	if err := manifest.CheckAliases(data); err != nil {
		return nil, err
	}
	var p Document
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the policy is empty; plimsoll gate --init writes one")
		}
		text := unknownKey.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "there is no key $1")
		return nil, fmt.Errorf("reading the policy: %s", strings.Join(strings.Fields(text), " "))
	}
	if err := checkNumbers(data); err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	if err := p.check(rules); err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	return &p, nil
}

// checkNumbers refuses .nan and .inf: nothing is ever above such a bound.
func checkNumbers(data []byte) error {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return err
	}
	return finite(&n)
}

func finite(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!float" {
		var v float64
		if err := n.Decode(&v); err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("line %d: %s is no bound", n.Line, n.Value)
		}
	}
	for _, c := range n.Content {
		if err := finite(c); err != nil {
			return err
		}
	}
	return nil
}

// check finds what the form of the document cannot.
func (p *Document) check(rules map[string]bool) error {
	if p.APIVersion != APIVersion || p.Kind != Kind {
		return fmt.Errorf("it is %q of %q, not %q of %q", p.Kind, p.APIVersion, Kind, APIVersion)
	}
	known := maps.Clone(rules)
	for i, c := range p.Custom {
		if err := c.check(known); err != nil {
			return fmt.Errorf("custom[%d]: %w", i, err)
		}
		known[c.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		if !known[name] {
			return fmt.Errorf("rules: there is no rule %q; plimsoll help gate.md lists them", name)
		}
		if err := p.Rules[name].Check(); err != nil {
			return fmt.Errorf("rules: %s: %w", name, err)
		}
	}
	for i, w := range p.Waivers {
		if err := w.check(known); err != nil {
			return fmt.Errorf("waivers[%d]: %w", i, err)
		}
	}
	return p.checkSections()
}

func (p *Document) checkSections() error {
	if p.FailOn != "" {
		if err := p.FailOn.Check(); err != nil {
			return fmt.Errorf("failOn: %w", err)
		}
	}
	for i, q := range p.QoS {
		if q.Want != "Guaranteed" && q.Want != "Burstable" {
			return fmt.Errorf("qos[%d]: want is %q: it must be Guaranteed or Burstable", i, q.Want)
		}
	}
	for i, t := range p.PodTemplates {
		if t.Kind == "" || t.Path == "" {
			return fmt.Errorf("podTemplates[%d]: kind and path must be given", i)
		}
	}
	if (p.Node.CPU == "") != (p.Node.Memory == "") {
		return errors.New("node: give cpu and memory, or an instanceType")
	}
	for _, q := range []struct {
		name  string
		value Quantity
	}{{"node.cpu", p.Node.CPU}, {"node.memory", p.Node.Memory}, {"daemonSets.cpu", p.DaemonSets.CPU}, {"daemonSets.memory", p.DaemonSets.Memory}} {
		if _, err := manifest.ParseBytes(string(q.value)); q.value != "" && err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	for i, m := range p.Exclude {
		if err := m.check(); err != nil {
			return fmt.Errorf("exclude[%d]: %w", i, err)
		}
	}
	return nil
}

// Severity gives what the policy makes of a rule.
func (p *Document) Severity(rule string, otherwise verdict.Severity) verdict.Severity {
	if s, ok := p.Rules[rule]; ok {
		return s
	}
	return otherwise
}

// Threshold gives the severity from which the gate fails.
func (p *Document) Threshold() verdict.Severity { return cmp.Or(p.FailOn, verdict.SeverityError) }

// Templates gives the pod templates of the policy.
func (p *Document) Templates() []manifest.Template {
	var out []manifest.Template
	for _, t := range p.PodTemplates {
		m := manifest.Template{Group: t.Group, Kind: t.Kind, Path: strings.Split(t.Path, ".")}
		if t.Replicas != "" {
			m.Replicas = strings.Split(t.Replicas, ".")
		}
		out = append(out, m)
	}
	return out
}

// Bytes reads a quantity of memory that Parse has seen; 0 without one.
func (q Quantity) Bytes() int64 {
	v, _ := manifest.ParseBytes(string(q))
	return v
}

// Millicores reads one of CPU; 0 without one.
func (q Quantity) Millicores() int64 {
	v, _ := manifest.ParseCPU(string(q))
	return v
}
