package reply_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
)

// smallTalk is what two people say to each other, in turns.
var smallTalk = []string{
	"where was that taken?", "in the north, last summer", "lovely light there", "we went by train", "how long did it take?", "about six hours",
	"was it cold?", "a bit, in the mornings", "I should go too", "you really should", "maybe next year then", "tell me when", "I will", "great",
	"did you bring the good camera?", "no, only the phone", "hard to believe", "it was the evening light", "well done", "thank you!",
}

func TestTalkBetweenTwoPeopleIsTheirs(t *testing.T) {
	for _, order := range []string{"@%s @dreambot %s", "@dreambot @%s %s"} {
		inWorld(t, func(r *rig) {
			dream := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
			at := r.ada.post("@dreambot look!", replyTo(dream))
			bob := r.w.join("bob")
			for i, words := range smallTalk {
				c, other := bob, "ada"
				if i%2 == 1 {
					c, other = r.ada, "bob"
				}
				at = c.post(fmt.Sprintf(order, other, words), replyTo(at))
				r.bot.hint()
				settle()
				r.ignored(at, "conversation")
			}
		})
	}
}

// talk is said below a dream of ours, to its requester or to the air.
var talk = []string{
	"what a nightmare", "I dream of this", "see you", "see you tomorrow!", "deeper meaning", "more of this please?", "dream on", "dream big",
	"haha yes", "yes, exactly", "no way", "no idea", "no problem", "no worries", "no dogs allowed there", "so cool", "that is so cool", "it looks like my dog",
	"looks like a bird", "like a dream", "like father, like son", "what?", "what a day", "what is it with cats?", "whats up", "imagine that", "imagine!",
	"imagine the smell", "imagine being there", "draw your own conclusions", "paint it black", "again and again", "again in May?", "further north",
	"never mind", "nevermind", "forget it", "forget about it", "leave me alone", "stop being so modest", "stop it, you", "start over then",
	"delete that, it is embarrassing", "remove your hat", "undo what?", "cancel my subscription", "help me carry it", "words fail me",
	"words cannot describe this", "free tomorrow?", "free beer!", "surprise me with dinner", "loop me in", "dive in, the water is warm",
	"zoom call at five?", "gif or jif?", "wander around a bit", "queue up", "info please? where is it", "status quo", "original or copy?", "recipe for disaster",
	"settings of the camera?", "with love", "with my dog", "without a doubt", "more coffee?", "more than that", "less is more", "not bad", "not at all",
	"not my dog", "not so fast", "don't worry", "do not go there", "all good", "all of them", "all of it", "no, the second time", "the other day", "#1!", "the same to you", "the same with my cat", "the same again next year", "nice, with love", "thanks! both", "great, see you", "lovely. I want one", "with friends", "nice! no dogs allowed there", "how did she do that?", "cool, in May?",
	"love it", "I love it!", "good bot!", "great. one more cup?", "a version of me", "the other one was better", "beautiful! where is that?", "but with whom?", "one more cup?", "same here", "another one bites the dust", "which one?", "which bird is that?", "put it in the bank", "put your hat on", "crazy!", "that is trippy", "of course", "no problem at all", "both of you", "first of all, thanks", "second that", "keep it up", "keep going",
	"keep calm", "only you", "only in the north", "guide me", "style icon", "intense!", "strong colours", "powerful stuff", "dramatic", "gentle people",
	"eyes on the road", "birds of a feather", "fur real", "temple run was fun", "slugs are cool", "eyes like saucers", "I want a dog too", "I'd like birds",
	"we want more birds here", "they want dogs", "can you see it?", "can you believe it", "could be", "would be nice", "put it away", "make it so", "give me a break",
	"turn left there", "show off", "try harder", "let it be", "let's go", "thanks both", "thanks", "thank you so much", "wow", "ok", "okay then", "sure thing", "y tho", "...", "!!!", "🙂", "❤️ ❤️",
	"@ada", "great picture @ada", "look what @dreambot dreams", "I love what @dreambot draws", "did @dreambot see it?", "ask @dreambot", "1 2 3", "8 seconds late", "3 times a day", "100%",
	"https://example.org/a", "#dream #eyes", "well, more or less", "stronger together", "the eyes!", "the temple is near here", "a nightmare", "better than the original",
	"Ist das ein Traum?", "schön!", "c'est beau", "qué bonito", "きれい", "träum weiter",
}

func TestTalkBelowADreamIsNoRequest(t *testing.T) {
	for _, direct := range []bool{true, false} {
		t.Run(fmt.Sprint("to us alone ", direct), func(t *testing.T) {
			inWorld(t, func(r *rig) {
				to := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
				handles := "@dreambot "
				if !direct {
					to, handles = r.ada.post("@dreambot look!", replyTo(to)), "@ada @dreambot "
				}
				bob := r.w.join("bob")
				for _, words := range talk {
					if direct && (strings.HasPrefix(words, "stop") || words == "leave me alone") {
						continue // said to us it is meant for us
					}
					p := bob.post(handles+words, replyTo(to))
					r.bot.hint()
					settle()
					if a := r.answer(p); a != nil {
						t.Errorf("%q was answered %q", p.Text, a.Text)
					}
				}
				r.answered(r.ask(bob, "help")) // nothing of it was a stop
			})
		})
	}
}

