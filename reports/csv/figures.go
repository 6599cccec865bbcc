package csv

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// figures writes a document as rows of a path, as jq has it, and a value.
type figures struct {
	in  *json.Decoder
	out *csv.Writer
}

// writeFigures writes what a section is about, a row a figure, in the order of
// the document.
func writeFigures(w io.Writer, r *document.Report) error {
	section := r.Metadata.Part.Section
	said, err := json.Marshal(map[string]any{section: map[string]any{
		"nodes": r.Nodes, "purchase": r.Purchase, "waste": r.Waste, "backtest": r.Backtest, "prices": r.Prices, "warnings": r.Warnings,
	}[section]})
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	f := figures{json.NewDecoder(bytes.NewReader(said)), csv.NewWriter(w)}
	f.in.UseNumber()
	if err := f.out.Write([]string{"path", "value"}); err != nil {
		return fmt.Errorf("writing the line of names: %w", err)
	}
	if err := f.value(""); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	f.out.Flush()
	return f.out.Error()
}

// value writes one value of the document, with all that it holds. What is not
// known, null, has no row.
func (f *figures) value(path string) error {
	token, err := f.in.Token()
	if err != nil {
		return err
	}
	switch x := token.(type) {
	case json.Delim:
		if err := f.members(path, x == '{'); err != nil {
			return err
		}
		_, err = f.in.Token() // its end
		return err
	case string:
		return f.out.Write([]string{path, text(x)})
	case nil:
		return nil
	default:
		return f.out.Write([]string{path, fmt.Sprint(x)})
	}
}

// members writes what an object or a list holds.
func (f *figures) members(path string, object bool) error {
	for i := 0; f.in.More(); i++ {
		at := path + "[" + strconv.Itoa(i) + "]"
		if object {
			name, err := f.in.Token()
			if err != nil {
				return err
			}
			at = path + "." + fmt.Sprint(name)
		}
		if err := f.value(at); err != nil {
			return err
		}
	}
	return nil
}
