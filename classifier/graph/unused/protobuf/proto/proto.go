// Package proto has the names of Protocol Buffers that the generated code of gorgonia's tensors mentions.
// Registering does nothing; the rest panics. See the README two folders up.
package proto

const unused = "gorgonia's Protocol Buffers are not part of this program"

// Message is a message.
type Message any

// ProtoPackageIsVersion2 is looked for by generated code.
const ProtoPackageIsVersion2 = true

// Marshal panics.
func Marshal(Message) ([]byte, error) { panic(unused) }

// CompactTextString panics.
func CompactTextString(Message) string { panic(unused) }

// RegisterType does nothing.
func RegisterType(Message, string) {}

// RegisterEnum does nothing.
func RegisterEnum(string, map[int32]string, map[string]int32) {}

// RegisterFile does nothing.
func RegisterFile(string, []byte) {}
