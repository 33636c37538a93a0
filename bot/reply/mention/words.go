package mention

import "slices"

// verbs are the words that ask for something, with the words people use instead.
var verbs = map[string]Verb{
	"dream": Dream, "dreamify": Dream, "dreams": Dream, "deepdream": Dream,
	"deeper": Deeper, "moar": Deeper, "further": Deeper,
	"again": Again, "reroll": Again, "..": Again, "redo": Again, "retry": Again, "replay": Again,
	"imagine": Imagine, "reverse": Imagine, "draw": Imagine, "paint": Imagine,
	"surprise": Surprise, "free": Surprise,
	"see": See, "what": See, "which": See, "classify": See, "describe": See, "identify": See, "what's": See, "whats": See,
	"dive": Dive, "zoom": Dive, "gif": Dive, "loop": Dive,
	"wander": Wander, "undream": Undream, "original": Undream,
	"info": Info, "recipe": Info, "settings": Info,
	"queue": Queue, "status": Queue,
	"cancel": Cancel, "nvm": Cancel, "nevermind": Cancel,
	"delete": Delete, "remove": Delete, "undo": Delete,
	"stop": Stop, "optout": Stop, "opt-out": Stop, "unsubscribe": Stop,
	"start": Start, "optin": Start, "opt-in": Start,
	"yes": Yes, "y": Yes, "ok": Yes, "okay": Yes, "yep": Yes, "sure": Yes,
	"no": No, "n": No, "nope": No,
	"help": Help, "?": Help, "presets": Presets, "words": Words, "gallery": Gallery,
}

// alone are verbs that people also use as ordinary words: they count only when they stand
// first and nothing but politeness or their own argument follows.
var alone = []Verb{Yes, No, Start, Info, Queue, Undream, See}

// fillers carry no wish.
var fillers = words("please pls plz thanks thank thx picture pictures photos you your yours can could would will the a an my mine this that it its " +
	"hey hi hello now me i we for some just bot and + & of to on in at as photo pic pics image images photograph make turn do " +
	"try want like with for use one time up so let lets let's give show us be is are was am really very too kindly dear there i'd bit little even version instead")

// people are words of talk about somebody: what is said of them is no wish.
var people = words("i i'm im i've ive i'll my mine our ours he she they we his her their theirs who why how when where because")

// particles make another verb of one that stands before them: dream on, dive in, see you.
var particles = words("on in at up out off you to so")

// raising and lowering words make the next words an objective.
var (
	raising  = words("into more like of with plus full half")
	lowering = words("no without less minus fewer than remove delete")
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for i, j := 0, 0; j <= len(s); j++ {
		if j == len(s) || s[j] == ' ' {
			m[s[i:j]] = true
			i = j + 1
		}
	}
	return m
}

// sides are what a mask can keep, by the words people use.
var sides = map[string]string{
	"centre": "centre", "center": "centre", "middle": "centre",
	"top": "top", "bottom": "bottom", "upper": "top", "lower": "bottom", "left": "left", "right": "right",
	"subject": "subject", "main": "subject", "person": "subject", "face": "subject", "faces": "subject", "people": "subject", "foreground": "subject", "me": "subject",
	"edges": "edges", "edge": "edges", "border": "edges", "borders": "edges", "corners": "edges", "outside": "edges",
	"background": "background", "backdrop": "background", "sky": "top", "ground": "bottom",
}

// parts are what a mask can keep, as people are told.
var parts = []string{"centre", "edges", "top", "bottom", "left", "right", "subject", "background"}

// opposite is what stays when only one side dreams.
var opposite = map[string]string{
	"centre": "edges", "edges": "centre", "top": "bottom", "bottom": "top", "left": "right", "right": "left", "subject": "background", "background": "subject",
}

// audiences are the words for visibilities.
var audiences = map[string]string{
	"public": "public", "unlisted": "unlisted", "quiet": "unlisted",
	"private": "private", "followers": "private", "dm": "direct", "direct": "direct",
}

// keys are the settings of the form key=value.
var keys = []string{"layer", "layers", "channel", "channels", "strength", "octaves", "steps", "seed", "size", "mask", "model",
	"as", "cw", "preset", "seconds", "frames", "image", "visibility", "recipe", "only", "keep", "scale", "generations"}

func isKey(s string) bool { return slices.Contains(keys, s) }

// aliases are other words for settings.
var aliases = map[string]string{
	"octave": "octaves", "octave_scale": "scale", "octavescale": "scale", "octave-scale": "scale", "ratio": "scale", "step": "steps", "iterations": "steps", "picture": "image", "photo": "image", "pic": "image",
	"format": "as", "warning": "cw", "width": "size", "intensity": "strength", "frame": "frames",
}

// canonical is a setting's own name.
func canonical(key string) string {
	if own, ok := aliases[key]; ok {
		return own
	}
	return key
}

// units come after a number: 3 octaves.
var units = map[string]string{
	"octaves": "octaves", "octave": "octaves", "steps": "steps", "step": "steps", "iterations": "steps", "px": "size", "pixels": "size",
	"s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds", "seconds": "seconds",
	"frames": "generations", "generations": "generations", "times": "generations", "levels": "generations",
}

var (
	numbers      = []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	ordinals     = []string{"", "first", "second", "third", "fourth"}
	numerals     = []string{"", "1st", "2nd", "3rd", "4th"}
	pictureNouns = words("picture image photo pic one")
	deletable    = words("post posts toot tweet reply answer dream dreams picture pictures image photo all everything last latest")
	possessive   = words("my our mine his her their")
	joining      = words("and or nor but")
	// manners are looks that are no things: with another look they are how it is dreamed.
	manners = words("swirl fractal gentle nightmare")
)
