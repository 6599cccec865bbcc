package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Hollow is why documents are skipped whose kinds hold no requests.
const Hollow = "holds no requests"

// Account says of every document that was read what became of it: what is
// judged and what is skipped add up to what was read.
type Account struct {
	// Judged counts the documents that rules look at, by kind.
	Judged []Counted `json:"judged"`
	// Skipped counts the others, by kind and reason.
	Skipped []Counted `json:"skipped"`
	// Paths are those that the user named, as they were named.
	Paths []PathCount `json:"paths,omitempty"`
	// WithoutEvidence counts the workloads that the evidence which was given does
	// not know: they are judged by the policy alone.
	WithoutEvidence int `json:"withoutEvidence,omitempty"`
	// Withheld counts the workloads that the evidence broke off at, each of which a
	// finding names: they are judged by the policy alone.
	Withheld int `json:"withheld,omitempty"`
}

// Counted is a number of documents of a kind.
type Counted struct {
	Kind string `json:"kind,omitempty"` // "" for what is no Kubernetes object
	// Reason says why they are skipped, or how they are judged where their kind
	// is not known.
	Reason string `json:"reason,omitempty"`
	Count  int    `json:"count"`
	// First is where the first of them stands.
	First Place `json:"first"`
}

// PathCount counts the documents of one path.
type PathCount struct {
	Path      string `json:"path"`
	Documents int    `json:"documents"`
	Judged    int    `json:"judged"`
	// Hollow are those of kinds that hold no requests.
	Hollow int `json:"withoutRequests"`
}

// Sum adds up counts.
func Sum(list []Counted) int {
	n := 0
	for _, c := range list {
		n += c.Count
	}
	return n
}

// String says in one line what became of the documents.
func (a Account) String() string {
	judged := Sum(a.Judged)
	parts := []string{fmt.Sprintf("%s: %d judged", plural(judged+Sum(a.Skipped), "document"), judged)}
	var shapes, others []string
	for _, c := range a.Judged {
		if c.Reason != "" {
			shapes = append(shapes, fmt.Sprintf("%d %s", c.Count, c.Kind))
		}
	}
	if len(shapes) > 0 {
		parts[0] += " (" + brief(shapes) + " by shape)"
	}
	hollow := 0
	for _, c := range a.Skipped {
		if c.Reason == Hollow {
			hollow += c.Count
			continue
		}
		others = append(others, fmt.Sprintf("%d %s (%s)", c.Count, cmp.Or(c.Kind, "without a kind"), c.Reason))
	}
	if len(others) > 0 {
		parts = append(parts, brief(others))
	}
	if hollow > 0 {
		parts = append(parts, fmt.Sprintf("%d without requests", hollow))
	}
	if a.WithoutEvidence > 0 {
		parts = append(parts, fmt.Sprintf("%s without evidence", plural(a.WithoutEvidence, "workload")))
	}
	if a.Withheld > 0 {
		parts = append(parts, fmt.Sprintf("%s not judged by the evidence, which is partial", plural(a.Withheld, "workload")))
	}
	return strings.Join(parts, "; ")
}

// brief joins a list and cuts a long one.
func brief(list []string) string {
	const most = 8
	if n := len(list) - most; n > 0 {
		list = append(slices.Clone(list[:most]), fmt.Sprintf("%d more kinds", n))
	}
	return strings.Join(list, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
