// Package snapshot keeps snapshots in files, so that what was collected can be
// mailed, merged and analysed again.
//
// A snapshot file is zstd-compressed JSON: a header on the first line,
//
//	{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Snapshot","schema":2}
//
// and an analyzer.Snapshot after it. Equal snapshots give equal bytes. The same
// text without compression is read as well, for files made by hand.
package snapshot
