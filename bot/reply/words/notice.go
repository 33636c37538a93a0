package words

import (
	"fmt"

	"slugpuppy/bot/timeline"
)

// Notice is what somebody has to know of their filter without having asked.
func Notice(n timeline.Notice) string {
	switch n.Kind {
	case timeline.LockedOut:
		return "Your server no longer lets me read your timeline, so I hide nothing there now. " +
			"If you did not mean that, connect your account again; if you did, nothing more is needed. I say this once."
	case timeline.Broken:
		return "Something of mine does not work with your timeline, and I hide nothing new there for now. " +
			"Whoever runs me knows, and I go on trying. I say this once."
	case timeline.Refused:
		return "Your server does not let me change what is hidden in your timeline, so from now on I only look. " +
			"Say \"filter on\" to have me try again."
	case timeline.Dismissed:
		return "You deleted a filter of mine, so from now on I only look and hide nothing. Say \"filter on\" if I am to hide dreams again."
	case timeline.Mended:
		return "A filter of mine was changed so that it hid nothing, and I put it right. " +
			"If you want me to stop, say \"filter shadow\" or \"undo all\". I say this once."
	case timeline.NoMutes:
		return "Your server does not let me mute accounts for you, so I mute nobody, and I cannot end the mutes that I made. " +
			"All else goes on. To allow it, connect your account again with mutes. I say this once."
	case timeline.Vanished:
		return posts(n.Posts) + " that I had hidden for you are shown again, all at once, and that was not me. I learn nothing of it. " +
			"Say \"filter restore\" to have them hidden again, or \"filter learn\" if none of them is a dream."
	case timeline.Tightened:
		return fmt.Sprintf("You told me of %s that I hid wrongly, among %d pictures that are no dreams: more than the %s that you allow. "+
			"So from now on I hide less and keep %s. If you do not want that, say \"budget\" and the one you want.",
			posts(n.Posts), n.Of, Budget(n.Budget), Budget(n.Kept))
	case timeline.Appeared:
		return posts(n.Posts) + " are hidden in my filters that I did not hide, all at once. I learn nothing of it. " +
			"Say \"filter restore\" to have them shown again, or \"filter learn\" if they are dreams."
	}
	return ""
}
