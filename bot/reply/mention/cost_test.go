package mention_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
)

// counted is a vocabulary that counts what it is asked.
type counted struct {
	*dream.Vocabulary
	find, lookup int
	after        func() // a question
}

func (c *counted) Find(word string) (dream.Meaning, bool) {
	c.find++
	if c.after != nil {
		c.after()
	}
	return c.Vocabulary.Find(word)
}

func (c *counted) Lookup(word string) (dream.Meaning, error) {
	c.lookup++
	return c.Vocabulary.Lookup(word)
}

// phrase is n words, of which the network knows all.
func phrase(n int) string {
	return strings.Join(strings.Fields(strings.Repeat("banana dumbbell penguin ", n))[:n], " ")
}

func TestAPhraseOfManyWordsCostsAFewQuestionsAWord(t *testing.T) {
	for _, n := range []int{2, 10, 80, 600} {
		for _, text := range []string{phrase(n), phrase(n-1) + " qzx"} {
			c := &counted{Vocabulary: vocabulary()}
			_, err := mention.Lookup(t.Context(), c, text)
			if err != nil {
				t.Fatalf("%d words: %v", n, err)
			}
			if c.find > (mention.MaxPhrase+1)*n+1 || c.lookup > 1 {
				t.Errorf("%d words: looked for %d phrases and %d times for near ones", n, c.find, c.lookup)
			}
		}
	}
}

func TestLookingUpAPhraseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &counted{Vocabulary: vocabulary()}
	c.after = func() {
		if c.find == 20 {
			cancel()
		}
	}
	if _, err := mention.Lookup(ctx, c, phrase(600)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if c.find > 20+mention.MaxPhrase {
		t.Errorf("looked for %d phrases, though it ended after 20", c.find)
	}
}

func TestMoreWordsThanARecipeHoldsAreRefused(t *testing.T) {
	r, err := mention.Parse("imagine "+strings.Repeat("banana, no dumbbell, ", mention.MaxWords/2), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Recipe(t.Context(), vocabulary(), 1); err != nil {
		t.Errorf("as many words as allowed: %v", err)
	}
	r, err = mention.Parse("imagine "+phrase(1000), "")
	if err != nil {
		t.Fatal(err)
	}
	var p *mention.Problem
	if _, _, err := r.Recipe(t.Context(), vocabulary(), 1); !errors.As(err, &p) || p.Kind != mention.TooLong || p.Max != 64 {
		t.Errorf("1000 words: %v", err)
	}
}
