package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
)

// A small file may unpack to any size, so what is read of it is bounded: as a
// whole, and for each piece that is in memory as text at one time.
const (
	maxWhole  = 8 << 30
	maxPiece  = 256 << 20
	maxWindow = 64 << 20
	maxHeader = 4 << 10
)

// bounds are wide: snapshots pack 4 to 1, and have 110 bytes of text for each
// object.
var bounds = unpack.Bounds{FreeText: 4 << 20, Ratio: 100, FreeObjects: 20_000, LeastText: 20}

var zstdMagic = []byte("\x28\xb5\x2f\xfd")

// ErrCut refuses a snapshot that ends before its end.
var ErrCut = errors.New("the snapshot is cut short: copy it again, or make it anew")

var (
	errForeign = errors.New("this is not a snapshot; plimsoll audit --save-snapshot writes one")
	errAfter   = errors.New("there is something after the snapshot's end: was a second file appended?")
	errLarge   = errors.New("the snapshot unpacks to more than this program reads (8 GiB): make snapshots of parts, with -n, and audit each")
)

// Decode reads what Encode wrote. The error says why a file is refused.
func Decode(r io.Reader) (*analyzer.Snapshot, error) { return decodeWithin(r, maxWhole, maxPiece) }

func decodeWithin(r io.Reader, whole, piece int64) (*analyzer.Snapshot, error) {
	packed := &unpack.Counter{R: r}
	in := bufio.NewReaderSize(packed, 64<<10)
	head, err := in.Peek(len(zstdMagic))
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the snapshot is empty: did the command that should write it fail?")
		}
		return nil, err
	}
	if !bytes.Equal(head, zstdMagic) {
		return decode(&bounded{r: in, whole: whole, piece: piece, pieces: piece, meter: unpack.Meter{Bounds: bounds}})
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, explain(err)
	}
	defer z.Close()
	return decode(&bounded{r: z, whole: whole, piece: piece, pieces: piece, meter: unpack.Meter{Bounds: bounds, Packed: packed}})
}

func decode(b *bounded) (*analyzer.Snapshot, error) {
	in := bufio.NewReaderSize(b, maxHeader)
	if err := readHeader(in); err != nil {
		return nil, err
	}
	s := &analyzer.Snapshot{}
	dec := json.NewDecoder(in)
	if err := readSnapshot(dec, b, s); err != nil {
		return nil, explain(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		if err == nil || errors.As(err, new(*json.SyntaxError)) || errors.Is(err, zstd.ErrMagicMismatch) {
			err = errAfter
		}
		return nil, explain(err)
	}
	if err := check(s); err != nil {
		return nil, err
	}
	s.Bound()
	return s, nil
}

func readHeader(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		return explain(err)
	}
	var h header
	if json.Unmarshal(line, &h) != nil || h.APIVersion == "" || h.Kind == "" {
		return errForeign
	}
	switch {
	case h.Kind != kind:
		return fmt.Errorf("this is a %s, not a snapshot", clip(h.Kind))
	case h.Schema > analyzer.SchemaVersion:
		return fmt.Errorf("the snapshot was written by a newer plimsoll (schema %d, this one reads up to %d): update plimsoll, or make the snapshot with this version", h.Schema, analyzer.SchemaVersion)
	case h.Schema < 1 || !strings.HasPrefix(h.APIVersion, "plimsoll.dev/"):
		return errForeign
	case err != nil:
		return ErrCut
	}
	return nil
}

// readSnapshot reads the fields one by one, and the usage piece by piece.
// Fields that this version does not know are left out.
func readSnapshot(dec *json.Decoder, b *bounded, s *analyzer.Snapshot) error {
	if err := expect(dec, '{'); err != nil {
		return err
	}
	fields := fieldsOf(s)
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		switch target := fields[name]; {
		case name == "usage":
			err = readUsage(dec, b, s)
		case target == nil:
			err = skip(dec)
		default:
			err = dec.Decode(target)
		}
		if err != nil {
			return fmt.Errorf("field %q: %w", clip(name), err)
		}
		b.piece = b.pieces
	}
	return expect(dec, '}')
}

func readUsage(dec *json.Decoder, b *bounded, s *analyzer.Snapshot) error {
	if err := expect(dec, '['); err != nil {
		return err
	}
	s.Usage = nil
	for dec.More() {
		var u analyzer.ContainerUsage
		if err := dec.Decode(&u); err != nil {
			return err
		}
		s.Usage = append(s.Usage, u)
		b.piece = b.pieces
	}
	return expect(dec, ']')
}

// skip reads past a value, token by token.
func skip(dec *json.Decoder) error {
	for depth := 0; ; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func expect(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err != nil {
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if t != want {
		return fmt.Errorf("%q stands where %q should", clip(fmt.Sprint(t)), want)
	}
	return nil
}

// fieldsOf gives pointers to the snapshot's fields by their names in JSON.
func fieldsOf(s *analyzer.Snapshot) map[string]any {
	v := reflect.ValueOf(s).Elem()
	out := map[string]any{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		out[name] = v.Field(i).Addr().Interface()
	}
	return out
}

// explain puts the errors of JSON and zstd into the reader's words.
func explain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return ErrCut
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return errLarge
	case errors.Is(err, errAfter), errors.Is(err, errLarge):
		return err
	case errors.Is(err, unpack.ErrBomb):
		return fmt.Errorf("the snapshot cannot be read: %w", unpack.ErrBomb)
	}
	return fmt.Errorf("the snapshot is damaged: %w", err)
}

func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s), "?")
}

// bounded reads at most whole bytes in all, and pieces bytes until piece is set
// anew. It fills what it is given: the JSON decoder looks at all of a token
// again after each read, so short reads of long tokens would cost their square.
type bounded struct {
	r                    io.Reader
	whole, piece, pieces int64
	meter                unpack.Meter
}

func (b *bounded) Read(p []byte) (int, error) {
	left := min(b.whole, b.piece)
	if left <= 0 {
		return 0, errLarge
	}
	p = p[:min(int64(len(p)), left)]
	n := 0
	for n < len(p) {
		m, err := b.r.Read(p[n:])
		n += m
		if err := b.meter.Weigh(p[n-m : n]); err != nil {
			return 0, err
		}
		if err != nil {
			b.whole -= int64(n)
			return n, err
		}
	}
	b.whole -= int64(n)
	b.piece -= int64(n)
	return n, nil
}
