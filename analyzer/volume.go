package analyzer

import "time"

// Volume is a persistent volume.
type Volume struct {
	Name     string    `json:"name"`
	Class    string    `json:"class,omitempty"`
	Driver   string    `json:"driver,omitempty"` // of the CSI volume
	Capacity int64     `json:"capacity,omitempty"`
	Phase    string    `json:"phase,omitempty"` // Available, Bound, Released, Failed
	Claim    string    `json:"claim,omitempty"` // namespace/name it is or was bound to
	Reclaim  string    `json:"reclaim,omitempty"`
	Created  time.Time `json:"created,omitzero"`
	// Source is the field of the volume's spec that says what it is, such as "csi",
	// "local", "nfs"; snapshots of older programs have none.
	Source string `json:"source,omitempty"`
	// Affinity is the nodes that it can be reached from: one term must hold; none: all.
	Affinity []NodeTerm `json:"affinity,omitempty"`
	// Shared says that several nodes may write to it at once.
	Shared bool `json:"shared,omitempty"`
	// Unmodelled names what of its spec no rule can hold.
	Unmodelled []string `json:"unmodelled,omitempty"`
}

// Local reports whether the volume is a directory or a disk of the node that it was made
// on: its data are there and nowhere else, and it costs nothing beside the node.
func (v *Volume) Local() bool { return v.Source == "local" || v.Source == "hostPath" }

// VolumeClaim is a persistent volume claim. The pods that mount it name it in
// PodSpec.Claims.
type VolumeClaim struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Class     string    `json:"class,omitempty"`
	Volume    string    `json:"volume,omitempty"`
	Phase     string    `json:"phase,omitempty"` // Pending, Bound, Lost
	Requested int64     `json:"requested,omitempty"`
	Capacity  int64     `json:"capacity,omitempty"`
	Created   time.Time `json:"created,omitzero"`
	// Used is the most bytes that it held in the window; 0 where not known.
	Used int64 `json:"used,omitempty"`
}

// StorageClass is what a class of volumes is made with.
type StorageClass struct {
	Name        string `json:"name"`
	Provisioner string `json:"provisioner,omitempty"`
	// Parameters are those that decide a volume's price, by their names in lower case.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// StorageClass gives the class of a name; one that was not read has its name alone.
func (s *Snapshot) StorageClass(name string) StorageClass {
	for i := range s.StorageClasses {
		if s.StorageClasses[i].Name == name {
			return s.StorageClasses[i]
		}
	}
	return StorageClass{Name: name}
}
