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
		`I do not know "arm" or "big".`: {Unknown: []*dream.UnknownWord{{Word: "arm"}}, Passed: []string{"big"}},
		`I read brids as birds and boxer as boxer dog. I do not know "a", "b" or "c".`: {
			Read: []mention.Read{{Typed: "brids", As: "birds"}, {Typed: "boxer", As: "boxer dog"}}, Passed: []string{"a", "b", "c"}},
	} {
		if got := words.Heard(heard, nil); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
