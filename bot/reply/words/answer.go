package words

import (
	"fmt"
	"strings"
	"time"

	"slugpuppy/dream"
)

// Answers that are always the same.
const (
	Started     = "I am here for you again, and may dream your pictures when others ask. Say \"stop\" to undo this."
	FromNoise   = "That one came out of noise; there is no original to go back to."
	Shown       = "Thank you: dreams I make for you from now on, and of your pictures, may be shown in my gallery. \"gallery no\" takes them out at once."
	NotShown    = "None of your dreams, nor dreams of your pictures, are in my gallery any more; \"gallery yes\" lets new ones in."
	FurtherUp   = "The original is further up in this thread."
	NoneWaiting = "Nothing of yours is waiting; what you ask for next begins soon."
	NoneToDrop  = "There is nothing of yours left to cancel; \"delete\" under a picture removes it."
	ByMessage   = "What the filter is to do is between us: write that to me in a private message."
	ByOperator  = "I take no orders for the filter here, where all is public; my operator does."
	Interrupted = "I was interrupted while I did that, and it may be done. \"hidden\" and \"filter\" tell how things are."
)

// Original says where the picture is that was dreamed.
func Original(url string) string { return "The original is here: " + url }

// Ask puts to an author what somebody would like to do with their picture.
func Ask(handle string) string {
	return handle + " would like me to dream this picture of yours. Reply \"yes\" or \"no\"; " +
		"without a word from you I leave it alone. Say \"stop\" and I never ask again."
}

// Asked tells whoever asked for somebody else's picture that the author is asked.
func Asked(author string, wait time.Duration) string {
	return fmt.Sprintf("That picture is %s's, so I have asked them. I dream it when they say yes; without a word from them "+
		"within %s I leave it alone.", author, span(wait))
}

// span is a time in the largest unit that fits it.
func span(d time.Duration) string {
	for _, u := range []struct {
		name string
		long time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := int(d.Round(u.long) / u.long); {
		case d >= 2*u.long:
			return fmt.Sprintf("%d %ss", n, u.name)
		case d >= u.long && d%u.long == 0:
			return "a " + u.name
		}
	}
	return d.Round(time.Second).String()
}

// DoneBefore says where a dream is that was made before.
func DoneBefore(url string) string {
	const more = "Say \"again\" to that one for another like it, or change your words."
	if url == "" {
		return "I have dreamed exactly that already. " + more
	}
	return "I have dreamed exactly that already: " + url + " . " + more
}

// See says what the network sees, as much as it is sure of, and how likely it is.
func See(s dream.Sight) string {
	var likely []string
	for _, g := range s.Guesses {
		likely = append(likely, fmt.Sprintf("%s %.0f %%", g.Label, 100*g.P))
	}
	perhaps := "perhaps " + either(likely[:min(mostPerhaps, len(likely))]) + "."
	switch {
	case len(likely) == 0:
		return "I see nothing that I have a word for."
	case s.Sure.Kind:
		return fmt.Sprintf("I see some kind of %s, I am %.0f %% sure; %s", s.Sure.What, 100*s.Sure.P, perhaps)
	case s.Sure.Known():
		return "I see: " + strings.Join(likely, ", ") + "."
	}
	return "I am not sure what I see; " + perhaps
}

// mostPerhaps is how many things are named that something might be.
const mostPerhaps = 3

// mostRecipe is how much of what a recipe says there is room for, in runes: its token says it all.
const mostRecipe = 130

// QueueLength is what the profile says of how many requests wait.
func QueueLength(n int) string {
	if n == 0 {
		return "nobody waits"
	}
	return Count(n, "1 picture", "pictures")
}

// ReadToken says what a recipe says; name calls its labels, nil for by their numbers.
func ReadToken(r dream.Recipe, name func(label int) string) string {
	return "That recipe says: " + Cut(r.Say(name), mostRecipe) + "."
}

// About says how a picture of ours was made; name calls its labels, nil for by their numbers.
func About(token string, name func(label int) string) string {
	r, err := dream.ParseToken(token)
	if err != nil { // of another version
		return token
	}
	return fmt.Sprintf("Generation %d: %s. Send %s with a picture to do the same to it.", r.Reached(), Cut(r.Say(name), mostRecipe), token)
}

// Standing is how far one request is.
type Standing struct {
	State    State
	Progress float64       // of Dreaming, in 0..1; below 0 when it is not known
	Place    int           // of InLine, from 1
	In       time.Duration // until it is dreamed, of InLine and Dreaming; 0 when nobody knows
}

// State is where a request is.
type State int

// The states.
const (
	InLine State = iota
	Asking       // the author's word is waited for
	Dreaming
	Rendered // and not posted yet
)

func (s Standing) String() string {
	switch s.State {
	case Asking:
		return "waiting for the author's yes"
	case Dreaming:
		text := "dreaming now"
		if s.Progress >= 0 {
			text += fmt.Sprintf(", %.0f %%", 100*s.Progress)
		}
		if s.In > 0 {
			text += ", " + roughly(s.In) + " left"
		}
		return text
	case Rendered:
		return "done, on its way to you"
	}
	text := fmt.Sprintf("place %d", s.Place)
	if s.In > 0 {
		text += ", about " + roughly(s.In)
	}
	return text
}

