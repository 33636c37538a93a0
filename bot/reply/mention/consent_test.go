package mention_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/reply/mention"
)

// consents are what people answer to "may I?", by language and what it means.
var consents = map[string]map[mention.Verb]string{
	"en": {
		mention.Yes: "yes|Yes, please!|yes of course|Of course!|sure, go ahead|Sure thing :)|yeah|yup|go for it|by all means|absolutely|please do|ok, fine|fine by me|" +
			"no problem|no worries!|why not?|I don't mind|be my guest|you may|feel free|with pleasure|I'd love that|all right|oh, sure|👍|yes 👍",
		mention.No: "no|No, thank you.|no, please don't|please don't|don't|nah|never|no way|of course not|I'd rather not|I would rather not, sorry|not this one|not really|" +
			"sorry, no|hell no|no, I don't want that|I do not consent|not okay|that's not ok|no! go away|no, ask me tomorrow|👎",
		mention.Stop: "no, stop|no. and stop asking me|never ask again|don't ask me again|please leave me alone",
		mention.Bare: "yes and no|yes, but not the face|yes, but keep my face|yes, if it is for you alone|ok?|is this ok?|who are you?|what is this?|no?|lovely weather|" +
			"what a nice idea, yes|👍👎|🙂|see you|yes I said to him that it would be fine for all of us to go there",
	},
	"de": {
		mention.Yes:  "ja|ja, gerne!|sehr gerne|ja klar|na klar|natürlich|aber natürlich|selbstverständlich|ja, darfst du|mach ruhig|von mir aus|in Ordnung|kein Problem|warum nicht",
		mention.No:   "nein|nein, bitte nicht|bitte nicht|lieber nicht|nee|auf keinen Fall|natürlich nicht",
		mention.Stop: "frag nie wieder|nein! lass mich in Ruhe",
		mention.Bare: "ja, aber nicht das Gesicht|wer bist du?|schön",
	},
	"fr": {
		mention.Yes:  "oui|oui, bien sûr|bien sûr !|avec plaisir|d'accord|volontiers|vas-y|pas de problème|pourquoi pas ?",
		mention.No:   "non|non merci|pas question|surtout pas|bien sûr que non",
		mention.Bare: "oui, mais pas le visage|qui es-tu ?",
	},
	"es": {
		mention.Yes:  "sí|sí, claro|claro que sí|por supuesto|adelante|de acuerdo|sin problema|¿por qué no?",
		mention.No:   "no|no, gracias|mejor no|claro que no|ni hablar",
		mention.Bare: "sí, pero sin mi cara|¿quién eres?",
	},
	"ja": {
		mention.Yes:  "はい|はい、どうぞ|いいですよ|もちろんです|オッケー|問題ありません",
		mention.No:   "いいえ|いいえ、結構です|嫌です|だめです|お断りします",
		mention.Bare: "きれい|これは何？|大丈夫です", // may be either
	},
}

func TestAYesAndANoAreHeardInWhateverWords(t *testing.T) {
	for language, meanings := range consents {
		for want, all := range meanings {
			for said := range strings.SplitSeq(all, "|") {
				if got := mention.Consent("@dreambot@dreams.example "+said, language); got != want {
					t.Errorf("%q in %s is %q, want %q", said, language, got, want)
				}
			}
		}
	}
}
