// Package html writes the report as one page that needs no network and no
// server: what matters as plain HTML, and a script that filters, draws and
// explains. It is made of the document alone.
package html

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

//go:generate go run ./gen

// The style and the script, as gen makes them of what lies in app.
var (
	//go:embed dist/app.css
	style string
	//go:embed dist/app.js
	script string
	//go:embed page.tmpl
	pageText string
)

// pageTemplate is parsed for the first page: most runs write none.
var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })

// Write writes the page. Equal reports give equal bytes.
func Write(w io.Writer, r *document.Report) error {
	out := bufio.NewWriterSize(w, 1<<16)
	rows := rowsOf(r)
	writeHead(out, r)
	v := viewOf(r, rows)
	if err := pageTemplate().Execute(out, v); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	if err := writeData(out, r, rows, v.lists()); err != nil {
		return err
	}
	out.WriteString("<script>" + script + "</script>\n</body>\n</html>\n")
	return out.Flush()
}

// writeHead begins the page. The policy stands first: nothing is loaded, and
// only this style and this script count.
func writeHead(out *bufio.Writer, r *document.Report) {
	out.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	fmt.Fprintf(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", Policy())
	out.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	fmt.Fprintf(out, "<title>plimsoll: %s</title>\n<style>%s</style>\n</head>\n", template.HTMLEscapeString(clusterName(r)), style)
}

// Policy is the content security policy of every page.
func Policy() string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", hash(script), hash(style))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func clusterName(r *document.Report) string {
	if name := brief.Clean(r.Metadata.Cluster); name != "" {
		return name
	}
	return "cluster without a name"
}

// writeData writes what the script reads: the rows in one piece, and what stands
// behind each workload in pieces that are unpacked when a panel opens.
func writeData(out *bufio.Writer, r *document.Report, rows []row, lists map[string][][]cell) error {
	head := index{Chunk: chunkWorkloads, Rows: rows, Lists: lists, Priced: r.Summary.MonthlyCost != nil}
	if h := r.History; h != nil {
		head.Start, head.SlotHours, head.Slots = h.Start.Unix(), h.SlotHours, h.Slots
	}
	data, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("writing the rows: %w", err)
	}
	p := newPacker()
	if err := p.write(out, "index", data); err != nil {
		return err
	}
	past := historiesOf(r)
	for first := 0; first < len(r.Workloads); first += chunkWorkloads {
		data, err := chunk(r, past, first, min(first+chunkWorkloads, len(r.Workloads)))
		if err != nil {
			return err
		}
		if err := p.write(out, fmt.Sprintf("c%d", first/chunkWorkloads), data); err != nil {
			return err
		}
	}
	return nil
}

// anchor is the fragment that opens a workload's panel. Its parts are escaped here: what
// the template would escape of it is the strokes between them, and the script would not
// know it.
func anchor(w *document.Workload) template.URL {
	return template.URL("w/" + strings.Join([]string{escape(w.Namespace), escape(w.Kind), escape(w.Name)}, "/"))
}
