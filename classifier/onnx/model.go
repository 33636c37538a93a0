// Package onnx reads neural networks in the ONNX format. It decodes; what the operators mean
// is the business of package graph. Input is taken to be hostile: sizes are capped, and a
// damaged file is an error, never a panic.
package onnx

import "fmt"

// Model is a decoded file.
type Model struct {
	Producer string
	Opset    int64 // version of the default operator set
	Graph    Graph
	Metadata map[string]string // what the file says about itself
	External []string          // files of the model's folder that were read too, in order of their names
}

// Graph is the network: nodes in the order of the file, which ONNX requires to be
// topological.
type Graph struct {
	Name         string
	Nodes        []Node
	Initializers map[string]*Tensor
	Inputs       []Value // what must be supplied; initializers are left out
	Outputs      []Value
}

// Node is one use of an operator.
type Node struct {
	Name, Op, Domain string
	Inputs, Outputs  []string // an empty name is an input that is left out
	Attributes       map[string]Attribute
}

// Value is a named input or output with the type and shape the file gives; a size of 0 means
// any.
type Value struct {
	Name  string
	Type  Type
	Shape []int64
}

// Attribute is a parameter of a node. Only the field that its kind names is set.
type Attribute struct {
	Kind   Kind
	Float  float32
	Int    int64
	String string
	Tensor *Tensor
	Graph  *Graph
	Floats []float32
	Ints   []int64
}

// Kind is the type of an attribute, numbered as in onnx.proto.
type Kind int64

// The kinds of attributes that networks of this package use.
const (
	KindFloat  Kind = 1
	KindInt    Kind = 2
	KindString Kind = 3
	KindTensor Kind = 4
	KindGraph  Kind = 5
	KindFloats Kind = 6
	KindInts   Kind = 7
)

// Tensor is a constant: numbers are converted to Floats, or to Ints if they are integers.
type Tensor struct {
	Name   string
	Type   Type  // in the file; 0 for what was computed
	Shape  []int // empty: a scalar
	Floats []float32
	Ints   []int64 // exactly one of Floats and Ints is set, unless the tensor is empty
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Int returns attribute name, or fallback if the node has none.
func (n *Node) Int(name string, fallback int64) int64 {
	if a, ok := n.Attributes[name]; ok && a.Kind == KindInt {
		return a.Int
	}
	return fallback
}

// Float returns attribute name, or fallback if the node has none.
func (n *Node) Float(name string, fallback float32) float32 {
	if a, ok := n.Attributes[name]; ok && a.Kind == KindFloat {
		return a.Float
	}
	return fallback
}

// Text returns attribute name, or fallback if the node has none.
func (n *Node) Text(name, fallback string) string {
	if a, ok := n.Attributes[name]; ok && a.Kind == KindString {
		return a.String
	}
	return fallback
}

// Ints returns attribute name, or nil if the node has none.
func (n *Node) Ints(name string) []int64 { return n.Attributes[name].Ints }

// Training reports whether a BatchNormalization uses the statistics of what it normalises. Up
// to operator set 13 it has more outputs then.
func (n *Node) Training() bool {
	outputs := 0
	for _, name := range n.Outputs {
		if name != "" {
			outputs++
		}
	}
	return n.Int("training_mode", 0) != 0 || outputs > 1
}

// Title is the node's name, or what it computes if it has none.
func (n *Node) Title() string {
	if n.Name == "" && len(n.Outputs) > 0 {
		return fmt.Sprintf("%s %q", n.Op, n.Outputs[0])
	}
	return fmt.Sprintf("%s %q", n.Op, n.Name)
}
