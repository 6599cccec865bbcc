package cloud

import "strings"

// Program is a purchase program, by what the tables call it.
type Program struct {
	// Name begins the tables' name of it, and Scope says what usage it covers.
	Name, Scope string
	// Payment is the tables' word for that of reserved prices.
	Payment string
	// Standing is the program whose discounts stand in where this one's are not known.
	Standing string

	// Instrument is what advice calls it, and OneSize what it does for families whose
	// reservations hold for one size alone; empty for the same.
	Instrument, OneSize string
	// Beside is what advice calls it where the program that it stands in for has discounts of its
	// own; empty where it is no choice then. It is sold in whole machines.
	Beside string
	// Flexible commitments follow demand to other families and regions.
	Flexible bool
	// Note says what the discount stands in for.
	Note string
	// Covers reports whether what the tables list covers a family; nil wants its name.
	Covers func(listed, family string) bool
}

// Program finds the program of the tables' name; nil where there is none.
func (c *Cloud) Program(name string) *Program {
	for i := range c.Programs {
		if strings.HasPrefix(name, c.Programs[i].Name) {
			return &c.Programs[i]
		}
	}
	return nil
}

// Has reports whether a discount that the tables list is one on a family.
func (p *Program) Has(listed, family string) bool {
	if p.Covers != nil {
		return p.Covers(listed, family)
	}
	return strings.EqualFold(listed, family)
}
