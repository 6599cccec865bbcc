// Package commitment finds what to commit to for hourly demand: the amounts of
// all commitments on sale, of every family, term and payment, that cost least
// together and that survive stated falls of the demand. It is one linear program,
// of which Program.Best proves a lower bound beside the amounts.
package commitment
