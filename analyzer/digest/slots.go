package digest

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/bits"
)

// SlotSeconds is the length of one slot of a day.
const SlotSeconds = 300

// SlotsPerDay is the number of slots of a day.
const SlotsPerDay = 86400 / SlotSeconds

// Slots is the set of five-minute slots of one UTC day in which something was
// seen. Sets of pods, shards and sources unite without counting twice.
type Slots [(SlotsPerDay + 63) / 64]uint64

// Mark adds the slots that overlap the seconds [from, to) of the day; at least
// the slot of from itself. Seconds outside the day are cut off.
func (s *Slots) Mark(from, to int64) {
	from, to = max(from, 0), min(to, 86400)
	for i := from / SlotSeconds; i < SlotsPerDay && (i*SlotSeconds < to || i == from/SlotSeconds); i++ {
		s[i/64] |= 1 << (i % 64)
	}
}

// Merge adds the slots of o.
func (s *Slots) Merge(o Slots) {
	for i := range s {
		s[i] |= o[i]
	}
}

// Count is the number of slots in the set.
func (s Slots) Count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// MarshalText gives the set in base64.
func (s Slots) MarshalText() ([]byte, error) {
	var raw []byte
	for _, w := range s {
		raw = binary.LittleEndian.AppendUint64(raw, w)
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Slots) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw) != 8*len(s) {
		return errors.New("slots: not a set of day slots")
	}
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	s[len(s)-1] &= 1<<(SlotsPerDay%64) - 1
	return nil
}

// IsZero reports whether the set is empty.
func (s Slots) IsZero() bool { return s == Slots{} }
