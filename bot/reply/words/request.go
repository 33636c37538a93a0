package words

import (
	"fmt"

	"slugpuppy/bot/reply/mention"
)

// Request says why a request cannot be understood, and what works instead.
func Request(p *mention.Problem) string {
	switch p.Kind {
	case mention.NotANumber:
		return asValue(p, "a whole number")
	case mention.NotADecimal:
		return asValue(p, "a number")
	case mention.TooManyLayers:
		return fmt.Sprintf("I can raise up to %d layers at once; a few fewer will work.", p.Max)
	case mention.NotNumbers:
		return asValue(p, fmt.Sprintf("up to %d numbers", p.Max))
	case mention.NotAChoice:
		return asValue(p, either(p.Choices))
	case mention.BadToken:
		return OldToken
	case mention.NoLayer:
		return "Please say which layer the channels are of, such as layer=4c channels=66."
	case mention.TooLong:
		return fmt.Sprintf("That is more than I can keep in mind at once; up to %d words will work.", p.Max)
	}
	return ""
}

func asValue(p *mention.Problem, want string) string {
	return fmt.Sprintf("I can read %q as %s, such as %s=%s.", p.Key, want, p.Key, p.Example)
}
