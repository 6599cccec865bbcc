// Package document is the report: what is said of a cluster, in one document
// that every writer prints and nothing else. It has the types with their JSON
// and YAML form, the units, and the reading and writing of a saved report.
//
// Amounts are integers inside: CPU in microcores, memory in bytes, money in
// cents. The document rounds, so that what is printed adds up.
package document
