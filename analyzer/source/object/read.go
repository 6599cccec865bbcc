package object

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// stdinName stands for standard input among file names.
const stdinName = "-"

// ReadFiles reads files of Kubernetes objects: YAML or JSON, one document or
// many, Lists as kubectl get prints them, gzipped or not. "-" reads stdin.
// Lists stream, so that a dump of a large cluster takes the memory of what is
// kept of it. The others are opened by open.
func ReadFiles(paths []string, stdin io.Reader, open func(name string) (io.ReadCloser, error)) (*Inventory, error) {
	v := &Inventory{}
	for _, path := range paths {
		if path == stdinName {
			if err := Read(v, stdin, "standard input"); err != nil {
				return nil, err
			}
			continue
		}
		if err := readFile(v, path, open); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func readFile(v *Inventory, path string, open func(name string) (io.ReadCloser, error)) error {
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("objects cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	if s, ok := f.(interface{ Stat() (fs.FileInfo, error) }); ok && isFolder(s.Stat()) {
		return fmt.Errorf("objects cannot be read: %s is a folder; name its files", path)
	}
	return Read(v, f, path)
}

func isFolder(info fs.FileInfo, err error) bool { return err == nil && info.IsDir() }

// bounds are what a gzipped file may come to: dumps of clusters pack 10 to 30
// times, and have some 50 bytes for each object in them.
var bounds = unpack.Bounds{FreeText: 4 << 20, Ratio: 150, FreeObjects: 20_000, LeastText: 20}

// Read adds all objects of one stream. The name stands in errors, which tell
// the document, counted from 1, and the line.
func Read(v *Inventory, r io.Reader, name string) error {
	read, left := v.read+v.bad, v.left
	v.file, v.firstLeft, v.noObject = name, "", nil
	err := readStream(v, r, name)
	v.where = nil
	if err != nil {
		return err
	}
	if n := v.left - left; n > 0 && n == v.read+v.bad-read {
		if v.noObject != nil {
			return located(name, v.noObject)
		}
		return fmt.Errorf("%s: no object of it can be read: %s", name, cmp.Or(v.firstLeft, "none is an object"))
	}
	return nil
}

func readStream(v *Inventory, r io.Reader, name string) error {
	source := &sourceReader{r: r}
	packed := &unpack.Counter{R: source}
	in := bufio.NewReaderSize(packed, 1<<16)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: not a readable gzip file: %w", name, err)
		}
		defer func() { _ = unzipped.Close() }() // read only
		in = bufio.NewReaderSize(unpack.Reader(unzipped, packed, bounds), 1<<16)
	}
	if bom, _ := in.Peek(2); bytes.Equal(bom, []byte("\xff\xfe")) || bytes.Equal(bom, []byte("\xfe\xff")) {
		return fmt.Errorf("%s: it is UTF-16 (PowerShell's > writes so); save it as UTF-8: kubectl get ... -o yaml | Out-File -Encoding utf8 FILE", name)
	}
	if bom, _ := in.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // just peeked
	}
	var documents int
	var err error
	in = bufio.NewReaderSize(&barren{r: in, v: v}, 1<<16)
	if first := firstByte(in); first == '{' || first == '[' {
		documents, err = readJSON(v, in)
	} else {
		documents, err = readYAML(v, in)
	}
	if source.err != nil && err != nil { // whatever a parser made of it
		if strings.Contains(source.err.Error(), name) {
			return source.err
		}
		return fmt.Errorf("%s: %w", name, source.err)
	}
	if err == nil && documents == 0 {
		err = errors.New("there is no object in it; did the command that should write it fail?")
	}
	if err != nil {
		return located(name, err)
	}
	return nil
}

// located says in which file an error arose, and where in it, if that is known.
func located(name string, err error) error {
	if at := (*positionError)(nil); errors.As(err, &at) {
		return fmt.Errorf("%s: document %d, line %d: %w", name, at.document, at.line, explain(at.err))
	}
	return fmt.Errorf("%s: %w", name, explain(err))
}

// positionError is an error with the place where it arose.
type positionError struct {
	document, line int
	err            error
}

func (e *positionError) Error() string { return e.err.Error() }
func (e *positionError) Unwrap() error { return e.err }

// ErrCut is wrapped by the error of a file that ends too early.
var ErrCut = errors.New("the file ends in the middle of an object; it was cut, so make the dump again")

// explain keeps an error to one line, and says what the end of a cut file
// means.
func explain(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrCut
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// sourceReader keeps what reading failed with: parsers give its text alone, if that.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	}
	return n, err
}

const (
	// mostBarren bounds the text between two objects: white space, or a field that
	// goes on and on.
	mostBarren = maxChunk
	// mostObjects bounds the objects of all files. Clusters have a few hundred
	// thousand pods at most.
	mostObjects = 5_000_000
)

var (
	errBarren = fmt.Errorf("%d MiB of it hold no object; is it a dump of Kubernetes objects?", mostBarren>>20)
	errMany   = fmt.Errorf("it has more than %d objects", mostObjects)
)

// barren ends a text that brings no objects any more.
type barren struct {
	r     io.Reader
	v     *Inventory
	found int
	bytes int
}

func (b *barren) Read(p []byte) (int, error) {
	if found := b.v.read + b.v.waiting; found != b.found {
		b.found, b.bytes = found, 0
	}
	if b.bytes > mostBarren {
		return 0, errBarren
	}
	n, err := b.r.Read(p)
	b.bytes += n
	return n, err
}

// firstByte looks at the first byte that is not white space, without taking it
// for long runs of it.
func firstByte(in *bufio.Reader) byte {
	for n := 1; n <= in.Size(); n++ {
		b, err := in.Peek(n)
		if err != nil {
			return 0
		}
		switch c := b[n-1]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}
