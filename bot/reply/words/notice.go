package words

import "slugpuppy/bot/timeline"

// Notice is what somebody has to know of their filter without having asked.
func Notice(n timeline.Notice) string {
	switch n.Kind {
	case timeline.LockedOut:
		return "Your server no longer lets me read your timeline, so I hide nothing there now. " +
			"If you did not mean that, connect your account again; if you did, nothing more is needed. I say this once."
	case timeline.Broken:
		return "Something of mine does not work with your timeline, and I hide nothing new there for now. " +
			"Whoever runs me knows, and I go on trying. I say this once."
	}
	return ""
}
