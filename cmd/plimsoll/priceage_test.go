package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommitmentPrices: advice on commitments names the table it rests on and
// the file of those that exist, and warns of the table's age; without the advice
// there is neither.
func TestCommitmentPrices(t *testing.T) {
	held := filepath.Join(t.TempDir(), "held.csv")
	if err := os.WriteFile(held, []byte("name,family,covers_usd_hour,usd_hour\nplan,,1,0.7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const table, old = "Prices of commitments and spot machines: aws of 2025-05-28 (ec2info).", "aws commitments of 2025-05-28 (ec2info, 545 days, old after 365)"
	for _, tt := range []struct {
		args            []string
		table, old, own bool
	}{
		{[]string{"--only", "purchase"}, true, true, false},
		{[]string{"--only", "purchase", "--warn-price-age", "0"}, true, false, false},
		{[]string{"--only", "purchase", "--commitments", held}, true, true, true},
		{[]string{"--only", "rightsize", "--commitments", held}, false, false, false},
	} {
		code, _, errs := plimsoll(append([]string{"audit", "--demo", "--top", "1", "-o", "table"}, tt.args...)...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		_, out, _ := plimsoll("show", "all")
		out = strings.Join(strings.Fields(out), " ")
		if n := strings.Count(out, "old prices:"); n > 1 {
			t.Errorf("%v: %d warnings of old prices, want one", tt.args, n)
		}
		for text, want := range map[string]bool{table: tt.table, old: tt.old, "Prices of commitments: aws (" + held + "), without a date.": tt.own} {
			if got := strings.Contains(out, text); got != want {
				t.Errorf("%v: got %q %v, want %v in\n%s", tt.args, text, got, want, out)
			}
		}
	}
}

// TestWarnPriceAge: the user says from which age prices are warned of.
func TestWarnPriceAge(t *testing.T) {
	for days, want := range map[string]bool{"": true, "365": true, "100000": false, "0": false} {
		args := []string{"audit", "--demo", "--only", "rightsize", "--top", "1"}
		if days != "" {
			args = append(args, "--warn-price-age", days)
		}
		code, _, errs := plimsoll(args...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		_, out, _ := plimsoll("show", "warnings")
		if got := strings.Contains(out, "old prices"); got != want {
			t.Errorf("--warn-price-age %q: got a warning %v, want %v in\n%s", days, got, want, out)
		}
	}
}
