package prometheus

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"sort"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"google.golang.org/protobuf/encoding/protowire"
)

// This file speaks Prometheus' remote read protocol with streamed chunks
// (prompb/remote.proto): what an engine has stored goes over the wire as it is.

// matchKind is how a label is compared, by the protocol's numbers.
type matchKind uint64

const (
	equal matchKind = iota
	notEqual
	like // a regular expression, anchored
	unlike
)

type labelMatcher struct {
	kind        matchKind
	name, value string
}

// String gives the matcher as PromQL has it.
func (m labelMatcher) String() string {
	return promName(m.name) + [...]string{"=", "!=", "=~", "!~"}[m.kind] + fmt.Sprintf("%q", m.value)
}

// selection is one query of a request: the samples of series in [from, to],
// Unix milliseconds.
type selection struct {
	from, to int64
	matchers []labelMatcher
}

// encodeRead writes a ReadRequest that takes streamed chunks alone.
func encodeRead(all []selection) []byte {
	var request []byte
	for _, s := range all {
		var query []byte
		query = protowire.AppendVarint(protowire.AppendTag(query, 1, protowire.VarintType), uint64(s.from))
		query = protowire.AppendVarint(protowire.AppendTag(query, 2, protowire.VarintType), uint64(s.to))
		for _, m := range s.matchers {
			var one []byte
			one = protowire.AppendVarint(protowire.AppendTag(one, 1, protowire.VarintType), uint64(m.kind))
			one = protowire.AppendString(protowire.AppendTag(one, 2, protowire.BytesType), m.name)
			one = protowire.AppendString(protowire.AppendTag(one, 3, protowire.BytesType), m.value)
			query = protowire.AppendBytes(protowire.AppendTag(query, 3, protowire.BytesType), one)
		}
		request = protowire.AppendBytes(protowire.AppendTag(request, 1, protowire.BytesType), query)
	}
	const streamedChunks = 1
	request = protowire.AppendVarint(protowire.AppendTag(request, 2, protowire.VarintType), streamedChunks)
	return snappy.Encode(nil, request)
}

// stored is one series as an engine has it. It is reused: what each gets is
// only valid until it returns.
type stored struct {
	query         int
	names, values []string
	ms            []int64 // rising
	vs            []float64
}

func (s *stored) get(label string) string {
	if i := slices.Index(s.names, label); i >= 0 {
		return s.values[i]
	}
	return ""
}

// fresh gives the samples that are no staleness markers.
func (s *stored) fresh() samples {
	x := samples{s.ms, s.vs}
	if !slices.ContainsFunc(s.vs, value.IsStaleNaN) {
		return x
	}
	x = samples{make([]int64, 0, len(s.ms)), make([]float64, 0, len(s.vs))}
	for i, v := range s.vs {
		if !value.IsStaleNaN(v) {
			x.ms, x.vs = append(x.ms, s.ms[i]), append(x.vs, v)
		}
	}
	return x
}

// maxFrame bounds one message of a stream; Prometheus makes them of 1 MB.
const maxFrame = 64 << 20

// leastSeries is how many series a stream may have in any case, and seriesOver how many
// times those that are expected of one metric. A series may have a sample a second twice
// over, as overlapping chunks do, and leastSamples in any case. What goes beyond is taken
// for a stream without an end, and the queries are asked.
const (
	leastSeries  = 50_000
	seriesOver   = 40
	leastSamples = 10_000
)

