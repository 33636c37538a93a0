package words

import "fmt"

// What the page says to those who try the network there, beside what its templates say.
const (
	NothingToTry  = "There is nothing to try here."
	ChoosePicture = "Please choose a picture."
	TooMuchText   = "Those are too many words."
	BusyPage      = "Many people try it right now. Please come back in a few minutes."
	TrialFailed   = "That did not work, sorry. A smaller picture or other words may."
	GivenUp       = "You gave this one up."
	TrialOver     = "That trial is over and forgotten."
	NoSuchPicture = "There is no such picture."
)

// What the page says when it cannot do what was asked.
const (
	PictureGone    = "The picture cannot be fetched; it may be gone."
	PictureAway    = "The picture cannot be fetched just now: nobody answers where it is kept. Please try again later."
	NotOpened      = "The picture could not be opened just now. Please try again in a minute."
	WaitAMoment    = "Please wait a moment before the next one."
	NoSuchSetting  = "There is no such setting."
	NoSuchRule     = "You have no such rule."
	WaitAMinute    = "Please wait a minute before the next one."
	TickSure       = "Please tick that you are sure."
	NoSuchAccount  = "Your server knows no account of that name."
	TooManySignIns = "Too many tries to sign in from your address. Please wait a few minutes."
	ForeignSignIn  = "This sign-in was begun somewhere else, or too long ago. Please begin again."
	OldSignIn      = "This sign-in was begun too long ago. Please begin again."
	OtherMachine   = "Your timeline is looked after by another of our machines. Whoever runs this can say which."
	OnTheMove      = "Your timeline is moving to another of our machines just now. Please try again in a few minutes."
	NotLetIn       = "Your server did not let us in. Please begin again."
	ServerSilent   = "Your server does not answer well just now. Please try again later."
	PageFailed     = "Something went wrong here. Please try again; the operator sees it in the log."
	TooFast        = "That was a lot at once. Please wait a minute."
	SignInFirst    = "Please sign in first."
	NothingHere    = "There is nothing at this address."
	NotSeen        = "The filter has not seen that post, or nothing in it."
	ChoosePosts    = "Please choose posts, at most 100."
	NoSuchChange   = "There is no such change of yours."
	TakenBack      = "That was taken back already. What was changed lately is on the review page."
	NoSuchHandle   = "An account is written as @name@example.social."
	NoSuchNumber   = "Please say a number of requests an hour, 0 for none, or nothing for as many as everybody."
	NothingDone    = "Nothing was to be changed."
	FromElsewhere  = "That came from another site, and not from this page."
)

// EnoughTried says how often somebody may try the network.
func EnoughTried(perHour int) string {
	return fmt.Sprintf("That was enough for now: %s an hour. Run slugpuppy yourself for more.", Count(perHour, "1 picture", "pictures"))
}

// NoServer is what somebody reads whose server is none of the network's.
func NoServer(network string) string {
	return "That server does not answer as a " + network + " server does. Is its name right?"
}
