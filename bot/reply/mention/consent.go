package mention

import (
	"slices"
	"strings"
)

// longestConsent is how many words an answer has at most that is nothing but a yes or a no.
const longestConsent = 12

// Consent is what somebody answers who was asked for a yes or a no: Yes, No or Stop, and Bare where it is none of them for certain.
// Few say one word: "sure, go ahead!", "I'd rather not, sorry".
func Consent(text, language string) Verb {
	tokens := translate(scan(text), language)
	if len(tokens) == 0 {
		return thumb(text)
	}
	var all []string
	for _, t := range tokens {
		all = append(all, t.low)
	}
	said := strings.Fields(sayings.Replace(" " + strings.Join(all, " ") + " "))
	yes, no := slices.IndexFunc(said, assents), slices.IndexFunc(said, refuses)
	asking := strings.ContainsAny(text, "?？") && !slices.Contains(all, "why")
	switch {
	case asking || len(said) > longestConsent || yes >= 0 && no >= 0:
		return Bare
	case yes >= 0 && !slices.ContainsFunc(said, conditional) && leads(said[:yes]):
		return Yes
	case yes >= 0 || no < 0 || !leads(said[:no]):
		return Bare
	case ending(said):
		return Stop
	}
	return No
}

// thumb reads an answer without words.
func thumb(text string) Verb {
	switch up, down := strings.Contains(text, "👍"), strings.Contains(text, "👎"); {
	case up && !down:
		return Yes
	case down && !up:
		return No
	}
	return Bare
}

// leads says whether words may stand before a yes or a no: "oh well", "I would rather".
func leads(before []string) bool {
	for _, w := range before {
		if w, _, _ = strings.Cut(w, "'"); !fillers[w] && !people[w] && !courteous[w] && !prefaces[w] { // I'd, that's
			return false
		}
	}
	return true
}

func assents(w string) bool { return verbs[w] == Yes || assenting[w] }

func refuses(w string) bool { return verbs[w] == No || refusals[w] || strings.HasSuffix(w, "n't") }

func conditional(w string) bool { return conditions[w] }

// ending says whether a no is one for ever: "stop asking", "never ask again", but not "no, ask me tomorrow".
func ending(said []string) bool {
	for i, w := range said {
		if w == "stop" || w == "ask" && i > 0 && refuses(said[i-1]) && verbs[said[i-1]] != No {
			return true
		}
	}
	return false
}

var (
	assenting = words("yeah yea yup ya aye fine alright absolutely definitely certainly gladly")
	refusals  = words("nah not never dont")
	prefaces  = words("rather prefer sorry hell actually hmm um uh love much of if but again")
	// conditions make of a yes less than one: "yes, but keep my face".
	conditions = words("but if only except unless without keep")
	// sayings are a yes or a no in several words, the longer first where one begins as the other does.
	sayings = strings.NewReplacer(" of course not ", " no ", " absolutely not ", " no ", " certainly not ", " no ", " definitely not ", " no ",
		" please do not ", " no ", " not ok ", " no ", " not okay ", " no ", " not fine ", " no ", " leave me alone ", " no stop ", " go away ", " no ",
		" no problem ", " yes ", " no worries ", " yes ", " no objections ", " yes ", " don't mind ", " yes ", " do not mind ", " yes ", " why not ", " yes ",
		" of course ", " yes ", " go ahead ", " yes ", " go for it ", " yes ", " by all means ", " yes ", " please do ", " yes ", " you may ", " yes ",
		" you can ", " yes ", " feel free ", " yes ", " be my guest ", " yes ", " with pleasure ", " yes ", " all right ", " yes ", " i'd love ", " yes ")
)
