package verdict

import (
	"errors"
	"fmt"
	"time"
)

// Waiver lets a finding be until a day.
type Waiver struct {
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"` // the last day, YYYY-MM-DD
}

// Check refuses a waiver without its owner, reason or last day.
func (w Waiver) Check() error {
	switch {
	case w.Owner == "" || w.Reason == "" || w.Expires == "":
		return errors.New("owner, reason and expires must be given")
	default:
		if _, err := time.Parse(time.DateOnly, w.Expires); err != nil {
			return fmt.Errorf("expires is %q, not a day such as 2027-03-31", w.Expires)
		}
	}
	return nil
}
