package analyzer_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestCleanReachesEveryText(t *testing.T) {
	const evil = "\x1b[31mred\x1b]0;t\x07\na\u202eb\u2066\x9b\xff"
	s := &analyzer.Snapshot{
		Cluster: evil, Warnings: []analyzer.Warning{{Code: "odd", Subject: evil, Message: evil}},
		Workloads: []analyzer.Workload{{
			Ref: analyzer.Ref{Name: evil}, Labels: map[string]string{evil: evil, "a": "b"},
			Pods: []analyzer.Pod{{Name: evil, Spec: analyzer.PodSpec{Claims: []string{evil}}}},
		}},
	}
	analyzer.Clean(s)
	w := s.Workloads[0]
	texts := []string{s.Cluster, s.Warnings[0].Subject, s.Warnings[0].Message, w.Name, w.Pods[0].Name, w.Pods[0].Spec.Claims[0]}
	for k, v := range w.Labels {
		texts = append(texts, k, v)
	}
	for i, text := range texts {
		if strings.ContainsAny(text, "\x1b\x07\n\u202e\u2066\u009b") || !utf8.ValidString(text) {
			t.Errorf("text %d is still %q", i, text)
		}
	}
	if w.Labels["a"] != "b" || len(w.Labels) != 2 {
		t.Errorf("labels are %v", w.Labels)
	}
	if got := analyzer.Printable("Überlast 漢字 é"); got != "Überlast 漢字 é" {
		t.Errorf("plain text became %q", got)
	}
}

// The document says the same, and no byte of it steers a terminal.
func TestEscapeJSON(t *testing.T) {
	const evil = "a\u009b31m\u202eb\u2066c\u2028d\u061ce\x7f\x1bé\n"
	document, err := json.MarshalIndent(map[string]string{evil: evil}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got := analyzer.EscapeJSON(document)
	if bytes.ContainsAny(got, "\u009b\u202e\u2066\u2028\u061c\x7f\x1b") || !bytes.Contains(got, []byte("é")) {
		t.Errorf("got %q", got)
	}
	var back map[string]string
	if err := json.Unmarshal(got, &back); err != nil || back[evil] != evil {
		t.Errorf("it reads back as %q, %v", back, err)
	}
	if plain := []byte("{\"a\": \"é\"}\n"); &analyzer.EscapeJSON(plain)[0] != &plain[0] {
		t.Error("a plain document is written anew")
	}
}

// Names are no formulas of a spreadsheet, and steer nothing.
func TestCell(t *testing.T) {
	for text, want := range map[string]string{"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1+1": "'+1+1", "-2+3": "'-2+3", "@SUM(1)": "'@SUM(1)", "-0.5": "'-0.5", "m5.large": "m5.large", "": "", "a\x1b[31m\u202e": "a\ufffd[31m\ufffd"} {
		if got := analyzer.Cell(text); got != want {
			t.Errorf("analyzer.Cell(%q) is %q, want %q", text, got, want)
		}
	}
}
