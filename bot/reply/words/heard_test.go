package words_test

import (
	"testing"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
)

func TestWhatWasMadeOfWordsIsSaid(t *testing.T) {
	for want, heard := range map[string]mention.Heard{
		"":                              {},
		"I read bananna as banana.":     {Read: []mention.Read{{Typed: "bananna", As: "banana"}}},
		`I do not know "arm".`:          {Unknown: []*dream.UnknownWord{{Word: "arm"}}},
		`I do not know "leg".`:          {Unknown: []*dream.UnknownWord{{Word: "leg"}}, Passed: []string{"leg"}},
		`I do not know "arm" or "big".`: {Unknown: []*dream.UnknownWord{{Word: "arm"}}, Passed: []string{"big"}},
		`I read brids as birds and boxer as boxer dog. I do not know "a", "b" or "c".`: {
			Read: []mention.Read{{Typed: "brids", As: "birds"}, {Typed: "boxer", As: "boxer dog"}}, Passed: []string{"a", "b", "c"}},
	} {
		if got := words.Heard(heard, nil); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Every reason why nothing is made of a part of a request has words of its own.
func TestWhatIsLeftOutIsSaidWithItsReason(t *testing.T) {
	want := map[mention.Why]string{
		mention.TooManyWishes:  `"wander" (I grant 3 wishes at a time)`,
		mention.OnItsOwn:       `"wander" (it wants a post of its own)`,
		mention.Overridden:     `"wander" (you said "than" as well)`,
		mention.NoUse:          `"wander" ("than" has no use for it)`,
		mention.AsFarAsItGoes:  `"wander" ("than" is as far as it goes)`,
		mention.LongText:       "the end of your post (I read 3 bytes)",
		mention.OtherPictures:  `3 pictures (say "than" for them)`,
		mention.ManyPictures:   "3 pictures (I dream than at a time)",
		mention.FullPost:       "3 pictures (this server takes than in a post)",
		mention.OnlyStill:      "what moves in your clip (that is for a dream of it and nothing more)",
		mention.UnreadableClip: "what moves in your clip (I cannot read films like this one)",
		mention.Narrower:       `"wander" (this answer is than)`,
		mention.OtherFile:      `"wander" (this is than)`,
		mention.SmallerFile:    `"wander" (it came out at 3 pixels)`,
		mention.PageLimit:      `"wander" (than at most on this page)`,
	}
	for _, why := range named("../mention", "Why") {
		got := words.Heard(mention.Heard{Left: []mention.Left{{What: "wander", Why: mention.Why(why), Than: "than", N: 3}}}, nil)
		if want := "I left out " + want[mention.Why(why)] + "."; got != want {
			t.Errorf("%s:\n got %s\nwant %s", why, got, want)
		}
	}
	four := []mention.Left{{Why: mention.FullPost, N: 1, Than: "1"}, {What: "a", Why: mention.OnItsOwn}, {What: "b", Why: mention.TooManyWishes, N: 1},
		{What: "c", Why: mention.OnItsOwn}}
	if got, want := words.Heard(mention.Heard{Left: four}, nil), `I left out a picture (this server takes 1 in a post), "a" (it wants a post of its own), `+
		`"b" (I grant one wish at a time) and 1 more.`; got != want {
		t.Errorf("got %s", got)
	}
}
