//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package disk

import "os"

func hold(*os.File) {}

// removeUnheld leaves the file: whether a run holds it is not known here.
func removeUnheld(string) {}