// roughly is a time to about a tenth of it.
func roughly(d time.Duration) string {
	switch {
	case d < 20*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.0f s", d.Round(5*time.Second).Seconds())
	case d < 100*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	d = d.Round(10 * time.Minute)
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// mostStandings is how many requests of one person are told of singly.
const mostStandings = 5

// Waiting tells somebody what they wait for.
func Waiting(all []Standing) string {
	var parts []string
	for _, s := range all[:min(len(all), mostStandings)] {
		parts = append(parts, s.String())
	}
	if more := len(all) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("Yours (%d): %s. Say \"cancel\" to drop the latest.", len(all), strings.Join(parts, "; "))
}

// Cancelled says how many requests were dropped.
func Cancelled(n int) string { return fmt.Sprintf("Cancelled %d of yours.", n) }

// mostTopic is how long a word is that somebody asks about, in runes.
const mostTopic = 40

// Known says what a word stands for that the network knows.
func Known(v *dream.Vocabulary, word string, m dream.Meaning) string {
	word = Cut(word, mostTopic)
	what := fmt.Sprintf("Yes, I know %q", word)
	switch n := len(v.Labels(m.Terms)); {
	case m.As != "":
		what += ", as " + Cut(m.As, mostTopic)
	case n > 1:
		what += fmt.Sprintf(", %d of them, such as %s", n, Cut(strings.Join(v.Names(m.Terms, 4), ", "), mostKinds))
	}
	return fmt.Sprintf("%s: try \"more %s\" or \"imagine %s\".", what, word, word)
}

// How much is said to show what the network knows, in runes: of everything, of one word, and to show how to ask.
const (
	mostExamples = 90
	mostKinds    = 60
	mostExample  = 20
)

// SomeWords says what the network has learnt.
func SomeWords(v *dream.Vocabulary) string {
	return fmt.Sprintf("I know %d things, such as %s. Try \"words %s\", or just ask: \"more %s\", \"no %s\", \"into %s\".",
		v.Size(), Cut(strings.Join(v.Examples(6), ", "), mostExamples), example(v, 1), example(v, 0), example(v, 1), example(v, 2))
}

// example is a word to show how to ask, one that this network knows.
func example(v *dream.Vocabulary, i int) string {
	for _, word := range examples[i] {
		if _, ok := v.Find(word); ok {
			return word
		}
	}
	return Cut(strings.Join(v.Examples(1), ""), mostExample)
}

// examples are what people like to have more of, less of, and made of something.
var examples = [3][]string{{"birds", "cats", "fish", "flowers"}, {"dogs", "spiders", "cars", "buildings"}, {"banana", "goldfish", "pizza", "castle"}}

// Presets lists the looks.
func Presets() string {
	var names []string
	for _, p := range dream.Presets() {
		names = append(names, p.Name)
	}
	return "My looks: " + strings.Join(names, ", ") + ". Say one with a picture; \"help eyes\" tells what it does."
}

// topics are the words of help on one thing.
var topics = map[string]string{
	"deeper":   "Reply \"deeper\" or \"deeper 3\" to one of my pictures and I go on dreaming from it.",
	"again":    "Reply \"again\" to one of my pictures for another one like it, or \"again strength=8\" to change something.",
	"imagine":  "\"imagine banana\" draws a banana from nothing but noise.",
	"surprise": "\"surprise\" with a picture lets me decide what I see in it.",
	"guide":    "Send two pictures with \"guide\" and I dream the first one after what is in the second.",
	"see":      "\"see\" with a picture tells what I think is in it.",
	"dive":     "\"dive\" with a picture makes a clip that falls into it for ever; \"dive 8s\" sets how long.",
	"wander":   "\"wander\" with a picture makes a chain: each frame dreams what the last one looked like to me.",
	"keep":     "\"keep centre\", \"keep top\" or \"keep subject\" leaves that part as it is; \"only centre\" and \"only background\" dream that part alone.",
	"undream":  "Reply \"undream\" to one of my pictures, or send one that you asked for, a copy too, and I tell where its original is.",
	"info":     "Reply \"info\" to one of my pictures and I tell how it was made.",
	"queue":    "\"queue\" tells what of yours waits, and about how long.",
	"cancel":   "\"cancel\" drops the latest thing that you wait for, \"cancel all\" all of them.",
	"gallery":  "\"gallery yes\" lets dreams for you and of your pictures be shown in my gallery; \"gallery no\" takes them out at once.",
	"delete":   "Reply \"delete\" to one of my pictures and I remove it, if you asked for it or it shows yours.",
	"stop":     "\"stop\" and I never touch you or your pictures again; \"start\" undoes it.",
	"start":    "\"start\" undoes a \"stop\": I answer you again, and may dream your pictures when others ask.",
}

// numbers is help on what has a value, such as strength.
const numbers = "For those who know what they want: layer=4c, channels=66,12, octaves=5, steps=20, strength=7, seed=42, size=800."

// Help is one short answer on a topic, or on everything, with words that this network knows.
func Help(topic string, v *dream.Vocabulary) string {
	switch topic = strings.ToLower(topic); topic {
	case "only":
		topic = "keep"
	case "presets":
		return Presets()
	case "words", "more", "no", "into":
		return fmt.Sprintf("\"more %s\", \"no %s\" or \"into %s\" with a picture steers the dream; \"words\" tells what I know, and \"words %s\" "+
			"whether I know those.", example(v, 0), example(v, 1), example(v, 2), example(v, 0))
	case "layer", "layers", "channel", "channels", "octaves", "steps", "strength", "seed", "size":
		return numbers
	}
	if text, ok := topics[topic]; ok {
		return text
	}
	if line := Preset(topic); line != "" {
		return fmt.Sprintf("%s: %s. Say \"%s\" with a picture.", topic, line, topic)
	}
	return fmt.Sprintf("Send me a picture and I dream it. Add words: \"eyes\", \"more %s\", \"no %s\", \"keep centre\". "+
		"Others: imagine %s, surprise, see, dive, wander, deeper, again, undream, info, queue, cancel, delete, gallery, stop. \"presets\", \"words\" and \"help dive\" tell more.",
		example(v, 0), example(v, 1), example(v, 2))
}