func TestCommandsBelowADreamAreRequests(t *testing.T) {
	inWorld(t, func(r *rig) {
		to := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		talk := r.ada.post("@dreambot look!", replyTo(to))
		for i, words := range []string{
			"deeper", "deeper 2", "Deeper please!", "again", "again, stronger", ".. strength=8", "more castles", "no castles please", "a bit stronger", "not so strong",
			"less intense", "eyes", "Eyes, please 🙏", "could you dream it deeper?", "please more bananas", "into a banana", "imagine a banana", "imagine a big banana", "imagine a unicorn",
			"strength=8", "strength=lots", "octaves=5 steps=3", "keep colours", "keep the top", "only the background", "surprise me", "info", "help", "help eyes", "words banana",
			"presets", "queue", "what do you see", "lovely! @dreambot deeper", "oh wow. @dreambot more bananas", "ok, deeper", "and now deeper", "then again",
			"image 2", "image #2", "all", "all please", "both pictures", "second picture", "the 2nd picture please", "no, the second picture", "no, the other one",
			"wow, amazing! can you do it again but with bananas?", "Wow!! More please!", "nice! deeper please", "lovely. Could you make it stronger?", "I love it! now more bananas?",
			"good bot! again", "a version without castles", "the other one too please", "one more please", "try again",
			"try fractal", "do fractal instead",
		} {
			c := r.w.join(fmt.Sprint("friend", i))
			p := c.post("@ada @dreambot "+words, replyTo(talk))
			r.bot.hint()
			settle()
			if r.answer(p) == nil {
				t.Errorf("%q was not answered: %s", words, r.describe(p))
			}
		}
	}, func(o *reply.Options) { o.Caps.PerThread, o.Caps.PerPair = -1, -1 })
}

// A handle that the parent began with does not summon, whoever wrote it first and answered or not.
func TestAnInheritedHandleIsNoAddress(t *testing.T) {
	inWorld(t, func(r *rig) {
		bob := r.w.join("bob")
		r.dreamer.behave(30*time.Minute, nil)
		asked := r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")) // not answered yet
		p := bob.post("@ada @dreambot what a view", replyTo(asked))
		r.bot.hint()
		settle()
		r.ignored(p, "conversation")

		hers := r.ada.post("my garden", r.ada.withPicture(photo(2), ""))
		r.answered(r.ask(r.ada, "can you help", replyTo(hers))) // a fresh address
		fresh := bob.post("@ada @dreambot what can this do?", replyTo(hers))
		r.bot.hint()
		settle()
		if a := r.answer(fresh); a == nil {
			t.Errorf("somebody who wrote our handle was not heard: %s", r.describe(fresh))
		}
	})
}

// Posts between may not mention us, or be too old to be known: then the thread is read.
func TestTalkIsFoundThroughPostsThatWeWereNotTold(t *testing.T) {
	inWorld(t, func(r *rig) {
		bob := r.w.join("bob")
		dream := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		between := bob.post("@ada lovely", replyTo(dream))
		p := r.ada.post("@bob @dreambot does that well", replyTo(between))
		r.bot.hint()
		settle()
		r.ignored(p, "conversation")
	})
}

func TestSomebodyWhoTellsUsToStopIsHeardInAnyWords(t *testing.T) {
	inWorld(t, func(r *rig) {
		bob := r.w.join("bob")
		dream := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		r.ignored(r.ask(bob, "stop sending me these", replyTo(dream)), "said stop")
		r.ignored(r.ask(bob, "help"), "said stop")
		talk := r.ada.post("@dreambot look!", replyTo(dream))
		eve := r.w.join("eve")
		p := eve.post("@ada @dreambot stop showing off", replyTo(talk))
		r.bot.hint()
		settle()
		r.ignored(p, "conversation")
		r.answered(r.ask(eve, "help"))
	})
}

// A new picture below a dream is dreamed if it is for us alone and nothing is said.
func TestAPictureBelowADreamIsForUsOrForOthers(t *testing.T) {
	inWorld(t, func(r *rig) {
		dream := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		r.answered(r.ask(r.ada, "", r.ada.withPicture(photo(2), ""), replyTo(dream)), "I dreamed")
		r.answered(r.ask(r.ada, "And now this one, please!", r.ada.withPicture(photo(5), ""), replyTo(dream)), "I dreamed")
		r.ignored(r.ask(r.ada, "this is my garden", r.ada.withPicture(photo(3), ""), replyTo(dream)), "conversation")
		p := r.ada.post("@bob @dreambot", r.ada.withPicture(photo(4), ""), replyTo(dream), func(p *network.Post) {
			p.Mentions = append(p.Mentions, network.Account{ID: "acct-bob", Handle: "bob@example.social"})
		})
		r.bot.hint()
		settle()
		r.ignored(p, "conversation")
	})
}

