package manifest

// flow reads {a: b} and [a, b] of one line.
func (p *plain) flow() *Node {
	if p.depth++; p.depth > deepest {
		p.bad = true
		return nil
	}
	defer func() { p.depth-- }()
	if p.peek(0) == '[' {
		return p.flowList()
	}
	n, base := p.node(Map, p.at), len(p.open)
	var seen names
	p.at++
	for first := true; p.more('}', first); first = false {
		start := p.at
		name, quoted := p.flowName()
		if p.bad || p.peek(0) != ':' || !quoted && p.peek(1) != ' ' || p.at-start >= longestKey {
			p.bad = true
			return nil
		}
		p.at++
		i := p.field(base, &seen, Field{Name: name, Key: p.place(start)})
		value := p.flowValue()
		p.open[i].Value = value
	}
	if p.bad {
		return nil
	}
	p.close(n, base)
	return n
}

func (p *plain) flowList() *Node {
	n, base := p.node(List, p.at), len(p.items)
	p.at++
	for first := true; p.more(']', first); first = false {
		p.items = append(p.items, p.flowValue())
	}
	if p.bad {
		return nil
	}
	p.closeList(n, base)
	return n
}

// more takes what parts two entries of a collection, or its end.
func (p *plain) more(end byte, first bool) bool {
	p.spaces()
	switch {
	case p.bad:
		return false
	case p.peek(0) == end:
		p.at++
		return false
	case first:
		return true
	case p.peek(0) != ',':
		p.bad = true
		return false
	}
	p.at++
	p.spaces()
	if p.peek(0) == end { // a comma behind the last
		p.bad = true
	}
	return !p.bad
}

func (p *plain) flowValue() *Node {
	p.spaces()
	if c := p.peek(0); c == '{' || c == '[' {
		return p.flow()
	}
	return p.scalar(p.flowName)
}

// flowName reads a key or a scalar within a collection.
func (p *plain) flowName() (text string, quoted bool) {
	if c := p.peek(0); c == '"' || c == '\'' {
		return p.quoted(), true
	}
	if !p.starts() {
		p.bad = true
		return "", false
	}
	start := p.at
	for ; ; p.at++ {
		switch p.peek(0) {
		case '\n', '[', '{', '?', '#':
			p.bad = true
			return "", false
		case ':':
			if c := p.peek(1); c == ',' || c == ']' || c == '}' {
				p.bad = true
				return "", false
			} else if !isBlank(c) {
				continue
			}
		case ',', ']', '}':
		default:
			continue
		}
		break
	}
	end := p.at
	for p.data[end-1] == ' ' {
		end--
	}
	return p.data[start:end], false
}
