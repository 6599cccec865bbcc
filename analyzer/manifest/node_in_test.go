package manifest

import (
	"testing"
	"unsafe"
)

// TestNodeStaysSmall bounds what the gate's memory is made of: a tree of 100,000 documents
// has some two million nodes.
func TestNodeStaysSmall(t *testing.T) {
	if got := unsafe.Sizeof(Node{}); got > 64 {
		t.Errorf("a node takes %d bytes, want 64 at most", got)
	}
}

// TestViaIsTheNodesOwn holds that what is set of one node's copy is not of the other's.
func TestViaIsTheNodesOwn(t *testing.T) {
	n := Node{Kind: List}
	n.setItems([]*Node{{Text: "a"}})
	c := n
	c.SetVia(At(3, 4))
	if n.Via() != (Position{}) || c.Via() != At(3, 4) || len(c.Items()) != 1 {
		t.Errorf("the node came in by %v, its copy by %v with %d items", n.Via(), c.Via(), len(c.Items()))
	}
}
