// Package layout lays text out on a terminal: prose that wraps, tables whose names are never
// cut, commands that a shell takes over several lines. It knows cells and tones, and nothing
// of what is said.
package layout
