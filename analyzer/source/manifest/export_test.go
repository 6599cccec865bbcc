package manifest

// For the tests outside the package.
var (
	MarkText = markText
	LinesOf  = func(text, marked string, file int) []int { return linesOf(text, marked, file) }
)
