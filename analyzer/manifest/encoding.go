package manifest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// The marks by which a text says how its characters are encoded.
var (
	mark8       = []byte("\xef\xbb\xbf")
	mark16Big   = []byte("\xfe\xff")
	mark16Small = []byte("\xff\xfe")
	mark32Big   = []byte("\x00\x00\xfe\xff")
	mark32Small = []byte("\xff\xfe\x00\x00")
)

var errEncoding = errors.New("the text is neither UTF-8 nor UTF-16; save it as UTF-8")

// toUTF8 gives a text as UTF-8. PowerShell writes UTF-16, and files that were
// joined have a byte order mark in the middle. converted says that the bytes
// are no longer those of the file.
func toUTF8(data []byte) (text []byte, converted bool, err error) {
	switch {
	case bytes.HasPrefix(data, mark32Small), bytes.HasPrefix(data, mark32Big):
		return nil, false, errEncoding
	case bytes.HasPrefix(data, mark16Small):
		return from16(data[2:], binary.LittleEndian), true, nil
	case bytes.HasPrefix(data, mark16Big):
		return from16(data[2:], binary.BigEndian), true, nil
	case zeros(data, 1):
		return from16(data, binary.LittleEndian), true, nil
	case zeros(data, 0):
		return from16(data, binary.BigEndian), true, nil
	case !utf8.Valid(data):
		return nil, false, errEncoding
	}
	if i := bytes.LastIndex(data, mark8); i > 0 {
		head, rest := data, []byte(nil)
		if bytes.HasPrefix(data, mark8) {
			head, rest = data[3:], append(rest, mark8...)
		}
		for _, breaks := range []string{"\n", "\r"} {
			head = bytes.ReplaceAll(head, []byte(breaks+string(mark8)), []byte(breaks))
		}
		if out := append(rest, head...); len(out) < len(data) {
			return out, true, nil
		}
	}
	return data, false, nil
}

// zeros tells UTF-16 without a mark: the first letters of a manifest are
// ASCII, and every second byte of theirs is zero.
func zeros(data []byte, at int) bool {
	if len(data) < 4 || len(data)%2 == 1 {
		return false
	}
	for i := 0; i+1 < min(len(data), 32); i += 2 {
		if data[i+at] != 0 || data[i+1-at] == 0 {
			return false
		}
	}
	return true
}

func from16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// fromInvalid gives the text from its first byte that is no UTF-8.
func fromInvalid(data []byte) []byte {
	for i := 0; i < len(data); {
		r, w := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && w <= 1 {
			return data[i:]
		}
		i += w
	}
	return nil
}
