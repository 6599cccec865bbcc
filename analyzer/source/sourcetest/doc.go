// Package sourcetest is one suite that every source of usage history must
// pass: given the same series, a live engine and a file must tell the same
// story. A source's test calls Run with a function that collects.
package sourcetest
