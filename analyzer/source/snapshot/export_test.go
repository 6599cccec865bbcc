package snapshot

// DecodeWithin is Decode with smaller bounds.
var DecodeWithin = decodeWithin
