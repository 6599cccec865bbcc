package finding

import (
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// The parts of SARIF 2.1.0 that code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool               sarifTool                `json:"tool"`
		AutomationDetails  sarifAutomation          `json:"automationDetails"`
		OriginalURIBaseIDs map[string]sarifArtifact `json:"originalUriBaseIds"`
		ColumnKind         string                   `json:"columnKind"`
		Results            []sarifResult            `json:"results"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Version        string      `json:"version"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string      `json:"id"`
		ShortDescription     sarifText   `json:"shortDescription"`
		HelpURI              string      `json:"helpUri"`
		DefaultConfiguration sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID              string             `json:"ruleId"`
		RuleIndex           int                `json:"ruleIndex"`
		Level               string             `json:"level"`
		Message             sarifText          `json:"message"`
		Locations           []sarifLocation    `json:"locations"`
		RelatedLocations    []sarifLocation    `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string  `json:"partialFingerprints"`
		BaselineState       string             `json:"baselineState,omitempty"`
		Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
		Fixes               []sarifFix         `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		ID               int           `json:"id,omitempty"`
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
		Message          *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI         string     `json:"uri,omitempty"`
		URIBaseID   string     `json:"uriBaseId,omitempty"`
		Description *sarifText `json:"description,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification,omitempty"`
	}
	sarifFix struct {
		Description     sarifText     `json:"description"`
		ArtifactChanges []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		ArtifactLocation sarifArtifact      `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifRegion `json:"deletedRegion"`
		InsertedContent sarifText   `json:"insertedContent"`
	}
)

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	homepage    = "https://github.com/plimsoll-k8s/plimsoll"
	root        = "%SRCROOT%"
)

func writeSARIF(w io.Writer, r *Report, _ Options) error {
	run := sarifRun{
		Tool:               sarifTool{sarifDriver{Name: "plimsoll", InformationURI: homepage, Version: r.Version, Rules: []sarifRule{}}},
		AutomationDetails:  sarifAutomation{"plimsoll/gate/"},
		OriginalURIBaseIDs: map[string]sarifArtifact{root: {Description: &sarifText{"the folder in which plimsoll ran"}}},
		ColumnKind:         "unicodeCodePoints", Results: []sarifResult{},
	}
	index := map[string]int{}
	for i, rule := range r.Rules {
		index[rule.Name] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.Name, ShortDescription: sarifText{rule.Doc}, HelpURI: homepage + "/blob/main/docs/gate.md#rules",
			DefaultConfiguration: sarifConfig{level(rule.Severity)},
		})
	}
	for _, f := range r.present() {
		run.Results = append(run.Results, resultOf(f, index[f.Rule]))
	}
	return encode(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func level(s verdict.Severity) string {
	if s == verdict.SeverityOff {
		return "none"
	}
	return string(s)
}

func resultOf(f verdict.Finding, index int) sarifResult {
	text := f.Message
	if s := subject(f); s != "" {
		text = s + ": " + text
	}
	if f.Reason != "" {
		text += " (" + f.Reason + ")"
	}
	out := sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: level(f.Severity), Message: sarifText{text},
		Locations:           []sarifLocation{{PhysicalLocation: physical(f.Place)}},
		PartialFingerprints: map[string]string{"plimsoll/v1": f.Fingerprint},
	}
	switch f.State {
	case verdict.StateKnown:
		out.BaselineState = "unchanged"
	case verdict.StateWorse:
		out.BaselineState = "updated"
	case verdict.StateWaived:
		out.Suppressions = []sarifSuppression{{Kind: "external", Justification: justification(f.Waiver)}}
	}
	if f.Via != nil {
		out.RelatedLocations = []sarifLocation{{ID: 1, PhysicalLocation: physical(*f.Via), Message: &sarifText{"the value comes in here through an alias"}}}
	}
	if len(f.Fix) > 0 {
		change := sarifChange{ArtifactLocation: artifact(f.Place.File)}
		for _, e := range f.Fix {
			change.Replacements = append(change.Replacements, sarifReplacement{DeletedRegion: region(e.Place), InsertedContent: sarifText{e.New}})
		}
		out.Fixes = []sarifFix{{Description: sarifText{fix(f)}, ArtifactChanges: []sarifChange{change}}}
	}
	return out
}

func justification(w *verdict.Waiver) string {
	if w == nil {
		return ""
	}
	return w.Reason + " (" + w.Owner + ", until " + w.Expires + ")"
}

func physical(p verdict.Place) sarifPhysical {
	r := region(p)
	return sarifPhysical{ArtifactLocation: artifact(p.File), Region: &r}
}

// artifact gives the place of a file: relative ones below the source root.
func artifact(file string) sarifArtifact {
	if file == "" {
		file = "."
	}
	u := url.URL{Path: path.Clean(file)}
	if path.IsAbs(file) {
		u.Scheme = "file"
		return sarifArtifact{URI: u.String()}
	}
	return sarifArtifact{URI: strings.TrimPrefix(u.String(), "./"), URIBaseID: root}
}

func region(p verdict.Place) sarifRegion {
	r := sarifRegion{StartLine: max(int(p.Start.Line), 1), StartColumn: max(int(p.Start.Column), 1)}
	if p.End != (manifest.Position{}) && p.End != p.Start {
		r.EndLine, r.EndColumn = int(p.End.Line), int(p.End.Column)
	}
	return r
}
