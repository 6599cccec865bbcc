package unpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxWhole is the most bytes of a pipe, a device or a URL that is kept whole.
const MaxWhole = 128 << 20

// ErrEndless refuses what has more than may be kept of it.
var ErrEndless = errors.New("it has no end that this program would wait for")

// Whole reads all of r, and no more than most bytes. Parts are joined at the end:
// a buffer that grows would take twice the memory of what is refused.
func Whole(r io.Reader, most int64) ([]byte, error) {
	var parts [][]byte
	part := make([]byte, 0, 64<<10)
	for all := int64(0); ; {
		n, err := r.Read(part[len(part):cap(part)])
		part = part[:len(part)+n]
		switch all += int64(n); {
		case all > most:
			return nil, fmt.Errorf("%w: it is larger than %d MiB", ErrEndless, most>>20)
		case errors.Is(err, io.EOF):
			return bytes.Join(append(parts, part), nil), nil
		case err != nil:
			return nil, err
		case len(part) == cap(part):
			parts, part = append(parts, part), make([]byte, 0, 1<<20)
		}
	}
}
