// Package snippet has what is advised as YAML to copy: for a pod template, an autoscaler or
// a whole object, and its lines folded to a terminal's width.
package snippet
