// Package manifest reads trees of Kubernetes manifests for the gate: files,
// folders, standard input, kustomize folders, Helm charts and git revisions.
//
// It needs no cluster and no network. Kustomizations and charts are built in
// the process; what they render is traced back to the file and line where it
// was written, as far as that can be told.
package manifest
