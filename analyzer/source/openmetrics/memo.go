package openmetrics

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// DefaultRoom is what the samples that are kept of all dumps may take, in bytes: some
// 50 million samples of 1,000 containers.
const DefaultRoom = 128 << 20

// memo keeps the samples of a file from the survey on, in the order of the file, so that
// the file need not be unpacked and parsed again: that is most of what a dump costs.
//
// A sample is a byte that says how it differs from the one of its series before it, and
// what that needs: the time since then where that is another, and the bytes of the value's
// bits that are others, as in Gorilla, but by whole bytes (Pelkonen et al., VLDB 2015).
// Samples in a row that are as the one before in both are one byte and their number.
type memo struct {
	runs []run
	data [][]byte // blocks; no sample stands in two
	like uint64   // samples in a row, at the end, that are as the one before
	size int      // bytes
	room *int     // bytes left for all files
	over bool     // there was no room: nothing is kept
}

// A block of samples, and the most that one takes: a byte, a gap, a value.
const (
	blockBytes = 1 << 20
	mostBytes  = 1 + binary.MaxVarintLen64 + 8
)

// run is samples of one series that stand in a row.
type run struct {
	of *series
	n  int
}

const runBytes = 16

// coder is what a series' next sample is told by.
type coder struct {
	ms, gap int64
	bits    uint64
}

// The parts of a sample's first byte: whether a gap follows, the number of bytes of the
// value that follow, and how many bytes of zeros stand below them.
const (
	newGap     = 1 << 7
	valueShift = 3
	zerosMask  = 1<<valueShift - 1
)

// add keeps a sample.
func (m *memo) add(s *series, x sample) {
	if m.over {
		return
	}
	c := &s.coder
	if last := len(m.runs) - 1; last < 0 || m.runs[last].of != s {
		m.flush()
		m.runs = append(m.runs, run{of: s})
		m.take(runBytes)
	}
	m.runs[len(m.runs)-1].n++
	gap, differs := x.ms-c.ms, math.Float64bits(x.value)^c.bits
	if gap == c.gap && differs == 0 {
		m.like++
		c.ms = x.ms
		return
	}
	m.flush()
	m.put(c, gap, differs)
	if *m.room < 0 {
		m.giveUp()
	}
	c.ms, c.gap, c.bits = x.ms, gap, c.bits^differs
}

// put writes a sample that is not as the one before.
func (m *memo) put(c *coder, gap int64, differs uint64) {
	data, before := m.block()
	head, zeros, n := byte(0), 0, 0
	if differs != 0 {
		zeros = bits.TrailingZeros64(differs) / 8
		n = (bits.Len64(differs)+7)/8 - zeros
		head = byte(n<<valueShift | zeros)
	}
	if gap != c.gap {
		head |= newGap
	}
	*data = append(*data, head)
	if gap != c.gap {
		*data = binary.AppendVarint(*data, gap)
	}
	differs >>= 8 * zeros
	for range n {
		*data = append(*data, byte(differs))
		differs >>= 8
	}
	m.take(len(*data) - before)
}

// block gives the block that the next sample goes to, and how long it is.
func (m *memo) block() (*[]byte, int) {
	last := len(m.data) - 1
	if last < 0 || cap(m.data[last])-len(m.data[last]) < mostBytes {
		m.data, last = append(m.data, make([]byte, 0, blockBytes)), last+1
	}
	return &m.data[last], len(m.data[last])
}

func (m *memo) take(n int) {
	m.size += n
	*m.room -= n
}

// giveUp lets go of what was kept, which leaves room for smaller files.
func (m *memo) giveUp() {
	*m.room += m.size
	*m = memo{room: m.room, over: true}
}

// flush writes the samples that are as the one before.
func (m *memo) flush() {
	if m.like == 0 {
		return
	}
	data, before := m.block()
	*data = binary.AppendUvarint(append(*data, 0), m.like)
	m.like = 0
	m.take(len(*data) - before)
}

// each gives the samples again, in the order of the file. It is for once.
func (m *memo) each(take func(*series, sample) error) error {
	m.flush()
	for _, r := range m.runs {
		r.of.coder = coder{}
	}
	var data []byte
	like, blocks := uint64(0), m.data
	for _, r := range m.runs {
		c := &r.of.coder
		for range r.n {
			if len(data) == 0 && like == 0 {
				data, blocks = blocks[0], blocks[1:]
			}
			switch {
			case like > 0:
				like--
			case data[0] == 0:
				n, w := binary.Uvarint(data[1:])
				data, like = data[1+w:], n-1
			default:
				data = c.next(data)
			}
			c.ms += c.gap
			if err := take(r.of, sample{value: math.Float64frombits(c.bits), ms: c.ms}); err != nil {
				return err
			}
		}
	}
	m.runs, m.data = nil, nil
	return nil
}

// next reads what is other in a sample.
func (c *coder) next(data []byte) []byte {
	head := data[0]
	data = data[1:]
	if head&newGap != 0 {
		gap, w := binary.Varint(data)
		c.gap, data = gap, data[w:]
	}
	n, zeros := int(head&^newGap)>>valueShift, int(head&zerosMask)
	differs := uint64(0)
	for i := range n {
		differs |= uint64(data[i]) << (8 * (i + zeros))
	}
	c.bits ^= differs
	return data[n:]
}
