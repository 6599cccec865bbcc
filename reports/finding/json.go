package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// document is the JSON form.
type document struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Version  string           `json:"version"`
		Today    string           `json:"today"`
		Evidence string           `json:"evidence,omitempty"`
		FailOn   verdict.Severity `json:"failOn"`
	} `json:"metadata"`
	Failed   bool               `json:"failed"`
	Summary  verdict.Summary    `json:"summary"`
	Account  verdict.Account    `json:"account"`
	Cost     verdict.Cost       `json:"cost"`
	Findings []verdict.Finding  `json:"findings"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// Kind is the kind of the JSON document.
const Kind = "Judgement"

func writeJSON(w io.Writer, r *Report, _ Options) error {
	d := document{
		APIVersion: verdict.APIVersion, Kind: Kind, Failed: r.Fails(), Summary: r.Summary, Account: r.Account, Cost: r.Cost,
		Findings: []verdict.Finding{}, Warnings: append([]analyzer.Warning{}, r.Warnings...),
	}
	d.Metadata.Version, d.Metadata.Today, d.Metadata.Evidence, d.Metadata.FailOn = r.Version, r.Today, r.Evidence, r.Threshold
	text, err := encoded(d, "")
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(text, noFindings) // no text of the document has a bare line break in it
	return writeParts(w, before, r.Findings, after)
}

// noFindings is how the document has its findings before there are any.
var noFindings = []byte("\n  \"findings\": []")

// writeParts writes the findings one by one between what stands before and after
// them: a large tree has as many as the rest of the program's memory holds.
func writeParts(w io.Writer, before []byte, findings []verdict.Finding, after []byte) error {
	out := bufio.NewWriter(w)
	out.Write(before) // the error is sticky: Flush gives it
	if len(findings) == 0 {
		out.Write(noFindings)
	} else {
		out.WriteString("\n  \"findings\": [")
	}
	for i := range findings {
		text, err := encoded(&findings[i], "    ")
		if err != nil {
			return err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		out.Write(bytes.TrimSuffix(text, []byte("\n")))
	}
	if len(findings) > 0 {
		out.WriteString("\n  ]")
	}
	out.Write(after)
	return out.Flush()
}

func encode(w io.Writer, v any) error {
	text, err := encoded(v, "")
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// encoded gives indented JSON, each line but the first behind a prefix.
func encoded(v any, prefix string) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, "  ")
	err := e.Encode(v)
	return analyzer.EscapeJSON(buf.Bytes()), err
}
