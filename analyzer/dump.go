package analyzer

import (
	"io"
	"time"
)

// DumpRequest asks a source for the usage that files hold.
type DumpRequest struct {
	// Files are their names, and Open opens one for reading from its beginning.
	Files []string
	Open  func(name string) (io.ReadCloser, error)
	// Window is the time to look back on from End; the zero End is the newest
	// sample's time.
	Window time.Duration
	End    time.Time
	// Labels must have these values for a series to be read.
	Labels []Label
	// Owners learns the owners that the files tell of, and knows those of the
	// inventory.
	Owners *Owners
	// Step is told now and then how far the reading is.
	Step func(what string)
}

// Label is a label of a series and its value.
type Label struct{ Name, Value string }

// DumpUsage is what files hold.
type DumpUsage struct {
	Usage    []ContainerUsage
	Volumes  []VolumeUsage
	Network  []NetworkUsage
	Nodes    NodeRecorder // what was told of nodes
	Window   Window
	Source   Source
	Warnings []Warning
}
