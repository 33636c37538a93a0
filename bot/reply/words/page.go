package words

import "fmt"

// What the page says to those who try the network there, beside what its templates say.
const (
	NothingToTry  = "There is nothing to try here."
	ChoosePicture = "Please choose a picture of at most 8 MB."
	TooMuchText   = "Those are too many words."
	Unreadable    = "That picture cannot be read. A JPEG, PNG, GIF or WebP works."
	BusyPage      = "Many people try it right now. Please come back in a few minutes."
	TrialFailed   = "That did not work, sorry. A smaller picture or other words may."
	TrialOver     = "That trial is over and forgotten."
	NoSuchPicture = "There is no such picture."
)

// EnoughTried says how often somebody may try the network.
func EnoughTried(perHour int) string {
	return fmt.Sprintf("That was enough for now: %d pictures an hour. Run slugpuppy yourself for more.", perHour)
}
