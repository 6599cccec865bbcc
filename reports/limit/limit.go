// Package limit reads what --fail-on names and judges reports and comparisons
// by it. A condition that cannot be checked fails.
package limit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

// amount is an amount of money a month, or a share of what nodes cost.
type amount struct {
	share   float64
	usd     document.USD
	isShare bool
	text    string
}

// parseAmount reads 5% or $100.
func parseAmount(text string) (*amount, error) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimPrefix(number, "$"), 64)
	if err != nil || !document.IsFinite(v) || v < 0 || v > 1e12 {
		return nil, fmt.Errorf("%s is no amount: want a share such as 5%%, or dollars a month such as $100", strconv.Quote(text))
	}
	if percent {
		return &amount{share: v / 100, isShare: true, text: text}, nil
	}
	return &amount{usd: document.USD(document.Whole(v * 100)), text: text}, nil
}

// of is the amount in money, of a whole.
func (a *amount) of(whole document.USD) float64 {
	if a.isShare {
		return a.share * float64(whole)
	}
	return float64(a.usd)
}

// notEmpty refuses a --fail-on that names nothing, as one of an unset variable
// of a pipeline does: it would never fail.
func notEmpty(words []string) error {
	if words != nil && len(words) == 0 {
		return errors.New("--fail-on is empty, so nothing would be checked: name a condition, or leave it out")
	}
	return nil
}

// Audit are the conditions of audit's --fail-on.
type Audit struct {
	kinds   []document.UrgentKind
	savings *amount
}

// Kinds names what is urgent, as --fail-on of an audit takes it.
func Kinds() []string {
	var out []string
	for _, k := range document.UrgentKinds() {
		out = append(out, string(k))
	}
	return out
}

// ParseAudit reads conditions such as oom-killed or savings=10%. No words are nil;
// a list that is empty is an error.
func ParseAudit(words []string) (Audit, error) {
	var out Audit
	if err := notEmpty(words); err != nil {
		return out, err
	}
	for _, w := range words {
		text, isSavings := strings.CutPrefix(w, "savings=")
		switch {
		case isSavings:
			a, err := parseAmount(text)
			if err != nil {
				return out, fmt.Errorf("--fail-on %s: %w", w, err)
			}
			out.savings = a
		case slices.Contains(Kinds(), w):
			out.kinds = append(out.kinds, document.UrgentKind(w))
		default:
			return out, fmt.Errorf("--fail-on %s: there is: %s, savings=10%%, savings=$500", w, strings.Join(Kinds(), ", "))
		}
	}
	return out, nil
}

// Judge is the error of a report that holds what must not be. A limit on money
// without prices can't be checked, so it fails too.
func (l Audit) Judge(r *document.Report) error {
	var found []string
	count := map[document.UrgentKind]int{}
	for _, u := range r.Urgents() {
		count[u.Kind]++
	}
	for _, k := range l.kinds {
		if why := r.Unseen(k); why != "" {
			return fmt.Errorf("--fail-on %s can't be checked: %s", k, why)
		}
		if n := count[k]; n > 0 {
			found = append(found, fmt.Sprintf("%d %s (--fail-on %s)", n, k, k))
		}
	}
	if l.savings != nil {
		cost, savings := r.Summary.MonthlyCost, r.Summary.MonthlySavings
		if r.Summary.QuietHour {
			return fmt.Errorf("--fail-on savings=%s can't be checked: few pods run at this hour, and what the nodes of the window cost is not known; scrape kube_node_info of kube-state-metrics", l.savings.text)
		}
		if cost == nil || savings == nil {
			return fmt.Errorf("--fail-on savings=%s: no node has a price; name the cloud with --provider and --region, or give --pricing", l.savings.text)
		}
		if *savings > 0 && float64(*savings) >= l.savings.of(*cost) {
			word := "to save"
			if r.Nodes.Plan == nil {
				word += ", freed room with it"
			}
			found = append(found, fmt.Sprintf("%s a month %s (--fail-on savings=%s)", strings.TrimSuffix(document.Saved(*cost, *cost-*savings).String(), ".00"), word, l.savings.text))
		}
	}
	return foundError("audit", found)
}

// leverOf is the lever that finds a kind; what sources see needs none.
var leverOf = map[document.UrgentKind]string{
	document.ShortOfCPU: document.LeverRightsize, document.Blocked: document.LeverHorizontal, document.Pending: document.LeverNodes,
}

// Needs refuses kinds whose lever is not worked out: they would never be found.
func (l Audit) Needs(levers []string) error {
	for _, k := range l.kinds {
		if lever := leverOf[k]; lever != "" && len(levers) > 0 && !slices.Contains(levers, lever) {
			return fmt.Errorf("--fail-on %s needs the lever %s, which --only leaves out", k, lever)
		}
	}
	return nil
}

// Diff are the conditions of diff's --fail-on.
type Diff struct {
	kinds []string
	cost  *amount
}

// ParseDiff reads conditions such as worse or cost=5%, as ParseAudit does.
func ParseDiff(words []string) (Diff, error) {
	var out Diff
	if err := notEmpty(words); err != nil {
		return out, err
	}
	for _, w := range words {
		text, isCost := strings.CutPrefix(w, "cost=")
		switch {
		case isCost:
			a, err := parseAmount(text)
			if err != nil {
				return out, fmt.Errorf("--fail-on %s: %w", w, err)
			}
			out.cost = a
		case slices.Contains(change.DiffKinds(), w):
			out.kinds = append(out.kinds, w)
		default:
			return out, fmt.Errorf("--fail-on %s: there is: %s, cost=5%%, cost=$100", w, strings.Join(change.DiffKinds(), ", "))
		}
	}
	return out, nil
}

// ofWorkloads reports whether workloads get better or worse by what is not known: pods
// that wait for a node are told of as a whole.
func ofWorkloads(u change.Unchecked) bool { return u.What != string(document.Pending) }

// Judge is the error of a comparison that holds what must not be.
func (l Diff) Judge(d *change.Comparison) error {
	var found []string
	for _, kind := range l.kinds {
		if i := slices.IndexFunc(d.Unchecked, ofWorkloads); i >= 0 && (kind == change.DiffWorse || kind == change.DiffBetter) {
			return fmt.Errorf("--fail-on %s can't be checked: %s", kind, d.Unchecked[i])
		}
		n := 0
		for i := range d.Workloads {
			if x := &d.Workloads[i]; x.What == kind || x.Brought == kind {
				n++
			}
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%s %s (--fail-on %s)", document.Counted(n, "workload"), kind, kind))
		}
	}
	if l.cost != nil {
		a, b := d.Before.MonthlyCost, d.After.MonthlyCost
		if a == nil || b == nil {
			return fmt.Errorf("--fail-on cost=%s: a report has no prices; name the cloud with --provider and --region when it is made", l.cost.text)
		}
		if more := *b - *a; more > 0 && float64(more) >= l.cost.of(*a) {
			found = append(found, fmt.Sprintf("nodes cost %s more a month (--fail-on cost=%s)", more, l.cost.text))
		}
	}
	return foundError("diff", found)
}

// Found is the error of a report that holds what must not be.
type Found struct {
	Verb string
	What []string
}

func (e *Found) Error() string { return e.Verb + " failed: " + strings.Join(e.What, ", ") }

// foundError is nil where nothing was found.
func foundError(verb string, found []string) error {
	if len(found) == 0 {
		return nil
	}
	return &Found{verb, found}
}
