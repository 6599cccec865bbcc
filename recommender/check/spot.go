package check

// DefaultGrace is the time to stop, in seconds, of a pod that does not say.
const DefaultGrace = 30

// StopsTooLate reports whether a pod asks for more time to stop than the notice that a
// spot node gets, both in seconds. The default is what nobody asked for.
func StopsTooLate(grace, notice int64) bool { return grace > notice && grace != DefaultGrace }
