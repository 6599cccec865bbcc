package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// WaiverPrefix begins the annotations that waive findings; the rule's name
// follows.
const WaiverPrefix = "waiver.plimsoll.dev/"

// parseWaiver reads owner=..., reason=..., expires=...; a reason may hold
// commas.
func parseWaiver(s string) (verdict.Waiver, string, error) {
	var w verdict.Waiver
	container := ""
	into := map[string]*string{"owner": &w.Owner, "reason": &w.Reason, "expires": &w.Expires, "container": &container}
	var last *string
	for _, part := range strings.Split(s, ",") {
		key, value, ok := strings.Cut(part, "=")
		if field := into[strings.TrimSpace(key)]; ok && field != nil && *field == "" {
			*field, last = strings.TrimSpace(value), field
		} else if last != nil {
			*last += "," + part
		} else {
			return w, "", fmt.Errorf("%q is not owner=..., reason=..., expires=YYYY-MM-DD", strings.TrimSpace(part))
		}
	}
	return w, container, w.Check()
}

// waiver is one that was found, with where it stands and whether it served.
type waiver struct {
	verdict.Waiver
	rule, container string
	document        *manifest.Document // of an annotation; nil for the policy's
	match           policy.Match       // of the policy
	node            *manifest.Node
	key             manifest.Position
	used            bool
	err             error
}

func (w *waiver) expired(today string) bool { return w.Expires < today }

// waivable are the rules that can be waived: not those on waivers themselves.
func waivable(rule string) bool {
	return rule != waiverInvalid.Name && rule != waiverExpired.Name && rule != waiverUnused.Name
}

func (p *Pass) collectWaivers() {
	known := map[string]bool{}
	for _, r := range Rules() {
		known[r.Name] = waivable(r.Name)
	}
	for _, c := range p.policy.Custom {
		known[c.Name] = true
	}
	for _, d := range p.documents {
		annotations := d.Root.At("metadata", "annotations")
		if annotations == nil {
			continue
		}
		for _, f := range annotations.Fields {
			rule, ok := strings.CutPrefix(f.Name, WaiverPrefix)
			if !ok {
				continue
			}
			w := &waiver{rule: rule, document: d, node: f.Value, key: f.Key}
			w.Waiver, w.container, w.err = parseWaiver(f.Value.String())
			if w.err == nil && !known[rule] {
				w.err = fmt.Errorf("there is no rule %q to waive", rule)
			}
			p.waivers = append(p.waivers, w)
		}
	}
	for _, w := range p.policy.Waivers {
		p.waivers = append(p.waivers, &waiver{Waiver: verdict.Waiver{Owner: w.Owner, Reason: w.Reason, Expires: w.Expires}, rule: w.Rule, container: w.Container, match: w.Match})
	}
}

// waive marks the findings that a waiver lets be.
func (p *Pass) waive() {
	byID := map[string]*manifest.Document{}
	for _, d := range p.documents {
		byID[d.File+"\x00"+p.id(d)] = d
	}
	for i := range p.out {
		f := &p.out[i]
		d := byID[f.Place.File+"\x00"+f.Object]
		for _, w := range p.waivers {
			if w.err != nil || w.rule != f.Rule || w.container != "" && w.container != f.Container || !w.covers(d, p) {
				continue
			}
			w.used = true
			if !w.expired(p.today) {
				given := w.Waiver
				f.State, f.Waiver = verdict.StateWaived, &given
			}
		}
	}
}

func (w *waiver) covers(d *manifest.Document, p *Pass) bool {
	if w.document != nil {
		return w.document == d
	}
	return d != nil && w.match.Fits(d, p.ns(d)) || d == nil && w.match.Empty()
}

// reportWaiver files a finding at a waiver.
func (p *Pass) reportWaiver(w *waiver, message, reason string) {
	f := verdict.Finding{Container: w.container, Field: WaiverPrefix + w.rule, Message: message, Reason: reason}
	if w.document == nil {
		f.Place.File = "the policy"
		f.Field += " " + strings.Join(slices.Concat(w.match.Namespaces, w.match.Kinds, w.match.Names, w.match.Files), " ")
		p.report(nil, manifest.Position{}, f)
		return
	}
	p.report(w.document, w.key, f)
}

var waiverInvalid = Rule{
	Name: "waiver-invalid", Severity: verdict.SeverityError,
	Doc: "A waiver lacks its owner, reason or expiry date, or names no rule; it waives nothing.",
	Run: func(p *Pass) error {
		for _, w := range p.waivers {
			if w.err != nil {
				p.reportWaiver(w, fmt.Sprintf("the waiver of %s is not valid: %s", w.rule, w.err), `write it as "owner=..., reason=..., expires=YYYY-MM-DD"`)
			}
		}
		return nil
	},
}

var waiverExpired = Rule{
	Name: "waiver-expired", Severity: verdict.SeverityError,
	Doc: "A waiver has expired; what it waived counts again.",
	Run: func(p *Pass) error {
		for _, w := range p.waivers {
			if w.err == nil && w.used && w.expired(p.today) {
				p.reportWaiver(w, fmt.Sprintf("the waiver of %s expired on %s", w.rule, w.Expires), fmt.Sprintf("%s gave it: %s; mend what it waived, or renew it", w.Owner, w.Reason))
			}
		}
		return nil
	},
}

var waiverUnused = Rule{
	Name: "waiver-unused", Severity: verdict.SeverityWarning,
	Doc: "A waiver waives nothing; take it out.",
	Run: func(p *Pass) error {
		for _, w := range p.waivers {
			if w.err == nil && !w.used {
				p.reportWaiver(w, fmt.Sprintf("the waiver of %s waives nothing", w.rule), "what it waived is mended or gone; take it out, so that it does not hide the next one")
			}
		}
		return nil
	},
}
