package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

func writeJSON(w io.Writer, r *Report, _ Options) error {
	data, err := encode(r)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func encode(r *Report) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding the report: %w", err)
	}
	return buf.Bytes(), nil
}

// writeYAML prints the JSON document as YAML with its fields in the same
// order: JSON is YAML, so only the style of its nodes changes.
func writeYAML(w io.Writer, r *Report, _ Options) error {
	data, err := encode(r)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("encoding the report as YAML: %w", err)
	}
	blockStyle(&doc)
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return fmt.Errorf("writing the report as YAML: %w", err)
	}
	return e.Close()
}

// blockStyle takes the quotes and braces of JSON off; the encoder puts quotes
// back where a string would read as something else. Empty lists and objects
// keep their brackets, since YAML has no other way to write them.
func blockStyle(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		blockStyle(c)
	}
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
		decode = func(data []byte, v any) error { return k8syaml.Unmarshal(data, v) }
	}
	var out Report
	if err := decode(data, &out); err != nil {
		return nil, fmt.Errorf("reading the report: neither the JSON nor the YAML that plimsoll writes: %w", err)
	}
	if out.APIVersion != APIVersion || out.Kind != Kind {
		return nil, fmt.Errorf("reading the report: it is %q of %q, this program reads %q of %q; make it again with this version",
			out.Kind, out.APIVersion, Kind, APIVersion)
	}
	return &out, nil
}
