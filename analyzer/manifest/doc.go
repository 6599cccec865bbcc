// Package manifest reads the text of Kubernetes manifests and keeps, of every
// field, the exact place where it was written: file, line, column and bytes.
//
// Parse turns the bytes of one file into Documents. A document is a tree of
// Nodes, with aliases and merge keys resolved, on which the typed views
// (Workload, Autoscaler, Budget, ...) look. Nothing is checked against a
// schema: a field of a wrong type counts as not set, and what cannot be read
// at all is a Problem, never a panic.
//
// The package is pure. Reading files, folders, charts and revisions is the
// business of analyzer/source/manifest.
package manifest
