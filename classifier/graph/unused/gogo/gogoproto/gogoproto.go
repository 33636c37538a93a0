// Package gogoproto is imported by gorgonia's tensors for its side effects, which are not wanted; see the
// README two folders up.
package gogoproto
