// Package reports lists the formats in which a report document is printed.
//
// Package build makes the document. Every format in Formats prints from the
// document alone and works nothing out that the document does not say, so a
// report that was saved and read again prints the same. The package is pure:
// it writes to an io.Writer, and the caller says how wide it may write and
// whether in color.
//
// The document is described in docs/report.md, its schema is
// docs/report.schema.json.
package reports
