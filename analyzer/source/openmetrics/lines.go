package openmetrics

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// maxLine bounds one line. Real series text is below 4 KiB.
const maxLine = 1 << 20

// ErrCut marks a dump that ends before its end: a broken download, a full
// disk. What was read of it is not used, since nobody knows what is missing.
var ErrCut = errors.New("the dump is cut")

// lineReader splits a stream into lines within one buffer.
type lineReader struct {
	r          io.Reader
	buf        []byte
	start, end int
	line       int // number of the last line given, from 1
	bytes      int64
	alike      bool // the last line given begins with the head that was asked for
	err        error
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: r, buf: make([]byte, maxLine/8)}
}

// next gives the next line without its end; it is valid until the next call. A line
// that begins as head does, which has no end of a line in it, is searched from there
// on: most of a dump is the same text before one value after another.
// At the end of the stream it is io.EOF, and ErrCut where the last line has no
// end or the compressed stream has none.
func (l *lineReader) next(head []byte) ([]byte, error) {
	searched := 0
	l.alike = bytes.HasPrefix(l.buf[l.start:l.end], head)
	if l.alike {
		searched = len(head)
	}
	for {
		if i := bytes.IndexByte(l.buf[l.start+searched:l.end], '\n'); i >= 0 {
			text := l.buf[l.start : l.start+searched+i]
			l.start += searched + i + 1
			l.line++
			if l.line == 1 {
				text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark
			}
			return bytes.TrimSuffix(text, []byte{'\r'}), nil
		}
		searched = l.end - l.start
		if l.err != nil {
			return l.last()
		}
		if searched == maxLine {
			return nil, fmt.Errorf("line %d is longer than %d KiB", l.line+1, maxLine>>10)
		}
		l.fill()
	}
}

func (l *lineReader) fill() {
	if l.start > 0 {
		copy(l.buf, l.buf[l.start:l.end])
		l.end -= l.start
		l.start = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	l.bytes += int64(n)
	l.err = err
}

// last judges what is left where the stream has ended.
func (l *lineReader) last() ([]byte, error) {
	rest := l.buf[l.start:l.end]
	l.start = l.end
	switch {
	case errors.Is(l.err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: the compressed data ends after line %d", ErrCut, l.line)
	case !errors.Is(l.err, io.EOF):
		return nil, fmt.Errorf("after line %d: %w", l.line, l.err)
	case len(rest) == 0:
		return nil, io.EOF
	case string(rest) == "# EOF":
		l.line++
		return rest, nil
	}
	return nil, fmt.Errorf("%w: it ends in the middle of line %d", ErrCut, l.line+1)
}

// magic lists how files begin that are no text, with what to say of them.
var magic = []struct{ prefix, hint string }{
	{"\xfd7zXZ\x00", "it is xz-compressed: unpack it, or use gzip or zstd"},
	{"BZh", "it is bzip2-compressed: unpack it, or use gzip or zstd"},
	{"PK\x03\x04", "it is a zip archive: unpack it"},
	{"\xff\x06\x00\x00sNaPpY", "it is snappy-compressed: unpack it, or use gzip or zstd"},
	{"\xff\xfe", "it is UTF-16 (PowerShell's > writes so): save it as UTF-8"},
	{"\xfe\xff", "it is UTF-16: save it as UTF-8"},
	{"\xba\xaa\xd7\x00", "it is the index of a TSDB block: make a dump with `promtool tsdb dump-openmetrics`"},
	{"\x85\xbd\x40\xdd", "it is a chunk file of a TSDB block: make a dump with `promtool tsdb dump-openmetrics`"},
}

// bounds are what a packed dump may come to. Dumps pack 10 to 100 times:
// each sample has its own time, so no line is quite like the one before it. A line
// has one brace, and 15 bytes at the least.
var bounds = unpack.Bounds{FreeText: 16 << 20, Ratio: 500, FreeObjects: 100_000, LeastText: 15}

// bounded closes the unpacker below the reader that weighs its text.
type bounded struct {
	io.Reader
	io.Closer
}

// plain undoes the compression that the stream's first bytes tell of.
func plain(r io.Reader) (io.ReadCloser, error) {
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if n == 0 {
		if err == io.EOF {
			return nil, errors.New("the file is empty; did the command that should write it fail?")
		}
		return nil, err
	}
	head = head[:n]
	packed := &unpack.Counter{R: io.MultiReader(bytes.NewReader(head), r)}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := kgzip.NewReader(packed)
		if err != nil {
			return nil, cutOr(err)
		}
		return readAhead(bounded{unpack.Reader(z, packed, bounds), z}), nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, cutOr(err)
		}
		c := z.IOReadCloser()
		return bounded{unpack.Reader(c, packed, bounds), c}, nil
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return nil, errors.New(m.hint)
		}
	}
	return io.NopCloser(packed.R), nil
}

func cutOr(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the compressed data has hardly begun", ErrCut)
	}
	if errors.Is(err, gzip.ErrHeader) {
		return errors.New("it begins like gzip but is not")
	}
	return err
}
