// Package antidote is how dreams are found again by those who would rather not see them: a record of each, lists of
// records that whoever makes dreams publishes and signs, and an index that finds the record a picture is a copy of.
// docs/antidote.md has the format. The package neither fetches nor keeps anything, and decides nothing: a match is
// evidence.
package antidote
