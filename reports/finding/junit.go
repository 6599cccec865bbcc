package finding

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// The parts of JUnit's XML that CI systems agree upon.
type (
	testSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Suites   []testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     string     `xml:"time,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	testCase struct {
		Name      string       `xml:"name,attr"`
		ClassName string       `xml:"classname,attr"`
		File      string       `xml:"file,attr,omitempty"`
		Line      int          `xml:"line,attr,omitempty"`
		Time      string       `xml:"time,attr"`
		Skipped   *testSkipped `xml:"skipped,omitempty"`
		Failure   *testFailure `xml:"failure,omitempty"`
		Output    string       `xml:"system-out,omitempty"`
	}
	testSkipped struct {
		Message string `xml:"message,attr"`
	}
	testFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit makes a suite of every rule. A finding that can fail the gate is
// a failure, one that is waived or known is skipped, a lighter one passes with
// its text as output; a rule without findings is one case that passed.
func writeJUnit(w io.Writer, r *Report, _ Options) error {
	out := testSuites{Name: "plimsoll gate"}
	for _, rule := range r.Rules {
		s := testSuite{Name: rule.Name, Time: "0"}
		for _, f := range r.present() {
			if f.Rule == rule.Name {
				s.add(caseOf(f, r.Threshold))
			}
		}
		if len(s.Cases) == 0 {
			s.add(testCase{Name: valid(rule.Doc), ClassName: rule.Name, Time: "0"})
		}
		out.Tests, out.Failures = out.Tests+s.Tests, out.Failures+s.Failures
		out.Suites = append(out.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return fmt.Errorf("encoding JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *testSuite) add(c testCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func caseOf(f verdict.Finding, threshold verdict.Severity) testCase {
	name := subject(f)
	if f.Field != "" {
		name += " " + f.Field
	}
	c := testCase{Name: valid(strings.TrimSpace(name + " (" + location(f.Place) + ")")), ClassName: f.Rule, File: valid(f.Place.File), Line: int(f.Place.Start.Line), Time: "0"}
	text := valid(f.Reason)
	if len(f.Fix) > 0 {
		text += valid("\nfix: " + fix(f))
	}
	switch {
	case f.State == verdict.StateWaived:
		c.Skipped = &testSkipped{valid("waived: " + justification(f.Waiver))}
	case f.State == verdict.StateKnown:
		c.Skipped = &testSkipped{"known to the baseline"}
	case f.Severity.AtLeast(threshold):
		c.Failure = &testFailure{Message: valid(f.Message), Type: string(f.Severity), Text: text}
	default:
		c.Output = valid(string(f.Severity)+": "+f.Message) + "\n" + text
	}
	return c
}

// valid drops what XML cannot hold.
func valid(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < 0x20 && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}
