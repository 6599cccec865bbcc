// Package text prints the report document for people on a terminal. It knows
// the document and no rule.
package text
