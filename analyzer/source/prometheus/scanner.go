package prometheus

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON tokens off a stream with a fixed buffer. Its first error
// sticks; after it every method returns zero values.
type scanner struct {
	r    io.Reader
	buf  []byte
	i, n int
	err  error
	text []byte // the last string read
}

const (
	bufferSize = 64 << 10
	// maxString bounds one string of an answer: labels are far shorter.
	maxString = 1 << 20
	maxNested = 64
	// maxBlank bounds white space between two parts of an answer.
	maxBlank = 1 << 20
)

// errEndless is an answer beyond what any question asks for.
var errEndless = errors.New("an endless answer")

func newScanner(r io.Reader) *scanner { return &scanner{r: r, buf: make([]byte, bufferSize)} }

// fill reads on; it reports whether there is another byte.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	for range 100 {
		n, err := s.r.Read(s.buf)
		s.i, s.n = 0, n
		if n > 0 {
			return true // an error comes again with the next read
		}
		if err != nil {
			s.fail(err)
			return false
		}
	}
	s.fail(io.ErrNoProgress)
	return false
}

func (s *scanner) fail(err error) {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if s.err == nil {
		s.err = err
	}
	s.i, s.n = 0, 0
}

func (s *scanner) badByte(want string, got byte) {
	s.fail(fmt.Errorf("%w: want %s, got %q", errSyntax, want, got))
}

var errSyntax = errors.New("not the JSON of the Prometheus API")

// byte takes the next byte, white space included.
func (s *scanner) byte() byte {
	if s.i == s.n && !s.fill() {
		return 0
	}
	c := s.buf[s.i]
	s.i++
	return c
}

// peek gives the next byte that is not white space, and leaves it.
func (s *scanner) peek() byte {
	for blank := 0; s.i < s.n || s.fill(); blank++ {
		switch c := s.buf[s.i]; c {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return c
		}
		if blank > maxBlank {
			s.fail(fmt.Errorf("%w: more than %d bytes of white space", errEndless, maxBlank))
		}
	}
	return 0
}

func (s *scanner) expect(c byte) {
	if got := s.peek(); s.err == nil {
		if got != c {
			s.badByte(strconv.Quote(string(c)), got)
			return
		}
		s.i++
	}
}

// list calls item for each part of what stands between open and end.
func (s *scanner) list(open, end byte, item func()) {
	s.expect(open)
	if s.peek() == end {
		s.i++
		return
	}
	for s.err == nil {
		item()
		switch c := s.peek(); {
		case s.err != nil:
		case c == end:
			s.i++
			return
		case c == ',':
			s.i++
		default:
			s.badByte("',' or "+strconv.Quote(string(end)), c)
		}
	}
}

// object calls field for each key; field must take the value.
func (s *scanner) object(field func(key string)) {
	s.list('{', '}', func() {
		key := string(s.string())
		s.expect(':')
		if s.err == nil {
			field(key)
		}
	})
}

func (s *scanner) array(item func()) { s.list('[', ']', item) }

// string takes a string. What it returns is overwritten by the next one.
func (s *scanner) string() []byte {
	s.expect('"')
	s.text = s.text[:0]
	for s.err == nil {
		if s.i == s.n && !s.fill() {
			return nil
		}
		rest := s.buf[s.i:s.n]
		j := 0
		for j < len(rest) && rest[j] != '"' && rest[j] != '\\' {
			j++
		}
		if len(s.text)+j > maxString {
			s.fail(fmt.Errorf("%w: a string of more than %d bytes", errSyntax, maxString))
			return nil
		}
		s.text = append(s.text, rest[:j]...)
		s.i += j
		if j == len(rest) {
			continue
		}
		s.i++
		if rest[j] == '"' {
			return s.text
		}
		s.escape()
	}
	return nil
}

func (s *scanner) escape() {
	switch c := s.byte(); c {
	case '"', '\\', '/':
		s.text = append(s.text, c)
	case 'b':
		s.text = append(s.text, '\b')
	case 'f':
		s.text = append(s.text, '\f')
	case 'n':
		s.text = append(s.text, '\n')
	case 'r':
		s.text = append(s.text, '\r')
	case 't':
		s.text = append(s.text, '\t')
	case 'u':
		s.unicode()
	default:
		if s.err == nil {
			s.badByte("an escape", c)
		}
	}
}

func (s *scanner) unicode() {
	r := s.hex4()
	if utf16.IsSurrogate(r) {
		if s.byte() != '\\' || s.byte() != 'u' {
			s.fail(fmt.Errorf("%w: half a surrogate pair", errSyntax))
			return
		}
		r = utf16.DecodeRune(r, s.hex4())
	}
	s.text = utf8.AppendRune(s.text, r)
}

func (s *scanner) hex4() rune {
	var r rune
	for range 4 {
		c := s.byte()
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			if s.err == nil {
				s.badByte("a hexadecimal digit", c)
			}
			return 0
		}
	}
	return r
}

// word takes a number or literal.
func (s *scanner) word() []byte {
	s.peek()
	s.text = s.text[:0]
	for s.i < s.n || s.fill() {
		c := s.buf[s.i]
		if c <= ' ' || c == ',' || c == ']' || c == '}' || c == ':' {
			break
		}
		if len(s.text) >= 64 {
			s.fail(fmt.Errorf("%w: a number of more than 64 bytes", errSyntax))
			break
		}
		s.text = append(s.text, c)
		s.i++
	}
	if s.err == nil && len(s.text) == 0 {
		s.badByte("a value", s.peek())
	}
	return s.text
}

// skip takes any value.
func (s *scanner) skip(depth int) {
	if depth > maxNested {
		s.fail(fmt.Errorf("%w: nested too deeply", errSyntax))
		return
	}
	switch s.peek() {
	case '{':
		s.object(func(string) { s.skip(depth + 1) })
	case '[':
		s.array(func() { s.skip(depth + 1) })
	case '"':
		s.string()
	default:
		s.word()
	}
}
