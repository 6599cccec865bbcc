package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"

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

// writeJSON writes the document, the findings one by one: a large tree has as many
// as the rest of the program's memory holds.
func writeJSON(w io.Writer, r *Report, o Options) error {
	d := document{
		APIVersion: verdict.APIVersion, Kind: Kind, Failed: r.Fails(), Summary: r.Summary, Account: r.Account, Cost: r.Cost,
		Findings: []verdict.Finding{}, Warnings: append([]analyzer.Warning{}, r.Warnings...),
	}
	d.Metadata.Version, d.Metadata.Today, d.Metadata.Evidence, d.Metadata.FailOn = r.Version, r.Today, r.Evidence, r.Threshold
	lay := compact
	if o.Indent {
		lay = indented
	}
	text, err := encoded(d, lay, "")
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(text, []byte(lay.none)) // no text has a bare quote in it
	out := bufio.NewWriter(w)
	out.Write(before) // the error is sticky: Flush gives it
	if len(r.Findings) == 0 {
		out.WriteString(lay.none)
	} else {
		out.WriteString(strings.TrimSuffix(lay.none, "]"))
	}
	for i := range r.Findings {
		text, err := encoded(&r.Findings[i], lay, lay.prefix)
		if err != nil {
			return err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(lay.before)
		out.Write(bytes.TrimSuffix(text, []byte("\n")))
	}
	if len(r.Findings) > 0 {
		out.WriteString(lay.end)
	}
	out.Write(after)
	return out.Flush()
}

// layout is how JSON is laid out: for people on a terminal, for programs without a
// space.
type layout struct {
	indent string
	// none is how the document has its findings before there are any; before, end
	// and prefix stand around them.
	none, before, end, prefix string
}

var (
	indented = layout{"  ", "\n  \"findings\": []", "\n    ", "\n  ]", "    "}
	compact  = layout{"", ",\"findings\":[]", "", "]", ""}
)

func encode(w io.Writer, v any) error {
	text, err := encoded(v, indented, "")
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// encoded gives JSON; where it is indented, each line but the first behind a
// prefix.
func encoded(v any, lay layout, prefix string) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if lay.indent != "" {
		e.SetIndent(prefix, lay.indent)
	}
	err := e.Encode(v)
	return analyzer.EscapeJSON(buf.Bytes()), err
}
