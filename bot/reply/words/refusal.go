package words

import (
	"fmt"
	"time"
)

// What people are told when there is no picture for them.
const (
	Sorry    = "I tried three times and could not finish this one, sorry; I have told my keeper, and another picture may well work."
	Gone     = "I cannot see the post with the picture, it may be private or deleted; send me the picture in a post of your own."
	NoFetch  = "I could not fetch that picture: where it is kept, it is not given to me; send it to me in a post of your own."
	NotNow   = "I could not fetch that picture: where it is kept, nobody answers just now; ask me again later, or send it in a post of your own."
	Refused  = "I dreamed it, but this server would not take the picture, sorry; a smaller one may work, for example with size=1024."
	Nothing  = "I see no picture here; send me one in your post, or reply to a post that has one."
	Missing  = "There are fewer pictures than that; say \"image 1\" for the first one."
	NoStill  = "I find nothing there that I can dream: pictures and GIFs work, and of a film a screenshot."
	Already  = "This is a dream already; say \"deeper\" to go on from it or \"undream\" for the original."
	NoDream  = "I find no dream of mine here; reply to one of my pictures with that word."
	NotOwned = "I remember no dream of yours that looks like this; \"undream\" finds the originals of dreams that you asked for, for some months."
	Stranger = "This is someone else's picture and they would rather not have it dreamed; one of your own works any time."
	OwnOnly  = "This is someone else's picture, and on this network I cannot ask them; one of your own works any time, and they can ask me themselves."
	Robot    = "I leave pictures of other bots alone; one of your own works any time."
	NotYours = "Only those who asked for it, whose picture it shows or who are named with it can have this removed; write to my keeper if it troubles you."
	OldToken = "I cannot read that recipe; copy it whole, it begins with dd, a number and a dash."
	NoClip   = "That one is a clip, and \"deeper\" goes on from still pictures only; reply to one of those."
	ClipLast = "Nothing can come after a clip; say \"dive\" or \"wander\" last, or ask for each in a post of its own."
	NoGuide  = "To be guided I need a second picture; put two in your post, or quote the one to follow."
)

// TooMany says when somebody who has asked for a lot is served again.
func TooMany(until time.Time) string {
	return fmt.Sprintf("You have kept me dreaming for an hour, thank you; I can go on for you at %s UTC.", until.UTC().Format("15:04"))
}
