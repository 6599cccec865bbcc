package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// errorLine finds the line in an error of the YAML parser.
var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parserError tells the errors whose line the YAML library counts from 0, and
// leaves out where it is that.
var parserError = regexp.MustCompile(`did not find expected (key|'-' indicator|',' or '[}\]]'|node content|<document start>)$`)

// lineOf gives the line that an error of the YAML parser names, from 1.
func lineOf(err error) int {
	n := 0
	if m := errorLine.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
		n, _ = strconv.Atoi(m[1]) // digits by the pattern
	}
	if parserError.MatchString(err.Error()) {
		n++
	}
	return max(n, 1)
}

// jsonIn gives where in a document JSON begins, behind marks, comments and empty
// lines; -1 where the document is none.
func jsonIn(data []byte) int {
	at := 0
	for line := range bytes.Lines(data) {
		bare := bytes.TrimSpace(bytes.TrimPrefix(line, mark8))
		if len(bare) > 0 && bare[0] != '#' && !bytes.Equal(bare, []byte("---")) {
			if bare[0] != '{' && bare[0] != '[' {
				return -1
			}
			return at + bytes.IndexByte(line, bare[0])
		}
		at += len(line)
	}
	return -1
}

// broken files a document that cannot be parsed, at the line where that shows.
func (p *parser) broken(c chunk, data []byte, err error) {
	if from := jsonIn(data); from >= 0 {
		if at, message := brokenJSON(data[from:]); message != "" {
			p.problem(p.text.Position(c.start+from+at), "not valid JSON: %s", message)
			return
		}
	}
	last := 1 + bytes.Count(bytes.TrimRight(data, " \t\r\n"), []byte("\n")) // what ends too early ends there
	line := c.line + min(max(lineOf(err), brokenLine(data, err)), last) - 1
	message := errorLine.ReplaceAllString(err.Error(), "")
	p.problem(p.text.Position(p.text.offset(line, 1)), "not valid YAML: %s", strings.Join(strings.Fields(message), " "))
}

// brokenJSON says where a text is no JSON, and why; "" where it is JSON all the
// same. The YAML parser tells only where the innermost bracket was opened.
func brokenJSON(data []byte) (at int, message string) {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var skip json.RawMessage
		var wrong *json.SyntaxError
		switch err := d.Decode(&skip); {
		case errors.Is(err, io.EOF):
			return 0, ""
		case errors.Is(err, io.ErrUnexpectedEOF):
			return len(bytes.TrimRight(data, " \t\r\n")), "it ends too early"
		case errors.As(err, &wrong):
			return max(int(wrong.Offset)-1, 0), wrong.Error()
		case err != nil:
			return 0, ""
		}
	}
}

// values parts a chunk of JSON values that follow each other without a mark, as
// kubectl reads them. The YAML parser reads the first and drops the others.
func (p *parser) values(c chunk) []chunk {
	start := jsonIn(p.raw[c.start:c.end])
	if start < 0 {
		return []chunk{c}
	}
	start += c.start
	var out []chunk
	d := json.NewDecoder(bytes.NewReader(p.raw[start:c.end]))
	for {
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			break // it is the end, or is told when the last part is parsed
		}
		from := int(d.InputOffset()) - len(skip)
		if len(out) > 0 {
			out[len(out)-1].end = start + from
		}
		out = append(out, p.part(c, start+from))
	}
	if len(out) == 0 {
		return []chunk{c}
	}
	out[0].start, out[0].line, out[0].column, out[0].glued = c.start, c.line, c.column, c.glued
	if end := start + int(d.InputOffset()); len(bytes.TrimSpace(p.raw[end:c.end])) > 0 {
		for end < c.end && bytes.IndexByte([]byte(" \t\r\n"), p.raw[end]) >= 0 {
			end++
		}
		out[len(out)-1].end = end
		out = append(out, p.part(c, end))
	}
	return out
}

// part is the rest of a chunk from an offset.
func (p *parser) part(c chunk, from int) chunk {
	line := sort.Search(len(p.text.yaml), func(i int) bool { return int(p.text.yaml[i]) > from })
	at := int(p.text.yaml[line-1])
	if at == 0 && bytes.HasPrefix(p.raw, mark8) {
		at = len(mark8)
	}
	return chunk{start: from, end: c.end, line: line, column: utf8.RuneCount(p.raw[at:from])}
}

// trailing files what stands behind the value of a document: the YAML parser
// drops it without a word.
func (p *parser) trailing(c chunk, data []byte) {
	first := bytes.TrimLeft(data, "\r\n")
	if len(first) == 0 || bytes.IndexByte([]byte(" \t{[\"'#"), first[0]) < 0 {
		return // a block from the first column ends with the document
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var n yaml.Node
	if err := decode(d, &n); err != nil {
		return
	}
	err := decode(d, &n)
	if err == nil || errors.Is(err, io.EOF) {
		return
	}
	p.problem(p.text.Position(p.text.offset(c.line+lineOf(err)-1, 1)), "there is text behind the end of the document; put --- before another one")
}

// decode guards as unmarshal does.
func decode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", r)
		}
	}()
	return d.Decode(n)
}

// mostBroken bounds the text in which the line of an error is searched for.
const mostBroken = 1 << 20

// brokenLine gives the line at which a block of YAML breaks off, from 1; 0 where
// it cannot be told. The parser names the line on which the block begins, which
// may be far above: it is the first line with which the text gives the same error.
func brokenLine(data []byte, err error) int {
	text := err.Error()
	block := strings.HasSuffix(text, "did not find expected key") || strings.HasSuffix(text, "did not find expected '-' indicator")
	if !block || len(data) > mostBroken {
		return 0
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	ends := make([]int, len(lines))
	end := 0
	for i, l := range lines {
		end += len(l)
		ends[i] = end
	}
	return 1 + sort.Search(len(ends)-1, func(i int) bool {
		var n yaml.Node
		err := unmarshal(data[:ends[i]], &n)
		return err != nil && err.Error() == text
	})
}
