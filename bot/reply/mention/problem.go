package mention

import (
	"fmt"
	"strings"
)

// Problem is a request that cannot be understood. It is data: package words says it to people.
type Problem struct {
	Kind       Kind
	Key, Value string   // of a setting, as typed
	Choices    []string // what the setting can be
	Example    string   // one value that works
	Got, Max   int      // how many there are and may be
	Why        string   // more, for the log
}

// Kind is what is wrong with a request.
type Kind string

// The kinds of problems.
const (
	NotANumber    Kind = "not a whole number"
	NotADecimal   Kind = "not a number"
	TooManyLayers Kind = "too many layers"
	NotNumbers    Kind = "not numbers"    // a list of at most Max
	NotAChoice    Kind = "not a choice"   // none of Choices
	NoLayer       Kind = "no layer"       // channels without a layer
	TooLong       Kind = "too many words" // to steer by
	BadToken      Kind = "no recipe"      // Why says why
)

// Error says everything, for logs.
func (p *Problem) Error() string {
	switch p.Kind {
	case NotAChoice:
		return fmt.Sprintf("request: %s=%q is none of %s", p.Key, p.Value, strings.Join(p.Choices, ", "))
	case NotANumber, NotADecimal, NotNumbers:
		return fmt.Sprintf("request: %s=%q is %s", p.Key, p.Value, p.Kind)
	case BadToken:
		return fmt.Sprintf("request: %s: %s", p.Kind, p.Why)
	case TooLong, TooManyLayers:
		return fmt.Sprintf("request: %s: %d of at most %d", p.Kind, p.Got, p.Max)
	}
	return "request: " + string(p.Kind)
}

func notANumber(key, value, example string) *Problem {
	return &Problem{Kind: NotANumber, Key: key, Value: value, Example: example}
}

func notAChoice(key, value, example string, choices ...string) *Problem {
	return &Problem{Kind: NotAChoice, Key: key, Value: value, Choices: choices, Example: example}
}
