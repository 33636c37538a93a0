// Package scale measures what one reader of the filter costs, and simulates many. docs/scale.md has the figures and
// what they are made of.
package scale
