package layout

import "regexp"

// verbs are those of the program, as a pattern.
const verbs = `(audit|backtest|diff|explain|gate|help|price|show)`

var ownCommand = regexp.MustCompile(`(?:kubectl )?\bplimsoll ` + verbs + `\b`)

// Called writes commands as they are typed where plimsoll is called by another name;
// empty is its own.
func Called(program, s string) string {
	if program == "" {
		return s
	}
	return ownCommand.ReplaceAllString(s, program+" $1")
}
