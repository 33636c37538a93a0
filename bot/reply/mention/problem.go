package mention

import "fmt"

// Problem is a request that cannot be understood. Words is one kind sentence for the person
// who asked, with what works instead; Reason is for the log.
type Problem struct {
	Words  string
	Reason string
}

// Error is the reason, for logs.
func (p *Problem) Error() string { return "request: " + p.Reason }

// Kind is the sentence for the person who asked.
func (p *Problem) Kind() string { return p.Words }

func badValue(key, value, want, example string) *Problem {
	return &Problem{
		Words:  fmt.Sprintf("I can read %s as %s, such as %s=%s.", key, want, key, example),
		Reason: fmt.Sprintf("%s=%q is not %s", key, value, want),
	}
}
