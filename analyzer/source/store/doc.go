// Package store reads and writes single files that a URL names: in object
// stores (s3, gs, azblob) and on web servers (https, http).
//
// Credentials are those of the machine, as each cloud's own tools find them.
// URLs are shown without their user, query and fragment, which may hold
// secrets.
package store