func TestTalkOnEveryNetworkIsLeftAlone(t *testing.T) {
	onNetworks(t, func(t *testing.T, n kind) {
		w := newTown(t, n, conditions{})
		s, stop := w.run(filepath.Join(t.TempDir(), "db"))
		defer stop()
		say := func(name, words string, png []byte, replyTo string) string {
			id, err := w.Ask(name, words, png, "a hill", replyTo)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		asked := say("ada", "eyes", photo(1), "")
		w.settled()
		at := w.Answer(asked)
		var said []string
		for i, words := range append([]string{"look!"}, smallTalk...) {
			name, other := "ada", "bob"
			if i%2 == 1 {
				name, other = "bob", "ada"
			}
			at = say(name, "@"+other+" "+words, nil, at)
			said = append(said, at)
		}
		command := say("bob", "@ada deeper", photo(2), at) // after all of which it is still heard
		for end := time.Now().Add(patience); w.Answers(command) == 0 && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond)
		}
		for _, post := range said {
			if n := w.Answers(post); n > 0 {
				t.Errorf("talk was answered %d times", n)
			}
		}
		w.posted(s, 2)
	})
}

func TestTalkInOtherLanguagesIsNoRequest(t *testing.T) {
	inWorld(t, func(r *rig) {
		dream := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		at := r.ada.post("@dreambot look!", replyTo(dream))
		bob := r.w.join("bob")
		say := func(words, language string) network.Post {
			p := bob.post("@ada @dreambot "+words, replyTo(at), func(p *network.Post) { p.Language = language })
			r.bot.hint()
			settle()
			return p
		}
		for language, all := range map[string][]string{
			"de": {"schön!", "Ist das ein Traum?", "träum weiter", "wie im Traum", "weiter so!", "nie wieder", "viel Spaß", "mehr davon?", "was für ein Albtraum", "ich träume davon", "bis morgen", "kein Problem", "nicht schlecht", "stark!", "so stark ist das nicht", "wie schön", "mit Liebe", "ohne Worte", "hör auf, du machst mich verlegen",
				"das gleiche bei uns", "mal sehen", "mal eine Frage", "gerne!", "passt", "das war im Sommer", "ist das am Meer?", "aus dem Urlaub", "besser als gestern", "noch eine Frage", "das andere Ufer", "überall Schnee", "vom Balkon aus"},
			"fr": {"c'est beau", "quel cauchemar", "je rêve de ça", "pas mal", "pas de problème", "à demain", "comme dans un rêve", "continue comme ça !", "merci beaucoup", "plus jamais", "arrête tes bêtises",
				"un autre jour", "l'autre jour", "pareil pour moi", "c'est pas mal", "quel dommage !", "quelle horreur", "que c'est beau", "plus grand que ça", "est-ce vrai ?", "juste un peu", "avec plaisir", "la deuxième fois"},
			"es": {"qué bonito", "qué pesadilla", "sueño con esto", "hasta mañana", "sin duda", "nada mal", "no hay problema", "más o menos", "muchas gracias", "como un sueño", "sigue así", "para mi madre",
				"lo mismo digo", "otro día", "la otra vez", "la segunda vez", "no está mal", "mejor así", "qué pájaro más bonito", "es mi perro", "está en la playa", "mejor que nunca"},
			"ja": {"きれい", "夢みたい", "すごいね", "悪夢だね", "また明日", "ありがとう", "いいね", "いい夢でした", "犬の夢みたい", "もう一つ質問", "私の夢です"},
		} {
			for _, words := range all {
				if p := say(words, language); r.answer(p) != nil {
					t.Errorf("%s: %q was answered %q", language, words, r.answer(p).Text)
				}
			}
		}
		for language, words := range map[string]string{"de": "mehr Bananen bitte", "fr": "plus de bananes", "es": "más plátanos", "ja": "バナナを増やして"} {
			if p := say(words, language); r.answer(p) == nil {
				t.Errorf("%s: %q was not answered: %s", language, words, r.describe(p))
			}
		}
		r.answered(r.ask(bob, "help"))
	}, func(o *reply.Options) { o.Caps.PerThread, o.Caps.PerPair = -1, -1 })
}

func TestQuestionsToUsAloneAreAnswered(t *testing.T) {
	inWorld(t, func(r *rig) {
		dreamed := r.answered(r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill")))
		for words, want := range map[string]string{"with more bananas?": "I dreamed", "I love it! now with a goldfish?": "I dreamed", "without the castles please": "I dreamed", "but with a castle": "I dreamed",
			"how did you do that?": "Generation 1", "what is the recipe?": "Generation 1", "who are you?": "Send me a picture",
			"where is the original?": "original is here"} {
			r.answered(r.ask(r.ada, words, replyTo(dreamed)), want)
			bob := r.w.join("bob")
			r.ignored(r.ask(bob, "@ada "+words, replyTo(dreamed)), "conversation")
		}
	}, func(o *reply.Options) { o.Caps.PerThread, o.Caps.PerPair = -1, -1 })
}
