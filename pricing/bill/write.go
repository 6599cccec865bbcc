package bill

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/grid"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
)

// shownLines is how many lines the screen has; json and csv have all.
const shownLines = 10

// Write prints a check: the sums, the difference by cause, and the lines that differ most.
func Write(out io.Writer, format string, c *Check) error {
	s := lookup.Sheet{Document: c, Right: []bool{4: true, 5: true, 6: true, 7: true}}
	s.Records = [][]string{{"provider", "region", "item", "buying", "quantity", "unit", "bill_usd", "says_usd"}}
	s.Screen = [][]string{{"PROVIDER", "REGION", "ITEM", "BUYING", "QUANTITY", "BILL", "PLIMSOLL", "DIFFERENCE"}}
	for _, cause := range causes {
		s.Records[0] = append(s.Records[0], string(cause.Cause))
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	for i, l := range c.Lines {
		record := []string{l.Provider, l.Region, l.Item, l.Buying, number(l.Quantity), l.Unit, number(l.Bill), number(l.Says)}
		for _, cause := range causes {
			record = append(record, number(l.Causes[cause.Cause]))
		}
		s.Records = append(s.Records, record)
		if i < shownLines {
			s.Screen = append(s.Screen, []string{analyzer.Printable(l.Provider), analyzer.Printable(l.Region), analyzer.Printable(l.Item), analyzer.Printable(l.Buying),
				fmt.Sprintf("%.6g", l.Quantity), usd(l.Bill), usd(l.Says), usd(l.Says - l.Bill)})
		}
	}
	if format != "table" {
		return s.Write(out, format)
	}
	if err := c.summary(out); err != nil {
		return err
	}
	if more := len(c.Lines) - shownLines; more > 0 {
		if _, err := fmt.Fprintf(out, "\nThe %d of %d items that differ most (-o csv has all)\n", shownLines, len(c.Lines)); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return s.Write(out, format)
}

// summary prints the sums and the causes.
func (c *Check) summary(out io.Writer) error {
	lines := [][]string{{"", "USD", "CHARGES", ""}, {"The bill, effective cost", usd(c.Bill), strconv.Itoa(c.Charges), "of which plimsoll prices " + usd(c.Priced)}}
	for _, d := range c.Differences {
		lines = append(lines, []string{"  " + string(d.Cause), fmt.Sprintf("%+.2f", d.USD), strconv.Itoa(d.Charges), d.Note})
	}
	lines = append(lines, []string{"plimsoll says", usd(c.Says), "", ""})
	if c.From != "" {
		if _, err := fmt.Fprintln(out, c.days()); err != nil {
			return err
		}
	}
	return grid.Write(out, []bool{1: true, 2: true}, lines)
}

// days says what time the bill is of: what it and plimsoll have is for these days, and for no month.
func (c *Check) days() string {
	from, to := date(c.From), date(c.To)
	return fmt.Sprintf("Usage from %s to %s, %d days; all sums are for these.\n", c.From, to.AddDate(0, 0, -1).Format(time.DateOnly), int(to.Sub(from).Hours()/24))
}

// date reads a day that was checked before.
func date(day string) time.Time {
	t, _ := time.Parse(time.DateOnly, day)
	return t
}

func usd(v float64) string { return fmt.Sprintf("%.2f", v) }
