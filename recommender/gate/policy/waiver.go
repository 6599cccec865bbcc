package policy

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

func (w Waiver) check(known map[string]bool) error {
	if !known[w.Rule] {
		return fmt.Errorf("there is no rule %q", w.Rule)
	}
	if err := w.Match.check(); err != nil {
		return err
	}
	return verdict.Waiver{Owner: w.Owner, Reason: w.Reason, Expires: w.Expires}.Check()
}