var (
	errFrame   = errors.New("a stream that is not remote read's")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// stream reads the messages of an answer.
type stream struct {
	r         *bufio.Reader
	each      func(*stored)
	ranges    []selection
	most      int // series
	count     int
	frame     []byte
	names     map[string]string // every label name and value, once
	open      bool              // a series is being read
	labels    []byte            // its labels as they came
	series    stored
	unordered bool
	xor       xorReader
	chunks    chunkenc.Iterator
}

// decodeStream calls each for every series of an answer to a request for the
// selections. Samples outside of them are left out.
// More series than most are an error.
func decodeStream(r io.Reader, all []selection, most int, each func(*stored)) error {
	s := &stream{r: bufio.NewReaderSize(r, 64<<10), each: each, ranges: all, most: most, names: map[string]string{}}
	for {
		err := s.next()
		if errors.Is(err, io.EOF) {
			s.flush()
			return nil
		}
		if err == nil {
			err = s.message(s.frame)
		}
		if err != nil {
			return err
		}
	}
}

// next reads a message: its size, its checksum, itself. io.EOF is the end.
func (s *stream) next() error {
	if _, err := s.r.Peek(1); err != nil {
		return err
	}
	size, err := binary.ReadUvarint(s.r)
	if err != nil {
		return cut(err)
	}
	if size > maxFrame {
		return fmt.Errorf("%w: a message of %d bytes", errFrame, size)
	}
	var sum [4]byte
	if _, err := io.ReadFull(s.r, sum[:]); err != nil {
		return cut(err)
	}
	s.frame = slices.Grow(s.frame[:0], int(size))[:size]
	if _, err := io.ReadFull(s.r, s.frame); err != nil {
		return cut(err)
	}
	if crc32.Checksum(s.frame, castagnoli) != binary.BigEndian.Uint32(sum[:]) {
		return fmt.Errorf("%w: a message whose checksum is wrong", errFrame)
	}
	return nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fields calls take for each field of a message: b holds bytes, n a number.
func fields(message []byte, take func(field protowire.Number, b []byte, n uint64) error) error {
	for len(message) > 0 {
		field, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return fmt.Errorf("%w: %w", errFrame, protowire.ParseError(size))
		}
		message = message[size:]
		var b []byte
		var n uint64
		switch kind {
		case protowire.BytesType:
			b, size = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(message)
		default:
			size = protowire.ConsumeFieldValue(field, kind, message)
		}
		if size < 0 {
			return fmt.Errorf("%w: %w", errFrame, protowire.ParseError(size))
		}
		message = message[size:]
		if err := take(field, b, n); err != nil {
			return err
		}
	}
	return nil
}

// message reads a ChunkedReadResponse. The query's number stands behind the series.
func (s *stream) message(b []byte) error {
	query := 0
	if err := fields(b, func(field protowire.Number, _ []byte, n uint64) error {
		if field == 2 {
			query = int(min(n, math.MaxInt32))
		}
		return nil
	}); err != nil {
		return err
	}
	if query >= len(s.ranges) {
		return fmt.Errorf("%w: it answers query %d of %d", errFrame, query+1, len(s.ranges))
	}
	return fields(b, func(field protowire.Number, b []byte, _ uint64) error {
		if field != 1 {
			return nil
		}
		return s.chunkedSeries(query, b)
	})
}

// chunkedSeries reads a ChunkedSeries, or the next part of one.
func (s *stream) chunkedSeries(query int, b []byte) error {
	var labels []byte
	if err := fields(b, func(field protowire.Number, b []byte, _ uint64) error {
		if field == 1 {
			labels = protowire.AppendBytes(labels, b)
		}
		return nil
	}); err != nil {
		return err
	}
	if !s.open || query != s.series.query || !bytes.Equal(labels, s.labels) {
		s.flush()
		if s.count++; s.count > s.most {
			return fmt.Errorf("%w: more than %d series", errFrame, s.most)
		}
		s.open, s.labels, s.series.query = true, labels, query
		if err := s.readLabels(b); err != nil {
			return err
		}
	}
	return fields(b, func(field protowire.Number, b []byte, _ uint64) error {
		if field != 2 {
			return nil
		}
		return s.chunk(b)
	})
}

func (s *stream) readLabels(series []byte) error {
	return fields(series, func(field protowire.Number, label []byte, _ uint64) error {
		if field != 1 {
			return nil
		}
		var name, value string
		if err := fields(label, func(field protowire.Number, b []byte, _ uint64) error {
			switch field {
			case 1:
				name = s.intern(b)
			case 2:
				value = s.intern(b)
			}
			return nil
		}); err != nil {
			return err
		}
		s.series.names, s.series.values = append(s.series.names, name), append(s.series.values, value)
		return nil
	})
}

func (s *stream) intern(b []byte) string {
	if known, ok := s.names[string(b)]; ok {
		return known
	}
	text := string(b)
	s.names[text] = text
	return text
}

// chunk adds a chunk's samples to the series. Chunks of histograms have none.
func (s *stream) chunk(b []byte) error {
	var encoding chunkenc.Encoding
	var data []byte
	if err := fields(b, func(field protowire.Number, b []byte, n uint64) error {
		switch field {
		case 3:
			encoding = chunkenc.Encoding(min(n, math.MaxUint8))
		case 4:
			data = b
		}
		return nil
	}); err != nil {
		return err
	}
	if len(data) < 2 { // too short for its number of samples
		return fmt.Errorf("%w: a chunk of %d bytes", errFrame, len(data))
	}
	first, rising := len(s.series.ms), false // what is not known to rise is looked at
	switch encoding {
	case chunkenc.EncXOR:
		x, up, err := s.xor.append(data, samples{s.series.ms, s.series.vs})
		if err != nil {
			return err
		}
		s.series.ms, s.series.vs, rising = x.ms, x.vs, up
	case chunkenc.EncXOR2:
		if err := s.iterate(encoding, data); err != nil {
			return err
		}
	case chunkenc.EncHistogram, chunkenc.EncFloatHistogram, chunkenc.EncHistogramST, chunkenc.EncFloatHistogramST:
		return nil
	default:
		return fmt.Errorf("%w: chunks of encoding %d", errFrame, encoding)
	}
	s.confine(first, rising)
	if within := s.ranges[s.series.query]; int64(len(s.series.ms)) > leastSamples+2*(within.to-within.from)/1000 {
		return fmt.Errorf("%w: a series of %d samples", errFrame, len(s.series.ms))
	}
	return nil
}

// iterate adds the samples of a chunk as Prometheus' own iterator gives them.
func (s *stream) iterate(encoding chunkenc.Encoding, data []byte) error {
	c, err := chunkenc.FromData(encoding, data)
	if err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	s.chunks = c.Iterator(s.chunks)
	for s.chunks.Next() == chunkenc.ValFloat {
		ms, v := s.chunks.At()
		s.series.ms, s.series.vs = append(s.series.ms, ms), append(s.series.vs, v)
	}
	if err := s.chunks.Err(); err != nil {
		return fmt.Errorf("%w: a chunk: %w", errFrame, err)
	}
	return nil
}

// confine drops the samples from the index first on that lie outside of what
// was asked for: a chunk holds them too.
func (s *stream) confine(first int, rising bool) {
	within, x := s.ranges[s.series.query], &s.series
	if !rising {
		s.unordered = true
		n := first
		for i := first; i < len(x.ms); i++ {
			if ms := x.ms[i]; ms >= within.from && ms <= within.to {
				x.ms[n], x.vs[n] = ms, x.vs[i]
				n++
			}
		}
		x.ms, x.vs = x.ms[:n], x.vs[:n]
		return
	}
	added := samples{x.ms[first:], x.vs[first:]}
	added = added.within(within.from-1, within.to)
	if first > 0 && len(added.ms) > 0 && added.ms[0] <= x.ms[first-1] {
		s.unordered = true
	}
	x.ms, x.vs = append(x.ms[:first], added.ms...), append(x.vs[:first], added.vs...)
}

// flush hands the series over.
func (s *stream) flush() {
	if s.open && len(s.series.ms) > 0 {
		if s.unordered {
			s.series.order()
		}
		s.each(&s.series)
	}
	s.open, s.unordered = false, false
	s.series.names, s.series.values = s.series.names[:0], s.series.values[:0]
	s.series.ms, s.series.vs = s.series.ms[:0], s.series.vs[:0]
}

// order sorts samples of chunks that overlap and drops those of one time but
// the first.
func (s *stored) order() {
	sort.Stable(s)
	n := 0
	for i, ms := range s.ms {
		if i > 0 && ms == s.ms[n-1] {
			continue
		}
		s.ms[n], s.vs[n] = ms, s.vs[i]
		n++
	}
	s.ms, s.vs = s.ms[:n], s.vs[:n]
}

// Len, Less and Swap sort a series' samples by time.
func (s *stored) Len() int           { return len(s.ms) }
func (s *stored) Less(i, j int) bool { return s.ms[i] < s.ms[j] }
func (s *stored) Swap(i, j int) {
	s.ms[i], s.ms[j] = s.ms[j], s.ms[i]
	s.vs[i], s.vs[j] = s.vs[j], s.vs[i]
}
