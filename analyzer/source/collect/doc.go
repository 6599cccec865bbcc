// Package collect decides which source is asked for what: objects from files or
// the API server, usage from dumps, from an engine that was given or found, or
// from metrics-server. A new source is a package of its own and a case here.
package collect
