// Package docs is the manual: the program carries its pages, so that whoever has
// the program alone can read what it points to.
package docs

import "embed"

// Pages are the manual's pages as Markdown, by their paths in this folder.
//
//go:embed *.md rules/*.md sources/*.md method/*.md
var Pages embed.FS
