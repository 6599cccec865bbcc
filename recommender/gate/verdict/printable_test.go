package verdict_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// TestMakePrintable: no control character of a manifest reaches a terminal.
func TestMakePrintable(t *testing.T) {
	const bad = "a\x1b[2Jb"
	r := verdict.Result{
		Findings: []verdict.Finding{{Object: bad, Container: bad, Field: bad, Message: bad, Reason: bad, Place: verdict.Place{File: bad}}},
		Warnings: []analyzer.Warning{{Subject: bad, Message: bad}},
	}
	r.MakePrintable()
	f := r.Findings[0]
	for _, text := range []string{f.Object, f.Container, f.Field, f.Message, f.Reason, f.Place.File, r.Warnings[0].Subject, r.Warnings[0].Message} {
		if strings.Contains(text, "\x1b") || !strings.HasPrefix(text, "a") {
			t.Errorf("got %q", text)
		}
	}
}
