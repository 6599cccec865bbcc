package snapshot

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

const (
	apiVersion = "plimsoll.dev/v1alpha1"
	kind       = "Snapshot"
)

// header is the first line of a file.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Schema     int    `json:"schema"`
}

// Encode writes s to w. It brings the lists of s into their order first.
func Encode(w io.Writer, s *analyzer.Snapshot) error {
	s.Sort()
	// One goroutine, so that blocks are cut in the same way everywhere.
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(true))
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	out := bufio.NewWriterSize(z, 64<<10)
	err = encode(out, s)
	if err == nil {
		err = out.Flush()
	}
	if e := z.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return nil
}

// encode writes the usage, which is by far the largest part, last and piece by
// piece.
func encode(out *bufio.Writer, s *analyzer.Snapshot) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(header{apiVersion, kind, analyzer.SchemaVersion}); err != nil {
		return err
	}
	rest := *s
	rest.Usage = nil
	b, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	out.Write(b[:len(b)-1]) // without the closing brace
	for i := range s.Usage {
		if i == 0 {
			out.WriteString(",\"usage\":[\n")
		} else {
			out.WriteByte(',')
		}
		if err := enc.Encode(&s.Usage[i]); err != nil {
			return err
		}
	}
	if len(s.Usage) > 0 {
		out.WriteByte(']')
	}
	_, err = out.WriteString("}\n")
	return err
}
