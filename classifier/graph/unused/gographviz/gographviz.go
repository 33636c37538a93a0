// Package gographviz has the names of the library that gorgonia draws graphs with. Nothing is drawn; see
// the README of the folder above.
package gographviz

// Escape is a drawing. It stays empty.
type Escape struct{}

// NewEscape panics: nobody here draws a graph.
func NewEscape() *Escape { panic("Graphviz is not part of this program") }

// SetName does nothing, and so do all below.
func (*Escape) SetName(string) error { return nil }

// SetDir does nothing.
func (*Escape) SetDir(bool) error { return nil }

// AddAttr does nothing.
func (*Escape) AddAttr(_, _, _ string) error { return nil }

// IsSubGraph does nothing.
func (*Escape) IsSubGraph(string) bool { return false }

// AddSubGraph does nothing.
func (*Escape) AddSubGraph(_, _ string, _ map[string]string) error { return nil }

// AddPortEdge does nothing.
func (*Escape) AddPortEdge(_, _, _, _ string, _ bool, _ map[string]string) error { return nil }

// AddEdge does nothing.
func (*Escape) AddEdge(_, _ string, _ bool, _ map[string]string) error { return nil }

// AddNode does nothing.
func (*Escape) AddNode(_, _ string, _ map[string]string) error { return nil }

// String is empty.
func (*Escape) String() string { return "" }
