package layout

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
)

// FoldCommand breaks a command that is longer than width so that a shell still takes it
// whole: before a word where a line has room for it, with a backslash at the end. A word
// that no line holds is broken within, and goes on at the beginning of the next line.
func FoldCommand(command string, width, indent int) []string {
	pad := strings.Repeat(" ", indent)
	words := shellWords(command)
	var out []string
	line := pad
	for i, word := range words {
		last, sep := i == len(words)-1, " "
		if strings.TrimSpace(line) == "" {
			sep = ""
		}
		room := width
		if !last {
			room -= 2 // for the backslash
		}
		if Cells(line+sep+word) <= room {
			line += sep + word
			continue
		}
		if sep != "" {
			out, line = append(out, line+` \`), pad
		}
		if Cells(pad+word) <= room {
			line += word
			continue
		}
		pieces := brokenWord(word, max(width-1, 8))
		for _, p := range pieces[:len(pieces)-1] {
			out = append(out, p+`\`)
		}
		line = pieces[len(pieces)-1]
	}
	return append(out, line)
}

// brokenWord are the parts of a shell's word that are one when nothing stands between them.
func brokenWord(word string, width int) (out []string) {
	plain := word
	if strings.HasPrefix(word, "'") {
		plain = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(word, "'"), "'"), `'\''`, "'")
	}
	for plain != "" {
		part := cutAt(plain, width)
		for Cells(brief.ShellWord(part)) > width && len(part) > 1 {
			part = cutAt(part, Cells(part)-1)
		}
		out, plain = append(out, brief.ShellWord(part)), plain[len(part):]
	}
	return out
}

// shellWords splits a command at spaces outside of single quotes.
func shellWords(command string) []string {
	var out []string
	word, quoted := "", false
	for _, r := range command {
		if r == '\'' {
			quoted = !quoted
		}
		if r == ' ' && !quoted {
			out, word = append(out, word), ""
			continue
		}
		word += string(r)
	}
	return slices.DeleteFunc(append(out, word), func(s string) bool { return s == "" })
}

// goesOn reports whether a word belongs to the command before it: a flag, its value, or
// the rest of what is in quotes.
func goesOn(command, word string) bool {
	if !begunVerb.MatchString(command) || strings.ContainsAny(command[len(command)-1:], ";,.:)") {
		return false
	}
	if strings.Count(command, "'")%2 == 1 {
		return true
	}
	last := command[strings.LastIndexByte(command, ' ')+1:]
	return strings.HasPrefix(word, "-") && len(word) > 1 || slices.Contains([]string{"--report", "--of", "-o", "-n", "--workload", "--columns", "--provider", "--region"}, last)
}
