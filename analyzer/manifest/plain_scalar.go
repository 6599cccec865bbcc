package manifest

import (
	"strings"
	"unicode/utf8"
)

// inline reads a value of the cursor's line and goes on to the next. parent is the
// column of the map or list that it stands in.
func (p *plain) inline(parent int) *Node {
	switch p.peek(0) {
	case '|':
		return p.literal(parent)
	case '{', '[':
		n := p.flow()
		if !p.bad {
			p.lineEnd()
		}
		return n
	}
	n := p.scalar(p.name)
	if !p.bad {
		p.lineEnd()
	}
	return n
}

// scalar makes a node of what read gives.
func (p *plain) scalar(read func() (string, bool)) *Node {
	start := p.at
	text, quoted := read()
	if p.bad {
		return nil
	}
	n := p.node(Scalar, nowhere)
	n.Position, n.Text, n.Quoted = p.place(start), text, quoted
	if quoted {
		start++
	}
	if end := start + len(text); text != "" && end <= len(p.data) && p.data[start:end] == text {
		n.Text, n.Start, n.Literal = p.data[start:end], int32(start), true
	}
	return n
}

// name reads a key or a scalar of a block.
func (p *plain) name() (text string, quoted bool) {
	if c := p.peek(0); c == '"' || c == '\'' {
		return p.quoted(), true
	}
	return p.word(), false
}

// starts tells the bytes with which a plain scalar may begin here. YAML allows
// more.
func (p *plain) starts() bool {
	c := p.peek(0)
	if c == '-' {
		next := p.peek(1)
		return next == '-' || alphanumeric(next)
	}
	return alphanumeric(c) || c >= utf8.RuneSelf || c != 0 && strings.IndexByte(`_/.$(~+^\=`, c) >= 0
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// word reads a plain scalar of a block, up to a colon with a blank behind it, a
// comment, or the end of the line.
func (p *plain) word() string {
	if !p.starts() {
		p.bad = true
		return ""
	}
	start := p.at
	for i := start; ; i++ {
		if i == p.end || p.data[i] == '\n' {
			p.at = i
			break
		}
		if c := p.data[i]; c == ':' && (i+1 == p.end || isBlank(p.data[i+1])) || c == '#' && p.data[i-1] == ' ' {
			p.at = i
			break
		}
	}
	for p.data[p.at-1] == ' ' {
		p.at--
	}
	return p.data[start:p.at]
}

// quoted reads a scalar in quotes that ends on the line.
func (p *plain) quoted() string {
	quote, start := p.data[p.at], p.at+1
	for i := start; i < p.end; i++ {
		switch c := p.data[i]; {
		case c == '\n':
			p.bad = true
			return ""
		case c == quote && quote == '\'' && i+1 < p.end && p.data[i+1] == '\'', c == '\\' && quote == '"':
			return p.escaped(quote, start, i)
		case c == quote:
			p.at = i + 1
			return p.data[start:i]
		}
	}
	p.bad = true
	return ""
}

// escaped reads the rest of a scalar in quotes that has an escape at i.
func (p *plain) escaped(quote byte, start, i int) string {
	var out strings.Builder
	out.WriteString(p.data[start:i])
	for ; i+1 < p.end && p.data[i] != '\n'; i++ {
		c, next := p.data[i], p.data[i+1]
		switch {
		case c == quote && quote == '\'' && next == '\'':
			i++
		case c == quote:
			p.at = i + 1
			return out.String()
		case c == '\\' && quote == '"':
			i++
			switch next {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case '"', '\\':
				c = next
			default:
				p.bad = true
				return ""
			}
		}
		out.WriteByte(c)
	}
	p.bad = true // also where the quote is the document's last byte
	return ""
}

// textColumn is the column of a text's first line, which must be further in than its map's or
// list's; 0 where it is not, and where the line is empty.
func (p *plain) textColumn(parent int) int {
	if p.at >= p.end {
		return 0
	}
	line := p.data[p.at : p.at+strings.IndexByte(p.data[p.at:p.end], '\n')]
	bare := len(line) - len(strings.TrimLeft(line, " "))
	if bare == len(line) || bare <= parent {
		return 0
	}
	return bare
}

// literal reads a block of text behind |, within a map or list in the given column.
func (p *plain) literal(parent int) *Node {
	n := p.node(Scalar, p.at)
	n.Quoted = true
	p.at++
	chomp := p.peek(0)
	if chomp == '-' || chomp == '+' {
		p.at++
	}
	p.spaces()
	if p.peek(0) != '\n' || p.data[p.end-1] != '\n' || p.at == p.end {
		p.bad = true
		return nil
	}
	p.nextLine()
	column := p.textColumn(parent)
	if column == 0 {
		p.bad = true
		return nil
	}
	var out strings.Builder
	held := 0 // held are the line feeds that are not yet known to be within the text
	for p.at < p.end {
		line := p.data[p.at : p.at+strings.IndexByte(p.data[p.at:p.end], '\n')]
		bare := len(line) - len(strings.TrimLeft(line, " "))
		if bare == len(line) && bare <= column {
			held++
			p.nextLine()
			continue
		}
		if bare < column {
			break
		}
		for ; held > 0; held-- {
			out.WriteByte('\n')
		}
		out.WriteString(line[column:])
		held = 1
		p.nextLine()
	}
	switch chomp {
	case '+':
		out.WriteString(strings.Repeat("\n", held))
	case '-':
	default:
		out.WriteByte('\n')
	}
	n.Text = out.String()
	p.settle()
	return n
}
