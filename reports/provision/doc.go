// Package provision turns the document's node groups into the objects and
// settings of those who make nodes: Karpenter, the Cluster Autoscaler, and the
// node pools of the clouds.
package provision
