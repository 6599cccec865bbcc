package layout

import (
	"bytes"
	"io"
)

// ascii is what is drawn where a terminal has ASCII alone. Each takes as many
// cells as what it stands for.
var ascii = map[string]string{"→": ">", "…": "~", "█": "#", "░": ":"}

// Plainly writes by way of ASCII where that is asked for.
func Plainly(w io.Writer, toASCII bool, write func(io.Writer) error) error {
	if !toASCII {
		return write(w)
	}
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return err
	}
	out := buf.Bytes()
	for from, to := range ascii {
		out = bytes.ReplaceAll(out, []byte(from), []byte(to))
	}
	_, err := w.Write(out)
	return err
}
