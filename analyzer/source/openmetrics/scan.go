package openmetrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// scan reads one file once and gives every sample of a series that is read.
type scan struct {
	*catalog
	file     *file
	lines    *lineReader
	survey   bool
	progress func(int64)
	each     func(*series, sample) error

	// The series of the line before, which is often the next one's too.
	text    []byte
	last    *series
	samples int64
	unit    unit
	ended   bool
}

// errChanged says that the second reading differs from the first.
var errChanged = errors.New("its second reading differs from the first: it is a pipe or is being written; save it to a file first")

// run opens the file and scans it to its end.
func (s *scan) run(ctx context.Context, open func(string) (io.ReadCloser, error)) error {
	f, err := open(s.file.name)
	if err != nil {
		return fmt.Errorf("opening the dump: %w", err)
	}
	defer f.Close()
	r, err := plain(f)
	if err != nil {
		return s.fail(err)
	}
	defer r.Close()
	s.lines = newLineReader(r)
	if err := s.all(ctx); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *scan) fail(err error) error {
	if errors.Is(err, ErrCut) && s.survey {
		return fmt.Errorf("dump %s: %w; until there it has %d samples; get the whole file, or, to go on with a part of it, drop the last line and end it with a line \"# EOF\"", s.file.name, err, s.samples)
	}
	return fmt.Errorf("dump %s: %w", s.file.name, err)
}

func (s *scan) all(ctx context.Context) error {
	for {
		text, err := s.lines.next(s.text)
		if errors.Is(err, io.EOF) {
			return s.finish()
		}
		if err != nil {
			return err
		}
		if s.lines.line&0xffff == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if s.progress != nil {
				s.progress(s.samples)
			}
		}
		if err := s.line(text); err != nil {
			return fmt.Errorf("line %d: %w", s.lines.line, err)
		}
	}
}

func (s *scan) finish() error {
	f := s.file
	if s.survey {
		f.lines, f.samples, f.unit, f.ended = s.lines.line, s.samples, s.unit, s.ended
		return nil
	}
	if f.lines != s.lines.line || f.samples != s.samples {
		return errChanged
	}
	return nil
}

func (s *scan) line(text []byte) error {
	switch {
	case len(text) == 0:
		return nil
	case s.ended:
		return errors.New("text after \"# EOF\": are two dumps joined in one file? Give each by its own")
	case text[0] == '#':
		s.ended = string(text) == "# EOF"
		return nil
	}
	ser, rest, err := s.find(text)
	if err != nil || ser == nil {
		return err
	}
	x, ok := plainSample(rest)
	if !ok {
		if x, err = parseSample(rest); err != nil {
			return err
		}
	}
	if x.unit != s.unit {
		if s.unit != unknown {
			return fmt.Errorf("a timestamp in %s, where those before are in %s", x.unit, s.unit)
		}
		s.unit = x.unit
	}
	s.samples++
	return s.each(ser, x)
}

// find gives the series of a line, nil where it is not read, and the rest of
// the line.
func (s *scan) find(text []byte) (*series, []byte, error) {
	if n := len(s.text); n > 0 && len(text) > n && text[n] == ' ' && (s.lines.alike || bytes.Equal(text[:n], s.text)) {
		return s.last, text[n:], nil
	}
	if read, err := s.named(text); err != nil || !read {
		return nil, nil, err
	}
	end := bytes.LastIndexByte(text, '}') + 1
	if end == 0 {
		return nil, nil, foreign(text)
	}
	ser, ok := s.file.known[s.keyOf(text[:end])]
	if !ok {
		var err error
		if ser, end, err = s.enter(text); err != nil {
			return nil, nil, err
		}
	}
	s.text, s.last = append(s.text[:0], text[:end]...), ser
	return ser, text[end:], nil
}

// named reports whether the line's metric is one that is read. Where the name
// stands inside the braces it may be.
func (s *scan) named(text []byte) (bool, error) {
	if text[0] == '{' {
		return true, nil
	}
	i := 0
	for i < len(text) && isNameByte(text[i]) {
		i++
	}
	if i == 0 || i == len(text) || text[i] != '{' && text[i] != ' ' {
		return false, foreign(text)
	}
	if !readable(text[:i]) {
		s.noteUnread(text[:i])
		return false, nil
	}
	return text[i] == '{', nil
}

// enter parses the labels of a series that is seen for the first time.
func (s *scan) enter(text []byte) (*series, int, error) {
	labels := make(map[string]string, 16)
	end, err := parseLabels(text, func(name, value string) { labels[name] = value })
	if err != nil {
		return nil, 0, foreign(text)
	}
	k := s.keyOf(text[:end])
	if ser, ok := s.file.known[k]; ok { // an exemplar's braces follow
		return ser, end, nil
	}
	if !s.survey {
		return nil, 0, errChanged
	}
	ser := s.add(labels)
	s.file.known[k] = ser
	return ser, end, nil
}

// foreign says what a line that is no sample looks like.
func foreign(text []byte) error {
	lower := bytes.ToLower(text[:min(len(text), 200)])
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(lower, " \t"), []byte("<")):
		return fmt.Errorf("this is HTML or XML, not a dump of metrics: %q", clip(text))
	case text[0] == '[', text[0] == '{' && (len(text) == 1 || bytes.Contains(text, []byte(`":`))):
		return fmt.Errorf("this is JSON, not a dump of metrics in text form: %q", clip(text))
	case bytes.IndexByte(text, 0) >= 0 || !bytes.ContainsAny(text, " {"):
		return fmt.Errorf("this is not a dump of metrics in text form: %q", clip(text))
	}
	return fmt.Errorf("not a sample: %q", clip(text))
}
