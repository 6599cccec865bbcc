package pricing_test

import (
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestStale: each kind of price has its own age, and one sentence has them all.
func TestStale(t *testing.T) {
	now := time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC)
	of := func(of, asOf string) pricing.Provenance {
		return pricing.Provenance{Provider: "aws", Source: "x", AsOf: asOf, Of: of}
	}
	for _, tt := range []struct {
		name string
		used []pricing.Provenance
		ages pricing.Ages
		want string
	}{
		{"a list price is good for two years", []pricing.Provenance{of("", "2024-08-21"), of(pricing.OfVolumes, "2024-08-21")}, pricing.UsualAges(), ""},
		{"and old thereafter", []pricing.Provenance{of("", "2024-08-19")}, pricing.UsualAges(),
			"old prices: aws machines of 2024-08-19 (x, 731 days, old after 730); renew them with price update --provider aws (plimsoll help price), or give newer ones with --pricing"},
		{"spot after a quarter", []pricing.Provenance{of(pricing.OfSpot, "2026-05-22"), of(pricing.OfSpot, "2026-05-21")}, pricing.UsualAges(),
			"old prices: aws spot machines of 2026-05-21 (x, 91 days, old after 90); renew them with price update --provider aws --spot (plimsoll help price), or give newer ones with --pricing"},
		{"commitments after a year, all in one line", []pricing.Provenance{of(pricing.OfCommitments, "2025-08-19"), of(pricing.OfSpot, "2025-05-28"), of("", "2025-05-28")}, pricing.UsualAges(),
			"old prices: aws commitments of 2025-08-19 (x, 366 days, old after 365), aws spot machines of 2025-05-28 (x, 449 days, old after 90); renew them with price update --provider aws --spot (plimsoll help price), or give newer ones with --pricing"},
		{"of no list", []pricing.Provenance{of(pricing.OfVolumes, "2024-08-19")}, pricing.UsualAges(),
			"old prices: aws volumes of 2024-08-19 (x, 731 days, old after 730); give newer ones with --pricing"},
		{"of two clouds", []pricing.Provenance{of("", "2024-08-19"), {Provider: "gcp", Source: "y", AsOf: "2024-08-19"}}, pricing.UsualAges(),
			"old prices: aws machines of 2024-08-19 (x, 731 days, old after 730), gcp machines of 2024-08-19 (y, 731 days, old after 730); renew them with price update (plimsoll help price), or give newer ones with --pricing"},
		{"undated prices are not old", []pricing.Provenance{{Source: "mine.csv"}}, pricing.SameAges(1), ""},
		{"nor is any without a limit", []pricing.Provenance{of("", "1999-01-01")}, pricing.SameAges(0), ""},
		{"a provider that is not named", []pricing.Provenance{{Provider: "default", Source: "x", AsOf: "2026-08"}}, pricing.SameAges(18),
			"old prices: machines of 2026-08 (x, 19 days, old after 18); give newer ones with --pricing"},
	} {
		if got := pricing.Stale(tt.used, now, tt.ages); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
