package finding

import (
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
		Findings: append([]verdict.Finding{}, r.Findings...), Warnings: append([]analyzer.Warning{}, r.Warnings...),
	}
	d.Metadata.Version, d.Metadata.Today, d.Metadata.Evidence, d.Metadata.FailOn = r.Version, r.Today, r.Evidence, r.Threshold
	return encode(w, d)
}

func encode(w io.Writer, v any) error {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(analyzer.EscapeJSON(buf.Bytes()))
	return err
}
