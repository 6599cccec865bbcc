package kube

import (
	"bytes"
	"encoding/binary"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// An answer of three bytes an element unfolds to a hundred times its size: each
// pod or container takes a kilobyte, whatever it holds. So elements of lists are
// counted before an answer is decoded. A page that has too many is asked for in
// smaller parts, of which the smallest is free.
const (
	freeElements = 40_000
	// elementText and elementWire are the least bytes of each element beyond, as
	// JSON and as protobuf. A page of real pods has 130 and 40 or more; one with
	// less is asked for again in parts.
	elementText = 200
	elementWire = 100
	// mostNested bounds how deep an answer is looked into.
	mostNested = 12
)

// envelope begins an answer in protobuf.
var envelope = []byte("k8s\x00")

// weigh gives origin.ErrLarge for an answer that unfolds to too much.
func weigh(answer []byte) error {
	elements, least := 0, elementText
	if wire, ok := bytes.CutPrefix(answer, envelope); ok {
		elements, least = repeated(wire, mostNested), elementWire
	} else {
		elements = elementsOf(answer)
	}
	if elements > freeElements+len(answer)/least {
		return origin.ErrLarge
	}
	return nil
}

// elementsOf counts the objects and lists that are elements of a JSON list.
func elementsOf(text []byte) (n int) {
	last := byte(0) // what stood before, without white space
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if last == ',' || last == '[' {
				n++
			}
		}
		last = c
	}
	return n
}

// repeated counts the fields of a protobuf message that stand in it more than once,
// and those of the messages in it. What cannot be read as a message is a text, unless
// there was a lot in it before.
func repeated(wire []byte, depth int) (n int) {
	const lot = 1000
	defer func() {
		if len(wire) > 0 && n < lot {
			n = 0
		}
	}()
	var seen [4]uint64 // field numbers below 256; the API has none above
	for len(wire) > 0 {
		tag, size := binary.Uvarint(wire)
		if size <= 0 || tag>>3 == 0 || tag>>3 > 255 {
			return n
		}
		wire = wire[size:]
		field := tag >> 3
		if seen[field/64]&(1<<(field%64)) != 0 {
			n++
		}
		seen[field/64] |= 1 << (field % 64)
		value, rest, ok := valueOf(tag&7, wire)
		if !ok {
			return n
		}
		if wire = rest; depth > 0 && len(value) > 0 {
			n += repeated(value, depth-1)
		}
	}
	return n
}

// valueOf cuts the value of a field off; it has bytes where it may be a message.
func valueOf(kind uint64, wire []byte) (value, rest []byte, ok bool) {
	skip := 0
	switch kind {
	case 0:
		if _, skip = binary.Uvarint(wire); skip <= 0 {
			return nil, nil, false
		}
	case 1:
		skip = 8
	case 5:
		skip = 4
	case 2:
		length, size := binary.Uvarint(wire)
		if size <= 0 || length > uint64(len(wire)-size) {
			return nil, nil, false
		}
		return wire[size : size+int(length)], wire[size+int(length):], true
	default:
		return nil, nil, false
	}
	if skip > len(wire) {
		return nil, nil, false
	}
	return nil, wire[skip:], true
}
