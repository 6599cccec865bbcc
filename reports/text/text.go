package text

// Options is how a report is to be printed.
type Options struct {
	// Width is the number of terminal cells that the table may take; 0 means
	// that it goes to no terminal: then it takes what it needs, so that no name
	// is cut. wide and the machine formats do so always.
	Width int
	// Color allows ANSI colors.
	Color bool
	// All lists the containers that are fine as they are, too.
	All bool
	// Top limits the table to that many rows, those at its head; 0 means all.
	Top int
	// Section is the part that is printed, of Sections; empty is the screen.
	Section string
	// Saved says that the report was kept, so that plimsoll show can print more
	// of it.
	Saved bool
	// From is the flag by which plimsoll show reads this report, such as --report
	// report.json; empty is the last that was kept.
	From string
	// Program is what plimsoll is called by where that is another name, such as
	// kubectl plimsoll: the commands that are printed have it.
	Program string
	// By is what the section of savings adds up by, of Groupings; empty is namespace.
	By string
	// ASCII draws without characters beyond ASCII; names stay as they are.
	ASCII bool
	// Sort and Columns are of the wide table: an order of Sorts, columns of
	// Columns; empty are the usual ones.
	Sort    string
	Columns []string
	// Verbose prints every warning in full, where otherwise like ones are one
	// line.
	Verbose bool
}

// proseWidth is where sentences wrap that go to no terminal.
const proseWidth = 80

// unlimited is a width that no table reaches.
const unlimited = 1 << 20

// room is the width that a table may take.
func (o Options) room() int {
	if o.Width <= 0 {
		return unlimited
	}
	return o.Width
}

// line is the width at which sentences wrap.
func (o Options) line() int {
	if o.Width <= 0 {
		return proseWidth
	}
	return o.Width
}
