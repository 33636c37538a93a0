package dream

import "fmt"

// Problem is a request that cannot be met as asked. Words is one kind sentence for the
// person who asked, with what works instead; Reason is for the log.
type Problem struct {
	Field  string // of the Recipe, such as "Octaves"
	Words  string
	Reason string
}

// Error is the reason, for logs.
func (p *Problem) Error() string {
	return fmt.Sprintf("recipe %s: %s", p.Field, p.Reason)
}

// Kind is the sentence for the person who asked.
func (p *Problem) Kind() string { return p.Words }

func outOfRange(field, name string, got, low, high any) *Problem {
	return &Problem{
		Field:  field,
		Words:  fmt.Sprintf("I can do %s from %v to %v; please pick one of those.", name, low, high),
		Reason: fmt.Sprintf("%v is outside %v..%v", got, low, high),
	}
}
