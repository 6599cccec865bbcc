package main

import (
	"strings"
	"testing"
)

// TestWarnPriceAge: the user says from which age prices are warned of.
func TestWarnPriceAge(t *testing.T) {
	for days, want := range map[string]bool{"": true, "365": true, "100000": false, "0": false} {
		args := []string{"audit", "--demo", "--only", "rightsize", "--top", "1"}
		if days != "" {
			args = append(args, "--warn-price-age", days)
		}
		code, out, errs := plimsoll(args...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		if got := strings.Contains(out, "days old"); got != want {
			t.Errorf("--warn-price-age %q: got a warning %v, want %v in\n%s", days, got, want, out)
		}
	}
}
