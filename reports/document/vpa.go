package document

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// VPA is a VerticalPodAutoscaler as it should be.
type VPA struct {
	Name string `json:"name"`
	// UpdateMode is Off, Initial, Recreate or InPlaceOrRecreate; Reason says why.
	UpdateMode string         `json:"updateMode"`
	Reason     string         `json:"reason"`
	Containers []VPAContainer `json:"containers"`
	// Evidence holds what an existing VPA recommends, beside right-sizing.
	Evidence []Evidence         `json:"evidence"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// VPAContainer is the policy for one container.
type VPAContainer struct {
	Container string `json:"container"`
	// Mode is Auto or Off.
	Mode                string    `json:"mode"`
	ControlledResources []string  `json:"controlledResources"`
	MinAllowed          Resources `json:"minAllowed"`
	MaxAllowed          Resources `json:"maxAllowed"`
}
