package document

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// WriteJSON writes the report as JSON without its history: indented for people, else
// without spaces, which take half of a large report's bytes.
func WriteJSON(w io.Writer, r *Report, indent bool) error {
	data, err := Encode(r.plain(), indent)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Save writes the report as JSON with all that it has, to be read again.
func Save(w io.Writer, r *Report) error {
	if err := json.NewEncoder(w).Encode(r); err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	return nil
}

// plain is the report without its history.
func (r *Report) plain() *Report {
	out := *r
	out.History = nil
	return &out
}

// Encode gives a document as JSON without control characters, indented or on one line.
func Encode(r any, indent bool) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding the report: %w", err)
	}
	return analyzer.EscapeJSON(buf.Bytes()), nil
}

// WriteYAML prints the JSON document as YAML with its fields in the same
// order: JSON is YAML, so only the style of its nodes changes.
func WriteYAML(w io.Writer, r *Report) error {
	data, err := Encode(r.plain(), true)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("encoding the report as YAML: %w", err)
	}
	blockStyle(&doc)
	var buf bytes.Buffer
	for fields := doc.Content[0].Content; len(fields) > 0; fields = fields[2:] {
		if err := appendField(&buf, fields[0], fields[1]); err != nil {
			return fmt.Errorf("encoding the report as YAML: %w", err)
		}
	}
	_, err = w.Write(analyzer.EscapeJSON(buf.Bytes()))
	return err
}

// appendField encodes one field of the document, and a list in it item by
// item: with a long list in one piece the encoder spends most of its time on
// growing its queue of events.
func appendField(buf *bytes.Buffer, key, value *yaml.Node) error {
	if value.Kind != yaml.SequenceNode || len(value.Content) == 0 {
		return appendNode(buf, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, value}})
	}
	fmt.Fprintf(buf, "%s:\n", key.Value)
	for i := range value.Content {
		if err := appendNode(buf, &yaml.Node{Kind: yaml.SequenceNode, Content: value.Content[i : i+1]}); err != nil {
			return err
		}
	}
	return nil
}

func appendNode(buf *bytes.Buffer, n *yaml.Node) error {
	e := yaml.NewEncoder(buf)
	e.SetIndent(2)
	e.CompactSeqIndent()
	return errors.Join(e.Encode(n), e.Close())
}

// blockStyle takes the quotes and braces of JSON off; the encoder puts quotes
// back where a string would read as something else. Empty lists and objects
// keep their brackets, since YAML has no other way to write them. What steers a
// terminal keeps its quotes, in which YAML has JSON's escapes.
func blockStyle(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode && !steers(n.Value) {
		n.Style = 0
	}
	for _, c := range n.Content {
		blockStyle(c)
	}
}

// steers reports whether a text holds more of what Printable takes out than lines.
func steers(s string) bool {
	s = strings.ReplaceAll(s, "\n", "")
	return s != analyzer.Printable(s)
}

// Read reads a report that was written as JSON or YAML. Fields that this
// program does not know are passed over, since later versions may add some.
func Read(r io.Reader) (*Report, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	decode := json.Unmarshal
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		if err := manifest.CheckAliases(data); err != nil {
			return nil, fmt.Errorf("reading the report: %w", err)
		}
		decode = func(data []byte, v any) error { return k8syaml.Unmarshal(data, v) }
	}
	var out Report
	if err := decode(data, &out); err != nil {
		return nil, fmt.Errorf("reading the report: neither the JSON nor the YAML that plimsoll writes: %w", err)
	}
	if err := readable(&out); err != nil {
		return nil, err
	}
	out.upgrade()
	analyzer.Clean(&out)
	return &out, out.History.check()
}

// readable refuses what is no report, and one of a version that is not known.
func readable(r *Report) error {
	switch {
	case r.APIVersion == "" && r.Kind == "":
		return errors.New("reading the report: it is empty, or not a report that plimsoll wrote: it has neither apiVersion nor kind")
	case r.Kind != Kind:
		return fmt.Errorf("reading the report: it is a %q of %q, and no %s; audit -o json writes one", r.Kind, r.APIVersion, Kind)
	case r.APIVersion != APIVersion:
		return fmt.Errorf("reading the report: it is of version %q, this program reads %q; read it with the program that wrote it, or make it again with this version", r.APIVersion, APIVersion)
	}
	return nil
}

// upgrade says what a report of an older version said in another way: what is
// withheld stood among the warnings, and some findings had other codes.
func (r *Report) upgrade() {
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			r.Workloads[i].Containers[j].upgrade()
		}
		for j := range r.Workloads[i].Findings {
			f := &r.Workloads[i].Findings[j]
			f.Code = cmp.Or(renamed[f.Code], f.Code)
		}
	}
}

// renamed are findings' codes that older versions had, and what they are called now.
var renamed = map[string]string{
	"hpa-min-above-max": "hpa-invalid", "hpa-inert": "hpa-range", "hpa-without-request": "hpa-no-request",
	"hpa-target-unreachable": "hpa-unreachable", "hpa-vpa-conflict": "hpa-vpa", "hpa-twice": "hpa-overlap",
	"pdb-blocks-drain": "pdb-deadlock",
}

func (c *Container) upgrade() {
	c.Warnings = slices.DeleteFunc(c.Warnings, func(w analyzer.Warning) bool {
		if w.Code != WarnWithheld {
			return false
		}
		old := Withheld{Resource: "all", Reason: w.Message}
		for _, resource := range []string{"cpu", "memory"} {
			if reason, ok := strings.CutPrefix(w.Message, resource+": "); ok {
				old = Withheld{Resource: resource, Reason: reason}
			}
		}
		c.Withheld = append(c.Withheld, old)
		return true
	})
}
