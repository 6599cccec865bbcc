package finding

import (
	"io"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// gitlabIssue is an entry of GitLab's code quality report.
type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

func writeGitLab(w io.Writer, r *Report, o Options) error {
	severities := map[verdict.Severity]string{verdict.SeverityError: "critical", verdict.SeverityWarning: "minor", verdict.SeverityNote: "info"}
	out := []gitlabIssue{}
	for _, f := range r.shown(o.All) {
		text := f.Message
		if s := subject(f); s != "" {
			text = s + ": " + text
		}
		out = append(out, gitlabIssue{
			Description: text, CheckName: f.Rule, Fingerprint: f.Fingerprint, Severity: severities[f.Severity],
			Location: gitlabLocation{Path: f.Place.File, Lines: gitlabLines{Begin: max(int(f.Place.Start.Line), 1)}},
		})
	}
	return encode(w, out)
}
